//! What happened to end users' objects, in order: for their browsers and for the operator's app.
//!
//! An event says that something changed and which object; what the object is now, whoever sends the event looks up. So an
//! event is small, and one that is told again late never shows an old state. A store writes it in the transaction that
//! changes the object: no change without its event, and none told that did not happen.
//!
//! ```
//! use astria_gateway::events::EventKind;
//! use astria_gateway::ownership::ObjectKind;
//! assert_eq!(EventKind::Finished.name(ObjectKind::Tune), "tune.trained");
//! assert_eq!(EventKind::parse("prompt.failed"), Some((ObjectKind::Prompt, EventKind::Failed)));
//! ```
//!
//! What it does *not* do: it sends nothing, and it keeps a bounded time only.

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::clock::Timestamp;
use crate::ids::TuneId;
use crate::ownership::{AccountKey, IndexError, ObjectId, ObjectKind, Record};
use crate::principal::EndUserId;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// It is there, or changed, and more is to come.
    Updated,
    /// Its job ended well.
    Finished,
    /// Its job ended without a result.
    Failed,
    /// Its job was given up: nothing was heard of its end for longer than any job takes.
    Lost,
    /// Astria deletes it soon.
    Expiring,
    /// Astria does not have it any more.
    Deleted,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Updated, Self::Finished, Self::Failed, Self::Lost, Self::Expiring, Self::Deleted];

    /// One word, stable: it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Expiring => "expiring",
            Self::Deleted => "deleted",
        }
    }

    /// The event's name for clients. A lost job has failed, as far as they are concerned.
    pub const fn name(self, object: ObjectKind) -> &'static str {
        match (object, self) {
            (ObjectKind::Tune, Self::Updated) => "tune.updated",
            (ObjectKind::Tune, Self::Finished) => "tune.trained",
            (ObjectKind::Tune, Self::Failed | Self::Lost) => "tune.failed",
            (ObjectKind::Tune, Self::Expiring) => "tune.expiring",
            (ObjectKind::Tune, Self::Deleted) => "tune.deleted",
            (ObjectKind::Prompt, Self::Updated) => "prompt.updated",
            (ObjectKind::Prompt, Self::Finished) => "prompt.finished",
            (ObjectKind::Prompt, Self::Failed | Self::Lost) => "prompt.failed",
            (ObjectKind::Prompt, Self::Expiring) => "prompt.expiring",
            (ObjectKind::Prompt, Self::Deleted) => "prompt.deleted",
        }
    }

    /// The kind that has this name; of a failed job [`Self::Failed`].
    pub fn parse(name: &str) -> Option<(ObjectKind, Self)> {
        [ObjectKind::Tune, ObjectKind::Prompt]
            .into_iter()
            .flat_map(|object| Self::ALL.map(|kind| (object, kind)))
            .find(|(object, kind)| kind.name(*object) == name)
    }
}

/// One event of an end user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Among the end user's events: from 1, rising, without a gap when it is written.
    pub number: u64,
    /// When it was noticed.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// On which account.
    pub account: AccountKey,
    /// To which object.
    pub object: ObjectId,
    /// The tune of a prompt, if that is known.
    pub tune: Option<TuneId>,
    /// The object as it is now; `None`: it is not there any more.
    pub record: Option<Record>,
}

/// A part of an end user's events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Oldest first.
    pub events: Vec<Event>,
    /// Some that were asked for are not kept any more, or never were.
    pub is_gap: bool,
    /// Up to here everything on this account is told; below [`Kept::last`] there may be more.
    pub through: u64,
    /// The number of the end user's last event, of any account; 0: there was none.
    pub last: u64,
}

/// Who should look for new events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stirred {
    /// Whose there are, each once.
    pub whose: Vec<EndUserId>,
    /// Up to here, in everybody's order.
    pub seq: u64,
}

/// The durable record of events.
pub trait EventLog: Send + Sync + 'static {
    /// An end user's events on one account after this number, at most so many; what is lost of them is told.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn events_after<'a>(
        &'a self,
        who: &'a EndUserId,
        account: &'a AccountKey,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, Result<Kept, IndexError>>;

    /// Whose events came after this one in everybody's order, at most so many events further.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn stirred(&self, after_seq: u64, limit: u32) -> BoxFuture<'_, Result<Stirred, IndexError>>;

    /// The last event in everybody's order, whoever wrote it; 0: there was none.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn last_seq(&self) -> BoxFuture<'_, Result<u64, IndexError>>;

    /// The last event in everybody's order, whenever this process has written one. Other processes' are not told.
    fn news(&self) -> watch::Receiver<u64>;
}
