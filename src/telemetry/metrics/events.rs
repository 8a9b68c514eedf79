//! What is counted when it happens and is no request and no call.

use std::sync::atomic::AtomicI64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{OfEvent, OfKind, OfNotification, OfOperation, OfReconciled, Outcome, Reason};
use crate::callback::Received;

#[derive(Default)]
pub(super) struct Events {
    pub(super) limited: Family<Outcome, Counter>,
    pub(super) shed: Family<Reason, Counter>,
    pub(super) dropped_params: Family<OfOperation, Counter>,
    pub(super) reconciled: Family<OfReconciled, Counter>,
    pub(super) pack_cache: Family<Outcome, Counter>,
    pub(super) lost_jobs: Family<OfKind, Counter>,
    pub(super) callbacks: Family<Outcome, Counter>,
    pub(super) sessions: Family<Outcome, Counter>,
    pub(super) notifications: Family<OfNotification, Counter>,
    pub(super) unknown_plans: Counter,
    pub(super) sent: Family<OfEvent, Counter>,
    pub(super) streams_ended: Family<Reason, Counter>,
    pub(super) unparsed_connections: Counter,
    pub(super) refused_connections: Family<Reason, Counter>,
    pub(super) tls_handshake_failures: Counter,
    pub(super) panics: Counter,
    pub(super) reloads: Family<Outcome, Counter>,
    pub(super) configured_at: Gauge<i64, AtomicI64>,
}

impl Events {
    pub(super) fn register(r: &mut Registry) -> Self {
        let events = Self::default();
        r.register("limited", "Requests refused by a rate limit, by limit", events.limited.clone());
        r.register("shed", "Requests refused because something is full, by what", events.shed.clone());
        let dropped = events.dropped_params.clone();
        r.register("dropped_params", "Requests with parameters that are on no list", dropped);
        let reconciled = events.reconciled.clone();
        r.register("reconciled", "Unknown outcomes that were looked for, by what was found", reconciled);
        r.register("pack_cache", "Pack look-ups by outcome", events.pack_cache.clone());
        let lost = events.lost_jobs.clone();
        r.register("lost_jobs", "Jobs that never ended and were given up, by kind", lost);
        for kind in ["tune", "prompt"] {
            events.lost_jobs.get_or_create(&OfKind { kind }).inc_by(0);
        }
        r.register("sessions", "Sessions that began and ended, by outcome", events.sessions.clone());
        for outcome in
            ["begun", "signed_out", "login_failed", "login_unavailable", "refresh_failed", "refused"]
        {
            events.sessions.get_or_create(&Outcome { outcome }).inc_by(0);
        }
        r.register("callbacks", "Callbacks by outcome", events.callbacks.clone());
        for outcome in Received::ALL.map(Received::name) {
            events.callbacks.get_or_create(&Outcome { outcome }).inc_by(0);
        }
        let notifications = events.notifications.clone();
        r.register("notifications", "Attempts to notify the app, by endpoint and outcome", notifications);
        let unknown = events.unknown_plans.clone();
        r.register(
            "unknown_plans",
            "Requests whose token or operator names a plan that does not exist",
            unknown,
        );
        r.register("events_sent", "Messages written to streams of events, by name", events.sent.clone());
        let ended = events.streams_ended.clone();
        r.register("event_streams_ended", "Streams of events that ended, by reason", ended);
        let unparsed = events.unparsed_connections.clone();
        r.register("unparsed_connections", "Connections that ended in an HTTP error", unparsed);
        let refused = events.refused_connections.clone();
        r.register("refused_connections", "Connections closed before a request, by reason", refused);
        let handshakes = events.tls_handshake_failures.clone();
        r.register("tls_handshake_failures", "TLS handshakes that failed", handshakes);
        r.register("panics", "Handlers that panicked: bugs", events.panics.clone());
        r.register("config_reloads", "Reloads of the configuration by outcome", events.reloads.clone());
        // Seen at zero first, so that the first refusal is an increase.
        for outcome in ["taken", "refused"] {
            events.reloads.get_or_create(&Outcome { outcome }).inc_by(0);
        }
        let configured = events.configured_at.clone();
        r.register(
            "config_loaded_timestamp_seconds",
            "When the configuration in force was loaded",
            configured,
        );
        events
    }
}
