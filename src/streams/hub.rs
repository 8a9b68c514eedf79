//! Who has streams open here, and what woke them.
//!
//! What it does *not* do: it holds no event, and it knows no other process's streams.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::principal::EndUserId;

/// What a ticket opens: one stream, again and again.
pub type StreamId = [u8; 16];

/// Why a stream ends that its client did not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The proof of who listens has expired.
    TokenExpired,
    /// The session that opened it has ended.
    SignedOut,
    /// The operator withdrew the end user's access.
    Blocked,
    /// The same ticket's stream was opened again.
    Replaced,
    /// The gateway stops, or has a new configuration.
    Restarting,
}

impl Ending {
    /// The word that clients are told and metrics count.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenExpired => "token_expired",
            Self::SignedOut => "signed_out",
            Self::Blocked => "blocked",
            Self::Replaced => "replaced",
            Self::Restarting => "restarting",
        }
    }
}

/// Why no stream was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// There are as many as there may be.
    Everywhere,
    /// The end user has as many as one may have.
    OfUser,
    /// The gateway stops.
    Stopping,
}

/// What a stream should look after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There may be events.
    Events,
    /// The quotas may have changed.
    Quotas,
    /// The operator may have said something.
    Said,
}

impl Wake {
    const fn bit(self) -> u8 {
        match self {
            Self::Events => 1,
            Self::Quotas => 2,
            Self::Said => 4,
        }
    }
}

/// What was noted for a stream since it last looked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wakes(u8);

impl Wakes {
    /// Whether this was among it.
    pub const fn has(self, wake: Wake) -> bool {
        self.0 & wake.bit() != 0
    }
}

/// One stream's bell.
#[derive(Default)]
struct Bell {
    rings: Notify,
    wakes: AtomicU8,
    /// 0: it goes on.
    ending: AtomicU8,
    opened_by: Option<StreamId>,
}

impl Bell {
    fn wake(&self, wake: Wake) {
        // One that has not looked yet is awake.
        if self.wakes.fetch_or(wake.bit(), Ordering::AcqRel) & wake.bit() == 0 {
            self.rings.notify_one();
        }
    }

    fn end(&self, ending: Ending) {
        let word = match ending {
            Ending::TokenExpired => 1,
            Ending::Blocked => 2,
            Ending::Replaced => 3,
            Ending::Restarting => 4,
            Ending::SignedOut => 5,
        };
        // The first reason counts.
        let _ = self.ending.compare_exchange(0, word, Ordering::AcqRel, Ordering::Acquire);
        self.rings.notify_one();
    }
}

#[derive(Default)]
struct Open {
    by_user: HashMap<EndUserId, Vec<Arc<Bell>>>,
    is_stopping: bool,
}

/// All streams of this process. Outlives a reload.
#[derive(Default)]
pub struct Hub {
    open: Mutex<Open>,
    /// Beside the lock: whoever spends asks it for nothing where nobody listens.
    count: AtomicUsize,
    begun: Notify,
}

impl Hub {
    /// Opens a stream of an end user's. One that was opened by the same ticket ends.
    ///
    /// # Errors
    /// [`Full`]
    pub fn enter(
        self: &Arc<Self>,
        user: &EndUserId,
        opened_by: Option<StreamId>,
        max: usize,
        max_of_user: usize,
    ) -> Result<Seat, Full> {
        let bell = Arc::new(Bell { opened_by, ..Bell::default() });
        let mut open = self.lock();
        if open.is_stopping {
            return Err(Full::Stopping);
        }
        let own = open.by_user.get_mut(user);
        if let (Some(bells), Some(id)) = (own, opened_by) {
            let before = bells.len();
            for other in bells.extract_if(.., |other| other.opened_by == Some(id)) {
                other.end(Ending::Replaced);
            }
            self.count.fetch_sub(before - bells.len(), Ordering::AcqRel);
        }
        if self.count.load(Ordering::Acquire) >= max {
            return Err(Full::Everywhere);
        }
        let bells = open.by_user.entry(user.clone()).or_default();
        if bells.len() >= max_of_user {
            return Err(Full::OfUser);
        }
        bells.push(Arc::clone(&bell));
        if self.count.fetch_add(1, Ordering::AcqRel) == 0 {
            self.begun.notify_one();
        }
        Ok(Seat { hub: Arc::clone(self), user: user.clone(), bell })
    }

