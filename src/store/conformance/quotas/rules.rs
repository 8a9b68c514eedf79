//! Which rules are asked, and of whom.

use super::super::Made;
use super::super::bench::{images, user};
use super::{Bench, DAY, TEN_A_DAY, exhausted};
use crate::ids::ReservationId;
use crate::principal::EndUserId;
use crate::quota::{Amounts, Grants, Holder, Measure, Period, QuotaError, QuotaRule, SharedBy};

/// Five images more, today.
struct Today;

impl Grants for Today {
    fn extra(&self, of: Measure, per: Period, period: u32) -> u64 {
        match (of, per, period) {
            (Measure::Images, Period::Day, 20_261_121) => 5,
            _ => 0,
        }
    }
}

pub(crate) async fn a_grant_raises_the_end_users_own_rule_and_nobody_elses(made: &Made) {
    let mut bench = Bench::new(made, &[TEN_A_DAY]);
    let ceiling = QuotaRule { limit: 12, per: Period::Total, shared_by: SharedBy::Account, ..bench.rules[0] };
    bench.rules.push(ceiling);
    let granted = |amount| {
        let holder = Holder { grants: Some(&Today), ..bench.holder(&bench.user, &bench.rules) };
        bench.reserve_for(ReservationId::generate(), holder, images(amount))
    };
    let _held = granted(11).await.unwrap();
    assert_eq!(exhausted(granted(2).await), (Measure::Images, Period::Total), "the account's is as it was");
    let _more = granted(1).await.unwrap();
    bench.clock.advance(DAY);
    bench.rules.truncate(1);
    let holder = Holder { grants: Some(&Today), ..bench.holder(&bench.user, &bench.rules) };
    assert_eq!(bench.ledger.state(&holder).await.unwrap()[0].limit, 10, "another day");
}

pub(crate) async fn a_rule_without_an_amount_in_the_request_is_not_asked(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY, (Measure::Tunes, Period::Total, 0)]);
    assert!(bench.reserve(images(10)).await.is_ok());
    bench.spend(Amounts::none(), images(99)).await;
    assert!(bench.reserve(Amounts::none().with(Measure::Inspections, 1)).await.is_ok(), "images are overrun");
}

pub(crate) async fn a_reservation_id_is_used_once(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    let id = ReservationId::generate();
    let _held = bench.reserve_as(id, &bench.user, &bench.rules, images(2)).await.unwrap();
    let again = bench.reserve_as(id, &bench.user, &bench.rules, images(2)).await.err();
    assert_eq!(again, Some(QuotaError::AlreadyReserved));
    assert_eq!(bench.first().await, (0, 2, 8));
}

pub(crate) async fn one_users_usage_is_not_anothers(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    bench.spend(images(10), images(10)).await;
    let other_issuer = EndUserId { issuer: "https://other.example".into(), subject: "a".into() };
    for other in [user("b"), other_issuer] {
        let id = ReservationId::generate();
        assert!(bench.reserve_as(id, &other, &bench.rules, images(10)).await.is_ok());
    }
    assert_eq!(bench.first().await, (10, 0, 0));
}

pub(crate) async fn usage_is_counted_across_plans_and_before_a_rule_existed(made: &Made) {
    let bench =
        Bench::new(made, &[(Measure::Images, Period::Month, 10), (Measure::Images, Period::Total, 10)]);
    let held = bench.reserve_as(ReservationId::generate(), &bench.user, &[], images(9)).await.unwrap();
    bench.settle(held, images(9)).await;
    assert_eq!(bench.first().await, (9, 0, 1));
    assert_eq!(exhausted(bench.reserve(images(2)).await), (Measure::Images, Period::Total));
}
