//! One number of bytes that everybody shares, without waiting for each other.
//!
//! Beyond it the answer is "not now" instead of growth: a queue for memory would hold connections, and thereby
//! memory, itself. Of the whole, each end user may have a part ([`Budget::limit_each_user`]). What it does *not* do: it
//! allocates nothing of what it counts, and it believes what its users say they hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::by_user::{ByUser, counted};

/// There is not as much left as was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetFull {
    /// Of the whole.
    #[error("the budget is used up")]
    Whole,
    /// Of this end user's part.
    #[error("one end user's part of the budget is used up")]
    OneUser,
}

/// Bytes that may be in use at once. Cheap to clone; all clones are one budget.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Count>);

#[derive(Debug)]
struct Count {
    // Each number stands for itself, so no order between them is needed.
    limit_bytes: AtomicU64,
    used_bytes: AtomicU64,
    refused: AtomicU64,
    by_user: ByUser,
}

impl Budget {
    /// An unused budget, all of which one end user may have.
    pub fn new(limit_bytes: u64) -> Self {
        Self(Arc::new(Count {
            limit_bytes: limit_bytes.into(),
            used_bytes: 0.into(),
            refused: 0.into(),
            by_user: ByUser::new(),
        }))
    }

    /// Takes a share for nobody in particular, given back when it is dropped. Never waits.
    ///
    /// # Errors
    /// So much is not left. Counted in [`Budget::refused`].
    pub fn take(&self, bytes: u64) -> Result<Share, BudgetFull> {
        let mut share = Share { budget: self.clone(), bytes: 0, user: None };
        share.grow(bytes)?;
        Ok(share)
    }

    /// Takes a share for the end user with this mark; all callers without one (0) count as one. Never waits.
    ///
    /// # Errors
    /// So much is not left, of the whole or of this end user's part. Counted in [`Budget::refused`].
    pub fn take_for(&self, user: u64, bytes: u64) -> Result<Share, BudgetFull> {
        let mut share = Share { budget: self.clone(), bytes: 0, user: Some(user) };
        share.grow(bytes)?;
        Ok(share)
    }

    /// Changes the limit. Shares that were taken stay, even where they are more than the new limit.
    pub fn resize(&self, limit_bytes: u64) {
        self.0.limit_bytes.store(limit_bytes, Relaxed);
    }

    /// Changes what the shares of one end user may have together, beyond the first 64 KiB of each: those count for
    /// the whole only. Shares that were taken stay.
    pub fn limit_each_user(&self, limit_bytes: u64) {
        self.0.by_user.resize(limit_bytes);
    }

    /// The bytes that all shares together may have.
    pub fn limit_bytes(&self) -> u64 {
        self.0.limit_bytes.load(Relaxed)
    }

    /// The bytes that all shares together have.
    pub fn used_bytes(&self) -> u64 {
        self.0.used_bytes.load(Relaxed)
    }

    /// How often there was not enough left, of the whole or of an end user's part.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Relaxed)
    }

    fn add(&self, bytes: u64) -> Result<(), BudgetFull> {
        let limit = self.limit_bytes();
        let sum = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= limit || bytes == 0);
        if self.0.used_bytes.fetch_update(Relaxed, Relaxed, sum).is_ok() {
            return Ok(());
        }
        Err(self.refuse(BudgetFull::Whole))
    }

    fn refuse(&self, error: BudgetFull) -> BudgetFull {
        self.0.refused.fetch_add(1, Relaxed);
        error
    }
}

/// Bytes taken from a [`Budget`]; dropped, they go back.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    bytes: u64,
    user: Option<u64>,
}

impl Share {
    /// Takes more of the same budget, for the same end user.
    ///
    /// # Errors
    /// So much is not left; the share stays as it was.
    pub fn grow(&mut self, bytes: u64) -> Result<(), BudgetFull> {
        let grown_bytes = self.bytes.saturating_add(bytes);
        let Some(user) = self.user else {
            self.budget.add(bytes)?;
            self.bytes = grown_bytes;
            return Ok(());
        };
        // The end user first: who is refused here must not take from the others even for a moment.
        let by_user = &self.budget.0.by_user;
        let counted_bytes = counted(grown_bytes) - counted(self.bytes);
        if !by_user.add(user, counted_bytes) {
            return Err(self.budget.refuse(BudgetFull::OneUser));
        }
        if let Err(error) = self.budget.add(bytes) {
            by_user.give_back(user, counted_bytes);
            return Err(error);
        }
        self.bytes = grown_bytes;
        Ok(())
    }

