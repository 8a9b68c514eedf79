//! States as they are at the moment of a scrape: plain data that the edge fills in.
//!
//! What is not known is `None` and not shown: a zero would be a claim.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use super::labels::{Account, OfEndpoint, OfIssuer, OfLimit, OfLog};
use crate::telemetry::logging::dropped_log_lines;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// Client connections that are open.
    pub open_connections: Option<u64>,
    /// `server.max_connections`.
    pub max_connections: Option<u64>,
    /// Requests being worked on.
    pub requests_in_flight: Option<u64>,
    /// `server.max_in_flight`.
    pub max_requests_in_flight: Option<u64>,
    /// Streams of events that are open.
    pub event_streams: Option<u64>,
    /// `events.max_streams`.
    pub max_event_streams: Option<u64>,
    /// Bytes of bodies that are in memory.
    pub body_budget_used_bytes: Option<u64>,
    /// The budget of all bodies.
    pub body_budget_limit_bytes: Option<u64>,
    /// Bytes of uploads that lie on disk.
    pub spooled_bytes: Option<u64>,
    /// Entries of the pack cache.
    pub pack_cache_entries: Option<u64>,
    /// Bytes of the pack cache.
    pub pack_cache_bytes: Option<u64>,
    /// Buckets of client addresses.
    pub address_buckets: Option<u64>,
    /// Buckets of end users.
    pub user_buckets: Option<u64>,
    /// Reservations that are neither settled, released nor left unknown.
    pub open_reservations: Option<u64>,
    /// Reservations whose outcome nobody knows yet.
    pub unknown_reservations: Option<u64>,
    /// Reservations that count as spent because nobody could find out.
    pub presumed_reservations: Option<u64>,
    /// Writes that wait for the store.
    pub store_queue_length: Option<u64>,
    /// Lines that the access log dropped since the start.
    pub dropped_access_log_lines: u64,
    /// `balance.alert_below_mc`.
    pub balance_alert_below_mc: Option<u64>,
    /// Connections to Astria.
    pub pool: Option<PoolReading>,
    /// The operator's accounts at Astria, by their names in the configuration.
    pub accounts: Vec<AccountReading>,
    /// Issuers whose keys are fetched.
    pub issuers: Vec<IssuerReading>,
    /// Where the operator's app hears of events.
    pub endpoints: Vec<EndpointReading>,
}

/// Connections to Astria.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolReading {
    /// Open now.
    pub open: u64,
    /// Opened since the start.
    pub opened: u64,
}

/// One account at Astria.
#[derive(Clone, Debug, Default)]
pub struct AccountReading {
    /// Its name in the configuration.
    pub account: String,
    /// Calls in flight.
    pub in_flight: u64,
    /// Calls that wait for their turn.
    pub waiting: u64,
    /// Its breaker.
    pub breaker: BreakerState,
    /// Seconds until calls go on after a 429; 0 if none is in force.
    pub backoff_s: u64,
    /// Millicents that it has left; `None`: nobody knows.
    pub balance_mc: Option<i64>,
}

/// What a breaker lets pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything.
    #[default]
    Closed,
    /// One call, to see whether Astria is back.
    HalfOpen,
    /// Nothing.
    Open,
}

impl BreakerState {
    const fn number(self) -> u64 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open => 2,
        }
    }
}

/// An issuer whose keys are fetched.
#[derive(Clone, Debug, Default)]
pub struct IssuerReading {
    /// Its `iss`.
    pub issuer: String,
    /// Seconds since its keys were fetched; `None`: never.
    pub age_s: Option<u64>,
}

/// An address of the operator's app.
#[derive(Clone, Debug, Default)]
pub struct EndpointReading {
    /// Its name in the configuration.
    pub endpoint: String,
    /// Notifications that wait for it.
    pub waiting: u64,
    /// Seconds for which the oldest has; 0 if none does.
    pub oldest_s: u64,
    /// Notifications that were given up, and can be replayed.
    pub given_up: u64,
}