    /// Streams that are open.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Waits until there may be one. Cancel safe.
    pub(super) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Wakes the streams of one end user, if there are any.
    pub fn wake(&self, user: &EndUserId, wake: Wake) {
        if self.count() > 0
            && let Some(bells) = self.lock().by_user.get(user)
        {
            bells.iter().for_each(|bell| bell.wake(wake));
        }
    }

    /// Wakes everybody.
    pub fn wake_all(&self, wake: Wake) {
        self.lock().by_user.values().flatten().for_each(|bell| bell.wake(wake));
    }

    /// Ends all that are open now. Their clients come back by themselves.
    pub fn end_all(&self, ending: Ending) {
        self.lock().by_user.values().flatten().for_each(|bell| bell.end(ending));
    }

    /// Ends all, and opens no more: the gateway stops.
    pub fn close(&self) {
        let mut open = self.lock();
        open.is_stopping = true;
        open.by_user.values().flatten().for_each(|bell| bell.end(Ending::Restarting));
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, user: &EndUserId, bell: &Arc<Bell>) {
        let mut open = self.lock();
        let Some(bells) = open.by_user.get_mut(user) else { return };
        // One that was replaced is not there any more.
        if let Some(at) = bells.iter().position(|other| Arc::ptr_eq(other, bell)) {
            bells.swap_remove(at);
            self.count.fetch_sub(1, Ordering::AcqRel);
        }
        if bells.is_empty() {
            open.by_user.remove(user);
        }
    }
}

/// A stream's place; dropped, it is free.
pub struct Seat {
    hub: Arc<Hub>,
    user: EndUserId,
    bell: Arc<Bell>,
}

impl Seat {
    /// Waits until something is noted, or was since the last look. Cancel safe.
    pub async fn rung(&self) {
        self.bell.rings.notified().await;
    }

    /// What was noted since the last look.
    pub fn wakes(&self) -> Wakes {
        Wakes(self.bell.wakes.swap(0, Ordering::AcqRel))
    }

    /// Why it must end, if it must.
    pub fn ending(&self) -> Option<Ending> {
        match self.bell.ending.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Ending::TokenExpired),
            2 => Some(Ending::Blocked),
            3 => Some(Ending::Replaced),
            5 => Some(Ending::SignedOut),
            _ => Some(Ending::Restarting),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(&self.user, &self.bell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: &str) -> EndUserId {
        EndUserId { issuer: "issuer".into(), subject: name.into() }
    }

    #[test]
    fn places_are_counted_by_end_user_and_in_all_and_are_free_again() {
        let hub = Arc::<Hub>::default();
        let enter = |name, id| hub.enter(&who(name), id, 3, 2);
        let (one, _two) = (enter("a", None).unwrap(), enter("a", None).unwrap());
        assert_eq!(enter("a", None).err(), Some(Full::OfUser));
        let _three = enter("b", None).unwrap();
        assert_eq!(enter("c", None).err(), Some(Full::Everywhere));
        drop(one);
        assert_eq!(hub.count(), 2);
        enter("c", None).unwrap();
        assert_eq!(hub.count(), 2);
    }

    #[test]
    fn the_same_tickets_stream_takes_the_place_of_the_one_before() {
        let hub = Arc::<Hub>::default();
        let first = hub.enter(&who("a"), Some([1; 16]), 1, 1).unwrap();
        let second = hub.enter(&who("a"), Some([1; 16]), 1, 1).unwrap();
        assert_eq!((first.ending(), second.ending()), (Some(Ending::Replaced), None));
        drop(first);
        assert_eq!(hub.count(), 1);
        // Another end user's cannot be meant, whatever the number.
        assert_eq!(hub.enter(&who("b"), Some([1; 16]), 1, 1).err(), Some(Full::Everywhere));
    }

    #[tokio::test]
    async fn a_wake_is_kept_until_it_is_looked_at_and_is_nobody_elses() {
        let hub = Arc::<Hub>::default();
        let (one, other) =
            (hub.enter(&who("a"), None, 9, 9).unwrap(), hub.enter(&who("b"), None, 9, 9).unwrap());
        hub.wake(&who("a"), Wake::Events);
        hub.wake(&who("a"), Wake::Quotas);
        one.rung().await;
        let wakes = one.wakes();
        assert!(wakes.has(Wake::Events) && wakes.has(Wake::Quotas) && !wakes.has(Wake::Said));
        assert!(!one.wakes().has(Wake::Events));
        assert!(!other.wakes().has(Wake::Events));
        hub.close();
        other.rung().await;
        assert_eq!(other.ending(), Some(Ending::Restarting));
        assert_eq!(hub.enter(&who("a"), None, 9, 9).err(), Some(Full::Stopping));
    }
}
