use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::poll_immediate;
use http::{Request, Response};
use tokio::sync::oneshot;
use tower::Layer as _;

use crate::clock::{Clock, Timestamp};
use crate::operation::Operation;
use crate::upstream::account::{AccountLimits, AccountState};
use crate::upstream::body::Segments;
use crate::upstream::breaker::{Break, BreakerLayer, BreakerState};
use crate::upstream::measure::{Observer, Outcome};
use crate::upstream::step::{Call, Reply, Step};
use crate::upstream::{PauseReason, UpstreamError};

/// Answers what it is told to, or 200; the next call can be held up.
#[derive(Default)]
struct Astria {
    replies: Mutex<VecDeque<Reply>>,
    held: Mutex<Option<oneshot::Receiver<Reply>>>,
    calls: AtomicUsize,
}

impl Step for Arc<Astria> {
    async fn call(&self, _: Box<Call>) -> Reply {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let held = self.held.lock().unwrap().take();
        if let Some(held) = held {
            return held.await.unwrap();
        }
        self.replies.lock().unwrap().pop_front().unwrap_or_else(|| status(200))
    }
}

struct Nobody;

impl Observer for Nobody {
    fn observe(&self, _: Operation, _: Outcome, _: Duration) {}
}

struct Account {
    step: Break<Arc<Astria>>,
    astria: Arc<Astria>,
    state: Arc<AccountState>,
    clock: Clock,
}

fn account() -> Account {
    let clock = Clock::manual(Timestamp::from_unix_s(1_800_000_000));
    let state = AccountState::new(AccountLimits::default(), &clock, Arc::new(Nobody));
    let astria = Arc::new(Astria::default());
    let step = BreakerLayer(Arc::clone(&state)).layer(Arc::clone(&astria));
    Account { step, astria, state, clock }
}

fn status(status: u16) -> Reply {
    Ok(Response::builder().status(status).body(Bytes::new()).unwrap())
}

impl Account {
    fn calling(&self, operation: Operation, user: u64) -> impl Future<Output = Reply> + '_ {
        self.step.call(Box::new(Call {
            operation,
            user,
            probe: false,
            streamed_bytes: None,
            request: Request::new(Segments::empty()),
        }))
    }

    /// One read that ends with this reply, if it is let through.
    async fn meets(&self, reply: Reply) -> Reply {
        self.astria.replies.lock().unwrap().push_front(reply);
        let result = self.calling(Operation::GetPrompt, 1).await;
        self.astria.replies.lock().unwrap().clear();
        result
    }

    async fn fail(&self, times: usize) {
        for _ in 0..times {
            self.meets(Err(UpstreamError::Unreachable)).await.unwrap_err();
        }
    }

    fn calls(&self) -> usize {
        self.astria.calls.load(Ordering::SeqCst)
    }

    fn hold(&self) -> oneshot::Sender<Reply> {
        let (release, held) = oneshot::channel();
        *self.astria.held.lock().unwrap() = Some(held);
        release
    }
}

fn pause_of(result: &Reply) -> Option<(u64, PauseReason)> {
    match result {
        Err(UpstreamError::Paused { retry_after_s, reason }) => Some((*retry_after_s, *reason)),
        _ => None,
    }
}

#[tokio::test]
async fn up_05_a_half_open_breaker_lets_exactly_one_probe_through() {
    let account = account();
    account.fail(10).await;
    let paused = account.calling(Operation::CreatePrompt, 2).await;
    assert_eq!(pause_of(&paused), Some((5, PauseReason::Failing)));
    assert_eq!(account.calls(), 10, "nothing is sent while it is open");
    account.clock.advance(Duration::from_secs(5));

    let release = account.hold();
    let mut probe = Box::pin(account.calling(Operation::GetPrompt, 1));
    assert!(poll_immediate(&mut probe).await.is_none());
    for user in 2..50 {
        assert_eq!(
            pause_of(&account.calling(Operation::GetPrompt, user).await),
            Some((1, PauseReason::Failing))
        );
    }
    assert_eq!(account.calls(), 11);
    assert_eq!(account.state.reading().breaker, BreakerState::HalfOpen(PauseReason::Failing));

    release.send(status(404)).unwrap();
    probe.await.unwrap();

    assert_eq!(account.state.reading().breaker, BreakerState::Closed);
    account.calling(Operation::CreatePrompt, 2).await.unwrap();
    // It begins to count anew.
    account.fail(9).await;
    assert_eq!(account.state.reading().breaker, BreakerState::Closed);
}

