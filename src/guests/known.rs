//! How guests stood a moment ago, so that not each request of theirs asks the store.

use std::time::Duration;

use moka::sync::Cache;

use super::{GuestId, GuestState, Guests};
use crate::ownership::IndexError;

/// What was seen longer ago is looked up again: a guest that became somebody at another process is dead within a second.
const BELIEVED: Duration = Duration::from_millis(500);
const MAX_KNOWN: u64 = 10_000;

/// Guests whose cookies prove them. Only such are remembered: a cookie that proves nobody is asked about each time.
pub struct KnownGuests(Cache<GuestId, ()>);

impl Default for KnownGuests {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_KNOWN).time_to_live(BELIEVED).build())
    }
}

impl KnownGuests {
    /// Whether the guest's cookie proves it.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    ///
    /// Cancel safe.
    pub async fn is_alive(&self, guests: &dyn Guests, guest: GuestId) -> Result<bool, IndexError> {
        if self.0.contains_key(&guest) {
            return Ok(true);
        }
        let is_alive = guests.find_guest(guest).await? == GuestState::Alive;
        if is_alive {
            self.0.insert(guest, ());
        }
        Ok(is_alive)
    }

    /// It has become somebody.
    pub fn forget(&self, guest: GuestId) {
        self.0.invalidate(&guest);
    }
}
