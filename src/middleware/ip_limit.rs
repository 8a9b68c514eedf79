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
use crate::limits::{AddressGate, AddressKey, LimitsError, RatePolicy};
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
        self.governor.limiter().check_key(&self.gate.key(ip)).map_err(|until| {
            self.metrics.limited("ip");
            let rate = self.policy.refused("ip", self.wait(&until));
            let detail = "Too many requests from your address; wait, then go on.";
            let problem = Problem::new(Code::RateLimited, detail).with_retry_after_s(rate.retry_after_s);
            limit_headers::told(problem, &rate)
        })
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
