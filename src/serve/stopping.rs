//! Tells every connection that the listener has ended.
//!
//! A flag beside the wake-up: a connection asks it once for each of its polls, and a token's own question would
//! lock the same lock in all of them.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// See the module.
#[derive(Default)]
pub(super) struct Stopping {
    flag: AtomicBool,
    told: Notify,
}

impl Stopping {
    /// Wakes everybody who waits.
    pub(super) fn stop(&self) {
        self.flag.store(true, Ordering::SeqCst);
        self.told.notify_waiters();
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
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
}
