//! Limits the rate of requests per client address, before any token is verified.
//!
//! Verifying a signature costs a hundred times more than refusing, so this protects the crypto. Addresses
//! are IPv4 addresses and IPv6 /64 networks; how many are told apart is bounded. The counting is tower_governor's;
//! it is asked directly, not as a layer, because callbacks and services are charged only when they fail.
//!
//! - Answers: `rate_limited`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::NoOpMiddleware;
use http::Request;
use tower_governor::GovernorError;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;

use super::limit_headers;
use crate::clock::Clock;
use crate::limits::{AddressGate, AddressKey, LimitsError, RatePolicy, RateState};
use crate::problem::{Code, Problem};
use crate::telemetry::Metrics;

/// Gives tower_governor its type of key. A layer would call it; [`IpLimit::check`] brings the key itself.
#[derive(Clone)]
pub struct ByAddress;

impl KeyExtractor for ByAddress {
    type Key = AddressKey;

    fn extract<T>(&self, _: &Request<T>) -> Result<AddressKey, GovernorError> {
        Err(GovernorError::UnableToExtractKey)
    }
}

/// The limiter and what stands around it. Cheap to clone.
#[derive(Clone)]
pub struct IpLimit {
    governor: Arc<GovernorConfig<ByAddress, NoOpMiddleware>>,
    gate: Arc<AddressGate>,
    policy: RatePolicy,
    max_addresses: usize,
    metrics: Arc<Metrics>,
    clock: DefaultClock,
}

impl IpLimit {
    /// Full buckets for everybody; or, after a reload that left the policy as it was, those of `previous`, the one in
    /// force. Nothing of it is changed here: a new `max_addresses` takes effect at the first [`IpLimit::sweep`].
    ///
    /// # Errors
    /// The policy does not hold.
    pub fn new(
        clock: Clock,
        policy: RatePolicy,
        max_addresses: usize,
        metrics: Arc<Metrics>,
        previous: Option<&Self>,
    ) -> Result<Self, LimitsError> {
        policy.check()?;
        if let Some(known) = previous.filter(|known| known.policy == policy) {
            return Ok(Self { max_addresses, metrics, ..known.clone() });
        }
        let gate = Arc::new(AddressGate::new(clock, &policy, max_addresses));
        let mut builder = GovernorConfigBuilder::default().key_extractor(ByAddress);
        let governor =
            builder.period(policy.period()).burst_size(policy.burst).finish().ok_or(LimitsError::Rate)?;
        let clock = DefaultClock::default();
        Ok(Self { governor: Arc::new(governor), gate, policy, max_addresses, metrics, clock })
    }

    /// Takes a request from the bucket of this address.
    ///
    /// # Errors
    /// There is none left; nothing was taken.
    pub fn check(&self, ip: IpAddr) -> Result<(), Problem> {
        self.take(ip).map_err(|rate| {
            self.metrics.limited("ip");
            let detail = "Too many requests from your address; wait, then go on.";
            let problem = Problem::new(Code::RateLimited, detail).with_retry_after_s(rate.retry_after_s);
            limit_headers::told(problem, &rate)
        })
    }

    fn take(&self, ip: IpAddr) -> Result<(), RateState> {
        let decision = self.governor.limiter().check_key(&self.gate.key(ip));
        decision.map_err(|until| self.policy.refused("ip", self.wait(&until)))
    }

    fn wait(&self, until: &governor::NotUntil<governor::clock::QuantaInstant>) -> Duration {
        until.wait_time_from(self.clock.now())
    }

    /// Forgets addresses whose buckets are full again.
    pub fn sweep(&self) {
        self.gate.set_max_addresses(self.max_addresses);
        self.gate.sweep(|| {
            self.governor.limiter().retain_recent();
            self.governor.limiter().shrink_to_fit();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: RatePolicy = RatePolicy { requests_per_s: 0.001, burst: 3 };

    fn limit(policy: RatePolicy, previous: Option<&IpLimit>) -> IpLimit {
        IpLimit::new(Clock::system(), policy, 1_000, Arc::new(Metrics::new()), previous).unwrap()
    }

    /// How many of ten requests pass.
    fn passed(limit: &IpLimit, address: &str) -> usize {
        let ip = address.parse().unwrap();
        (0..10).filter(|_| limit.take(ip).is_ok()).count()
    }

    #[test]
    fn rl_03_a_reload_leaves_the_buckets_of_addresses_unless_their_policy_changed() {
        let old = limit(THREE, None);
        assert_eq!(passed(&old, "192.0.2.1"), 3);
        let same = limit(THREE, Some(&old));
        assert_eq!((passed(&same, "192.0.2.1"), passed(&same, "192.0.2.2")), (0, 3));
        let other = limit(RatePolicy { burst: 5, ..THREE }, Some(&same));
        assert_eq!(passed(&other, "192.0.2.1"), 5);
    }

    #[test]
    fn rl_07_a_64_is_one_address() {
        let limit = limit(THREE, None);
        assert_eq!((passed(&limit, "2001:db8::1"), passed(&limit, "2001:db8::2")), (3, 0));
        assert_eq!(passed(&limit, "2001:db8:0:1::1"), 3);
    }

    #[test]
    fn rl_01_a_refusal_says_when_to_come_back() {
        let limit = limit(THREE, None);
        passed(&limit, "192.0.2.1");
        let refusal = limit.take("192.0.2.1".parse().unwrap()).unwrap_err();
        assert!((990..=1_000).contains(&refusal.retry_after_s));
        assert_eq!((refusal.policy, refusal.limit), ("ip", 3));
    }
}
