//! Creates as they stand, and what somebody must look at because of them.

use super::amounts::Amounts;
use super::opening::Trail;
use crate::clock::Timestamp;
use crate::ids::ReservationId;
use crate::operation::Operation;
use crate::ownership::{AccountKey, ObjectId, Record};
use crate::principal::EndUserId;

/// How many creates stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Being called, or cut off by a crash.
    pub open: u64,
    /// Nobody knows yet.
    pub unknown: u64,
    /// They count as spent until somebody knows.
    pub presumed: u64,
}

/// A create as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name.
    pub reservation: ReservationId,
    /// On which account.
    pub account: AccountKey,
    /// For whom; `None`: they were forgotten.
    pub owner: Option<EndUserId>,
    /// What it does.
    pub operation: Operation,
    /// Where it would be found again.
    pub trail: Trail,
    /// What it made is above these: tune, prompt.
    pub watermarks: (u64, u64),
    /// How it stands.
    pub state: CreateState,
    /// What it still holds.
    pub held: Amounts,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When its call ended, at the latest.
    pub ended_at: Timestamp,
    /// How often somebody looked for what it made.
    pub looks: u32,
    /// A key waits for its reply.
    pub has_key: bool,
    /// Objects that it made, as far as they are known.
    pub objects: Vec<Record>,
}

/// How a create stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateState {
    /// Being called, or cut off by a crash.
    Open,
    /// Something was made.
    Made,
    /// Nothing was made.
    Nothing,
    /// Nobody knows yet.
    Unknown,
    /// It counts as spent until somebody knows.
    Presumed,
}

impl CreateState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Open, Self::Made, Self::Nothing, Self::Unknown, Self::Presumed];

    /// The word that is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Made => "made",
            Self::Nothing => "nothing",
            Self::Unknown => "unknown",
            Self::Presumed => "presumed",
        }
    }
}

/// What somebody should look at now.
#[derive(Clone, Debug, Default)]
pub struct Due {
    /// Unfinished objects; first those that a callback told of, in their order.
    pub objects: Vec<DueObject>,
    /// Creates whose outcome, or part of it, is not known.
    pub creates: Vec<Create>,
}

/// An object that somebody should look at now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueObject {
    /// On which account.
    pub account: AccountKey,
    /// The object, as it was last seen.
    pub record: Record,
    /// How often it was looked at in vain.
    pub looks: u32,
    /// When it was first recorded.
    pub known_at: Timestamp,
    /// A callback told that it has ended.
    pub is_told: bool,
    /// Since when it is due.
    pub since: DueSince,
}

/// Since when an object is due, as the store keeps it: a look that was begun before it became due anew says nothing of
/// when to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueSince(pub i64);

/// One look that was taken.
#[derive(Clone, Debug)]
pub struct Looked {
    /// At what.
    pub at_what: LookedAt,
    /// When to look again.
    pub again_at: Timestamp,
}

/// What was looked at.
#[derive(Clone, Debug)]
pub enum LookedAt {
    /// An object that was due since then.
    Object(AccountKey, ObjectId, DueSince),
    /// For what a create made.
    Create(ReservationId),
}