#[tokio::test]
async fn up_05_each_failed_probe_doubles_the_pause_up_to_its_bound() {
    let account = account();
    account.fail(10).await;
    for pause_s in [5, 10, 20, 40, 60, 60] {
        let paused = account.calling(Operation::GetPrompt, 1).await;
        assert_eq!(pause_of(&paused), Some((pause_s, PauseReason::Failing)));
        account.clock.advance(Duration::from_secs(pause_s));
        account.fail(1).await;
    }
}

#[tokio::test]
async fn up_05_a_probe_that_nobody_waits_for_makes_room_for_another() {
    let account = account();
    account.fail(10).await;
    account.clock.advance(Duration::from_secs(5));
    let _release = account.hold();
    let mut probe = Box::pin(account.calling(Operation::GetPrompt, 1));
    assert!(poll_immediate(&mut probe).await.is_none());

    drop(probe);

    account.calling(Operation::GetPrompt, 2).await.unwrap();
    assert_eq!(account.state.reading().breaker, BreakerState::Closed);
}

#[tokio::test]
async fn f01_a_success_in_between_keeps_it_closed_until_half_of_many_fail() {
    let account = account();
    for _ in 0..6 {
        account.fail(1).await;
        account.meets(status(422)).await.unwrap();
        account.meets(status(200)).await.unwrap();
    }
    assert_eq!(account.state.reading().breaker, BreakerState::Closed);
    for _ in 0..3 {
        account.fail(4).await;
        account.meets(status(200)).await.unwrap_or_else(|_| Response::new(Bytes::new()));
        if account.state.reading().breaker != BreakerState::Closed {
            return;
        }
    }
    panic!("half of more than twenty calls failed");
}

#[tokio::test]
async fn what_is_the_requests_own_fault_does_not_pause_the_account() {
    let account = account();
    for code in [301, 400, 403, 404, 409, 422, 426] {
        for _ in 0..30 {
            account.meets(status(code)).await.unwrap();
        }
    }
    for error in [UpstreamError::Busy { retry_after_s: 1 }, UpstreamError::Overloaded { retry_after_s: 1 }] {
        for _ in 0..30 {
            account.meets(Err(error.clone())).await.unwrap_err();
        }
    }
    assert_eq!(account.state.reading().breaker, BreakerState::Closed);
}

#[tokio::test]
async fn one_end_user_whose_input_breaks_astria_does_not_pause_it_for_others() {
    let account = account();
    for _ in 0..50 {
        account.meets(status(500)).await.unwrap();
    }
    assert_eq!(account.state.reading().breaker, BreakerState::Closed);
    for user in 1..20 {
        account.astria.replies.lock().unwrap().push_back(status(500));
        account.calling(Operation::CreatePrompt, user).await.ok();
    }
    assert_eq!(account.state.reading().breaker, BreakerState::Open(PauseReason::Failing));
}

#[tokio::test]
async fn f08_a_rejected_key_pauses_briefly_and_a_new_key_ends_the_pause() {
    let account = account();
    account.meets(status(401)).await.unwrap();
    let paused = account.calling(Operation::GetPrompt, 1).await;
    assert_eq!(pause_of(&paused), Some((2, PauseReason::CredentialRejected)));

    account.state.credential_changed();
    account.calling(Operation::GetPrompt, 1).await.unwrap();

    account.meets(status(401)).await.unwrap();
    account.clock.advance(Duration::from_secs(2));
    account.meets(status(401)).await.unwrap();
    let paused = account.calling(Operation::GetPrompt, 1).await;
    assert_eq!(pause_of(&paused), Some((2, PauseReason::CredentialRejected)), "it does not grow");
}

#[tokio::test]
async fn f08_an_account_that_does_not_tell_its_balance_is_not_paused() {
    let account = account();
    for code in [401, 402, 500, 503] {
        for _ in 0..50 {
            account.astria.replies.lock().unwrap().push_back(status(code));
            account.calling(Operation::GetBalance, 0).await.ok();
        }
        assert_eq!(account.state.reading().breaker, BreakerState::Closed, "{code}");
        account.calling(Operation::CreatePrompt, 1).await.unwrap();
    }
}

#[tokio::test]
async fn f08_an_account_that_may_not_pay_still_reads() {
    let account = account();
    account.astria.replies.lock().unwrap().push_back(status(402));
    account.calling(Operation::CreatePrompt, 1).await.unwrap();

    let create = account.calling(Operation::CreateTune, 2).await;
    assert_eq!(pause_of(&create), Some((30, PauseReason::AccountExhausted)));
    account.calling(Operation::GetPrompt, 2).await.unwrap();

    account.clock.advance(Duration::from_secs(30));
    account.calling(Operation::CreatePrompt, 1).await.unwrap();
    assert_eq!(account.state.reading().breaker, BreakerState::Closed);
}
