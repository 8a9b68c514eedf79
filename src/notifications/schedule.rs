//! Why an attempt failed, and when there is another.

use std::time::Duration;

/// Of one notification.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);
/// What an app may ask for with `Retry-After`, in seconds.
pub const LONGEST_RETRY_AFTER_S: u64 = 3600;

/// Why a notification did not arrive, as far as anybody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection: no name, no public address, nobody there, no TLS.
    Unreachable,
    /// No whole answer in time.
    TimedOut,
    /// The connection broke off, or the answer was none.
    Cut,
    /// Another answer than "taken": 3xx, which is not followed, 4xx or 5xx.
    Status(u16),
}

impl Failure {
    /// Whether it speaks of the app rather than of one notification.
    pub const fn is_of_endpoint(self) -> bool {
        match self {
            Self::Unreachable | Self::TimedOut | Self::Cut => true,
            Self::Status(status) => status == 429 || status >= 500,
        }
    }

    /// One word of a closed list, for metrics and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Cut => "cut",
            Self::Status(300..400) => "redirected",
            Self::Status(429 | 500..) => "failed",
            Self::Status(_) => "refused",
        }
    }

    /// What the operator is shown: the status if there was one, else the word.
    pub fn shown(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            other => other.word().to_owned(),
        }
    }
}

/// How long until the next attempt of a notification that has failed so often: 5 s, then twice as long each time, at most
/// an hour; and up to a quarter more by chance of `seed`, so that what failed together does not stay together.
pub fn retry_pause(failed: u32, seed: u64) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failed.saturating_sub(1).min(16));
    spread(doubled.min(LONGEST), seed ^ u64::from(failed))
}

/// Up to a quarter more.
pub(super) fn spread(pause: Duration, seed: u64) -> Duration {
    let chance = u32::try_from(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20) % 250).unwrap_or(0);
    pause + pause * chance / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_five_seconds_to_an_hour_and_differ_by_seed() {
        let s = Duration::from_secs;
        for (failed, least) in [(0, 5), (1, 5), (2, 10), (3, 20), (10, 2560), (11, 3600), (u32::MAX, 3600)] {
            for seed in 0..500 {
                let pause = retry_pause(failed, seed);
                assert!(pause >= s(least) && pause <= s(least) * 5 / 4, "{failed} {seed} {pause:?}");
            }
        }
        assert!((1..100).any(|seed| retry_pause(5, seed) != retry_pause(5, 0)));
    }

    #[test]
    fn what_is_the_apps_fault_and_what_may_be_one_notifications() {
        for failure in [Failure::Unreachable, Failure::TimedOut, Failure::Cut] {
            assert!(failure.is_of_endpoint());
        }
        for (status, is_of_endpoint, word) in [
            (301, false, "redirected"),
            (308, false, "redirected"),
            (400, false, "refused"),
            (410, false, "refused"),
            (429, true, "failed"),
            (500, true, "failed"),
            (503, true, "failed"),
        ] {
            let failure = Failure::Status(status);
            assert_eq!((failure.is_of_endpoint(), failure.word()), (is_of_endpoint, word), "{status}");
        }
    }
}
