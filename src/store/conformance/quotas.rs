//! Quotas as the ledger's service keeps them in a store.

mod calendar;
mod rules;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use calendar::*;
use jiff::tz::TimeZone;
pub(crate) use rules::*;
use tokio::task::JoinSet;

use super::Made;
use super::bench::{Kept, LEASE, MADE, images, main_account, user};
use crate::clock::{Clock, Timestamp};
use crate::ids::ReservationId;
use crate::operation::Operation;
use crate::ownership::AccountKey;
use crate::principal::EndUserId;
use crate::pseudonym::Pseudonyms;
use crate::quota::{
    Amounts, Calendar, Closed, Closing, Ending, Holder, Ledger, Measure, Period, QuotaError, QuotaRule,
    QuotaState, Reservation, ReserveRequest, Reserved, SharedBy, Trail,
};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A rule of each end user's own.
type Rule = (Measure, Period, u64);

struct Bench {
    clock: Clock,
    ledger: Ledger,
    user: EndUserId,
    account: AccountKey,
    rules: Vec<QuotaRule>,
}

impl Bench {
    fn new(made: &Made, rules: &[Rule]) -> Self {
        Self::in_zone(made, TimeZone::UTC, rules)
    }

    fn in_zone(made: &Made, zone: TimeZone, rules: &[Rule]) -> Self {
        let rules = rules.iter().map(|&(of, per, limit)| {
            let shared_by = SharedBy::EndUser;
            QuotaRule { of, per, limit, shared_by }
        });
        let clock = made.clock.clone();
        let ledger = Ledger::new(
            Arc::<dyn Kept>::clone(&made.store),
            clock.clone(),
            Calendar::new(zone),
            Pseudonyms::new(b"key"),
        );
        Self { clock, ledger, user: user("a"), account: main_account(), rules: rules.collect() }
    }

    fn holder<'a>(&'a self, user: &'a EndUserId, rules: &'a [QuotaRule]) -> Holder<'a> {
        Holder { user, tenant: None, is_guest: false, account: &self.account, rules, grants: None }
    }

    async fn reserve(&self, amounts: Amounts) -> Result<Reservation, QuotaError> {
        self.reserve_as(ReservationId::generate(), &self.user, &self.rules, amounts).await
    }

    async fn reserve_as(
        &self,
        id: ReservationId,
        user: &EndUserId,
        rules: &[QuotaRule],
        amounts: Amounts,
    ) -> Result<Reservation, QuotaError> {
        self.reserve_for(id, self.holder(user, rules), amounts).await
    }

    async fn reserve_for(
        &self,
        id: ReservationId,
        holder: Holder<'_>,
        amounts: Amounts,
    ) -> Result<Reservation, QuotaError> {
        let request = ReserveRequest {
            id,
            request: "request",
            holder,
            plan: "free",
            max_jobs: None,
            keeps_failed: false,
            operation: Operation::CreatePrompt,
            amounts,
            trail: Trail::default(),
            claim: None,
            lease: LEASE,
        };
        match self.ledger.reserve(request).await? {
            Reserved::Held(held) => Ok(held),
            _ => panic!("it has no key"),
        }
    }

    async fn settle(&self, held: Reservation, actual: Amounts) -> Closed {
        let closing = Closing { beside: actual, ..Closing::new(held.id(), MADE, self.clock.now()) };
        self.ledger.settle(held, closing).await.unwrap().0
    }

    async fn leave_unknown(&self, held: Reservation) {
        let closing = Closing::new(held.id(), Ending::Unknown, self.clock.now());
        self.ledger.settle(held, closing).await.unwrap();
    }

    async fn spend(&self, reserved: Amounts, actual: Amounts) -> Closed {
        let held = self.reserve(reserved).await.unwrap();
        self.settle(held, actual).await
    }

    async fn states(&self) -> Vec<QuotaState> {
        self.ledger.state(&self.holder(&self.user, &self.rules)).await.unwrap()
    }

    /// (used, held, left) of the first rule.
    async fn first(&self) -> (u64, u64, u64) {
        let state = self.states().await[0];
        (state.used, state.held, state.left)
    }

    /// Creates that are (open, unknown).
    async fn standing(&self) -> (u64, u64) {
        // What nobody waits for is done before what is answered now.
        self.ledger.books().looked(vec![]).await.unwrap();
        let standing = self.ledger.standing().await.unwrap();
        (standing.open, standing.unknown)
    }

    /// Moves the clock back; adding to it wraps.
    fn step_back(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).unwrap();
        self.clock.advance(Duration::from_millis(by_ms.wrapping_neg()));
    }

    fn set(&self, at: &str) {
        let at: jiff::Timestamp = at.parse().unwrap();
        let at = Timestamp::from_unix_ms(u64::try_from(at.as_millisecond()).unwrap());
        self.clock.advance(self.clock.now().until(at));
    }
}

