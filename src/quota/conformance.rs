//! The tests that every ledger passes, whatever it is stored in.
//!
//! `ledger_conformance!(|clock, zone| Arc::new(MyLedger::new(clock, zone)))` in a test module makes one test
//! of each promise; the expression is called once a test and must give an empty ledger.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::{self, TimeZone};
use tokio::task::JoinSet;

use super::{
    Amounts, Ledger, Measure, Period, QuotaError, QuotaRule, QuotaState, Reservation, ReserveRequest,
};
use crate::clock::{Clock, Timestamp};
use crate::ids::ReservationId;
use crate::operation::Operation;
use crate::principal::EndUserId;

/// Makes an empty ledger.
pub(crate) type Make<'a> = &'a dyn Fn(Clock, TimeZone) -> Arc<dyn Ledger>;

macro_rules! ledger_conformance {
    ($make:expr) => {
        $crate::quota::conformance::ledger_conformance!(@each $make;
            quota_01_a_reserve_that_would_pass_a_limit_is_refused_and_names_it
            quota_01_two_hundred_reserves_at_once_never_oversell_by_even_one
            quota_01_a_limit_of_zero_forbids
            quota_01_several_rules_hold_together_or_nothing_is_held
            quota_01_of_several_full_rules_the_one_that_lasts_longest_is_named
            quota_01_an_absurd_amount_is_refused_and_does_not_wrap
            quota_01_a_settle_above_its_reservation_is_booked_in_full_and_blocks_reserves
            quota_05_a_release_gives_everything_back
            quota_04_a_reservation_left_unknown_stays_held_however_long
            quota_04_a_dropped_reservation_is_left_unknown
            quota_04_a_reservation_of_a_cancelled_task_is_left_unknown
            a_settle_below_its_reservation_gives_the_rest_back
            a_settle_may_book_a_measure_that_was_not_reserved
            a_rule_without_an_amount_in_the_request_is_not_asked
            a_reservation_id_is_used_once
            one_users_usage_is_not_anothers
            usage_is_counted_across_plans_and_before_a_rule_existed
            a_new_day_and_a_new_month_begin_at_the_operators_midnight
            a_settle_after_midnight_counts_in_the_day_of_its_reserve
            quota_11_a_clock_that_jumps_back_finds_the_day_as_it_left_it
            quota_11_a_clock_that_jumps_ahead_and_back_refills_nothing_twice
        );
    };
    (@each $make:expr; $($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                $crate::quota::conformance::$name(&|clock, zone| {
                    let make: fn($crate::clock::Clock, ::jiff::tz::TimeZone) -> _ = $make;
                    make(clock, zone)
                })
                .await;
            }
        )*
    };
}
pub(crate) use ledger_conformance;

/// 2026-11-21T12:00:00Z
const NOON: Timestamp = Timestamp::from_unix_s(1_795_262_400);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Bench {
    clock: Clock,
    ledger: Arc<dyn Ledger>,
    user: EndUserId,
    rules: Vec<QuotaRule>,
}

impl Bench {
    fn new(make: Make<'_>, rules: &[(Measure, Period, u64)]) -> Self {
        Self::in_zone(make, TimeZone::UTC, rules)
    }

    fn in_zone(make: Make<'_>, zone: TimeZone, rules: &[(Measure, Period, u64)]) -> Self {
        let clock = Clock::manual(NOON);
        let rules = rules.iter().map(|&(of, per, limit)| QuotaRule { of, per, limit }).collect();
        Self { ledger: make(clock.clone(), zone), clock, user: user("a"), rules }
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
        let operation = Operation::CreatePrompt;
        self.ledger
            .reserve(ReserveRequest { id, user, plan: "free", rules, operation, amounts: &amounts })
            .await
    }

    async fn spend(&self, reserved: Amounts, actual: Amounts) {
        let held = self.reserve(reserved).await.unwrap();
        self.ledger.settle(held, actual).await.unwrap();
    }

    async fn states(&self) -> Vec<QuotaState> {
        self.ledger.state(&self.user, "free", &self.rules).await.unwrap()
    }

    /// (used, held, left) of the first rule.
    async fn first(&self) -> (u64, u64, u64) {
        let state = self.states().await[0];
        (state.used, state.held, state.left)
    }

