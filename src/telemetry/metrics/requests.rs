//! Requests by operation, status and code, and how long they took.
//!
//! Looking a label set up hashes texts under a lock. A request that succeeds, the common one, does that once for each
//! pair of operation and status in the life of the process; afterwards it costs atomics only.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::duration::Durations;
use super::labels::{OfOperation, Request, operation_name};
use crate::operation::Operation;

/// One more than there are operations: the last is for none.
const SLOTS: usize = Operation::ALL.len() + 1;
/// What most requests end with.
const COMMON: [u16; 4] = [200, 201, 204, 304];

pub(super) struct Requests {
    counts: Family<Request, Counter>,
    seconds: Family<OfOperation, Durations>,
    known: [Known; SLOTS],
}

/// What was looked up once, of one operation.
#[derive(Default)]
struct Known {
    successes: [OnceLock<Counter>; COMMON.len()],
    seconds: OnceLock<Durations>,
}

/// Where an operation's numbers stand in an array of `SLOTS`.
pub(super) fn slot(operation: Option<Operation>) -> usize {
    operation.map_or(Operation::ALL.len(), |operation| operation as usize)
}

impl Requests {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let (counts, seconds) = (Family::default(), Family::default());
        registry.register("requests", "Requests by operation, status and problem code", counts.clone());
        registry.register("request_duration_seconds", "From head to reply", seconds.clone());
        Self { counts, seconds, known: Default::default() }
    }

    pub(super) fn count(
        &self,
        operation: Option<Operation>,
        status: u16,
        code: &'static str,
        took: Duration,
    ) {
        let known = self.known.get(slot(operation));
        let count = || {
            let labels = Request { operation: operation_name(operation), status, code };
            self.counts.get_or_create_owned(&labels)
        };
        let common = if code.is_empty() { COMMON.iter().position(|common| *common == status) } else { None };
        match common.and_then(|at| known?.successes.get(at)) {
            Some(counter) => counter.get_or_init(count).inc(),
            None => count().inc(),
        };
        let seconds = || self.seconds.get_or_create_owned(&OfOperation::of(operation));
        match known {
            Some(known) => known.seconds.get_or_init(seconds).observe(took),
            None => seconds().observe(took),
        }
    }
}
