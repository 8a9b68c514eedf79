//! How a client's bytes come in: within their size, their pace and one budget of memory; or to disk.
//!
//! A gateway that takes whatever it is sent grows until somebody ends it. So every body is counted before it is
//! read ([`Budget`], with a part for each end user), has a least speed ([`Pace`]), and ends whole or as a refusal. What is too large for memory goes
//! to an unnamed file ([`Spool`]) that nothing has to remove.
//!
//! ```
//! use astria_gateway::intake::Budget;
//!
//! let budget = Budget::new(100);
//! let mut share = budget.take(60)?;
//! assert!(budget.take(60).is_err());
//! share.grow(40)?;
//! drop(share);
//! assert_eq!(budget.used_bytes(), 0);
//! # Ok::<(), astria_gateway::intake::BudgetFull>(())
//! ```
//!
//! What it does *not* do: it does not know what the bytes mean (`params`), nor which answer a refusal becomes
//! (`problem`), and it keeps no body longer than its owner does.

mod budget;
mod by_user;
mod collect;
mod inflow;
mod spool;

pub use budget::{Budget, BudgetFull, Share};
pub use collect::{Collected, collect};
pub use inflow::{Inflow, Pace};
pub use spool::{Spool, SpoolError, SpoolWriter, SpooledFile};

/// Why a body was not taken. Nothing of it was kept, and nothing was sent upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// More bytes than this kind of body may have; announced, or come.
    #[error("the body has more than {max_bytes} bytes")]
    TooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// It came more slowly than [`Pace`] asks for.
    #[error("the body came too slowly")]
    TooSlow,
    /// The client left, or its framing is broken.
    #[error("the body broke off")]
    BrokenOff,
    /// All bodies together need more memory than there is for them.
    #[error("the memory for bodies is used up")]
    BudgetFull,
    /// The bodies of this end user need more memory than one may have.
    #[error("the memory for bodies of one end user is used up")]
    UserBudgetFull,
    /// It cannot be kept on disk now.
    #[error("the body cannot be spooled: {0}")]
    Spool(#[from] SpoolError),
}

impl From<BudgetFull> for IntakeError {
    fn from(error: BudgetFull) -> Self {
        match error {
            BudgetFull::Whole => Self::BudgetFull,
            BudgetFull::OneUser => Self::UserBudgetFull,
        }
    }
}
