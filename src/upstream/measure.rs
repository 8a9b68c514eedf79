//! Reports every call to whoever counts: operation, outcome, duration. Stands outermost, so that retries
//! and pauses are part of what it sees.

use std::sync::Arc;
use std::time::Duration;

use tower::Layer;

use super::breaker::BreakerState;
use super::step::{Call, Reply, Step};
use crate::clock::Clock;
use crate::operation::Operation;

/// Counts calls; implemented by the metrics.
pub trait Observer: Send + Sync + 'static {
    /// One call ended: with an HTTP status, or without a reply (an error's name).
    fn observe(&self, operation: Operation, outcome: Outcome, took: Duration);

    /// One call found neither a place nor room in the queue, or waited too long.
    fn shed(&self, _operation: Operation) {}

    /// An account's breaker opened or closed.
    fn breaker(&self, _state: BreakerState) {}
}

/// How a call ended, before it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A reply with this status.
    Status(u16),
    /// No usable reply; the error's name.
    Error(&'static str),
}

/// Makes [`Measure`] services.
#[derive(Clone)]
pub struct MeasureLayer {
    observer: Arc<dyn Observer>,
    clock: Clock,
}

impl MeasureLayer {
    /// Reports to `observer`.
    pub fn new(observer: Arc<dyn Observer>, clock: Clock) -> Self {
        Self { observer, clock }
    }
}

impl<S> Layer<S> for MeasureLayer {
    type Service = Measure<S>;

    fn layer(&self, inner: S) -> Measure<S> {
        Measure { inner, with: self.clone() }
    }
}

/// See the module.
pub struct Measure<S> {
    inner: S,
    with: MeasureLayer,
}

impl<S: Step> Step for Measure<S> {
    async fn call(&self, call: Box<Call>) -> Reply {
        let MeasureLayer { observer, clock } = &self.with;
        let operation = call.operation;
        let started = clock.monotonic();
        let result = self.inner.call(call).await;
        let outcome = match &result {
            Ok(reply) => Outcome::Status(reply.status().as_u16()),
            Err(error) => Outcome::Error(error.name()),
        };
        observer.observe(operation, outcome, clock.monotonic().saturating_sub(started));
        result
    }
}
