//! What all requests share: made by `gateway/assemble.rs` from one configuration, read everywhere at the edge.
//!
//! A reload makes a new one; what must outlive a configuration (the ledger, ownership, counters) is shared
//! between both. A request keeps the one that it began with.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::auth::{Authenticator, OperatorTokens};
use crate::callback::{CallbackKeys, Inbox, Slot};
use crate::clock::Clock;
use crate::config::Config;
use crate::guests::{GuestKeys, KnownGuests};
use crate::ids::ReservationId;
use crate::images::ImageUrls;
use crate::intake::{Budget, Spool};
use crate::limits::{InFlight, PlanLimits, TrustedProxies};
use crate::login::{Attempts, Providers};
use crate::notifications::Endpoint;
use crate::ownership::{Ownership, Subjects, Titles};
use crate::packs::Rendered;
use crate::params::ParamLimits;
use crate::people::{Overrides, People};
use crate::plans::Plans;
use crate::policy::PolicyRules;
use crate::prices::Prices;
use crate::principal::EndUserId;
use crate::pseudonym::Pseudonyms;
use crate::quota::Ledger;
use crate::refresh::Refresher;
use crate::secret::Secret;
use crate::sessions::{CsrfTokens, LiveSessions, Renewals};
use crate::store::Store;
use crate::streams::{Hub, Tickets};
use crate::telemetry::{AccessLog, Metrics, Spans};
use crate::upstream::blob::Blobs;

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
    /// One line a request.
    pub access_log: AccessLog,
    /// One span a request and a call, where traces are on.
    pub spans: Spans,
    /// When the process began, on the monotonic clock.
    pub started: Duration,
    /// Who is calling.
    pub authenticator: Authenticator,
    /// Who may use the operator's API.
    pub operator_tokens: OperatorTokens,
    /// What the operator said about single end users.
    pub overrides: Arc<Overrides>,
    /// Where that is kept, beside what end users did.
    pub people: Arc<dyn People>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// What end users may do.
    pub plans: Plans,
    /// Requests per time, by plan.
    pub plan_limits: PlanLimits,
    /// Requests being worked on.
    pub in_flight: Arc<InFlight>,
    /// Memory for the bodies of requests in flight.
    pub bodies: Budget,
    /// Uploads that are too large for memory.
    pub spool: Spool,
    /// Quota.
    pub ledger: Ledger,
    /// Wakes whoever looks for unknown outcomes.
    pub reconcile_soon: Arc<Notify>,
    /// Wakes whoever looks at unfinished jobs.
    pub jobs_soon: Arc<Notify>,
    /// Where the operator's app hears of events.
    pub endpoints: Vec<Arc<Endpoint>>,
    /// Wakes whoever sends notifications.
    pub notify_soon: Arc<Notify>,
    /// What creates may cost.
    pub prices: Arc<Prices>,
    /// What outlives the process.
    pub store: Arc<Store>,
    /// Who owns which object.
    pub ownership: Ownership,
    /// What is held of an end user, and their wish to be forgotten.
    pub subjects: Arc<dyn Subjects>,
    /// What stands before end users' titles at Astria.
    pub titles: Titles,
    /// Names that outlive an end user's wish to be forgotten.
    pub pseudonyms: Pseudonyms,
    /// Looks at objects, once for all who ask.
    pub refresher: Refresher,
    /// Sessions in use.
    pub sessions: Arc<LiveSessions>,
    /// Login providers.
    pub providers: Providers,
    /// Seals what a browser keeps while it is away at one.
    pub login_attempts: Arc<Attempts>,
    /// Sessions whose tokens are being renewed there.
    pub renewals: Arc<Renewals>,
    /// Signs guests' cookies.
    pub guest_keys: Arc<GuestKeys>,
    /// How guests stood a moment ago.
    pub known_guests: Arc<KnownGuests>,
    /// What proves that a request with a cookie came from a page of ours.
    pub csrf_tokens: Arc<CsrfTokens>,
    /// Streams of events that are open.
    pub streams: Arc<Hub>,
    /// Seals what opens one.
    pub tickets: Arc<Tickets>,
    /// Wakes whoever carries out erasures.
    pub erasure_asked: Arc<Notify>,
    /// Signs callback addresses where the operator has configured no secret.
    pub own_callback_secret: Arc<Secret>,
    /// What signs callback addresses.
    pub callback_keys: Arc<CallbackKeys>,
    /// Signs images' URLs, and knows them again.
    pub images: ImageUrls,
    /// Fetches their bytes.
    pub blobs: Blobs,
    /// Callbacks that came.
    pub inbox: Arc<dyn Inbox>,
    /// The operator's accounts at Astria.
    pub accounts: Accounts,
    /// What requests may say.
    pub rules: PolicyRules,
    /// How much of it.
    pub param_limits: ParamLimits,
    /// Public origin and base path: what `url` in replies and callback addresses begin with.
    pub gateway_url: String,
    /// The published contract, ready to send once somebody has asked for it.
    pub contract: OnceLock<Rendered>,
    /// Writes it: it knows all routes, which stand above this.
    pub write_contract: fn(&Config) -> String,
    /// Hides who is who in log lines: a keyed hash with a random key.
    pub log_key: RandomState,
}

impl State {
    /// The address that Astria calls back for one object of a reservation.
    pub fn callback_url(&self, reservation: ReservationId, slot: Slot) -> String {
        let expires_at = self.clock.now().plus(Duration::from_secs(self.config.callbacks.valid_s));
        let token = self.callback_keys.sign(reservation, slot, expires_at);
        format!("{}/gateway/callbacks/{token}", self.gateway_url)
    }

    /// A short name (48 bits, never 0) for an end user: log lines may hold it, and calls upstream take turns by
    /// it. Another one after a restart.
    pub fn principal_hash(&self, id: &EndUserId) -> u64 {
        (self.log_key.hash_one(id) >> 16).max(1)
    }
}