    /// Moves the clock back; adding to it wraps.
    fn step_back(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).unwrap();
        self.clock.advance(Duration::from_millis(by_ms.wrapping_neg()));
    }
}

fn user(subject: &str) -> EndUserId {
    EndUserId { issuer: "https://id.example".into(), subject: subject.into() }
}

fn images(amount: u64) -> Amounts {
    Amounts::none().with(Measure::Images, amount)
}

fn exhausted(result: Result<Reservation, QuotaError>) -> (Measure, Period) {
    match result.err() {
        Some(QuotaError::Exhausted { of, per, .. }) => (of, per),
        other => panic!("not exhausted: {other:?}"),
    }
}

const IMAGES_A_DAY: (Measure, Period) = (Measure::Images, Period::Day);
const TEN_A_DAY: (Measure, Period, u64) = (Measure::Images, Period::Day, 10);

pub(crate) async fn quota_01_a_reserve_that_would_pass_a_limit_is_refused_and_names_it(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    let _held = bench.reserve(images(7)).await.unwrap();
    let refusal = bench.reserve(images(4)).await.err();
    let expected = QuotaError::Exhausted {
        of: Measure::Images,
        per: Period::Day,
        limit: 10,
        resets_at: Some("2026-11-22T00:00:00Z".parse().unwrap()),
        retry_after_s: Some(12 * 3600),
    };
    assert_eq!(refusal, Some(expected));
    assert_eq!(bench.first().await, (0, 7, 3));
    assert!(bench.reserve(images(3)).await.is_ok());
}

