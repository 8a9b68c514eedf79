//! What ownership asks of a store, whatever it is kept in.
//!
//! What it does *not* do: it makes no proofs ([`super::Ownership`] does), and it calls no upstream.

use futures_util::future::BoxFuture;

use super::owned::AccountKey;
use super::seen::{ObjectId, ObjectKind, Seen};
use crate::clock::Timestamp;
use crate::ids::{PackId, ReservationId, TuneId};
use crate::operation::Operation;
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

/// A create that is about to be called: what must be known to find its outcome again.
#[derive(Clone, Copy, Debug)]
pub struct Opened<'a> {
    /// Its name, also in the callback addresses that it carries.
    pub reservation: ReservationId,
    /// On which account.
    pub account: &'a AccountKey,
    /// For whom.
    pub owner: &'a EndUserId,
    /// What it does.
    pub operation: Operation,
    /// The tune that it is made on, if any.
    pub tune: Option<TuneId>,
    /// The title that the new tune gets at Astria.
    pub title: Option<&'a str>,
    /// Now.
    pub at: Timestamp,
}

/// How a create ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Astria made something.
    Made,
    /// Certainly nothing was made.
    Nothing,
    /// Nobody knows: what turns up later with the reservation's name belongs to its owner, and on the tunes that the
    /// create may have been made on, prompts are looked for.
    Unknown,
}

/// The end of a create, with everything that its reply revealed.
#[derive(Clone, Debug)]
pub struct Conclusion {
    /// Which create.
    pub reservation: ReservationId,
    /// How it ended.
    pub ending: Ending,
    /// What the reply showed; all of it belongs to the reservation's owner.
    pub objects: Vec<Seen>,
    /// Own tunes on which prompts will turn up that the reply did not show.
    pub awaits: Vec<TuneId>,
    /// Until when they are looked for.
    pub awaits_until: Timestamp,
    /// Now.
    pub at: Timestamp,
}

impl Conclusion {
    /// Certainly nothing was made.
    pub const fn nothing(reservation: ReservationId, at: Timestamp) -> Self {
        Self {
            reservation,
            ending: Ending::Nothing,
            objects: Vec::new(),
            awaits: Vec::new(),
            awaits_until: at,
            at,
        }
    }
}

/// What became of a conclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concluded {
    /// Every object was the owner's before the create began: Astria's idempotency gave back what existed, so nothing
    /// new was made. What the create's own callback made known meanwhile is new.
    pub is_repeat: bool,
}

/// Which creates were left without an end, as a crash leaves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// Those begun before this: on their tunes prompts are looked for from now on.
    pub awaited_before: Timestamp,
    /// Those begun before this end as [`Ending::Unknown`]: whoever called them is gone.
    pub ended_before: Timestamp,
    /// Until when prompts are looked for.
    pub awaits_until: Timestamp,
    /// Now.
    pub at: Timestamp,
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

    /// Records a create before it is called, with the highest recorded tune id as its watermark.
    ///
    /// # Errors
    /// [`IndexError::Erasing`], [`IndexError::Unavailable`]: it must not be called then.
    fn begin<'a>(&'a self, opened: Opened<'a>) -> BoxFuture<'a, Result<(), IndexError>>;

    /// Records how a create ended and, in the same transaction, the owner of everything that it made. Concluding
    /// again changes nothing and answers as before; only what was left unknown may be ended once more.
    ///
    /// # Errors
    /// [`IndexError::Conflict`]: an object is somebody else's, or names somebody else's create; then only the ending
    /// is recorded, as [`Ending::Unknown`]. [`IndexError::Unavailable`]: the create stays open, or was never begun.
    fn conclude(&self, conclusion: Conclusion) -> BoxFuture<'_, Result<Concluded, IndexError>>;

    /// Looks after creates that have no end. Each may still be ended by whoever began it. Gives how many it ended.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn abandon(&self, which: Abandoned) -> BoxFuture<'_, Result<u64, IndexError>>;

    /// Records objects as they were seen. One that is known keeps its owner; an unknown one belongs to whoever made
    /// the reservation that it names, else to the owner of the tune that it was found on, else to nobody, and is not
    /// recorded. Gives how many became known.
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