    /// Gives back everything beyond `bytes`.
    pub fn shrink_to(&mut self, bytes: u64) {
        let surplus = self.bytes.saturating_sub(bytes);
        let counted_before = counted(self.bytes);
        self.bytes -= surplus;
        self.budget.0.used_bytes.fetch_sub(surplus, Relaxed);
        if let Some(user) = self.user {
            self.budget.0.by_user.give_back(user, counted_before - counted(self.bytes));
        }
    }

    /// How much it is.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::by_user::UNCOUNTED_BYTES;
    use super::*;

    #[test]
    fn what_is_dropped_is_given_back_and_what_is_refused_takes_nothing() {
        let budget = Budget::new(10);
        let mut share = budget.take(6).unwrap();
        assert_eq!(budget.take(5).unwrap_err(), BudgetFull::Whole);
        share.grow(4).unwrap();
        assert_eq!(share.grow(1), Err(BudgetFull::Whole));
        assert_eq!((share.bytes(), budget.used_bytes(), budget.refused()), (10, 10, 2));
        share.shrink_to(7);
        assert_eq!(budget.used_bytes(), 7);
        drop(share);
        assert_eq!(budget.used_bytes(), 0);
    }

    #[test]
    fn a_smaller_limit_takes_nothing_away_and_gives_nothing_more() {
        let budget = Budget::new(10);
        let share = budget.take(8).unwrap();
        budget.resize(5);
        assert!(budget.take(1).is_err());
        assert!(budget.take(0).is_ok());
        drop(share);
        assert!(budget.take(5).is_ok());
        assert!(budget.take(u64::MAX).is_err());
    }

    #[test]
    fn an_end_user_has_a_part_beyond_the_first_bytes_of_each_share_and_no_entry_without_one() {
        const FREE: u64 = UNCOUNTED_BYTES;
        let budget = Budget::new(10 * FREE);
        budget.limit_each_user(2 * FREE);
        let mut large = budget.take_for(1, 2 * FREE).unwrap();
        large.grow(FREE).unwrap();
        assert_eq!(large.grow(1), Err(BudgetFull::OneUser));
        assert_eq!(budget.take_for(1, FREE + 1).unwrap_err(), BudgetFull::OneUser);
        assert_eq!(budget.0.by_user.users(), 1);
        // Small ones of the same end user, all of others, and what is for nobody.
        let small = budget.take_for(1, FREE).unwrap();
        assert_eq!(budget.0.by_user.users(), 1);
        let other = budget.take_for(0, 3 * FREE).unwrap();
        assert_eq!(budget.take_for(0, FREE + 1).unwrap_err(), BudgetFull::OneUser);
        let nobodys = budget.take(3 * FREE).unwrap();
        assert_eq!((budget.used_bytes(), budget.refused()), (10 * FREE, 3));
        // What the whole refuses is not held against the end user.
        assert_eq!(budget.take_for(2, 2 * FREE).unwrap_err(), BudgetFull::Whole);
        assert_eq!(budget.0.by_user.users(), 2);

        large.shrink_to(FREE + 1);
        assert_eq!(budget.take_for(1, 3 * FREE).unwrap_err(), BudgetFull::OneUser);
        large.shrink_to(10);
        assert_eq!(budget.0.by_user.users(), 1);
        // A smaller part takes nothing away.
        budget.limit_each_user(0);
        assert!(budget.take_for(1, FREE + 1).is_err());
        drop((large, small, other, nobodys));
        assert_eq!((budget.used_bytes(), budget.0.by_user.users()), (0, 0));
    }

    #[test]
    fn many_threads_never_hold_more_than_the_limit_and_leave_nothing() {
        let limit_bytes = 3 * UNCOUNTED_BYTES;
        let budget = Budget::new(limit_bytes);
        budget.limit_each_user(UNCOUNTED_BYTES);
        std::thread::scope(|scope| {
            for n in 1..=8 {
                let budget = budget.clone();
                scope.spawn(move || {
                    for _ in 0..10_000 {
                        if let Ok(mut share) = budget.take_for(n % 3, n * 20_000) {
                            assert!(budget.used_bytes() <= limit_bytes);
                            let _ = share.grow(n * 10_000);
                            assert!(budget.used_bytes() <= limit_bytes);
                        }
                    }
                });
            }
        });
        assert_eq!((budget.used_bytes(), budget.0.by_user.users()), (0, 0));
    }
}
