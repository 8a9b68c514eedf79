//! What a rate limit is, and how its state is told to a client.
//!
//! One place computes the numbers, so that `Retry-After`, the `RateLimit` fields and the legacy trio of a
//! reply cannot contradict each other.
//!
//! What it does *not* do: it writes no header and counts nothing.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::LimitsError;

const MAX_WINDOW: Duration = Duration::from_secs(366 * 24 * 3600);

/// A token bucket: `burst` requests at once, refilled at `requests_per_s`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatePolicy {
    /// The steady rate, in requests per second; 0.1 is one every ten seconds.
    pub requests_per_s: f64,
    /// How many requests a full bucket holds.
    pub burst: u32,
}

impl RatePolicy {
    /// Whether this can be a limit.
    ///
    /// # Errors
    /// [`LimitsError::Rate`], [`LimitsError::Burst`] or [`LimitsError::Window`]: see there.
    pub fn check(&self) -> Result<(), LimitsError> {
        if !(self.requests_per_s > 0.0 && self.requests_per_s <= 1e6) {
            return Err(LimitsError::Rate);
        }
        let burst = NonZeroU32::new(self.burst).ok_or(LimitsError::Burst)?;
        let window = self.period().checked_mul(burst.get()).ok_or(LimitsError::Window)?;
        if window <= MAX_WINDOW { Ok(()) } else { Err(LimitsError::Window) }
    }

    /// The time in which one request is refilled. Between 1 ns and 366 days, also for a policy that
    /// [`RatePolicy::check`] refuses.
    pub fn period(&self) -> Duration {
        let exact = Duration::try_from_secs_f64(1.0 / self.requests_per_s).unwrap_or(MAX_WINDOW);
        exact.clamp(Duration::from_nanos(1), MAX_WINDOW)
    }

    /// The time in which an empty bucket becomes full, in whole seconds rounded up, at least 1.
    pub fn window_s(&self) -> u64 {
        self.refill_s(self.burst)
    }

    /// The state after an allowed request, with this many more to go.
    pub fn allowed(&self, policy: &'static str, remaining: u32) -> RateState {
        let remaining = remaining.min(self.burst);
        RateState {
            policy,
            limit: self.burst,
            window_s: self.window_s(),
            remaining,
            reset_s: self.refill_s(self.burst - remaining),
            retry_after_s: 0,
        }
    }

    /// The state after a refused request that may be tried again after `wait`.
    pub fn refused(&self, policy: &'static str, wait: Duration) -> RateState {
        let retry_after_s = ceil_s(wait);
        RateState {
            policy,
            limit: self.burst,
            window_s: self.window_s(),
            remaining: 0,
            reset_s: retry_after_s,
            retry_after_s,
        }
    }

    fn refill_s(&self, requests: u32) -> u64 {
        ceil_s(self.period().saturating_mul(requests))
    }
}

/// Rounded up, never 0: a client told to wait 0 seconds asks again at once.
fn ceil_s(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

/// Where a client stands with one limit, in the terms of the reply's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateState {
    /// The limit's name: `user` or `ip`.
    pub policy: &'static str,
    /// The bucket's size in requests (`q`, `X-RateLimit-Limit`).
    pub limit: u32,
    /// Seconds in which an empty bucket becomes full (`w`), at least 1.
    pub window_s: u64,
    /// Requests that would be allowed now (`r`, `X-RateLimit-Remaining`).
    pub remaining: u32,
    /// Seconds until the bucket is full, or until the next request is allowed if this one was refused
    /// (`t`, `X-RateLimit-Reset`); at least 1.
    pub reset_s: u64,
    /// Seconds to wait before the next request: at least 1 if this one was refused, else 0.
    pub retry_after_s: u64,
}

impl RateState {
    /// The `RateLimit` field: a Structured Fields list of one string item.
    ///
    /// Source: draft-ietf-httpapi-ratelimit-headers-10, RFC 9651.
    pub fn ratelimit(&self) -> String {
        self.item([("r", u64::from(self.remaining)), ("t", self.reset_s)])
    }

    /// The `RateLimit-Policy` field: a Structured Fields list of one string item.
    ///
    /// Source: draft-ietf-httpapi-ratelimit-headers-10, RFC 9651.
    pub fn ratelimit_policy(&self) -> String {
        self.item([("q", u64::from(self.limit)), ("w", self.window_s)])
    }

    fn item(&self, [(first, first_value), (second, second_value)]: [(&str, u64); 2]) -> String {
        let mut text = String::with_capacity(48);
        // Writing into a String cannot fail.
        let _ = write!(text, "\"{}\";{first}={first_value};{second}={second_value}", self.policy);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: RatePolicy = RatePolicy { requests_per_s: 100.0 / 60.0, burst: 100 };

    #[test]
    fn rl_02_the_two_fields_are_written_as_structured_field_lists() {
        let state = RateState { reset_s: 13, ..MINUTE.allowed("user", 42) };
        assert_eq!(state.ratelimit(), r#""user";r=42;t=13"#);
        assert_eq!(state.ratelimit_policy(), r#""user";q=100;w=60"#);
    }

    #[test]
    fn rl_01_a_refused_client_is_never_told_to_come_back_at_once() {
        for (wait, retry_after_s) in [
            (Duration::ZERO, 1),
            (Duration::from_millis(1), 1),
            (Duration::from_millis(1_001), 2),
            (Duration::from_secs(7), 7),
        ] {
            let state = MINUTE.refused("ip", wait);
            assert_eq!(
                (state.retry_after_s, state.reset_s, state.remaining),
                (retry_after_s, retry_after_s, 0)
            );
        }
    }

    #[test]
    fn an_allowed_client_is_told_when_its_bucket_is_full_again() {
        assert_eq!(MINUTE.allowed("user", 50).reset_s, 30);
        assert_eq!(MINUTE.allowed("user", 99).reset_s, 1);
        assert_eq!(MINUTE.allowed("user", 99).retry_after_s, 0);
    }

    #[test]
    fn a_policy_that_would_never_refill_or_never_hold_a_request_is_refused() {
        let check = |requests_per_s, burst| RatePolicy { requests_per_s, burst }.check();
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e7] {
            assert_eq!(check(rate, 1), Err(LimitsError::Rate), "{rate}");
        }
        assert_eq!(check(1.0, 0), Err(LimitsError::Burst));
        assert_eq!(check(1e-9, 1_000), Err(LimitsError::Window));
        assert_eq!(check(1e-300, u32::MAX), Err(LimitsError::Window));
        assert_eq!(check(0.001, 1), Ok(()));
        assert_eq!(check(1e6, u32::MAX), Ok(()));
    }

    #[test]
    fn a_misspelt_policy_key_is_refused() {
        let read = |text| serde_json::from_str::<RatePolicy>(text);
        assert!(read(r#"{"requests_per_s": 2.5, "burst": 10}"#).is_ok());
        assert!(read(r#"{"requests_per_s": 2.5, "burst": 10, "brust": 1}"#).is_err());
    }
}
