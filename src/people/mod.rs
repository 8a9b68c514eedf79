//! What the operator does about end users: looks them up, moves them to another plan, grants them more quota, blocks them,
//! and reads what was used, held and done. Asked of a store.
//!
//! The ledger and ownership know end users by what they do; this is the operator's view of the same record, and the
//! little that the operator adds to it. Whatever is added is audited in the same transaction: who, what, when, why,
//! before and after. Everything is kept under a pseudonym, so it outlives an end user's wish to be forgotten: whoever was
//! blocked comes back blocked.
//!
//! What it does *not* do: it decides nothing about a request ([`Overrides`] tells the edge what the operator said), and it
//! changes nothing in the ledger.

mod change;
mod overrides;
mod period;
mod record;
mod table;
mod usage;

use futures_util::future::BoxFuture;

pub use change::{Change, Changed, MAX_GRANT, MAX_REASON_CHARS, Order, Reason, Standing};
pub use overrides::{Block, Grant, Override, Overrides};
pub use period::{PeriodNumbers, date_of_day};
pub use record::{Deed, HeldReservation, HeldState, Known, Person, ReservationQuery, Search, Tally};
pub use table::{Format, Table};
pub use usage::{By, MAX_USAGE_DAYS, UsagePages, UsageQuery, UsageRow, UsageSlice, Used};

use crate::principal::EndUserId;
use crate::pseudonym::Pseudonym;

/// Why the operator is told no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    /// The store cannot be asked, or did not take it.
    #[error("the store is unavailable")]
    Unavailable,
    /// A reason is missing, too long, or holds control characters.
    #[error("a reason is 1 to {MAX_REASON_CHARS} characters, none of them a control character")]
    Reason,
    /// No plan of this name is configured.
    #[error("there is no plan {0:?}")]
    UnknownPlan(String),
    /// No issuer of this name is configured.
    #[error("there is no issuer {0:?}")]
    UnknownIssuer(String),
    /// Several issuers are configured, and none was named.
    #[error("say which issuer's end user it is")]
    IssuerMissing,
    /// A subject is empty or longer than any token's.
    #[error("a subject is 1 to 255 bytes")]
    Subject,
    /// Too little or too much to grant.
    #[error("an amount is 1 to {MAX_GRANT}")]
    Amount,
    /// Not a period that usage can be told of.
    #[error("days are YYYY-MM-DD, the first not after the last, at most {MAX_USAGE_DAYS} of them")]
    Days,
    /// A word that is none of those that a parameter takes.
    #[error("{0} takes {1}")]
    Word(&'static str, &'static str),
}

/// See the module. Changes are durable when they return.
pub trait People: Send + Sync + 'static {
    /// A number that every change raises.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    fn revision(&self) -> BoxFuture<'_, Result<u64, PeopleError>>;

    /// Everybody about whom the operator said something that still counts: grants of periods that end before `since`
    /// do not.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    fn overrides(
        &self,
        since: PeriodNumbers,
    ) -> BoxFuture<'_, Result<Vec<(Pseudonym, Override)>, PeopleError>>;

    /// Makes a change and records it, or does neither.
    ///
    /// Cancel safe: a call that is cancelled has done both or neither.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    fn change(&self, order: Order) -> BoxFuture<'_, Result<Changed, PeopleError>>;

    /// End users by the order in which they first came.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    fn search<'a>(&'a self, search: &'a Search) -> BoxFuture<'a, Result<Vec<Known>, PeopleError>>;

    /// Everything about one of them.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    fn person<'a>(
        &'a self,
        id: &'a EndUserId,
        pseudonym: Pseudonym,
        now: PeriodNumbers,
    ) -> BoxFuture<'a, Result<Person, PeopleError>>;

    /// A part of the usage that is small enough for memory, in the order day, operation, or if it is told by end user:
    /// end user, day, operation.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    fn usage<'a>(&'a self, slice: &'a UsageSlice) -> BoxFuture<'a, Result<Vec<UsageRow>, PeopleError>>;

    /// Reservations that have no certain end, the oldest first.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    fn reservations<'a>(
        &'a self,
        query: &'a ReservationQuery,
    ) -> BoxFuture<'a, Result<Vec<HeldReservation>, PeopleError>>;

    /// What was done, the newest first; `before`: older than the deed of this number.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    fn deeds(&self, before: Option<u64>, limit: u32) -> BoxFuture<'_, Result<Vec<Deed>, PeopleError>>;
}

#[cfg(test)]
pub(crate) mod conformance;
