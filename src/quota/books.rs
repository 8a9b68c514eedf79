//! What the ledger asks of a store, whatever it is kept in.
//!
//! A create is opened and closed in one transaction each: with what it holds, whose it is, where it would be found again,
//! and which idempotency key it has. Amounts, limits and days are the ledger's business; a store keeps them and compares.
//!
//! What it does *not* do: it knows no clock, no calendar and no prices. `store/conformance` says how it must behave.

use futures_util::future::BoxFuture;

use super::amounts::Amounts;
use super::closing::{Closed, Closing, Ending};
use super::create::{Create, Due, DueObject, Looked, Standing};
use super::opening::{Limit, Opened, Opening};
use super::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::ReservationId;
use crate::ownership::{AccountKey, IndexError, ObjectId};

/// Why a create must not be called. Nothing is held.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum BooksError {
    /// A limit has no room; of several, the one that lasts longest.
    #[error("quota of {} {} is used up", limit.limit, limit.of.name())]
    Exhausted {
        /// Which.
        limit: Limit,
        /// What was used of it.
        used: u64,
        /// What is held of it.
        held: u64,
    },
    /// Too many jobs of this end user are in flight.
    #[error("{in_flight} jobs are in flight")]
    TooManyJobs {
        /// So many.
        in_flight: u64,
    },
    /// Another nameless create may still make something on one of the tunes.
    #[error("a theme is open on one of the tunes")]
    ThemeOpen,
    /// The end user's data is being erased.
    #[error("the end user's data is being erased")]
    Erasing,
    /// It is a guest's, and that guest has become an end user or was forgotten.
    #[error("the guest is no more")]
    GuestGone,
    /// This id has been used.
    #[error("the reservation exists already")]
    AlreadyReserved,
    /// An object belongs to another end user.
    #[error("the object belongs to another end user")]
    Conflict,
    /// The store cannot be reached, or is full.
    #[error("the ledger's store is unavailable")]
    Unavailable,
}

impl From<IndexError> for BooksError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Conflict => Self::Conflict,
            IndexError::Erasing => Self::Erasing,
            IndexError::Unavailable => Self::Unavailable,
        }
    }
}

/// What was used and is held in one period of one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Settled.
    pub used: Amounts,
    /// Reserved, and neither settled nor released.
    pub held: Amounts,
}

/// What a kind of job last cost: the account, the kind, one image or call of it in millicents.
pub type LastCost = (AccountKey, String, u64);

/// The durable record of money. Writes are durable when they return.
///
/// All calls are cancel safe in this sense: what was begun is either recorded whole or not at all.
pub trait Books: Send + Sync + 'static {
    /// Opens a create: the first use by an unknown end user, its key, and all that it holds in one transaction, or
    /// nothing.
    ///
    /// # Errors
    /// [`BooksError`], but [`BooksError::Conflict`]: it must not be called.
    fn open(&self, opening: Opening) -> BoxFuture<'_, Result<Opened, BooksError>>;

    /// Ends a create: whose the objects are, what they cost, and what the key is answered with in one transaction.
    /// Closing again changes nothing and answers as before; only what was left unknown or presumed can be ended once
    /// more, and what is made and incomplete can be completed.
    ///
    /// # Errors
    /// [`BooksError::Conflict`]: an object is somebody else's, or names somebody else's create; then the create is left
    /// unknown. [`BooksError::Unavailable`]: it stays open, or was never opened.
    fn close(&self, closing: Closing) -> BoxFuture<'_, Result<Closed, BooksError>>;

    /// Ends a create, if it was opened, without waiting: [`Ending::Unknown`] if whoever called it is gone,
    /// [`Ending::Nothing`] if nobody called it. Must not block; if it is lost, the lease's end does the same.
    fn abandon(&self, reservation: ReservationId, ending: Ending);

    /// Leases that have ended: their creates are unknown from here on, and until `awaits_until` prompts are looked for on
    /// their tunes; with `of_all` also on those of creates whose lease still runs, as at the start of a process. Gives
    /// how many leases ended.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn expire(
        &self,
        at: Timestamp,
        awaits_until: Timestamp,
        of_all: bool,
    ) -> BoxFuture<'_, Result<u64, BooksError>>;

    /// Usage of each of these (scope, period), in their order.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn usage<'a>(&'a self, of: &'a [(Scope, u32)]) -> BoxFuture<'a, Result<Vec<Usage>, BooksError>>;

    /// How many creates stand where.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn standing(&self) -> BoxFuture<'_, Result<Standing, BooksError>>;

    /// A create by its name.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn create(&self, reservation: ReservationId) -> BoxFuture<'_, Result<Option<Create>, BooksError>>;

    /// What is due by now, at most so many of each kind, those first that are due for longest.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn due(&self, now: Timestamp, limit: u32) -> BoxFuture<'_, Result<Due, BooksError>>;

    /// Those of these objects that are looked after, due by now or not.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn looked_after<'a>(
        &'a self,
        account: &'a AccountKey,
        objects: &'a [ObjectId],
    ) -> BoxFuture<'a, Result<Vec<DueObject>, BooksError>>;

    /// Notes that objects and creates were looked at, and when to do so again; not of an object that has become due anew
    /// since the look began.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn looked(&self, looked: Vec<Looked>) -> BoxFuture<'_, Result<(), BooksError>>;

    /// Gives up an unfinished job of which nothing was heard for too long. Gives whether it was unfinished and is now
    /// given up; whoever sees it ended later counts it as ever.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn lose<'a>(
        &'a self,
        account: &'a AccountKey,
        object: ObjectId,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<bool, BooksError>>;

    /// Tells the owners of objects that vanish until `warn_until`, each once, and makes due what should be gone by now.
    /// Gives how many were told of: a bounded number in one go.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn tell_vanishing(&self, at: Timestamp, warn_until: Timestamp) -> BoxFuture<'_, Result<u64, BooksError>>;

    /// Keeps what the same kind of job last cost.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn remember_cost<'a>(
        &'a self,
        account: &'a AccountKey,
        kind: &'a str,
        each_mc: u64,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(), BooksError>>;

    /// All of these.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn last_costs(&self) -> BoxFuture<'_, Result<Vec<LastCost>, BooksError>>;

    /// Forgets the replies of keys that have expired. Gives how many.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn forget_keys(&self, at: Timestamp) -> BoxFuture<'_, Result<u64, BooksError>>;

    /// Compares every total, every hold and every booked object with its entries. Empty: they agree. Else what differs,
    /// in words.
    ///
    /// # Errors
    /// [`BooksError::Unavailable`]
    fn audit_ledger(&self) -> BoxFuture<'_, Result<Vec<String>, BooksError>>;
}
