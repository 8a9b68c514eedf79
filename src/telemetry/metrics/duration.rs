//! Durations as a histogram of atomics: many threads observe at once and none waits for another.
//!
//! The library's histogram takes a lock for each observation, which all requests of an operation would share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// Upper bounds in seconds: from a cached list to a slow create.
const BOUNDS_S: [f64; 13] = [0.0005, 0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// See the module. Clones share their counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Durations(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    within: [AtomicU64; BOUNDS_S.len()],
    beyond: AtomicU64,
    sum_ns: AtomicU64,
}

impl Durations {
    pub(super) fn observe(&self, took: Duration) {
        let took_s = took.as_secs_f64();
        let bucket = BOUNDS_S.iter().zip(&self.0.within).find(|(bound, _)| took_s <= **bound);
        bucket.map_or(&self.0.beyond, |(_, count)| count).fetch_add(1, Ordering::Relaxed);
        self.0.sum_ns.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl TypedMetric for Durations {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Durations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut buckets: Vec<(f64, u64)> = BOUNDS_S.into_iter().zip(self.0.within.iter().map(read)).collect();
        buckets.push((f64::INFINITY, read(&self.0.beyond)));
        // From the buckets themselves, so that the sum of them is never another one.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum_s = Duration::from_nanos(read(&self.0.sum_ns)).as_secs_f64();
        encoder.encode_histogram::<NoLabelSet>(sum_s, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}
