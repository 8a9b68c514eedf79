//! What the writer is told to do. Each command is done whole or not at all.

use rusqlite::Connection;

use super::guests::{self, Beginning};
use super::inbox;
use super::leases;
use super::ledger::{self, Totals};
use super::outbox;
use super::sessions;
use super::streams::{self, KeepEvents, OpenStream, Trimmed};
use super::write::{ends, keys, marks, objects, people};
use crate::callback::{Callback, Received};
use crate::clock::Timestamp;
use crate::guests::{Begun, Claim, Claimed, Forgotten};
use crate::ids::TuneId;
use crate::ownership::{AccountKey, AuditEntry, Erasure, IndexError, ObjectId, Seen, Sighting};
use crate::people::{Changed, Order};
use crate::principal::EndUserId;
use crate::quota::{BooksError, Closed, Closing, Looked, Opened, Opening};

/// See the module.
pub(super) enum Command {
    Open(Box<Opening>),
    Close(Box<Closing>),
    Expire {
        at: Timestamp,
        awaits_until: Timestamp,
        of_all: bool,
    },
    Looked(Vec<Looked>),
    Cost {
        account: AccountKey,
        kind: String,
        each_mc: u64,
        at: Timestamp,
    },
    ForgetKeys(Timestamp),
    Receive(Box<Callback>),
    ForgetCallbacks(Timestamp),
    Lose {
        account: AccountKey,
        object: ObjectId,
        at: Timestamp,
    },
    Vanishing {
        at: Timestamp,
        warn_until: Timestamp,
    },
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
        at: Timestamp,
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
    BeginGuest(Box<Beginning>),
    ClaimGuest(Box<Claim>),
    ForgetGuests {
        before: Timestamp,
        at: Timestamp,
    },
    Audit(Box<Audit>),
    Operate(Box<Order>),
    Hold {
        name: &'static str,
        holder: String,
        at: Timestamp,
        until: Timestamp,
    },
    Release {
        name: &'static str,
        holder: String,
    },
    OpenStream(Box<OpenStream>),
    TrimEvents {
        at: Timestamp,
        keep: KeepEvents,
        after: u64,
    },
    Outbox(Box<outbox::Change>),
    Sessions(Box<sessions::Change>),
    #[cfg(test)]
    Panic,
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
    Opened(Box<Result<Opened, BooksError>>),
    Closed(Result<Closed, BooksError>),
    Known(u64),
    Seen { known: u64, overruns: u64 },
    Ended(u64),
    Forgotten(bool),
    Key([u8; 32]),
    Erasure(Erasure),
    Begun(Begun),
    Claimed(Claimed),
    ForgotGuests(Forgotten),
    Changed(Changed),
    Held(bool),
    Received(Received),
    Trimmed(Trimmed),
    Outbox(outbox::Told),
    Sessions(sessions::Told),
}

/// A refusal inside is an answer: what was written with it stays. An error outside undoes the command.
pub(super) type Outcome = Result<Result<Answer, IndexError>, rusqlite::Error>;

impl Command {
    /// Its name in metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Close(_) => "close",
            Self::Expire { .. } => "expire",
            Self::Looked(_) => "looked",
            Self::Cost { .. } => "cost",
            Self::ForgetKeys(_) => "forget_keys",
            Self::Receive(_) => "receive",
            Self::ForgetCallbacks(_) => "forget_callbacks",
            Self::Lose { .. } => "lose",
            Self::Vanishing { .. } => "vanishing",
            Self::See(_) => "see",
            Self::Swept { .. } => "swept",
            Self::Doubt { .. } => "doubt",
            Self::Forget { .. } => "forget",
            Self::Like { .. } => "like",
            Self::Import { .. } => "import",
            Self::Key(_) => "key",
            Self::BeginErasure { .. } => "begin_erasure",
            Self::FinishErasure { .. } => "finish_erasure",
            Self::BeginGuest(_) => "begin_guest",
            Self::ClaimGuest(_) => "claim_guest",
            Self::ForgetGuests { .. } => "forget_guests",
            Self::Audit(_) => "audit",
            Self::Operate(_) => "operate",
            Self::Hold { .. } => "hold",
            Self::Release { .. } => "release",
            Self::OpenStream(_) => "open_stream",
            Self::TrimEvents { .. } => "trim_events",
            Self::Outbox(change) => change.name(),
            Self::Sessions(change) => change.name(),
            #[cfg(test)]
            Self::Panic => "panic",
        }
    }

    /// Whether it means nothing once nobody waits for its answer: a create that is not called any more, a guest that nobody
    /// is told of.
    pub(super) const fn needs_its_caller(&self) -> bool {
        matches!(self, Self::Open(_) | Self::BeginGuest(_))
    }

    /// Does it, inside a transaction of the caller's, who writes the totals at its end.
    pub(super) fn run(&self, conn: &Connection, totals: &mut Totals) -> Outcome {
        match self {
            Self::Open(opening) => ledger::open(conn, totals, opening),
            Self::Close(closing) => ledger::close(conn, totals, closing),
            Self::Expire { at, awaits_until, of_all } => ledger::expire(conn, *at, *awaits_until, *of_all),
            Self::Looked(looked) => ledger::looked(conn, looked),
            Self::Cost { account, kind, each_mc, at } => {
                ledger::remember_cost(conn, account, kind, *each_mc, *at)
            }
            Self::ForgetKeys(at) => ledger::forget_keys(conn, *at),
            Self::Receive(callback) => inbox::receive(conn, callback),
            Self::ForgetCallbacks(before) => inbox::forget(conn, *before),
            Self::Lose { account, object, at } => ends::lose(conn, account, *object, *at),
            Self::Vanishing { at, warn_until } => ends::vanishing(conn, *at, *warn_until),
            Self::See(sighting) => objects::see(conn, totals, sighting),
            Self::Swept { account, tune, at, is_done } => marks::swept(conn, account, *tune, *at, *is_done),
            Self::Doubt { account, object } => marks::doubt(conn, account, *object),
            Self::Forget { account, object, at } => marks::forget(conn, account, *object, *at),
            Self::Like { account, object, is_liked } => marks::like(conn, account, *object, *is_liked),
            Self::Import { account, owner, objects, at } => {
                objects::import(conn, account, owner, objects, *at)
            }
            Self::Key(name) => keys::key(conn, name),
            Self::BeginErasure { owner, at } => people::begin_erasure(conn, owner, *at),
            Self::FinishErasure { owner, entry } => people::finish_erasure(conn, owner, entry),
            Self::BeginGuest(beginning) => guests::begin(conn, beginning),
            Self::ClaimGuest(claim) => guests::claim(conn, totals, claim),
            Self::ForgetGuests { before, at } => guests::forget(conn, *before, *at),
            Self::Audit(entry) => people::audit(conn, entry),
            Self::Operate(order) => super::people::change(conn, order),
            Self::Hold { name, holder, at, until } => leases::hold(conn, name, holder, *at, *until),
            Self::Release { name, holder } => leases::release(conn, name, holder),
            Self::OpenStream(stream) => streams::open_stream(conn, stream),
            Self::TrimEvents { at, keep, after } => streams::trim(conn, *at, *keep, *after),
            Self::Outbox(change) => change.run(conn),
            Self::Sessions(change) => change.run(conn),
            #[cfg(test)]
            Self::Panic => panic!("a bug"),
        }
    }
}
