//! A place in flight for each call of an account; where all are taken, end users take turns.
//!
//! This is the one queue on the way to Astria. Creates may hold only some of the places, so that slow creates
//! leave room for inspections and reads. Whoever finds no place waits in a line of their own; lines are served
//! in rotation, so an end user with five hundred waiting calls delays another's first call by one turn. The
//! queue is bounded in all, by end user and in time; beyond that a call is refused at once, and nothing was sent.
//!
//! - Answers: [`UpstreamError::Overloaded`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tower::Layer;

use super::account::AccountState;
use super::error::UpstreamError;
use super::measure::Observer;
use super::step::{Call, Reply, Step};
use super::turns::{Class, Entered, Turns};

/// What a refused call is told to wait, in seconds.
const RETRY_AFTER_S: u64 = 1;

/// How many calls may be in flight and wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareLimits {
    /// Calls in flight.
    pub max_in_flight: usize,
    /// Of these, creates of prompts and tunes.
    pub max_in_flight_creates: usize,
    /// Calls that wait, of all end users together.
    pub max_queue: usize,
    /// Calls of one end user that wait.
    pub max_queue_per_user: usize,
    /// How long a call may wait.
    pub queue_timeout: Duration,
}

impl Default for ShareLimits {
    fn default() -> Self {
        Self {
            max_in_flight: 256,
            max_in_flight_creates: 192,
            max_queue: 512,
            max_queue_per_user: 32,
            queue_timeout: Duration::from_secs(10),
        }
    }
}

/// The places of one account.
pub struct Places(Mutex<Turns>);

impl Places {
    /// All free.
    pub fn new(limits: ShareLimits) -> Self {
        Self(Mutex::new(Turns::new(limits)))
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other figures; where there are more places now, those who wait get them.
    pub(super) fn set_limits(&self, limits: ShareLimits) {
        self.lock().limits = limits;
        self.serve();
    }

    /// In flight, creates of them, waiting.
    pub(super) fn reading(&self) -> (usize, usize, usize) {
        let turns = self.lock();
        (turns.in_flight, turns.creates, turns.queued)
    }

    /// Waits for a place, at most as long as the limits say.
    ///
    /// Cancel safe: whoever stops waiting leaves the queue, or hands on the place that they were just given.
    ///
    /// # Errors
    /// [`UpstreamError::Overloaded`]: the queue is full, or the wait was too long.
    pub async fn enter(&self, user: u64, class: Class) -> Result<Place<'_>, UpstreamError> {
        let overloaded = UpstreamError::Overloaded { retry_after_s: RETRY_AFTER_S };
        let (mut waiting, timeout) = {
            let mut turns = self.lock();
            match turns.enter(user, class) {
                Entered::Free => return Ok(Place { places: self, class }),
                Entered::Full => return Err(overloaded),
                Entered::Waiting { id, granted } => (
                    Waiting { places: self, user, class, id, granted, taken: false },
                    turns.limits.queue_timeout,
                ),
            }
        };
        match tokio::time::timeout(timeout, &mut waiting.granted).await {
            Ok(Ok(())) => {
                waiting.taken = true;
                Ok(Place { places: self, class })
            }
            // Too long; or the sender is gone, which cannot be while the places live.
            Ok(Err(_)) | Err(_) => Err(overloaded),
        }
    }

    /// Gives free places to those whose turn it is. The lock is not held while they are woken.
    fn serve(&self) {
        loop {
            let Some((class, waiter)) = self.lock().next() else { return };
            if waiter.send(()).is_err() {
                // They left in this very moment.
                self.lock().leave_place(class);
            }
        }
    }
}

/// A place in flight; free again when dropped.
pub struct Place<'a> {
    places: &'a Places,
    class: Class,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let more = {
            let mut turns = self.places.lock();
            turns.leave_place(self.class);
            turns.queued > 0
        };
        if more {
            self.places.serve();
        }
    }
}

/// A place in the queue.
struct Waiting<'a> {
    places: &'a Places,
    user: u64,
    class: Class,
    id: u64,
    granted: oneshot::Receiver<()>,
    taken: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.taken {
            return;
        }
        self.granted.close();
        if self.granted.try_recv().is_ok() {
            drop(Place { places: self.places, class: self.class });
        } else {
            self.places.lock().leave_queue(self.user, self.class, self.id);
        }
    }
}

/// Makes [`FairShare`] steps.
#[derive(Clone)]
pub struct FairShareLayer {
    /// Whose places.
    pub account: Arc<AccountState>,
    /// Counts what is refused.
    pub observer: Arc<dyn Observer>,
}

impl<S> Layer<S> for FairShareLayer {
    type Service = FairShare<S>;

    fn layer(&self, inner: S) -> FairShare<S> {
        FairShare { inner, with: self.clone() }
    }
}

/// See the module.
pub struct FairShare<S> {
    inner: S,
    with: FairShareLayer,
}

impl<S: Step> Step for FairShare<S> {
    async fn call(&self, call: Box<Call>) -> Reply {
        let account = &self.with.account;
        let entered = account.places.enter(call.user, Class::of(call.operation)).await;
        let place = entered.inspect_err(|_| self.with.observer.shed(call.operation))?;
        account.may_send(&call)?;
        let reply = self.inner.call(call).await;
        drop(place);
        reply
    }
}
