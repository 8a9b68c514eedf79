//! What the writer is told to do. Each command is done whole or not at all.

use rusqlite::Connection;

use super::write::{creates, keys, marks, objects, people};
use crate::clock::Timestamp;
use crate::ids::{ReservationId, TuneId};
use crate::operation::Operation;
use crate::ownership::{
    Abandoned, AccountKey, AuditEntry, Concluded, Conclusion, Erasure, IndexError, ObjectId, Seen, Sighting,
};
use crate::principal::EndUserId;

/// See the module.
pub(super) enum Command {
    Begin(Box<Begin>),
    Conclude(Box<Conclusion>),
    Abandon(Abandoned),
    See(Box<Sighting>),
    Swept {
        account: AccountKey,
        tune: TuneId,
        at: Timestamp,
        is_done: bool,
    },
    Doubt {
        account: AccountKey,
        object: ObjectId,
    },
    Forget {
        account: AccountKey,
        object: ObjectId,
    },
    Like {
        account: AccountKey,
        object: ObjectId,
        is_liked: bool,
    },
    Import {
        account: AccountKey,
        owner: EndUserId,
        objects: Vec<Seen>,
        at: Timestamp,
    },
    Key(&'static str),
    BeginErasure {
        owner: EndUserId,
        at: Timestamp,
    },
    FinishErasure {
        owner: EndUserId,
        entry: Box<Audit>,
    },
    Audit(Box<Audit>),
    #[cfg(test)]
    Panic,
}

/// [`crate::ownership::Opened`], owned.
pub(super) struct Begin {
    pub(super) reservation: ReservationId,
    pub(super) account: AccountKey,
    pub(super) owner: EndUserId,
    pub(super) operation: Operation,
    pub(super) tune: Option<TuneId>,
    pub(super) title: Option<String>,
    pub(super) at: Timestamp,
}

/// [`AuditEntry`], owned.
pub(super) struct Audit {
    pub(super) at: Timestamp,
    pub(super) action: &'static str,
    pub(super) pseudonym: String,
    pub(super) request_id: String,
    pub(super) objects: u64,
}

impl From<AuditEntry<'_>> for Audit {
    fn from(entry: AuditEntry<'_>) -> Self {
        Self {
            at: entry.at,
            action: entry.action,
            pseudonym: entry.pseudonym.to_owned(),
            request_id: entry.request_id.to_owned(),
            objects: entry.objects,
        }
    }
}

/// What a command gives.
pub(super) enum Answer {
    Done,
    Concluded(Concluded),
    Known(u64),
    Ended(u64),
    Forgotten(bool),
    Key([u8; 32]),
    Erasure(Erasure),
}

/// A refusal inside is an answer: what was written with it stays. An error outside undoes the command.
pub(super) type Outcome = Result<Result<Answer, IndexError>, rusqlite::Error>;

impl Command {
    /// Its name in metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Begin(_) => "begin",
            Self::Conclude(_) => "conclude",
            Self::Abandon(_) => "abandon",
            Self::See(_) => "see",
            Self::Swept { .. } => "swept",
            Self::Doubt { .. } => "doubt",
            Self::Forget { .. } => "forget",
            Self::Like { .. } => "like",
            Self::Import { .. } => "import",
            Self::Key(_) => "key",
            Self::BeginErasure { .. } => "begin_erasure",
            Self::FinishErasure { .. } => "finish_erasure",
            Self::Audit(_) => "audit",
            #[cfg(test)]
            Self::Panic => "panic",
        }
    }

    /// Whether it means nothing once nobody waits for its answer: a create that is not called any more.
    pub(super) const fn needs_its_caller(&self) -> bool {
        matches!(self, Self::Begin(_))
    }

    /// Does it, inside a transaction of the caller's.
    pub(super) fn run(&self, conn: &Connection) -> Outcome {
        match self {
            Self::Begin(begin) => creates::begin(conn, begin),
            Self::Conclude(conclusion) => creates::conclude(conn, conclusion),
            Self::Abandon(which) => creates::abandon(conn, which),
            Self::See(sighting) => objects::see(conn, sighting),
            Self::Swept { account, tune, at, is_done } => marks::swept(conn, account, *tune, *at, *is_done),
            Self::Doubt { account, object } => marks::doubt(conn, account, *object),
            Self::Forget { account, object } => marks::forget(conn, account, *object),
            Self::Like { account, object, is_liked } => marks::like(conn, account, *object, *is_liked),
            Self::Import { account, owner, objects, at } => {
                objects::import(conn, account, owner, objects, *at)
            }
            Self::Key(name) => keys::key(conn, name),
            Self::BeginErasure { owner, at } => people::begin_erasure(conn, owner, *at),
            Self::FinishErasure { owner, entry } => people::finish_erasure(conn, owner, entry),
            Self::Audit(entry) => people::audit(conn, entry),
            #[cfg(test)]
            Self::Panic => panic!("a bug"),
        }
    }
}