/// (measure, period, limit, used, held, seconds) of a refusal.
type Refusal = (Measure, Period, u64, u64, u64, Option<u64>);

fn refusal(result: Result<Reservation, QuotaError>) -> Refusal {
    match result.err() {
        Some(QuotaError::Exhausted { state, retry_after_s }) => {
            (state.of, state.per, state.limit, state.used, state.held, retry_after_s)
        }
        other => panic!("not exhausted: {other:?}"),
    }
}

fn exhausted(result: Result<Reservation, QuotaError>) -> (Measure, Period) {
    let (of, per, ..) = refusal(result);
    (of, per)
}

const IMAGES_A_DAY: (Measure, Period) = (Measure::Images, Period::Day);
const TEN_A_DAY: (Measure, Period, u64) = (Measure::Images, Period::Day, 10);

pub(crate) async fn quota_01_a_reserve_that_would_pass_a_limit_is_refused_and_names_it(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    let _held = bench.reserve(images(7)).await.unwrap();
    let expected = QuotaState {
        of: Measure::Images,
        per: Period::Day,
        limit: 10,
        shared_by: SharedBy::EndUser,
        used: 0,
        held: 7,
        left: 3,
        resets_at: Some("2026-11-22T00:00:00Z".parse().unwrap()),
    };
    let refused = bench.reserve(images(4)).await.err();
    assert_eq!(refused, Some(QuotaError::Exhausted { state: expected, retry_after_s: Some(12 * 3600) }));
    assert_eq!(bench.first().await, (0, 7, 3));
    assert!(bench.reserve(images(3)).await.is_ok());
}

pub(crate) async fn quota_01_two_hundred_reserves_at_once_never_oversell_by_even_one(made: &Made) {
    let bench =
        Bench::new(made, &[(Measure::Images, Period::Day, 250), (Measure::Images, Period::Total, 1_000)]);
    let bench = Arc::new(bench);
    let mut tasks = JoinSet::new();
    for n in 0..200_u64 {
        let bench = Arc::clone(&bench);
        tasks.spawn(async move {
            let Ok(held) = bench.reserve(images(3)).await else { return 0 };
            tokio::task::yield_now().await;
            let state = bench.states().await[0];
            assert!(state.used + state.held <= state.limit, "{state:?}");
            match n % 3 {
                0 => assert!(!bench.settle(held, images(3)).await.is_overrun),
                1 => bench.leave_unknown(held).await,
                _ => {
                    bench.ledger.release(held, None).await.unwrap();
                    return 0;
                }
            }
            3
        });
    }
    let taken: u64 = tasks.join_all().await.into_iter().sum();
    let (used, held, left) = bench.first().await;
    assert_eq!(used + held, taken);
    assert_eq!(left, 250 - taken);
    assert_eq!(bench.standing().await.0, 0);
}

