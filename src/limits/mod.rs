//! Requests per time: who is counted, in which bucket, and what a client is told about it.
//!
//! A limit protects the gateway and the upstream's patience; it is decided in memory on every request, so
//! it must be cheap and its memory bounded. The address limit guards token verification itself, the user
//! limit follows a plan.
//!
//! What it does *not* do: it counts no images and no money (that is `quota`), and it shares nothing with
//! other replicas.

mod address;
mod bounded;
mod client_ip;
mod in_flight;
mod plan;
mod policy;

pub use address::{AddressGate, AddressKey, SHARED_ADDRESS_BUCKETS};
pub use client_ip::{TrustedProxies, client_ip};
pub use in_flight::{InFlight, Place};
pub use plan::{Decision, PlanLimits, SHARED_USER_BUCKETS};
pub use policy::{RatePolicy, RateState};

use std::sync::Arc;

/// Why limits cannot be built from configuration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LimitsError {
    /// The rate is not a positive number up to one million a second.
    #[error("requests_per_s must be more than 0 and at most 1000000")]
    Rate,
    /// The burst is zero.
    #[error("burst must be at least 1")]
    Burst,
    /// Refilling the whole burst would take more than 366 days.
    #[error("burst / requests_per_s must be at most 366 days")]
    Window,
    /// A plan's default or override does not hold.
    #[error("limits of plan {plan:?}: {reason}")]
    Plan {
        /// The plan's name in config.
        plan: Arc<str>,
        /// What is wrong with its policy.
        reason: Box<LimitsError>,
    },
    /// No plan is configured, so nobody could be limited.
    #[error("at least one plan is needed")]
    NoPlans,
}
