//! Quota that is held while the upstream is called.
//!
//! A reservation is a value that can be given back in one way only: by settling it, releasing it, or leaving
//! it unknown. A task that panics or is cancelled gives nothing back, because nobody knows what the upstream
//! did; so a reservation that is dropped is left unknown.
//!
//! What it does *not* do: it does not keep the ledger's record; that outlives it.

use std::sync::Arc;

use super::amounts::Amounts;
use crate::ids::ReservationId;

/// What a ledger does about a reservation that was dropped: it stays held, as unknown. Never a release.
pub trait Abandoned: Send + Sync {
    /// The reservation was dropped without an end. Must not block for long, and must not fail.
    fn abandoned(&self, id: ReservationId);
}

/// Held quota. Ends by value in [`super::Ledger::settle`], [`super::Ledger::release`] or
/// [`super::Ledger::leave_unknown`]; dropped, it is left unknown.
#[must_use = "a reservation that is dropped stays held"]
pub struct Reservation {
    id: ReservationId,
    amounts: Amounts,
    on_drop: Option<Arc<dyn Abandoned>>,
}

impl Reservation {
    /// For ledgers: what `reserve` hands out after the record is safe.
    pub(crate) fn new(id: ReservationId, amounts: Amounts, on_drop: Arc<dyn Abandoned>) -> Self {
        Self { id, amounts, on_drop: Some(on_drop) }
    }

    /// Its name in the ledger and in callback tokens.
    pub fn id(&self) -> ReservationId {
        self.id
    }

    /// What is held.
    pub fn amounts(&self) -> &Amounts {
        &self.amounts
    }

    /// For ledgers: its end is recorded, dropping it means nothing any more.
    pub(crate) fn close(mut self) {
        self.on_drop = None;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(ledger) = self.on_drop.take() {
            ledger.abandoned(self.id);
        }
    }
}
