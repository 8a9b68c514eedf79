//! What a store keeps of notifications: those that wait, and those that were given up.

use crate::clock::Timestamp;
use crate::events::Event;
use crate::principal::EndUserId;

/// The most that one order replays by id.
pub const MAX_REPLAYED_IDS: usize = 500;

/// One notification. What was delivered is none any more.
#[derive(Clone, Debug)]
pub struct Notification {
    /// In the order in which they came to be; one object's are sent in it.
    pub number: u64,
    /// The app's name for it, the same at every attempt: `msg_…`.
    pub webhook_id: String,
    /// For which endpoint.
    pub endpoint: String,
    /// Whose object it is about.
    pub who: EndUserId,
    /// What happened, with the object as it is now.
    pub event: Event,
    /// Since it came to be, or was last replayed.
    pub waits_since: Timestamp,
    /// So often it was tried in vain since then.
    pub attempts: u32,
    /// When it is tried next, at the earliest; `None`: it was given up.
    pub due_at: Option<Timestamp>,
    /// When it was given up.
    pub gave_up_at: Option<Timestamp>,
    /// Why the last attempt failed: a status, or a fixed word.
    pub last_error: Option<String>,
}

/// What became of an attempt that failed.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Of which notification.
    pub number: u64,
    /// For which endpoint.
    pub endpoint: String,
    /// When it failed.
    pub at: Timestamp,
    /// When it is due again, unless it is given up.
    pub due_at: Timestamp,
    /// It is given up if it waits since then or longer.
    pub give_up_before: Timestamp,
    /// The app is at fault, so whatever waits for it for as long is given up with it: nothing else would be tried.
    pub is_of_endpoint: bool,
    /// Why, as [`super::Failure::shown`] says it.
    pub error: String,
}

/// What one step of handing events out did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FannedOut {
    /// Notifications that came to be.
    pub made: u64,
    /// There are more events.
    pub is_more: bool,
}

/// How things stand with an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub endpoint: String,
    /// Notifications that wait.
    pub waiting: u64,
    /// Since when the oldest does.
    pub oldest: Option<Timestamp>,
    /// Notifications that were given up, and are kept.
    pub given_up: u64,
}

/// Which notifications a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Those that are tried again.
    Waiting,
    /// Those that are not.
    GivenUp,
}

impl ListState {
    /// Reads `waiting` or `given_up`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "waiting" => Some(Self::Waiting),
            "given_up" => Some(Self::GivenUp),
            _ => None,
        }
    }

    /// As [`ListState::parse`] reads it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::GivenUp => "given_up",
        }
    }
}

/// A part of all notifications, the oldest first.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Which.
    pub state: ListState,
    /// Of this endpoint only.
    pub endpoint: Option<String>,
    /// After the one of this number.
    pub after: u64,
    /// At most so many.
    pub limit: u32,
}

/// Has notifications that were given up sent again.
#[derive(Clone, Debug)]
pub struct Replay {
    /// These, by `webhook_id`; none: all of the endpoint.
    pub ids: Vec<String>,
    /// Of this endpoint only.
    pub endpoint: Option<String>,
    /// A token's name, or the command with its user.
    pub who: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What a replay did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Notifications that wait again.
    pub replayed: u64,
}
