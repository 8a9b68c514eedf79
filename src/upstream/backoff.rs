//! One pause for everybody when Astria asks to slow down.
//!
//! Astria's 429 is about the operator's account, not about the end user whose request met it: after one,
//! every call waits, and is answered at once with how long.
//!
//! - Answers: [`UpstreamError::Busy`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode};
use tower::{Layer, Service};

use super::body::Segments;
use super::error::UpstreamError;
use crate::clock::Clock;

const DEFAULT_PAUSE_S: u64 = 2;
const MAX_PAUSE_S: u64 = 60;

/// Makes [`Backoff`] services that share one pause.
#[derive(Clone)]
pub struct BackoffLayer {
    clock: Clock,
    busy_until_ms: Arc<AtomicU64>,
}

impl BackoffLayer {
    /// No pause yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, busy_until_ms: Arc::default() }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }

    fn pause_left_ms(&self) -> u64 {
        self.busy_until_ms.load(Ordering::Relaxed).saturating_sub(self.now_ms())
    }

    fn pause(&self, for_s: u64) {
        let for_ms = u64::try_from(Duration::from_secs(for_s).as_millis()).unwrap_or(u64::MAX);
        self.busy_until_ms.fetch_max(self.now_ms().saturating_add(for_ms), Ordering::Relaxed);
    }
}

impl<S> Layer<S> for BackoffLayer {
    type Service = Backoff<S>;

    fn layer(&self, inner: S) -> Backoff<S> {
        Backoff { inner, shared: self.clone() }
    }
}

/// See the module.
#[derive(Clone)]
pub struct Backoff<S> {
    inner: S,
    shared: BackoffLayer,
}

impl<S> Service<Request<Segments>> for Backoff<S>
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
        let left_ms = self.shared.pause_left_ms();
        if left_ms > 0 {
            return Box::pin(
                async move { Err(UpstreamError::Busy { retry_after_s: left_ms.div_ceil(1000) }) },
            );
        }
        let shared = self.shared.clone();
        let sending = self.inner.call(request);
        Box::pin(async move {
            let reply = sending.await?;
            if reply.status() != StatusCode::TOO_MANY_REQUESTS {
                return Ok(reply);
            }
            let asked = reply.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
            let retry_after_s = asked.unwrap_or(DEFAULT_PAUSE_S).clamp(1, MAX_PAUSE_S);
            shared.pause(retry_after_s);
            Err(UpstreamError::Busy { retry_after_s })
        })
    }
}
