//! Days and months: which of them something counts in, whatever the clock does.

use std::time::Duration;

use jiff::tz::{self, TimeZone};

use super::super::Made;
use super::super::bench::{images, user};
use super::{Bench, DAY, HOUR, IMAGES_A_DAY, TEN_A_DAY, exhausted, refusal};
use crate::quota::{Measure, Period};

pub(crate) async fn a_new_day_and_a_new_month_begin_at_the_operators_midnight(made: &Made) {
    let rules = [TEN_A_DAY, (Measure::Images, Period::Month, 15)];
    // Noon in UTC is 21:00 there.
    let bench = Bench::in_zone(made, TimeZone::fixed(tz::offset(9)), &rules);
    bench.spend(images(10), images(10)).await;
    bench.clock.advance(HOUR * 3 - Duration::from_millis(1));
    let (.., retry_after_s) = refusal(bench.reserve(images(1)).await);
    assert_eq!(retry_after_s, Some(1), "the last moment of the day");
    bench.clock.advance(Duration::from_millis(1));
    bench.spend(images(5), images(5)).await;
    assert_eq!(exhausted(bench.reserve(images(1)).await), (Measure::Images, Period::Month));
    bench.clock.advance(DAY * 9);
    bench.spend(images(10), images(10)).await;
    let resets: Vec<_> =
        bench.states().await.iter().map(|state| state.resets_at.unwrap().to_string()).collect();
    assert_eq!(resets, ["2026-12-01T15:00:00Z", "2026-12-31T15:00:00Z"]);
}

pub(crate) async fn a_settle_after_midnight_counts_in_the_day_of_its_reserve(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    let held = bench.reserve(images(10)).await.unwrap();
    bench.clock.advance(DAY);
    assert_eq!(bench.first().await, (0, 0, 10), "held yesterday");
    bench.settle(held, images(10)).await;
    assert_eq!(bench.first().await, (0, 0, 10), "used yesterday");
    bench.step_back(DAY);
    assert_eq!(bench.first().await, (10, 0, 0));
}

pub(crate) async fn quota_11_a_clock_that_jumps_back_finds_the_day_as_it_left_it(made: &Made) {
    let bench = Bench::new(made, &[TEN_A_DAY]);
    bench.clock.advance(DAY);
    bench.spend(images(10), images(10)).await;
    bench.step_back(DAY);
    bench.spend(images(10), images(10)).await;
    bench.clock.advance(DAY);
    assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY, "spent before the clock jumped");
    bench.step_back(DAY);
    assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY);
}

pub(crate) async fn quota_11_a_clock_that_jumps_ahead_and_back_refills_nothing_twice(made: &Made) {
    for days in [1, 2, 15, 45, 400] {
        let mut bench = Bench::new(made, &[TEN_A_DAY]);
        bench.user = user(&format!("{days} days"));
        bench.spend(images(10), images(10)).await;
        bench.clock.advance(DAY * days);
        bench.spend(images(10), images(10)).await;
        bench.step_back(DAY * days);
        assert!(bench.reserve(images(1)).await.is_err(), "{days} days ahead and back");
        bench.clock.advance(DAY * days);
        assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY, "{days} days later");
        bench.step_back(DAY * days);
    }
}

pub(crate) async fn quota_11_days_of_23_and_25_hours_begin_at_their_own_midnights(made: &Made) {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let bench = Bench::in_zone(made, berlin, &[TEN_A_DAY, (Measure::Images, Period::Month, 1000)]);
    // Midnight there is at these moments; the days between are 24, 23 and 24 hours long.
    bench.set("2027-03-26T23:00:00Z");
    for midnight in ["2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", "2027-03-29T22:00:00Z"] {
        bench.spend(images(10), images(10)).await;
        let (.., retry_after_s) = refusal(bench.reserve(images(1)).await);
        bench.clock.advance(Duration::from_secs(retry_after_s.unwrap()) - Duration::from_millis(1));
        assert_eq!(exhausted(bench.reserve(images(1)).await), IMAGES_A_DAY);
        bench.clock.advance(Duration::from_millis(1));
        assert_eq!(bench.first().await, (0, 0, 10));
        let now = jiff::Timestamp::from_millisecond(i64::try_from(bench.clock.now().unix_ms()).unwrap());
        assert_eq!(now.unwrap().to_string(), midnight);
    }
    assert_eq!(bench.states().await[1].used, 30);
    bench.set("2027-10-30T22:00:00Z");
    bench.spend(images(10), images(10)).await;
    assert_eq!(refusal(bench.reserve(images(1)).await).5, Some(25 * 3600), "an autumn day");
}
