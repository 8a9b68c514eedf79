//! Counters in the Prometheus text format. Names are public API.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::operation::Operation;
use crate::upstream::measure::{Observer, Outcome};

/// Upper bounds of durations, in seconds: from a cached list to a slow create.
const BUCKETS_S: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 60.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: &'static str,
    status: u16,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: &'static str,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<OperationLabel, Histogram, fn() -> Histogram>,
    upstream_calls: Family<CallLabels, Counter>,
    upstream_seconds: Family<OperationLabel, Histogram, fn() -> Histogram>,
    limited: Family<OutcomeLabel, Counter>,
    dropped_params: Family<OperationLabel, Counter>,
    pack_cache: Family<OutcomeLabel, Counter>,
    callbacks: Family<OutcomeLabel, Counter>,
    unknown_plans: Counter,
    refused_connections: Counter,
    reloads: Family<OutcomeLabel, Counter>,
    reservations: Gauge<i64>,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS_S);
        let mut metrics = Self {
            registry: Registry::with_prefix("astria_gateway"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(histogram),
            upstream_calls: Family::default(),
            upstream_seconds: Family::new_with_constructor(histogram),
            limited: Family::default(),
            dropped_params: Family::default(),
            pack_cache: Family::default(),
            callbacks: Family::default(),
            unknown_plans: Counter::default(),
            refused_connections: Counter::default(),
            reloads: Family::default(),
            reservations: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let Self { registry: r, .. } = self;
        r.register("build", "What runs here", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
        r.register("requests", "Requests by operation, status and problem code", self.requests.clone());
        r.register("request_duration_seconds", "From head to reply", self.request_seconds.clone());
        r.register("upstream_calls", "Calls to Astria by operation and outcome", self.upstream_calls.clone());
        r.register(
            "upstream_duration_seconds",
            "Calls to Astria, retries included",
            self.upstream_seconds.clone(),
        );
        r.register("limited", "Requests refused by a rate limit, by limit", self.limited.clone());
        r.register(
            "dropped_params",
            "Requests with parameters that are on no list",
            self.dropped_params.clone(),
        );
        r.register("pack_cache", "Pack look-ups by outcome", self.pack_cache.clone());
        r.register("callbacks", "Callbacks by outcome", self.callbacks.clone());
        r.register(
            "unknown_plans",
            "Requests whose token names a plan that does not exist",
            self.unknown_plans.clone(),
        );
        r.register(
            "unparsed_connections",
            "Connections that ended in an HTTP error",
            self.refused_connections.clone(),
        );
        r.register("reloads", "Reloads of the configuration by outcome", self.reloads.clone());
        r.register(
            "open_reservations",
            "Reservations not yet settled, released or left unknown",
            self.reservations.clone(),
        );
    }

    /// One request ended. `operation` is `none` for the gateway's own paths, `code` is empty on success.
    pub fn request(&self, operation: &'static str, status: u16, code: &'static str, took: Duration) {
        self.requests.get_or_create(&RequestLabels { operation, status, code }).inc();
        self.request_seconds.get_or_create(&OperationLabel { operation }).observe(took.as_secs_f64());
    }

    /// A rate limit refused a request: `ip` or `user`.
    pub fn limited(&self, limit: &'static str) {
        self.limited.get_or_create(&OutcomeLabel { outcome: limit }).inc();
    }

    /// A request named parameters that were dropped.
    pub fn dropped_params(&self, operation: Operation) {
        self.dropped_params.get_or_create(&OperationLabel { operation: operation.name() }).inc();
    }

    /// A pack look-up: `hit`, `stale`, `miss`, `collapsed` or `error`.
    pub fn pack_cache(&self, outcome: &'static str) {
        self.pack_cache.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// A callback: `first`, `repeated` or `refused`.
    pub fn callback(&self, outcome: &'static str) {
        self.callbacks.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// A token named a plan that config does not know.
    pub fn unknown_plan(&self) {
        self.unknown_plans.inc();
    }

    /// hyper refused what came on a connection.
    pub fn unparsed_connection(&self) {
        self.refused_connections.inc();
    }

    /// A reload was tried.
    pub fn reloaded(&self, worked: bool) {
        let outcome = if worked { "ok" } else { "failed" };
        self.reloads.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// How many reservations are open.
    pub fn set_open_reservations(&self, open: usize) {
        self.reservations.set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
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
        let operation = operation.name();
        let outcome = match outcome {
            Outcome::Status(status) => status.to_string(),
            Outcome::Error(name) => name.to_owned(),
        };
        self.upstream_calls.get_or_create(&CallLabels { operation, outcome }).inc();
        self.upstream_seconds.get_or_create(&OperationLabel { operation }).observe(took.as_secs_f64());
    }
}
