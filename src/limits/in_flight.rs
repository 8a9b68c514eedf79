//! How many requests are being worked on at once.
//!
//! The count outlives a reload, so it stays true; the limit is asked for anew each time.

use std::sync::atomic::{AtomicUsize, Ordering};

/// See the module.
#[derive(Default)]
pub struct InFlight(AtomicUsize);

impl InFlight {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A place among at most `max`, held until it is dropped; `None` if all are taken.
    pub fn enter(&self, max: usize) -> Option<Place<'_>> {
        let place = Place(&self.0);
        (self.0.fetch_add(1, Ordering::Relaxed) < max).then_some(place)
    }
}

/// One request's place.
pub struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
