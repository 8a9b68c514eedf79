//! What an end user may ask about themselves: what is held, and to be forgotten. Asked of a store.
//!
//! What it does *not* do: it deletes nothing at Astria; `erasure` does, and forgets here what is gone there.

use futures_util::future::BoxFuture;

use super::index::{IndexError, Record};
use super::owned::AccountKey;
use super::seen::ObjectId;
use crate::clock::Timestamp;
use crate::principal::EndUserId;

/// An erasure that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// When it was asked for.
    pub started_at: Timestamp,
    /// Objects that are still there.
    pub objects_left: u64,
    /// Creates that have no end yet; one that was left unknown has one.
    pub open_creates: u64,
}

/// Where a reader of all of an end user's objects stands: after this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// On this account.
    pub account: AccountKey,
    /// This object.
    pub object: ObjectId,
}

/// One line of the audit record. It names the end user by a pseudonym only.
#[derive(Clone, Copy, Debug)]
pub struct AuditEntry<'a> {
    /// When.
    pub at: Timestamp,
    /// What: one of a few fixed words.
    pub action: &'static str,
    /// Who it is about: a keyed hash.
    pub pseudonym: &'a str,
    /// The request that asked for it; empty for what the gateway does by itself.
    pub request_id: &'a str,
    /// How many objects it was about.
    pub objects: u64,
}

/// See the module. Writes are durable when they return.
pub trait Subjects: Send + Sync + 'static {
    /// Begins to erase: from here on nothing is made for this end user. Asking again changes nothing.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn begin_erasure<'a>(
        &'a self,
        owner: &'a EndUserId,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<Erasure, IndexError>>;

    /// How far it is; `None` if none is under way.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn erasure<'a>(&'a self, owner: &'a EndUserId) -> BoxFuture<'a, Result<Option<Erasure>, IndexError>>;

    /// Everybody whose erasure is under way.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn erasing(&self) -> BoxFuture<'_, Result<Vec<EndUserId>, IndexError>>;

    /// Objects of an end user on all accounts, in a stable order, `limit` of them after `after`.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn objects<'a>(
        &'a self,
        owner: &'a EndUserId,
        after: Option<&'a Cursor>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<(AccountKey, Record)>, IndexError>>;

    /// Forgets everything about an end user, their name included, and adds `entry` to the audit record with it. Only
    /// of one whose erasure is under way, and not while there are objects, or creates without an end: somebody must
    /// know whose they are. Gives whether it was done.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn finish_erasure<'a>(
        &'a self,
        owner: &'a EndUserId,
        entry: AuditEntry<'a>,
    ) -> BoxFuture<'a, Result<bool, IndexError>>;

    /// Adds a line to the audit record.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn audit<'a>(&'a self, entry: AuditEntry<'a>) -> BoxFuture<'a, Result<(), IndexError>>;
}
