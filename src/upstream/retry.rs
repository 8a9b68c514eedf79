//! Tries a failed read again, a few times and within a budget; never a create, never a probe.
//!
//! A create whose answer is lost may have been carried out (Astria says so of its 504): trying it again
//! would spend twice. The budget keeps retries from doubling the load on an upstream that is down:
//! 20 % of the traffic plus ten a second, linkerd's default (its documentation, read 2026-11-20).

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tower::Layer;
use tower::retry::budget::{Budget, TpsBudget};

use super::error::UpstreamError;
use super::step::{Call, Reply, Step};

const FIRST_PAUSE_MS: u64 = 50;

/// Makes [`RetryReads`] steps that share one budget.
#[derive(Clone)]
pub struct RetryLayer {
    retries: u32,
    budget: Arc<TpsBudget>,
}

impl RetryLayer {
    /// At most `retries` more attempts a call.
    pub fn new(retries: u32) -> Self {
        Self { retries, budget: Arc::new(TpsBudget::new(Duration::from_secs(10), 10, 0.2)) }
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = RetryReads<S>;

    fn layer(&self, inner: S) -> RetryReads<S> {
        RetryReads { inner, with: self.clone() }
    }
}

/// See the module.
pub struct RetryReads<S> {
    inner: S,
    with: RetryLayer,
}

impl<S: Step> Step for RetryReads<S> {
    async fn call(&self, call: Box<Call>) -> Reply {
        let RetryLayer { retries, budget } = &self.with;
        if call.request.method() != Method::GET || call.probe {
            return self.inner.call(call).await;
        }
        let mut pause_ms = FIRST_PAUSE_MS;
        for _ in 0..*retries {
            let result = self.inner.call(call.copy()).await;
            if !may_help(&result) {
                budget.deposit();
                return result;
            }
            if !budget.withdraw() {
                return result;
            }
            tokio::time::sleep(Duration::from_millis(pause_ms + jitter_ms(pause_ms))).await;
            pause_ms *= 4;
        }
        self.inner.call(call).await
    }
}

fn may_help(result: &Reply) -> bool {
    match result {
        Ok(reply) => matches!(reply.status().as_u16(), 500 | 502 | 503 | 504),
        Err(UpstreamError::Unreachable | UpstreamError::Cut) => true,
        Err(_) => false,
    }
}

/// Up to half of `of_ms`, so that many callers do not come back together.
fn jitter_ms(of_ms: u64) -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0 % (of_ms / 2 + 1)
}
