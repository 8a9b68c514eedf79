//! Remembers which callbacks have come, so that a repeated one has no second effect.
//!
//! A callback may arrive before the create call has answered, and it is only a hint: what is kept here is
//! that it came, so that whoever looks after the job can look at once.
//!
//! What it does *not* do: it is in memory, bounded, and **lost at restart**. Losing an entry costs a repeated
//! look at the upstream, never money.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::token::{CallbackToken, Slot};
use crate::clock::Timestamp;
use crate::ids::ReservationId;

/// How many callbacks an [`Inbox`] remembers unless told otherwise.
pub const MAX_REMEMBERED: usize = 10_000;

/// Whether a callback is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The first of its reservation and slot: act on it.
    First,
    /// Seen before: answer the same and do nothing.
    Repeated,
}

/// What is known of one callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it first came.
    pub received_at: Timestamp,
    /// How often it has come.
    pub count: u64,
}

/// The callbacks that came last; the oldest is forgotten first.
pub struct Inbox {
    max_entries: usize,
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    entries: HashMap<(ReservationId, Slot), Entry>,
    oldest_first: VecDeque<(ReservationId, Slot)>,
}

impl Inbox {
    /// Remembers at most `max_entries` callbacks, and at least one.
    pub fn new(max_entries: usize) -> Self {
        Self { max_entries: max_entries.max(1), remembered: Mutex::default() }
    }

    /// Notes that a verified callback came at `now`.
    pub fn remember(&self, token: &CallbackToken, now: Timestamp) -> Received {
        let key = (token.reservation, token.slot);
        let mut remembered = self.lock();
        if let Some(entry) = remembered.entries.get_mut(&key) {
            entry.count = entry.count.saturating_add(1);
            return Received::Repeated;
        }
        if remembered.entries.len() >= self.max_entries
            && let Some(oldest) = remembered.oldest_first.pop_front()
        {
            remembered.entries.remove(&oldest);
        }
        remembered.entries.insert(key, Entry { received_at: now, count: 1 });
        remembered.oldest_first.push_back(key);
        Received::First
    }

    /// What is known of the callback of this object, if it came.
    pub fn find(&self, reservation: ReservationId, slot: Slot) -> Option<Entry> {
        self.lock().entries.get(&(reservation, slot)).copied()
    }

    /// Forgets the callbacks of these creates.
    pub fn forget(&self, reservations: &[ReservationId]) {
        let gone: HashSet<_> = reservations.iter().collect();
        let mut remembered = self.lock();
        remembered.entries.retain(|(reservation, _), _| !gone.contains(reservation));
        remembered.oldest_first.retain(|(reservation, _)| !gone.contains(reservation));
    }

    /// How many callbacks are remembered.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new(MAX_REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(slot: Slot) -> CallbackToken {
        CallbackToken { reservation: ReservationId::generate(), slot, expires_at: at(9_000) }
    }

    fn at(s: u64) -> Timestamp {
        Timestamp::from_unix_s(s)
    }

    #[test]
    fn cb_05_a_repeated_callback_is_counted_and_only_the_first_is_acted_on() {
        let inbox = Inbox::default();
        let token = token(Slot::Tune);
        assert_eq!(inbox.remember(&token, at(10)), Received::First);
        assert_eq!(inbox.remember(&token, at(20)), Received::Repeated);
        assert_eq!(inbox.remember(&token, at(30)), Received::Repeated);
        assert_eq!(inbox.find(token.reservation, Slot::Tune), Some(Entry { received_at: at(10), count: 3 }));
    }

    #[test]
    fn cb_05_of_many_copies_at_once_exactly_one_is_the_first() {
        let inbox = Inbox::default();
        let token = token(Slot::All);
        let firsts: usize = std::thread::scope(|scope| {
            let copies: Vec<_> = (0..50).map(|_| scope.spawn(|| inbox.remember(&token, at(10)))).collect();
            copies.into_iter().map(|copy| usize::from(copy.join().unwrap() == Received::First)).sum()
        });
        assert_eq!(firsts, 1);
    }

    #[test]
    fn objects_of_one_reservation_are_told_apart() {
        let inbox = Inbox::default();
        let first = token(Slot::Prompt(0));
        let second = CallbackToken { slot: Slot::Prompt(1), ..first };
        assert_eq!(inbox.remember(&first, at(10)), Received::First);
        assert_eq!(inbox.remember(&second, at(10)), Received::First);
    }

    #[test]
    fn the_callbacks_of_one_create_are_forgotten_and_nobody_elses() {
        let inbox = Inbox::default();
        let (gone, kept) = (token(Slot::Prompt(0)), token(Slot::Prompt(0)));
        for token in [gone, kept, CallbackToken { slot: Slot::Prompt(1), ..gone }] {
            inbox.remember(&token, at(10));
        }
        inbox.forget(&[gone.reservation]);
        assert_eq!(inbox.len(), 1);
        assert!(inbox.find(kept.reservation, Slot::Prompt(0)).is_some());
        assert_eq!(inbox.remember(&gone, at(20)), Received::First);
    }

    #[test]
    fn a_full_inbox_forgets_the_oldest_and_does_not_grow() {
        let inbox = Inbox::new(100);
        let oldest = token(Slot::Tune);
        inbox.remember(&oldest, at(1));
        let second = token(Slot::Tune);
        inbox.remember(&second, at(2));
        for n in 0..99 {
            inbox.remember(&token(Slot::Tune), at(3 + n));
        }
        assert_eq!(inbox.len(), 100);
        assert_eq!(inbox.find(oldest.reservation, Slot::Tune), None);
        assert!(inbox.find(second.reservation, Slot::Tune).is_some());
    }
}
