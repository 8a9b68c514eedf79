//! A create that is about to be called: all that is written down before.

use super::amounts::{Amounts, Measure};
use super::calendar::Day;
use super::rule::Period;
use super::scope::{Scope, SharedBy};
use crate::clock::Timestamp;
use crate::idempotency::{Fingerprint, StoredReply};
use crate::ids::{ReservationId, TuneId};
use crate::operation::Operation;
use crate::ownership::AccountKey;
use crate::principal::EndUserId;
use crate::pseudonym::Pseudonym;

/// At most so much of a measure, in one period of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Whose usage.
    pub scope: Scope,
    /// How config says it.
    pub shared_by: SharedBy,
    /// What is counted.
    pub of: Measure,
    /// Over what time.
    pub per: Period,
    /// How much.
    pub limit: u64,
}

/// Where the outcome of a create whose answer is lost would be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// On these tunes.
    pub tunes: Vec<TuneId>,
    /// Under this title, as Astria gets it.
    pub title: Option<String>,
    /// What it makes carries no name: only one such create at a time is possible on a tune.
    pub is_nameless: bool,
}

/// An idempotency key that a create comes with.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What it is the key of: one route's.
    pub route: String,
    /// The key.
    pub key: String,
    /// What was asked.
    pub fingerprint: Fingerprint,
    /// Until when its reply is kept.
    pub expires_at: Timestamp,
}

/// A create that is about to be called.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its name, also in the callback addresses that it carries.
    pub reservation: ReservationId,
    /// The request that asked for it.
    pub request: String,
    /// On which account.
    pub account: AccountKey,
    /// For whom.
    pub owner: EndUserId,
    /// The ledger's name for them.
    pub subject: Pseudonym,
    /// Where it counts.
    pub scopes: Vec<Scope>,
    /// Under which plan.
    pub plan: String,
    /// A job that fails stays spent.
    pub keeps_failed: bool,
    /// What it does.
    pub operation: Operation,
    /// An upper bound of what it may take.
    pub amounts: Amounts,
    /// The day that it counts in.
    pub day: Day,
    /// What must leave room.
    pub limits: Vec<Limit>,
    /// Jobs of this end user that may be in flight, this one among them.
    pub max_jobs: Option<u32>,
    /// Where it would be found again.
    pub trail: Trail,
    /// Its idempotency key.
    pub claim: Option<Claim>,
    /// Whoever calls it has ended it by then, or is gone.
    pub lease_until: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// What became of an opening that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It may be called.
    Held,
    /// The key's reply is known.
    Replay(StoredReply),
    /// The key's create is being called.
    InProgress {
        /// Until when, at the latest.
        lease_until: Timestamp,
    },
    /// The key came with another request.
    OtherRequest,
    /// Nobody knows yet what became of the key's create.
    Unknown(ReservationId),
}