pub(crate) async fn quota_01_two_hundred_mixed_reserves_of_a_newcomer_take_exactly_what_fits(made: &Made) {
    for newcomer in ["n", "o", "p"] {
        let mut bench = Bench::new(made, &[(Measure::Images, Period::Total, 7)]);
        bench.user = user(newcomer);
        let bench = Arc::new(bench);
        let mut tasks = JoinSet::new();
        for n in 0..200_u64 {
            let bench = Arc::clone(&bench);
            tasks.spawn(async move {
                let size = n * 7 % 5 + 2;
                (size, bench.reserve(images(size)).await)
            });
        }
        let (mut taken, mut smallest_refused, mut all) = (0, u64::MAX, Vec::new());
        for (size, reserved) in tasks.join_all().await {
            match reserved {
                Ok(held) => {
                    taken += size;
                    all.push(held);
                }
                Err(QuotaError::Exhausted { state, .. }) => {
                    assert!(state.held + size > 7, "{size} had room: {state:?}");
                    smallest_refused = smallest_refused.min(size);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!((1..=7).contains(&taken), "{taken} of 7");
        assert!(
            taken + smallest_refused > 7,
            "{smallest_refused} would have fitted into what is left of {taken}"
        );
        assert_eq!(bench.first().await, (0, taken, 7 - taken));
        for held in all {
            bench.ledger.release(held, None).await.unwrap();
        }
        assert_eq!(bench.first().await, (0, 0, 7));
    }
}

pub(crate) async fn quota_01_a_limit_of_zero_forbids(made: &Made) {
    let bench = Bench::new(made, &[(Measure::Tunes, Period::Total, 0)]);
    let refused = refusal(bench.reserve(Amounts::none().with(Measure::Tunes, 1)).await);
    assert_eq!(refused, (Measure::Tunes, Period::Total, 0, 0, 0, None));
    assert_eq!(bench.states().await[0].resets_at, None);
}

pub(crate) async fn quota_01_several_rules_hold_together_or_nothing_is_held(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY, (Measure::CostMc, Period::Month, 100)]);
    let refused = bench.reserve(images(4).with(Measure::CostMc, 101)).await;
    assert_eq!(exhausted(refused), (Measure::CostMc, Period::Month));
    assert_eq!(bench.first().await, (0, 0, 10));
    assert_eq!(bench.standing().await, (0, 0));
    let _held = bench.reserve(images(4).with(Measure::CostMc, 100)).await.unwrap();
    let held: Vec<_> = bench.states().await.iter().map(|state| state.held).collect();
    assert_eq!(held, [4, 100]);
}

pub(crate) async fn quota_01_of_several_full_rules_the_one_that_lasts_longest_is_named(made: &Made) {
    let month = (Measure::Images, Period::Month, 10);
    let bench = Bench::new(made, &[month, TEN_A_DAY]);
    assert_eq!(exhausted(bench.reserve(images(11)).await), (Measure::Images, Period::Month));
}

pub(crate) async fn quota_01_an_absurd_amount_is_refused_and_does_not_wrap(made: &Made) {
    let bench = Bench::new(made, &[(Measure::CostMc, Period::Day, u64::MAX)]);
    let cost = |amount| Amounts::none().with(Measure::CostMc, amount);
    let _held = bench.reserve(cost(u64::MAX)).await.unwrap();
    assert_eq!(exhausted(bench.reserve(cost(1)).await), (Measure::CostMc, Period::Day));
    assert_eq!(exhausted(bench.reserve(cost(u64::MAX)).await), (Measure::CostMc, Period::Day));
}

pub(crate) async fn quota_01_a_settle_above_its_reservation_is_booked_in_full_and_blocks_reserves(
    made: &Made,
) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    assert!(bench.spend(images(4), images(12)).await.is_overrun);
    assert_eq!(bench.first().await, (12, 0, 0));
    assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY);
}

pub(crate) async fn quota_05_a_release_gives_everything_back(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    for _ in 0..5 {
        let held = bench.reserve(images(10)).await.unwrap();
        assert_eq!(bench.standing().await, (1, 0));
        let id = held.id();
        bench.ledger.release(held, None).await.unwrap();
        // Whoever tells it again gives nothing back a second time.
        let again = Closing::new(id, Ending::Nothing, bench.clock.now());
        assert!(bench.ledger.books().close(again).await.unwrap().was_ended);
        assert_eq!(bench.first().await, (0, 0, 10), "once, not twice");
        assert_eq!(bench.standing().await, (0, 0));
    }
}