pub(crate) async fn quota_01_two_hundred_reserves_at_once_never_oversell_by_even_one(make: Make<'_>) {
    let bench =
        Bench::new(make, &[(Measure::Images, Period::Day, 250), (Measure::Images, Period::Total, 1_000)]);
    let mut tasks = JoinSet::new();
    for n in 0..200_u64 {
        let (ledger, user, rules) = (Arc::clone(&bench.ledger), bench.user.clone(), bench.rules.clone());
        tasks.spawn(async move {
            let amounts = images(3);
            let id = ReservationId::generate();
            let operation = Operation::CreatePrompt;
            let request =
                ReserveRequest { id, user: &user, plan: "free", rules: &rules, operation, amounts: &amounts };
            let Ok(held) = ledger.reserve(request).await else { return 0 };
            tokio::task::yield_now().await;
            let state = ledger.state(&user, "free", &rules).await.unwrap()[0];
            assert!(state.used + state.held <= state.limit, "{state:?}");
            match n % 3 {
                0 => ledger.settle(held, amounts).await.unwrap(),
                1 => ledger.leave_unknown(held).await.unwrap(),
                _ => {
                    ledger.release(held).await.unwrap();
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
    assert_eq!(bench.ledger.open_reservations(), 0);
}

pub(crate) async fn quota_01_a_limit_of_zero_forbids(make: Make<'_>) {
    let bench = Bench::new(make, &[(Measure::Tunes, Period::Total, 0)]);
    let refusal = bench.reserve(Amounts::none().with(Measure::Tunes, 1)).await.err();
    let (of, per) = (Measure::Tunes, Period::Total);
    let expected = QuotaError::Exhausted { of, per, limit: 0, resets_at: None, retry_after_s: None };
    assert_eq!(refusal, Some(expected));
    assert_eq!(bench.states().await[0].resets_at, None);
}

pub(crate) async fn quota_01_several_rules_hold_together_or_nothing_is_held(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY, (Measure::CostMc, Period::Month, 100)]);
    let refused = bench.reserve(images(4).with(Measure::CostMc, 101)).await;
    assert_eq!(exhausted(refused), (Measure::CostMc, Period::Month));
    assert_eq!(bench.first().await, (0, 0, 10));
    assert_eq!(bench.ledger.open_reservations(), 0);
    let _held = bench.reserve(images(4).with(Measure::CostMc, 100)).await.unwrap();
    let held: Vec<_> = bench.states().await.iter().map(|state| state.held).collect();
    assert_eq!(held, [4, 100]);
}

pub(crate) async fn quota_01_of_several_full_rules_the_one_that_lasts_longest_is_named(make: Make<'_>) {
    let month = (Measure::Images, Period::Month, 10);
    let bench = Bench::new(make, &[month, TEN_A_DAY]);
    assert_eq!(exhausted(bench.reserve(images(11)).await), (Measure::Images, Period::Month));
}

pub(crate) async fn quota_01_an_absurd_amount_is_refused_and_does_not_wrap(make: Make<'_>) {
    let bench = Bench::new(make, &[(Measure::CostMc, Period::Day, u64::MAX)]);
    let cost = |amount| Amounts::none().with(Measure::CostMc, amount);
    let _held = bench.reserve(cost(u64::MAX)).await.unwrap();
    assert_eq!(exhausted(bench.reserve(cost(1)).await), (Measure::CostMc, Period::Day));
    assert_eq!(exhausted(bench.reserve(cost(u64::MAX)).await), (Measure::CostMc, Period::Day));
}

pub(crate) async fn quota_01_a_settle_above_its_reservation_is_booked_in_full_and_blocks_reserves(
    make: Make<'_>,
) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    bench.spend(images(4), images(12)).await;
    assert_eq!(bench.first().await, (12, 0, 0));
    assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY);
}

pub(crate) async fn quota_05_a_release_gives_everything_back(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    for _ in 0..5 {
        let held = bench.reserve(images(10)).await.unwrap();
        assert_eq!(bench.ledger.open_reservations(), 1);
        bench.ledger.release(held).await.unwrap();
        assert_eq!(bench.first().await, (0, 0, 10), "once, not twice");
        assert_eq!(bench.ledger.open_reservations(), 0);
    }
}

pub(crate) async fn quota_04_a_reservation_left_unknown_stays_held_however_long(make: Make<'_>) {
    let bench = Bench::new(make, &[(Measure::Images, Period::Total, 10)]);
    let held = bench.reserve(images(10)).await.unwrap();
    bench.ledger.leave_unknown(held).await.unwrap();
    assert_eq!((bench.ledger.open_reservations(), bench.ledger.unknown_reservations()), (0, 1));
    bench.clock.advance(DAY * 400);
    assert_eq!(bench.first().await, (0, 10, 0));
    assert_eq!(exhausted(bench.reserve(images(1)).await), (Measure::Images, Period::Total));
}

pub(crate) async fn quota_04_a_dropped_reservation_is_left_unknown(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    drop(bench.reserve(images(4)).await.unwrap());
    assert_eq!(bench.first().await, (0, 4, 6));
    assert_eq!((bench.ledger.open_reservations(), bench.ledger.unknown_reservations()), (0, 1));
}

pub(crate) async fn quota_04_a_reservation_of_a_cancelled_task_is_left_unknown(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    let held = bench.reserve(images(4)).await.unwrap();
    drop(bench.ledger.settle(held, images(4)));
    assert_eq!(bench.first().await, (0, 4, 6), "a settle that never ran");
    let held = bench.reserve(images(2)).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let _held = held;
        std::future::pending::<()>().await;
    });
    tasks.shutdown().await;
    assert_eq!(bench.first().await, (0, 6, 4));
    assert_eq!((bench.ledger.open_reservations(), bench.ledger.unknown_reservations()), (0, 2));
}

pub(crate) async fn a_settle_below_its_reservation_gives_the_rest_back(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    bench.spend(images(8), images(3)).await;
    assert_eq!(bench.first().await, (3, 0, 7));
    bench.spend(images(7), Amounts::none()).await;
    assert_eq!(bench.first().await, (3, 0, 7));
}

pub(crate) async fn a_settle_may_book_a_measure_that_was_not_reserved(make: Make<'_>) {
    let bench = Bench::new(make, &[(Measure::CostMc, Period::Month, 100)]);
    bench.spend(images(1), images(1).with(Measure::CostMc, 30)).await;
    assert_eq!(bench.first().await, (30, 0, 70));
}

pub(crate) async fn a_rule_without_an_amount_in_the_request_is_not_asked(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY, (Measure::Tunes, Period::Total, 0)]);
    assert!(bench.reserve(images(10)).await.is_ok());
    bench.spend(Amounts::none(), images(99)).await;
    assert!(bench.reserve(Amounts::none().with(Measure::Inspections, 1)).await.is_ok(), "images are overrun");
}

