//! What each end user holds of a budget, so that nobody holds all of it.
//!
//! Slow uploads that announce their full size hold memory for next to nothing; without a cap of its own, one token on
//! a few connections would take the memory of everybody. The first bytes of each body do not count, so that
//! whoever's cap is used up by photos can still send a prompt, and small bodies never come here at all.
//!
//! What it does *not* do: it remembers nobody. Who holds nothing has no entry, so there are at most as many
//! entries as bodies in flight.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of each body that count for all together, but not for its end user: a prompt has fewer. All requests
/// that may be in flight (`server.max_in_flight`, 1024) have 64 MiB of them, an eighth of the budget.
pub(super) const UNCOUNTED_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct ByUser {
    limit_bytes: AtomicU64,
    /// By the end user's mark; never 0 bytes. The lock is held for one look-up.
    held_bytes: Mutex<HashMap<u64, u64>>,
}

impl ByUser {
    /// Without a limit.
    pub(super) fn new() -> Self {
        Self { limit_bytes: u64::MAX.into(), held_bytes: Mutex::default() }
    }

    pub(super) fn resize(&self, limit_bytes: u64) {
        self.limit_bytes.store(limit_bytes, Relaxed);
    }

    /// `false`: it would be more than the limit, and nothing has changed.
    #[must_use]
    pub(super) fn add(&self, user: u64, bytes: u64) -> bool {
        if bytes == 0 {
            return true;
        }
        let limit_bytes = self.limit_bytes.load(Relaxed);
        let mut held = self.lock();
        let before = held.get(&user).copied().unwrap_or(0);
        let Some(after) = before.checked_add(bytes).filter(|after| *after <= limit_bytes) else {
            return false;
        };
        held.insert(user, after);
        true
    }

    pub(super) fn give_back(&self, user: u64, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let mut held = self.lock();
        if let Some(held_bytes) = held.get_mut(&user) {
            *held_bytes = held_bytes.saturating_sub(bytes);
            if *held_bytes == 0 {
                held.remove(&user);
            }
        }
    }

    /// End users who hold something.
    #[cfg(test)]
    pub(super) fn users(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, u64>> {
        self.held_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts for the end user in a share of `bytes`.
pub(super) const fn counted(bytes: u64) -> u64 {
    bytes.saturating_sub(UNCOUNTED_BYTES)
}
