//! What the record tells the operator about end users, what is held, and what was done.

use super::overrides::Override;
use crate::clock::Timestamp;
use crate::principal::EndUserId;
use crate::quota::Amounts;

/// Which end users are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// A part of their subject, in capitals or not; empty: all.
    pub text: String,
    /// Of this issuer only.
    pub issuer: Option<String>,
    /// After this one: [`Known::number`].
    pub after: u64,
    /// At most so many.
    pub limit: u32,
}

/// An end user who was seen, or about whom something was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Their place in the list.
    pub number: u64,
    /// Who.
    pub id: EndUserId,
    /// Since when their data is being erased.
    pub erasing_since: Option<Timestamp>,
}

/// What was used and is held in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Settled.
    pub used: Amounts,
    /// Reserved, without an end.
    pub held: Amounts,
}

/// Everything about one end user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Whether they were ever seen, or something was said about them.
    pub is_known: bool,
    /// Since when their data is being erased.
    pub erasing_since: Option<Timestamp>,
    /// Objects of theirs, on all accounts.
    pub objects: u64,
    /// What the operator said, with the grants of the present periods.
    pub said: Override,
    /// Today.
    pub day: Tally,
    /// This month.
    pub month: Tally,
    /// In total.
    pub total: Tally,
    /// Reservations by state: open, unknown, presumed.
    pub reservations: [u64; HeldState::ALL.len()],
}

/// Why a reservation has no certain end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldState {
    /// Under way.
    Open,
    /// Nobody knows what became of it.
    Unknown,
    /// Booked as estimated, because nobody could find out.
    Presumed,
}

impl HeldState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Unknown, Self::Presumed];

    /// As it is recorded and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::Presumed => "presumed",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }
}

/// Which reservations are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationQuery {
    /// In one of these states.
    pub states: Vec<HeldState>,
    /// After this one: [`HeldReservation::number`].
    pub after: u64,
    /// At most so many.
    pub limit: u32,
}

/// A reservation without a certain end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldReservation {
    /// Its place in the list.
    pub number: u64,
    /// Its name, as callbacks carry it.
    pub id: String,
    /// The account at Astria, by its key.
    pub account: String,
    /// Whose.
    pub pseudonym: String,
    /// Their name; none any more of who was forgotten.
    pub person: Option<EndUserId>,
    /// Their plan when it was made.
    pub plan: String,
    /// Their tenant then.
    pub tenant: Option<String>,
    /// For what.
    pub operation: String,
    /// Why it has no certain end.
    pub state: HeldState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the call to Astria ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// How much.
    pub held: Amounts,
}

/// One line of the record of what the operator did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Its number.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// A token's name, or the command with its user.
    pub who: String,
    /// What: one of the words of [`super::Change::action`], or `replay`.
    pub action: String,
    /// About whom; what was done may be about no end user.
    pub pseudonym: Option<String>,
    /// Their name; none any more of who was forgotten.
    pub person: Option<EndUserId>,
    /// Why.
    pub reason: String,
    /// How things stood: JSON.
    pub before: String,
    /// How they stood then: JSON.
    pub after: String,
}