pub(crate) async fn a_reservation_id_is_used_once(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    let id = ReservationId::generate();
    let _held = bench.reserve_as(id, &bench.user, &bench.rules, images(2)).await.unwrap();
    let again = bench.reserve_as(id, &bench.user, &bench.rules, images(2)).await.err();
    assert_eq!(again, Some(QuotaError::AlreadyReserved));
    assert_eq!(bench.first().await, (0, 2, 8));
}

pub(crate) async fn one_users_usage_is_not_anothers(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    bench.spend(images(10), images(10)).await;
    let other_issuer = EndUserId { issuer: "https://other.example".into(), subject: "a".into() };
    for other in [user("b"), other_issuer] {
        let id = ReservationId::generate();
        assert!(bench.reserve_as(id, &other, &bench.rules, images(10)).await.is_ok());
    }
    assert_eq!(bench.first().await, (10, 0, 0));
}

pub(crate) async fn usage_is_counted_across_plans_and_before_a_rule_existed(make: Make<'_>) {
    let bench =
        Bench::new(make, &[(Measure::Images, Period::Month, 10), (Measure::Images, Period::Total, 10)]);
    let held = bench.reserve_as(ReservationId::generate(), &bench.user, &[], images(9)).await.unwrap();
    bench.ledger.settle(held, images(9)).await.unwrap();
    assert_eq!(bench.first().await, (9, 0, 1));
    assert_eq!(exhausted(bench.reserve(images(2)).await), (Measure::Images, Period::Total));
}

pub(crate) async fn a_new_day_and_a_new_month_begin_at_the_operators_midnight(make: Make<'_>) {
    let rules = [TEN_A_DAY, (Measure::Images, Period::Month, 15)];
    // Noon in UTC is 21:00 there.
    let bench = Bench::in_zone(make, TimeZone::fixed(tz::offset(9)), &rules);
    bench.spend(images(10), images(10)).await;
    bench.clock.advance(HOUR * 3 - Duration::from_millis(1));
    let last_moment = bench.reserve(images(1)).await;
    assert!(matches!(last_moment.err(), Some(QuotaError::Exhausted { retry_after_s: Some(1), .. })));
    bench.clock.advance(Duration::from_millis(1));
    bench.spend(images(5), images(5)).await;
    assert_eq!(exhausted(bench.reserve(images(1)).await), (Measure::Images, Period::Month));
    bench.clock.advance(DAY * 9);
    bench.spend(images(10), images(10)).await;
    let resets: Vec<_> =
        bench.states().await.iter().map(|state| state.resets_at.unwrap().to_string()).collect();
    assert_eq!(resets, ["2026-12-01T15:00:00Z", "2026-12-31T15:00:00Z"]);
}

pub(crate) async fn a_settle_after_midnight_counts_in_the_day_of_its_reserve(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    let held = bench.reserve(images(10)).await.unwrap();
    bench.clock.advance(DAY);
    assert_eq!(bench.first().await, (0, 0, 10), "held yesterday");
    bench.ledger.settle(held, images(10)).await.unwrap();
    assert_eq!(bench.first().await, (0, 0, 10), "used yesterday");
    bench.step_back(DAY);
    assert_eq!(bench.first().await, (10, 0, 0));
}

pub(crate) async fn quota_11_a_clock_that_jumps_back_finds_the_day_as_it_left_it(make: Make<'_>) {
    let bench = Bench::new(make, &[TEN_A_DAY]);
    bench.clock.advance(DAY);
    bench.spend(images(10), images(10)).await;
    bench.step_back(DAY);
    bench.spend(images(10), images(10)).await;
    bench.clock.advance(DAY);
    assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY, "spent before the clock jumped");
    bench.step_back(DAY);
    assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY);
}

pub(crate) async fn quota_11_a_clock_that_jumps_ahead_and_back_refills_nothing_twice(make: Make<'_>) {
    for days in [1, 2, 15, 45, 400] {
        let bench = Bench::new(make, &[TEN_A_DAY]);
        bench.spend(images(10), images(10)).await;
        bench.clock.advance(DAY * days);
        bench.spend(images(10), images(10)).await;
        bench.step_back(DAY * days);
        assert!(bench.reserve(images(1)).await.is_err(), "{days} days ahead and back");
        bench.clock.advance(DAY * days);
        assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY, "{days} days later");
    }
}
