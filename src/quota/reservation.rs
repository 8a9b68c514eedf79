//! Quota that is held while the upstream is called.
//!
//! A reservation is a value that can be given back in one way only: by settling it, releasing it, or leaving
//! it unknown. A task that panics or is cancelled gives nothing back, because nobody knows what the upstream
//! did; so a reservation that is dropped is left unknown.
//!
//! What it does *not* do: it does not keep the ledger's record; that outlives it.

use std::sync::Arc;

use super::amounts::Amounts;
use super::books::Books;
use super::calendar::Day;
use super::closing::Ending;
use super::opening::Limit;
use crate::ids::ReservationId;

/// Held quota. Ends by value in [`super::Ledger::settle`] or [`super::Ledger::release`]; dropped, it is left unknown.
#[must_use = "a reservation that is dropped stays held"]
pub struct Reservation {
    id: ReservationId,
    amounts: Amounts,
    pub(super) limits: Vec<Limit>,
    pub(super) day: Day,
    on_drop: Option<Arc<dyn Books>>,
}

impl Reservation {
    /// What `reserve` hands out after the record is safe.
    pub(super) fn new(
        id: ReservationId,
        amounts: Amounts,
        (limits, day): (Vec<Limit>, Day),
        on_drop: Arc<dyn Books>,
    ) -> Self {
        Self { id, amounts, limits, day, on_drop: Some(on_drop) }
    }

    /// Its name in the ledger and in callback tokens.
    pub fn id(&self) -> ReservationId {
        self.id
    }

    /// What is held.
    pub fn amounts(&self) -> &Amounts {
        &self.amounts
    }

    /// Its end is recorded, or somebody else sees to it: dropping it means nothing any more.
    pub(super) fn close(mut self) {
        self.on_drop = None;
    }

    /// It was never called, and whether it was written nobody knows.
    pub(super) fn uncalled(mut self) {
        if let Some(books) = self.on_drop.take() {
            books.abandon(self.id, Ending::Nothing);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(books) = self.on_drop.take() {
            books.abandon(self.id, Ending::Unknown);
        }
    }
}
