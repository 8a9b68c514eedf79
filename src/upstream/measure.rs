//! Reports every call to whoever counts: operation, outcome, duration. Stands outermost, so that retries
//! and pauses are part of what it sees.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use tower::{Layer, Service};

use super::body::Segments;
use super::error::UpstreamError;
use crate::clock::Clock;
use crate::operation::Operation;

/// Counts calls; implemented by the metrics.
pub trait Observer: Send + Sync + 'static {
    /// One call ended: with an HTTP status, or without a reply (an error's name).
    fn observe(&self, operation: Operation, outcome: Outcome, took: Duration);
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
#[derive(Clone)]
pub struct Measure<S> {
    inner: S,
    with: MeasureLayer,
}

impl<S> Service<Request<Segments>> for Measure<S>
where
    S: Service<Request<Segments>, Response = Response<Bytes>, Error = UpstreamError>,
    S::Future: Send + 'static,
{
    type Response = Response<Bytes>;
    type Error = UpstreamError;
    type Future = BoxFuture<'static, Result<Response<Bytes>, UpstreamError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), UpstreamError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Segments>) -> Self::Future {
        let operation = request.extensions().get::<Operation>().copied();
        let started = self.with.clock.monotonic();
        let with = self.with.clone();
        let sending = self.inner.call(request);
        Box::pin(async move {
            let result = sending.await;
            let outcome = match &result {
                Ok(reply) => Outcome::Status(reply.status().as_u16()),
                Err(error) => Outcome::Error(error.name()),
            };
            if let Some(operation) = operation {
                with.observer.observe(operation, outcome, with.clock.monotonic().saturating_sub(started));
            }
            result
        })
    }
}
