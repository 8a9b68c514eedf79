//! How many pictures may be on their way: in all, and of one address.
//!
//! Each has a connection of its own for as long as its client takes, so without a bound slow readers could take every
//! open file; and without the second one client could take everybody's places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// See the module. Bounded by itself: whoever has no picture on its way does not stand here.
pub(super) struct Places {
    max: usize,
    max_each: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_turn: HashMap<u64, usize>,
}

/// One of them, until dropped.
pub(super) struct Place {
    taken: Arc<Mutex<Taken>>,
    turn: u64,
}

impl Places {
    pub(super) fn new(max: usize, max_each: usize) -> Self {
        Self { max, max_each, taken: Arc::default() }
    }

    /// One for this turn; `None`: all, or all of its own, are taken.
    pub(super) fn enter(&self, turn: u64) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.by_turn.get(&turn).copied().unwrap_or(0);
        if taken.all >= self.max || own >= self.max_each {
            return None;
        }
        taken.all += 1;
        taken.by_turn.insert(turn, own + 1);
        Some(Place { taken: Arc::clone(&self.taken), turn })
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(own) = taken.by_turn.get_mut(&self.turn) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.by_turn.remove(&self.turn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_more_than_their_part_and_what_is_left_is_free_again() {
        let places = Places::new(3, 2);
        let (first, _second) = (places.enter(1).unwrap(), places.enter(1).unwrap());
        assert!(places.enter(1).is_none());
        let other = places.enter(2).unwrap();
        assert!(places.enter(3).is_none(), "all are taken");
        drop(first);
        assert!(places.enter(3).is_some());
        drop(other);
        assert_eq!((places.taken(), places.taken.lock().unwrap().by_turn.len()), (1, 1));
    }
}
