//! Limits the rate of requests per client address, before any token is verified.
//!
//! Verifying a signature costs a hundred times more than refusing, so this protects the crypto. Addresses
//! are IPv4 addresses and IPv6 /64 networks; how many are told apart is bounded.
//!
//! - Needs: [`ClientIp`].
//! - Answers: `rate_limited`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::NoOpMiddleware;
use http::Request;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

use super::client_ip::ClientIp;
use super::limit_headers;
use crate::clock::Clock;
use crate::limits::{AddressGate, AddressKey, LimitsError, RatePolicy};
use crate::problem::{Code, Problem};
use crate::telemetry::Metrics;

/// Reads the address that the client_ip layer found.
#[derive(Clone)]
pub struct ByAddress(Arc<AddressGate>);

impl KeyExtractor for ByAddress {
    type Key = AddressKey;

    fn extract<T>(&self, request: &Request<T>) -> Result<AddressKey, GovernorError> {
        let ip = request.extensions().get::<ClientIp>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ip| ip.0);
        Ok(self.0.key(ip))
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

    /// The layer for private routes.
    pub fn layer(&self) -> GovernorLayer<ByAddress, NoOpMiddleware, Body> {
        let this = self.clone();
        GovernorLayer::new(Arc::clone(&self.governor)).error_handler(move |error| match error {
            // The crate cuts the wait to whole seconds; one more is never too early.
            GovernorError::TooManyRequests { wait_time, .. } => {
                this.refusal(std::time::Duration::from_secs(wait_time + 1))
            }
            GovernorError::UnableToExtractKey | GovernorError::Other { .. } => {
                Problem::new(Code::Internal, "The client's address is not known.").into_response()
            }
        })
    }

    /// Charges one request to an address where the layer does not stand (bad callbacks).
    ///
    /// # Errors
    /// The ready refusal.
    pub fn charge(&self, ip: IpAddr) -> Result<(), Box<Response>> {
        let decision = self.governor.limiter().check_key(&self.gate.key(ip));
        decision.map_err(|until| Box::new(self.refusal(until.wait_time_from(DefaultClock::default().now()))))
    }

    /// Forgets addresses whose buckets are full again.
    pub fn sweep(&self) {
        self.gate.sweep(|| {
            self.governor.limiter().retain_recent();
            self.governor.limiter().shrink_to_fit();
        });
    }

    fn refusal(&self, wait: std::time::Duration) -> Response {
        self.metrics.limited("ip");
        let rate = self.policy.refused("ip", wait);
        let mut response =
            Problem::new(Code::RateLimited, "Too many requests from your address; wait, then go on.")
                .with_retry_after_s(rate.retry_after_s)
                .into_response();
        limit_headers::insert(response.headers_mut(), &rate);
        response
    }
}
