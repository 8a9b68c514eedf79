//! What is counted, in the OpenMetrics text format. Names are public API; `docs/operations.md` explains each.
//!
//! Events are counted where they happen, by the methods of [`Metrics`]. States (connections, queues, ages) are not
//! copied into gauges: they are read when somebody scrapes, as [`Readings`].
//!
//! Labels are operations, statuses, codes, outcomes, and names from the operator's configuration: never a user, an id,
//! an address, a path or a token.

mod duration;
mod events;
mod labels;
mod process;
mod readings;
mod requests;
mod store;
mod upstream;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use events::Events;
pub use readings::{AccountReading, BreakerState, EndpointReading, IssuerReading, PoolReading, Readings};
use requests::Requests;
use store::StoreWork;
use upstream::UpstreamCalls;

use crate::clock::Timestamp;
use crate::operation::Operation;
use crate::upstream::measure::{Observer, Outcome};

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Requests,
    upstream: UpstreamCalls,
    events: Events,
    store: StoreWork,
    open_connections: AtomicU64,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("astria_gateway");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What runs here", build);
        Self {
            requests: Requests::register(&mut registry),
            upstream: UpstreamCalls::register(&mut registry),
            events: Events::register(&mut registry),
            store: StoreWork::register(&mut registry),
            open_connections: AtomicU64::new(0),
            registry,
        }
    }

    /// One request ended. No operation: one of the gateway's own paths, or none at all. `code` is empty on success.
    pub fn request(&self, operation: Option<Operation>, status: u16, code: &'static str, took: Duration) {
        self.requests.count(operation, status, code, took);
    }

    /// A rate limit refused a request: `ip` or `user`.
    pub fn limited(&self, limit: &'static str) {
        self.events.limited.get_or_create(&labels::Outcome { outcome: limit }).inc();
    }

    /// A request was refused because something is full: `in_flight`, `account_queue`, `body_budget`,
    /// `user_body_budget` or `event_streams`.
    pub fn shed(&self, reason: &'static str) {
        self.events.shed.get_or_create(&labels::Reason { reason }).inc();
    }

    /// A request named parameters that were dropped.
    pub fn dropped_params(&self, operation: Operation) {
        self.events.dropped_params.get_or_create(&labels::OfOperation::of(Some(operation))).inc();
    }

    /// An unknown outcome was looked for: `found`, `found_in_part`, `missed`, `presumed`, `counted`.
    pub fn reconciled(&self, operation: Operation, outcome: &'static str) {
        let labels = labels::OfReconciled { operation: operation.name(), outcome };
        self.events.reconciled.get_or_create(&labels).inc();
    }

    /// A pack look-up: `hit`, `stale`, `miss`, `collapsed` or `error`.
    pub fn pack_cache(&self, outcome: &'static str) {
        self.events.pack_cache.get_or_create(&labels::Outcome { outcome }).inc();
    }

    /// A job that was given up: a `tune` or a `prompt`.
    pub fn job_lost(&self, kind: &'static str) {
        self.events.lost_jobs.get_or_create(&labels::OfKind { kind }).inc();
    }

    /// What became of sessions and of sign-ins.
    pub fn session(&self, outcome: &'static str) {
        self.events.sessions.get_or_create(&labels::Outcome { outcome }).inc();
    }

    /// A callback: what became of it, `refused` or `failed`.
    pub fn callback(&self, outcome: &'static str) {
        self.events.callbacks.get_or_create(&labels::Outcome { outcome }).inc();
    }

    /// Attempts to notify an endpoint: `delivered`, or as [`crate::notifications::Failure::word`] says; and `given_up`.
    pub fn notifications(&self, endpoint: &str, outcome: &'static str, count: u64) {
        let labels = labels::OfNotification { endpoint: endpoint.to_owned(), outcome };
        self.events.notifications.get_or_create(&labels).inc_by(count);
    }

    /// A token named a plan that config does not know.
    pub fn unknown_plan(&self) {
        self.events.unknown_plans.inc();
    }

    /// A message was written to a stream of events.
    pub fn event_sent(&self, event: &'static str) {
        self.events.sent.get_or_create(&labels::OfEvent { event }).inc();
    }

    /// A stream of events ended: `token_expired`, `blocked`, `replaced`, `restarting`, or its client `left`.
    pub fn event_stream_ended(&self, reason: &'static str) {
        self.events.streams_ended.get_or_create(&labels::Reason { reason }).inc();
    }

    /// A client's connection was accepted.
    pub fn connection_opened(&self) {
        self.open_connections.fetch_add(1, Ordering::Relaxed);
    }

    /// It ended.
    pub fn connection_ended(&self) {
        self.open_connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Clients' connections that are open, the operator's among them.
    pub fn open_connections(&self) -> u64 {
        self.open_connections.load(Ordering::Relaxed)
    }

    /// hyper refused what came on a connection.
    pub fn unparsed_connection(&self) {
        self.events.unparsed_connections.inc();
    }

    /// A connection was closed before a request: `address_full`, `proxy_header`, `accept_failed`, `too_slow`.
    pub fn refused_connection(&self, reason: &'static str) {
        self.events.refused_connections.get_or_create(&labels::Reason { reason }).inc();
    }

    /// A TLS handshake failed or did not end in time.
    pub fn tls_handshake_failed(&self) {
        self.events.tls_handshake_failures.inc();
    }

    /// A handler panicked: a bug.
    pub fn panicked(&self) {
        self.events.panics.inc();
    }

    /// The configuration was read again: taken over, or refused as a whole.
    pub fn reloaded(&self, is_taken: bool, at: Timestamp) {
        let outcome = if is_taken { "taken" } else { "refused" };
        self.events.reloads.get_or_create(&labels::Outcome { outcome }).inc();
        if is_taken {
            self.configured(at);
        }
    }

    /// When the configuration in force was loaded: called once at the start.
    pub fn configured(&self, at: Timestamp) {
        self.events.configured_at.set(i64::try_from(at.unix_s()).unwrap_or(i64::MAX));
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self, readings: &Readings) -> String {
        let mut text = String::new();
        let mut now = Registry::with_prefix("astria_gateway");
        readings.register(&mut now);
        let mut process = Registry::default();
        process::register(&mut process);
        // Writing to a String cannot fail.
        let _ = encode_registry(&mut text, &self.registry)
            .and_then(|()| encode_registry(&mut text, &now))
            .and_then(|()| encode_registry(&mut text, &process))
            .and_then(|()| encode_eof(&mut text));
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Metrics {
    fn observe(&self, operation: Operation, outcome: Outcome, took: Duration) {
        self.upstream.count(operation, outcome, took);
    }

    fn shed(&self, _: Operation) {
        Self::shed(self, "account_queue");
    }
}

#[cfg(test)]
mod tests;
