//! Calls to Astria by operation and outcome, and how long they took.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::duration::Durations;
use super::labels::{Call, OfOperation};
use super::requests::slot;
use crate::operation::Operation;
use crate::upstream::measure::Outcome;

pub(super) struct UpstreamCalls {
    counts: Family<Call, Counter>,
    seconds: Family<OfOperation, Durations>,
    known: [Known; Operation::ALL.len()],
}

/// What was looked up once, of one operation: as for requests.
#[derive(Default)]
struct Known {
    ok: OnceLock<Counter>,
    created: OnceLock<Counter>,
    seconds: OnceLock<Durations>,
}

impl UpstreamCalls {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let (counts, seconds) = (Family::default(), Family::default());
        registry.register("upstream_calls", "Calls to Astria by operation and outcome", counts.clone());
        registry.register("upstream_duration_seconds", "Calls to Astria, retries included", seconds.clone());
        Self { counts, seconds, known: Default::default() }
    }

    pub(super) fn count(&self, operation: Operation, outcome: Outcome, took: Duration) {
        let known = self.known.get(slot(Some(operation)));
        let count = || {
            let labels = Call { operation: operation.name(), outcome: outcome.into() };
            self.counts.get_or_create_owned(&labels)
        };
        match (outcome, known) {
            (Outcome::Status(200), Some(known)) => known.ok.get_or_init(count).inc(),
            (Outcome::Status(201), Some(known)) => known.created.get_or_init(count).inc(),
            _ => count().inc(),
        };
        let seconds = || self.seconds.get_or_create_owned(&OfOperation::of(Some(operation)));
        match known {
            Some(known) => known.seconds.get_or_init(seconds).observe(took),
            None => seconds().observe(took),
        }
    }
}
