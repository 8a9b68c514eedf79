//! Tells every connection that the listener has ended, and how long a request that nobody has read yet is waited for.
//!
//! A mark beside the wake-up: a connection asks it once for each of its polls, and a token's own question would
//! lock the same lock in all of them.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, sleep_until};

/// After the listener's end, a connection that was accepted before it gets so long for its first request, and one
/// whose next head has begun for the rest of that head: the client was told nothing yet, so what it sends counts.
/// Longer than one way on a slow network, short beside any `drain_s`.
const FIRST_HEAD_GRACE: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub(super) struct Stopping {
    since: OnceLock<Instant>,
    told: Notify,
}

impl Stopping {
    /// Wakes everybody who waits.
    pub(super) fn stop(&self) {
        self.since.get_or_init(Instant::now);
        self.told.notify_waiters();
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.since.get().is_some()
    }

    /// When heads that are not complete are given up; `None`: it has not ended.
    pub(super) fn grace_ends(&self) -> Option<Instant> {
        self.since.get().map(|since| *since + FIRST_HEAD_GRACE)
    }

    /// The wake-up alone; look at [`Stopping::is_over`] after its first poll.
    pub(super) fn told(&self) -> Notified<'_> {
        self.told.notified()
    }

    /// Waits for the end. Cancel safe.
    pub(super) async fn over(&self) {
        let told = self.told();
        if !self.is_over() {
            told.await;
        }
    }

    /// Waits for the end, and then for the end of the grace. Cancel safe.
    pub(super) async fn grace_over(&self) {
        self.over().await;
        if let Some(at) = self.grace_ends() {
            sleep_until(at).await;
        }
    }
}