impl Readings {
    pub(super) fn register(&self, r: &mut Registry) {
        let mut one = |name: &str, help: &str, value: Option<u64>| {
            if let Some(value) = value {
                r.register(name, help, ConstGauge::new(to_i64(value)));
            }
        };
        one("open_connections", "Client connections that are open", self.open_connections);
        one("max_connections", "Connections that may be open", self.max_connections);
        one("requests_in_flight", "Requests being worked on", self.requests_in_flight);
        one("max_requests_in_flight", "Requests that may be worked on", self.max_requests_in_flight);
        one("event_streams", "Streams of events that are open", self.event_streams);
        one("max_event_streams", "Streams of events that may be open", self.max_event_streams);
        one("body_budget_used_bytes", "Bodies in memory", self.body_budget_used_bytes);
        one("body_budget_limit_bytes", "The budget of all bodies", self.body_budget_limit_bytes);
        one("spooled_bytes", "Uploads on disk", self.spooled_bytes);
        one("pack_cache_entries", "Entries of the pack cache", self.pack_cache_entries);
        one("pack_cache_bytes", "Bytes of the pack cache", self.pack_cache_bytes);
        let open = self.open_reservations;
        one("open_reservations", "Reservations not yet settled, released or left unknown", open);
        let unknown = self.unknown_reservations;
        one("unknown_reservations", "Reservations whose outcome nobody knows yet", unknown);
        let presumed = self.presumed_reservations;
        one("presumed_reservations", "Reservations that count as spent until somebody knows", presumed);
        one("store_queue_length", "Writes that wait for the store", self.store_queue_length);
        let below = self.balance_alert_below_mc;
        one("balance_alert_below_mc", "Balance below which the operator is told, in millicents", below);
        one("upstream_connections", "Open connections to Astria", self.pool.map(|pool| pool.open));
        if let Some(pool) = self.pool {
            let opened = ConstCounter::new(pool.opened);
            r.register("upstream_connections_opened", "Connections opened to Astria", opened);
        }
        let buckets = [("ip", self.address_buckets), ("user", self.user_buckets)];
        let buckets = buckets.into_iter().filter_map(|(limit, count)| Some((OfLimit { limit }, count?)));
        gauges(r, "limit_buckets", "Buckets that rate limits keep, by limit", buckets);
        self.register_accounts(r);
        self.register_issuers(r);
        self.register_endpoints(r);
        let dropped = Family::<OfLog, prometheus_client::metrics::counter::Counter>::default();
        dropped.get_or_create(&OfLog { log: "access" }).inc_by(self.dropped_access_log_lines);
        dropped.get_or_create(&OfLog { log: "other" }).inc_by(dropped_log_lines());
        r.register("dropped_log_lines", "Log lines lost because nobody read them in time", dropped);
    }

    fn register_accounts(&self, r: &mut Registry) {
        let each = |value: fn(&AccountReading) -> u64| {
            self.accounts.iter().map(move |one| (Account { account: one.account.clone() }, value(one)))
        };
        gauges(r, "upstream_in_flight", "Calls to Astria in flight, by account", each(|one| one.in_flight));
        gauges(r, "upstream_waiting", "Calls that wait for their turn, by account", each(|one| one.waiting));
        let breaker = each(|one| one.breaker.number());
        gauges(r, "breaker_state", "0: closed, 1: trying again, 2: open, by account", breaker);
        let backoff = each(|one| one.backoff_s);
        gauges(r, "upstream_backoff_seconds", "Until calls go on after a 429, by account", backoff);
        // It can be below zero.
        let balances = Family::<Account, Gauge<i64, AtomicI64>>::default();
        for one in &self.accounts {
            if let Some(balance_mc) = one.balance_mc {
                balances.get_or_create(&Account { account: one.account.clone() }).set(balance_mc);
            }
        }
        if self.accounts.iter().any(|one| one.balance_mc.is_some()) {
            r.register("account_balance_mc", "What an account has left at Astria, in millicents", balances);
        }
    }

    fn register_endpoints(&self, r: &mut Registry) {
        let each = |value: fn(&EndpointReading) -> u64| {
            self.endpoints.iter().map(move |one| (OfEndpoint { endpoint: one.endpoint.clone() }, value(one)))
        };
        let waiting = each(|one| one.waiting);
        gauges(r, "notifications_waiting", "Notifications that wait, by endpoint", waiting);
        let oldest = each(|one| one.oldest_s);
        gauges(r, "notifications_oldest_seconds", "How long the oldest has waited, by endpoint", oldest);
        let given_up = each(|one| one.given_up);
        gauges(r, "notifications_given_up", "Notifications given up and kept, by endpoint", given_up);
    }

    fn register_issuers(&self, r: &mut Registry) {
        let label = |one: &IssuerReading| OfIssuer { issuer: one.issuer.clone() };
        let fetched = self.issuers.iter().map(|one| (label(one), u64::from(one.age_s.is_some())));
        gauges(r, "jwks_fetched", "1: the issuer's keys were fetched at least once", fetched);
        let ages = self.issuers.iter().filter_map(|one| Some((label(one), one.age_s?)));
        gauges(r, "jwks_age_seconds", "Since the issuer's keys were fetched", ages);
    }
}

fn gauges<L: EncodeLabelSet + Clone + std::hash::Hash + Eq + std::fmt::Debug + Send + Sync + 'static>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (L, u64)>,
) {
    let family = Family::<L, Gauge<u64, AtomicU64>>::default();
    let mut is_empty = true;
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
        is_empty = false;
    }
    if !is_empty {
        registry.register(name, help, family);
    }
}

fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
