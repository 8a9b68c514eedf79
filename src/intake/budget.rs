//! One number of bytes that everybody shares, without waiting for each other.
//!
//! Beyond it the answer is "not now" instead of growth: a queue for memory would hold connections, and thereby
//! memory, itself. What it does *not* do: it allocates nothing, and it believes what its users say they hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// There is not as much left as was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the budget is used up")]
pub struct BudgetFull;

/// Bytes that may be in use at once. Cheap to clone; all clones are one budget.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Count>);

#[derive(Debug)]
struct Count {
    // Each number stands for itself, so no order between them is needed.
    limit_bytes: AtomicU64,
    used_bytes: AtomicU64,
    refused: AtomicU64,
}

impl Budget {
    /// An unused budget.
    pub fn new(limit_bytes: u64) -> Self {
        Self(Arc::new(Count { limit_bytes: limit_bytes.into(), used_bytes: 0.into(), refused: 0.into() }))
    }

    /// Takes a share, given back when it is dropped. Never waits.
    ///
    /// # Errors
    /// So much is not left. Counted in [`Budget::refused`].
    pub fn take(&self, bytes: u64) -> Result<Share, BudgetFull> {
        self.add(bytes)?;
        Ok(Share { budget: self.clone(), bytes })
    }

    /// Changes the limit. Shares that were taken stay, even where they are more than the new limit.
    pub fn resize(&self, limit_bytes: u64) {
        self.0.limit_bytes.store(limit_bytes, Relaxed);
    }

    /// The bytes that all shares together may have.
    pub fn limit_bytes(&self) -> u64 {
        self.0.limit_bytes.load(Relaxed)
    }

    /// The bytes that all shares together have.
    pub fn used_bytes(&self) -> u64 {
        self.0.used_bytes.load(Relaxed)
    }

    /// How often there was not enough left.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Relaxed)
    }

    fn add(&self, bytes: u64) -> Result<(), BudgetFull> {
        let limit = self.limit_bytes();
        let sum = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= limit || bytes == 0);
        if self.0.used_bytes.fetch_update(Relaxed, Relaxed, sum).is_ok() {
            return Ok(());
        }
        self.0.refused.fetch_add(1, Relaxed);
        Err(BudgetFull)
    }
}

/// Bytes taken from a [`Budget`]; dropped, they go back.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    bytes: u64,
}

impl Share {
    /// Takes more of the same budget.
    ///
    /// # Errors
    /// So much is not left; the share stays as it was.
    pub fn grow(&mut self, bytes: u64) -> Result<(), BudgetFull> {
        self.budget.add(bytes)?;
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }

    /// Gives back everything beyond `bytes`.
    pub fn shrink_to(&mut self, bytes: u64) {
        let surplus = self.bytes.saturating_sub(bytes);
        self.bytes -= surplus;
        self.budget.0.used_bytes.fetch_sub(surplus, Relaxed);
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
    use super::*;

    #[test]
    fn what_is_dropped_is_given_back_and_what_is_refused_takes_nothing() {
        let budget = Budget::new(10);
        let mut share = budget.take(6).unwrap();
        assert_eq!(budget.take(5).unwrap_err(), BudgetFull);
        share.grow(4).unwrap();
        assert_eq!(share.grow(1), Err(BudgetFull));
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
    fn many_threads_never_hold_more_than_the_limit_and_leave_nothing() {
        let budget = Budget::new(100);
        std::thread::scope(|scope| {
            for bytes in 1..=8 {
                let budget = budget.clone();
                scope.spawn(move || {
                    for _ in 0..10_000 {
                        if let Ok(mut share) = budget.take(bytes * 3) {
                            assert!(budget.used_bytes() <= 100);
                            let _ = share.grow(bytes);
                            assert!(budget.used_bytes() <= 100);
                        }
                    }
                });
            }
        });
        assert_eq!(budget.used_bytes(), 0);
    }
}
