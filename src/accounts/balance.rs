//! What an account has left at Astria, as it was last told.

use std::sync::{Mutex, PoisonError};

/// It belongs to the account, so it outlives a configuration. Written by whoever watches it, read by whoever asks.
#[derive(Debug, Default)]
pub struct Balance(Mutex<Option<i64>>);

impl Balance {
    /// Millicents, below zero too; `None`: nobody knows.
    pub fn last_mc(&self) -> Option<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was told last; `None`: it is not told any more.
    pub fn set(&self, balance_mc: Option<i64>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = balance_mc;
    }
}
