//! What ownership asks of a store, whatever it is kept in.
//!
//! What it does *not* do: it makes no proofs ([`super::Ownership`] does), and it calls no upstream.

use futures_util::future::BoxFuture;

use super::owned::AccountKey;
use super::seen::{ObjectId, ObjectKind, Seen};
use crate::clock::Timestamp;
use crate::ids::{PackId, ReservationId, TuneId};
use crate::principal::EndUserId;

/// Why the index did not do it.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum IndexError {
    /// An object belongs to another end user. Nothing of the same request was recorded.
    #[error("the object belongs to another end user")]
    Conflict,
    /// The end user's data is being erased: nothing new is made for them.
    #[error("the end user's data is being erased")]
    Erasing,
    /// The store cannot be reached or is full, or the process is stopping. Nothing was recorded, or nobody knows.
    #[error("the index is unavailable")]
    Unavailable,
}

/// What is recorded of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which object.
    pub object: ObjectId,
    /// The tune of a prompt.
    pub tune: Option<TuneId>,
    /// The pack that it belongs to.
    pub pack: Option<PackId>,
    /// A tune of the branch `fast`, or a prompt of one.
    pub is_free: bool,
    /// Nothing more is expected of it.
    pub is_finished: bool,
    /// The owner likes it.
    pub is_liked: bool,
    /// When it was last seen whole; `None`: it must be looked at again.
    pub seen_at: Option<Timestamp>,
    /// Its members as last seen: a JSON object; `None` if it never was.
    pub members: Option<String>,
}

/// Which part of a list is wanted; newest first, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only prompts of this tune.
    pub tune: Option<TuneId>,
    /// Only ids below this one.
    pub before_id: Option<u64>,
    /// So many are left out first.
    pub offset: u64,
    /// At most so many.
    pub limit: u32,
    /// Which of them.
    pub filters: Filters,
}

/// The documented filters of lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// One of these titles, exactly; empty: any. Astria's spelling.
    pub titles: Vec<String>,
    /// Or, of tunes that were made here, these words behind anybody's prefix.
    pub title_words: Option<String>,
    /// One of these class names; empty: any.
    pub names: Vec<String>,
    /// Exactly.
    pub model_type: Option<String>,
    /// Exactly.
    pub branch: Option<String>,
    /// Anywhere in a prompt's text, whatever its case.
    pub text: Option<String>,
    /// Exactly.
    pub pack: Option<PackId>,
    /// Exactly.
    pub base_pack: Option<PackId>,
    /// Liked by the owner, or not.
    pub is_liked: Option<bool>,
    /// A video, or not.
    pub is_video: Option<bool>,
    /// Made by the API, or not.
    pub is_api: Option<bool>,
    /// Created at this moment or later.
    pub created_from: Option<Timestamp>,
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub records: Vec<Record>,
    /// The owner's tunes on which prompts may turn up that are not recorded yet, with the moment of the last look: at
    /// most 100, those first that were not looked at for longest.
    pub awaiting: Vec<(TuneId, Option<Timestamp>)>,
}

/// Objects that were seen at Astria.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// On which account.
    pub account: AccountKey,
    /// As they are now.
    pub objects: Vec<Seen>,
    /// The tune on which they were found, if they were found on one.
    pub found_on: Option<TuneId>,
    /// Now.
    pub at: Timestamp,
}

/// The durable record of who owns what. Writes are durable when they return.
///
/// All calls are cancel safe in this sense: what was begun is either recorded whole or not at all.
pub trait Index: Send + Sync + 'static {
    /// Those of `wanted` that `owner` owns, in any order.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn find<'a>(
        &'a self,
        account: &'a AccountKey,
        owner: &'a EndUserId,
        wanted: &'a [ObjectId],
    ) -> BoxFuture<'a, Result<Vec<Record>, IndexError>>;

    /// A part of the owner's objects of one kind, and which of their tunes await prompts (of `query.tune` only, if
    /// it is given): one query.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn list<'a>(
        &'a self,
        account: &'a AccountKey,
        owner: &'a EndUserId,
        kind: ObjectKind,
        query: &'a ListQuery,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Page, IndexError>>;

    /// Records objects as they were seen. One that is known keeps its owner; an unknown one belongs to whoever made
    /// the reservation that it names, else to the owner of the tune that it was found on, else to nobody, and is not
    /// recorded. What a create made is booked in the ledger with it, once, and again when its job has ended. Gives how
    /// many became known.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn see(&self, sighting: Sighting) -> BoxFuture<'_, Result<u64, IndexError>>;

    /// Notes that a tune's prompts were looked through; `is_done`: nothing more is awaited.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn swept<'a>(
        &'a self,
        account: &'a AccountKey,
        tune: TuneId,
        at: Timestamp,
        is_done: bool,
    ) -> BoxFuture<'a, Result<(), IndexError>>;

    /// Lets an object be looked at again before it is shown.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn doubt<'a>(
        &'a self,
        account: &'a AccountKey,
        object: ObjectId,
    ) -> BoxFuture<'a, Result<(), IndexError>>;

    /// Forgets an object that Astria does not have any more. A tune's prompts stay, in doubt.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn forget<'a>(
        &'a self,
        account: &'a AccountKey,
        object: ObjectId,
    ) -> BoxFuture<'a, Result<(), IndexError>>;

    /// Keeps whether the owner likes a prompt.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn like<'a>(
        &'a self,
        account: &'a AccountKey,
        object: ObjectId,
        is_liked: bool,
    ) -> BoxFuture<'a, Result<(), IndexError>>;

    /// Records an object as an end user's, whatever made it: for apps that had objects before the gateway.
    ///
    /// # Errors
    /// [`IndexError::Conflict`], [`IndexError::Erasing`], [`IndexError::Unavailable`]: nothing was recorded.
    fn import<'a>(
        &'a self,
        account: &'a AccountKey,
        owner: &'a EndUserId,
        objects: Vec<Seen>,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<u64, IndexError>>;

    /// What is recorded under a number, of both kinds and on all accounts: for the operator.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn look_up(&self, id: u64) -> BoxFuture<'_, Result<Vec<Found>, IndexError>>;

    /// A secret of 32 random bytes, made when it is first asked for and the same ever after.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn key(&self, name: &'static str) -> BoxFuture<'_, Result<[u8; 32], IndexError>>;
}

/// One answer to an operator's question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// On which account.
    pub account: AccountKey,
    /// Whose.
    pub owner: EndUserId,
    /// What.
    pub record: Record,
    /// The create that made it, if it was one of ours.
    pub reservation: Option<ReservationId>,
}
