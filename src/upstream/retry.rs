//! Tries a failed read again, a few times and within a budget; never a create.
//!
//! A create whose answer is lost may have been carried out (Astria says so of its 504): trying it again
//! would spend twice. The budget keeps retries from doubling the load on an upstream that is down:
//! 20 % of the traffic plus ten a second, linkerd's default (its documentation, read 2026-11-20).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response};
use tower::retry::Policy;
use tower::retry::budget::{Budget, TpsBudget};

use super::body::Segments;
use super::error::UpstreamError;

const FIRST_PAUSE_MS: u64 = 50;

/// Which calls are tried again, for tower's retry layer.
#[derive(Clone)]
pub struct RetryReads {
    left: u32,
    pause_ms: u64,
    budget: Arc<TpsBudget>,
}

impl RetryReads {
    /// At most `retries` more attempts a call.
    pub fn new(retries: u32) -> Self {
        let budget = Arc::new(TpsBudget::new(Duration::from_secs(10), 10, 0.2));
        Self { left: retries, pause_ms: FIRST_PAUSE_MS, budget }
    }
}

impl Policy<Request<Segments>, Response<Bytes>, UpstreamError> for RetryReads {
    type Future = BoxFuture<'static, ()>;

    fn retry(
        &mut self,
        _: &mut Request<Segments>,
        result: &mut Result<Response<Bytes>, UpstreamError>,
    ) -> Option<Self::Future> {
        let again = match result {
            Ok(reply) => matches!(reply.status().as_u16(), 500 | 502 | 503 | 504),
            Err(UpstreamError::Unreachable | UpstreamError::Cut) => true,
            Err(_) => false,
        };
        if !again {
            self.budget.deposit();
            return None;
        }
        if self.left == 0 || !self.budget.withdraw() {
            return None;
        }
        self.left -= 1;
        let pause_ms = self.pause_ms + jitter_ms(self.pause_ms);
        self.pause_ms *= 4;
        Some(Box::pin(tokio::time::sleep(Duration::from_millis(pause_ms))))
    }

    fn clone_request(&mut self, request: &Request<Segments>) -> Option<Request<Segments>> {
        (request.method() == Method::GET).then(|| request.clone())
    }
}

/// Up to half of `of_ms`, so that many callers do not come back together.
fn jitter_ms(of_ms: u64) -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0 % (of_ms / 2 + 1)
}
