//! What all requests share: made once by `gateway.rs`, read everywhere at the edge.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::auth::Authenticator;
use crate::callback::{CallbackKeys, Inbox, Slot};
use crate::clock::Clock;
use crate::config::{Config, Plan};
use crate::ids::ReservationId;
use crate::limits::{PlanLimits, TrustedProxies};
use crate::operation::Operation;
use crate::ownership::{AccountKey, Ownership};
use crate::packs::PackCache;
use crate::params::ParamLimits;
use crate::policy::PolicyRules;
use crate::principal::EndUserId;
use crate::quota::Ledger;
use crate::telemetry::Metrics;
use crate::upstream::Upstream;

/// Shared by reference.
pub type AppState = Arc<State>;

/// See the module.
pub struct State {
    /// As the operator wrote it.
    pub config: Config,
    /// The only source of time.
    pub clock: Clock,
    /// Every task, so that shutdown can wait for them.
    pub tasks: TaskTracker,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Who is calling.
    pub authenticator: Authenticator,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Requests per time, by plan.
    pub plan_limits: PlanLimits,
    /// Places for requests in flight.
    pub in_flight: Semaphore,
    /// Quota.
    pub ledger: Arc<dyn Ledger>,
    /// Who owns which object.
    pub ownership: Ownership,
    /// What signs callback addresses.
    pub callback_keys: CallbackKeys,
    /// Callbacks that came.
    pub inbox: Inbox,
    /// Astria.
    pub upstream: Upstream,
    /// The pack cache.
    pub packs: PackCache,
    /// The operator's account, as a key of ownership and cache.
    pub account: AccountKey,
    /// What requests may say.
    pub rules: PolicyRules,
    /// How much of it.
    pub param_limits: ParamLimits,
    /// Public origin and base path: what `url` in replies and callback addresses begin with.
    pub gateway_url: String,
    /// Hides who is who in log lines: a keyed hash with a random key.
    pub log_key: RandomState,
}

impl State {
    /// The name of the plan that counts for a claim.
    pub fn plan_name(&self, claimed: Option<&str>) -> Arc<str> {
        self.config.plan(claimed).0.into()
    }

    /// A plan by its name (one that [`State::plan_name`] gave).
    pub fn plan(&self, name: &str) -> &Plan {
        self.config.plan(Some(name)).1
    }

    /// Whether a plan has an operation: what costs money must be on its list.
    pub fn allows(&self, plan: &str, operation: Operation) -> bool {
        !operation.creates_cost() || self.plan(plan).allow.contains(&operation)
    }

    /// The address that Astria calls back for one object of a reservation.
    pub fn callback_url(&self, reservation: ReservationId, slot: Slot) -> String {
        let expires_at = self.clock.now().plus(Duration::from_secs(self.config.callbacks.valid_s));
        let token = self.callback_keys.sign(reservation, slot, expires_at);
        format!("{}/gateway/callbacks/{token}", self.gateway_url)
    }

    /// A short name for an end user that log lines may hold; another one after a restart.
    pub fn principal_hash(&self, id: &EndUserId) -> String {
        format!("{:012x}", self.log_key.hash_one(id) >> 16)
    }
}
