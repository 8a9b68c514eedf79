//! How an endpoint is doing: how much is sent to it at once, and whether it is left alone for a while.
//!
//! ```text
//! well      up to notifications.max_in_flight at once
//! failing   left alone for 1 s, 2 s, … 60 s (or what it asked for), then one notification to see whether it is back
//! back      as before; after an outage what waits is tried at once, not when each notification's own pause ends
//! ```
//!
//! An app that is down is asked once a minute, whatever waits for it, and has caught up soon after it is back.

use std::time::Duration;

use super::schedule::{Failure, spread};

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// Refusals in a row that say more of the app than of single notifications.
const REFUSALS: u32 = 8;
/// Failing for so long is an outage: the pauses of notifications that it caused mean nothing once it is over. A single
/// notification that always fails, among others that do not, is never woken by them.
const OUTAGE: Duration = Duration::from_secs(30);

/// See the module. Times are of the monotonic clock.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// In a row.
    failures: u32,
    failing_since: Option<Duration>,
    paused_until: Duration,
}

impl Health {
    /// How many notifications may be on their way.
    pub fn places(&self, now: Duration, max: usize) -> usize {
        match self.failures {
            _ if now < self.paused_until => 0,
            0 => max,
            _ => 1,
        }
    }

    /// When it is asked again, if it is left alone.
    pub fn paused_until(&self, now: Duration) -> Option<Duration> {
        (now < self.paused_until).then_some(self.paused_until)
    }

    /// One arrived. Gives whether an outage is over with it.
    pub fn succeeded(&mut self, now: Duration) -> bool {
        let since = std::mem::take(self).failing_since;
        since.is_some_and(|since| now.saturating_sub(since) >= OUTAGE)
    }

    /// One did not. `retry_after`: for how long the app asked to be left alone; `seed` spreads pauses.
    pub fn failed(&mut self, now: Duration, failure: Failure, retry_after: Option<Duration>, seed: u64) {
        self.failing_since.get_or_insert(now);
        if now < self.paused_until {
            // Sent together with the one that began the pause: it says nothing new.
            self.paused_until = self.paused_until.max(now + retry_after.unwrap_or_default());
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if failure.is_of_endpoint() || self.failures >= REFUSALS {
            let doubled = FIRST.saturating_mul(1 << self.failures.saturating_sub(1).min(16));
            let pause = spread(doubled.min(LONGEST), seed).max(retry_after.unwrap_or_default());
            self.paused_until = self.paused_until.max(now + pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);
    const DOWN: Failure = Failure::Unreachable;

    #[test]
    fn an_endpoint_that_is_down_is_asked_once_a_minute_and_by_one_notification() {
        let (mut health, mut now, mut attempts) = (Health::default(), S, 0);
        assert_eq!(health.places(now, 8), 8);
        while now < 3600 * S {
            assert_eq!(health.places(now, 8), if attempts == 0 { 8 } else { 1 });
            health.failed(now, DOWN, None, attempts);
            attempts += 1;
            assert_eq!(health.places(now, 8), 0);
            now = health.paused_until(now).unwrap();
        }
        assert!((50..70).contains(&attempts), "{attempts}");
        assert!(health.succeeded(now));
        assert_eq!((health.places(now, 8), health.paused_until(now)), (8, None));
    }

    #[test]
    fn one_notification_that_always_fails_wakes_nobody_and_holds_up_nobody_for_long() {
        let (mut health, mut now) = (Health::default(), S);
        for _ in 0..100 {
            health.failed(now, Failure::Status(500), None, 0);
            now = health.paused_until(now).unwrap();
            assert!(!health.succeeded(now));
            now += 10 * S;
        }
        health.failed(now, Failure::Status(400), None, 0);
        assert_eq!(health.places(now, 8), 1);
        assert!(!health.succeeded(now));
    }

    #[test]
    fn refusals_in_a_row_pause_it_too() {
        let mut health = Health::default();
        for _ in 0..7 {
            health.failed(S, Failure::Status(404), None, 0);
            assert_eq!(health.places(S, 8), 1);
        }
        health.failed(S, Failure::Status(404), None, 0);
        assert_eq!(health.places(S, 8), 0);
    }

    #[test]
    fn what_the_app_asks_for_counts_where_it_is_longer() {
        let mut health = Health::default();
        health.failed(S, Failure::Status(503), Some(600 * S), 0);
        assert_eq!(health.paused_until(S), Some(601 * S));
        health.failed(S, Failure::Status(503), Some(S), 0);
        assert_eq!(health.paused_until(S), Some(601 * S));
    }
}
