//! The work of the store: what it was asked, how it ended, how it was written.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::duration::Durations;
use super::labels::{OfCommand, OfLookup};
use crate::store::Observer;

/// Up to the most that one commit holds.
const BATCH_BOUNDS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

pub(super) struct StoreWork {
    commands: Family<OfCommand, Counter>,
    lookups: Family<OfLookup, Counter>,
    /// What nearly every request asks.
    found: OnceLock<Counter>,
    overruns: Counter,
    batches: Histogram,
    commits: Durations,
}

impl StoreWork {
    pub(super) fn register(r: &mut Registry) -> Self {
        let work = Self {
            commands: Family::default(),
            lookups: Family::default(),
            found: OnceLock::new(),
            overruns: Counter::default(),
            batches: Histogram::new(BATCH_BOUNDS),
            commits: Durations::default(),
        };
        r.register("store_commands", "Writes to the store by command and outcome", work.commands.clone());
        r.register("store_lookups", "Look-ups in the store by lookup and outcome", work.lookups.clone());
        r.register("ledger_overruns", "Creates that made more than was reserved", work.overruns.clone());
        r.register("store_batch_commands", "Commands written with one commit", work.batches.clone());
        r.register("store_commit_duration_seconds", "Batches from begin to commit", work.commits.clone());
        work
    }
}

impl Observer for Metrics {
    fn command(&self, command: &'static str, outcome: &'static str) {
        self.store.commands.get_or_create(&OfCommand { command, outcome }).inc();
    }

    fn lookup(&self, lookup: &'static str, outcome: &'static str) {
        let count = || self.store.lookups.get_or_create_owned(&OfLookup { lookup, outcome });
        if (lookup, outcome) == ("find", "done") {
            self.store.found.get_or_init(count).inc();
        } else {
            count().inc();
        }
    }

    fn overrun(&self) {
        self.store.overruns.inc();
    }

    fn committed(&self, commands: usize, took: Duration) {
        let commands = u32::try_from(commands).unwrap_or(u32::MAX);
        self.store.batches.observe(f64::from(commands));
        self.store.commits.observe(took);
    }
}
