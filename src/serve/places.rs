//! Open connections, counted: at the cap the accept loop waits, and new connections wait in the kernel's queue.
//!
//! No semaphore, because a reload may move the cap in both directions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::Control;

/// All places of a listener.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Inner>);

#[derive(Default)]
struct Inner {
    taken: AtomicUsize,
    freed: Notify,
}

/// One connection's place; free again when dropped.
pub(super) struct Place(Arc<Inner>);

impl Places {
    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Acquire)
    }

    /// Takes a place if one is free. Only one task calls it.
    pub(super) fn free_now(&self, control: &Control) -> Option<Place> {
        if self.0.taken.load(Ordering::Acquire) >= control.settings().max_connections {
            return None;
        }
        self.0.taken.fetch_add(1, Ordering::AcqRel);
        Some(Place(Arc::clone(&self.0)))
    }

    /// Waits for a free place and takes it. Only one task calls it. Cancel safe.
    pub(super) async fn free(&self, control: &Control) -> Place {
        loop {
            let changed = control.changed();
            if let Some(place) = self.free_now(control) {
                return place;
            }
            tokio::select! {
                () = self.0.freed.notified() => {}
                () = changed => {}
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
        // Keeps one permit if nobody waits yet, so that none is missed.
        self.0.freed.notify_one();
    }
}