pub(crate) async fn quota_04_a_reservation_left_unknown_stays_held_however_long(made: &Made) {
    let bench = Bench::new(made, &[(Measure::Images, Period::Total, 10)]);
    let held = bench.reserve(images(10)).await.unwrap();
    bench.leave_unknown(held).await;
    assert_eq!(bench.standing().await, (0, 1));
    bench.clock.advance(DAY * 400);
    let now = bench.clock.now();
    bench.ledger.books().expire(now, now, true).await.unwrap();
    assert_eq!(bench.first().await, (0, 10, 0));
    assert_eq!(exhausted(bench.reserve(images(1)).await), (Measure::Images, Period::Total));
}

pub(crate) async fn quota_04_a_dropped_reservation_is_left_unknown(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    drop(bench.reserve(images(4)).await.unwrap());
    assert_eq!(bench.first().await, (0, 4, 6));
    assert_eq!(bench.standing().await, (0, 1));
}

pub(crate) async fn quota_04_a_reservation_of_a_cancelled_task_is_left_unknown(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    let held = bench.reserve(images(4)).await.unwrap();
    let closing = Closing { beside: images(4), ..Closing::new(held.id(), MADE, bench.clock.now()) };
    drop(bench.ledger.settle(held, closing));
    assert_eq!(bench.first().await, (0, 4, 6), "a settle that never ran");
    let held = bench.reserve(images(2)).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let _held = held;
        std::future::pending::<()>().await;
    });
    tasks.shutdown().await;
    assert_eq!(bench.first().await, (0, 6, 4));
    assert_eq!(bench.standing().await, (0, 2));
}

pub(crate) async fn a_reserve_that_is_cancelled_holds_nothing_or_is_left_unknown(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    for _ in 0..20 {
        let mut reserving = Box::pin(bench.reserve(images(1)));
        // Once: it is on its way to the store.
        let polled = futures_util::poll!(reserving.as_mut());
        drop(polled);
        drop(reserving);
    }
    let (open, unknown) = bench.standing().await;
    assert_eq!(open, 0);
    assert_eq!(bench.first().await.1, unknown, "each that is held is one that somebody looks for");
}

pub(crate) async fn a_settle_below_its_reservation_gives_the_rest_back(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    bench.spend(images(8), images(3)).await;
    assert_eq!(bench.first().await, (3, 0, 7));
    bench.spend(images(7), Amounts::none()).await;
    assert_eq!(bench.first().await, (3, 0, 7));
}

pub(crate) async fn a_settle_may_book_a_measure_that_was_not_reserved(made: &Made) {
    let bench = Bench::new(made, &[(Measure::CostMc, Period::Month, 100)]);
    bench.spend(images(1), images(1).with(Measure::CostMc, 30)).await;
    assert_eq!(bench.first().await, (30, 0, 70));
}

pub(crate) async fn a_settle_tells_where_the_end_user_stands_then(made: &Made) {
    let mut bench = Bench::new(made, &[TEN_A_DAY, (Measure::CostMc, Period::Month, 100)]);
    let ceiling = QuotaRule { limit: 1000, shared_by: SharedBy::Account, ..bench.rules[0] };
    bench.rules.insert(0, ceiling);
    let held = bench.reserve(images(8).with(Measure::CostMc, 50)).await.unwrap();
    let closing = Closing { beside: images(3), ..Closing::new(held.id(), MADE, bench.clock.now()) };
    let (_, left) = bench.ledger.settle(held, closing).await.unwrap();
    let left: Vec<_> = left.iter().map(|state| (state.of, state.used, state.held, state.left)).collect();
    // The account's ceiling is no end user's business.
    assert_eq!(left, [(Measure::Images, 3, 0, 7), (Measure::CostMc, 0, 0, 100)]);
}
