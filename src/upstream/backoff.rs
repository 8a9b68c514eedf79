//! One pause for everybody when Astria asks to slow down.
//!
//! Astria's 429 is about the operator's account, not about the end user whose request met it: after one,
//! every call waits, and is answered at once with how long.
//!
//! - Answers: [`UpstreamError::Busy`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use http::header::RETRY_AFTER;
use tower::Layer;

use super::account::AccountState;
use super::error::UpstreamError;
use super::step::{Call, Reply, Step};
use crate::clock::Clock;

const DEFAULT_PAUSE_S: u64 = 2;
const MAX_PAUSE_S: u64 = 60;

/// The pause that an account's 429 asked for.
pub struct Pause {
    clock: Clock,
    until_ms: AtomicU64,
}

impl Pause {
    /// No pause yet.
    pub const fn new(clock: Clock) -> Self {
        Self { clock, until_ms: AtomicU64::new(0) }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }

    /// Seconds left, rounded up; 0 if there is no pause.
    pub fn left_s(&self) -> u64 {
        match self.until_ms.load(Ordering::Relaxed) {
            0 => 0,
            until_ms => until_ms.saturating_sub(self.now_ms()).div_ceil(1000),
        }
    }

    /// Refuses while the pause lasts.
    ///
    /// # Errors
    /// [`UpstreamError::Busy`].
    pub fn check(&self) -> Result<(), UpstreamError> {
        match self.left_s() {
            0 => Ok(()),
            retry_after_s => Err(UpstreamError::Busy { retry_after_s }),
        }
    }

    fn begin(&self, for_s: u64) {
        let for_ms = u64::try_from(Duration::from_secs(for_s).as_millis()).unwrap_or(u64::MAX);
        self.until_ms.fetch_max(self.now_ms().saturating_add(for_ms), Ordering::Relaxed);
    }
}

/// Makes [`Backoff`] steps.
#[derive(Clone)]
pub struct BackoffLayer(pub Arc<AccountState>);

impl<S> Layer<S> for BackoffLayer {
    type Service = Backoff<S>;

    fn layer(&self, inner: S) -> Backoff<S> {
        Backoff { inner, account: Arc::clone(&self.0) }
    }
}

/// See the module.
pub struct Backoff<S> {
    inner: S,
    account: Arc<AccountState>,
}

impl<S: Step> Step for Backoff<S> {
    async fn call(&self, call: Box<Call>) -> Reply {
        let pause = &self.account.pause;
        pause.check()?;
        let reply = self.inner.call(call).await?;
        if reply.status() != StatusCode::TOO_MANY_REQUESTS {
            return Ok(reply);
        }
        let asked = reply.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
        let retry_after_s = asked.unwrap_or(DEFAULT_PAUSE_S).clamp(1, MAX_PAUSE_S);
        pause.begin(retry_after_s);
        Err(UpstreamError::Busy { retry_after_s })
    }
}
