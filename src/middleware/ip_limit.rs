//! Limits the rate of requests per client address, before any token is verified.
//!
//! Verifying a signature costs a hundred times more than refusing, so this protects the crypto. Addresses
//! are IPv4 addresses and IPv6 /64 networks; how many are told apart is bounded.
//!
//! - Answers: `rate_limited`.

use std::net::{IpAddr, Ipv4Addr};
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

/// Stands for the extractor that the crate wants; keys are made in [`IpLimit::check`].
#[derive(Clone)]
pub struct ByAddress(Arc<AddressGate>);

impl KeyExtractor for ByAddress {
    type Key = AddressKey;

    fn extract<T>(&self, request: &Request<T>) -> Result<AddressKey, GovernorError> {
        let ip = request.extensions().get::<IpAddr>().copied();
        Ok(self.0.key(ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// The limiter and what stands around it. Cheap to clone.
#[derive(Clone)]
pub struct IpLimit {
    governor: Arc<GovernorConfig<ByAddress, NoOpMiddleware>>,
    gate: Arc<AddressGate>,
    policy: RatePolicy,
    metrics: Arc<Metrics>,
}

impl IpLimit {
    /// Full buckets for everybody.
    ///
    /// # Errors
    /// The policy does not hold.
    pub fn new(
        clock: Clock,
        policy: RatePolicy,
        max_addresses: usize,
        metrics: Arc<Metrics>,
    ) -> Result<Self, LimitsError> {
        policy.check()?;
        let gate = Arc::new(AddressGate::new(clock, &policy, max_addresses));
        let mut builder = GovernorConfigBuilder::default().key_extractor(ByAddress(Arc::clone(&gate)));
        let governor =
            builder.period(policy.period()).burst_size(policy.burst).finish().ok_or(LimitsError::Rate)?;
        Ok(Self { governor: Arc::new(governor), gate, policy, metrics })
    }

    /// Charges one request to an address.
    ///
    /// # Errors
    /// Its bucket is empty.
    pub fn check(&self, ip: IpAddr) -> Result<(), Problem> {
        let decision = self.governor.limiter().check_key(&self.gate.key(ip));
        decision.map_err(|until| self.refusal(until.wait_time_from(DefaultClock::default().now())))
    }

    /// Forgets addresses whose buckets are full again.
    pub fn sweep(&self) {
        self.gate.sweep(|| {
            self.governor.limiter().retain_recent();
            self.governor.limiter().shrink_to_fit();
        });
    }

    fn refusal(&self, wait: Duration) -> Problem {
        self.metrics.limited("ip");
        let rate = self.policy.refused("ip", wait);
        let detail = "Too many requests from your address; wait, then go on.";
        let problem = Problem::new(Code::RateLimited, detail).with_retry_after_s(rate.retry_after_s);
        limit_headers::told(problem, &rate)
    }
}
