//! Guests with an identity of their own: people who try the app before they sign up.
//!
//! A guest is proven by a signed cookie and has a small plan that may spend. What it makes is its own, until somebody
//! signs in in the same browser: then all of it becomes that end user's at once, with what was used and what is still
//! under way (ADR 0023). A guest that nobody claims is forgotten, and what it made is deleted.
//!
//! ```text
//! begin (capped by network and in all) → reserve, settle, … → claim: everything moves, once   → the cookie is dead
//!                                                           → nobody claims it: erased        → the cookie is dead
//! ```
//!
//! What it does *not* do: it is not the one guest that all callers without a token are together
//! ([`crate::principal::Guest::new`]); it sets no cookie, and decides nothing about sign-ins.

mod cookie;
mod id;
mod known;

use std::time::Duration;

use futures_util::future::BoxFuture;

pub use cookie::{GuestKeys, NetworkKey};
pub use id::GuestId;
pub use known::KnownGuests;

use crate::clock::Timestamp;
use crate::ownership::IndexError;
use crate::principal::EndUserId;
use crate::pseudonym::Pseudonym;
use crate::quota::{Bounds, Day, Holder, Ledger, Limit};

/// For how long a beginning counts towards the caps, and the network that it came from is known.
pub const COUNTED: Duration = Duration::from_secs(86_400);

/// How many guests may begin in [`COUNTED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// From one network.
    pub per_network: u32,
    /// From everywhere.
    pub in_all: u32,
}

/// What became of a beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The guest is written down and may be told so.
    Begun,
    /// Too many began from this network.
    NetworkFull {
        /// The next one may.
        again_at: Timestamp,
    },
    /// Too many began.
    Full {
        /// The next one may.
        again_at: Timestamp,
    },
}

/// How a guest stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestState {
    /// Its cookie proves it.
    Alive,
    /// It has become an end user: its cookie proves nobody any more.
    Claimed,
    /// It never was, or is being forgotten, or was: its cookie proves nobody.
    Gone,
}

/// Whose a guest is from now on.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Who becomes somebody.
    pub guest: GuestId,
    /// The ledger's name of it.
    pub guest_subject: Pseudonym,
    /// Who it becomes.
    pub end_user: EndUserId,
    /// The ledger's name of them.
    pub subject: Pseudonym,
    /// What the end user may use: beyond it the move is an overrun, and is done all the same.
    pub limits: Vec<Limit>,
    /// The day in whose periods these are compared.
    pub day: Day,
    /// Now.
    pub at: Timestamp,
}

/// What moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Tunes and prompts.
    pub objects: u64,
    /// Creates, ended or not.
    pub reservations: u64,
    /// The end user has used more than they may.
    pub is_overrun: bool,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// All that the guest had is the end user's; it may be nothing.
    Moved(Moved),
    /// Somebody claimed it before: nothing moved.
    Already,
    /// There is no such guest, it is being forgotten, or it is blocked: nothing moved.
    Nothing,
}

/// How far old guests are forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Of so many nothing is left.
    pub forgotten: u64,
    /// So many are to be erased from now on, as end users are who ask for it.
    pub erasing: u64,
    /// There may be more.
    pub is_more: bool,
}

/// The durable record of guests. Writes are durable when they return.
///
/// All calls are cancel safe in this sense: what was begun is either recorded whole or not at all.
pub trait Guests: Send + Sync + 'static {
    /// Begins a guest, unless too many have begun; counted and written down in one transaction.
    ///
    /// # Errors
    /// [`IndexError::Conflict`]: the id was used before. [`IndexError::Unavailable`]
    fn begin_guest(
        &self,
        guest: GuestId,
        network: NetworkKey,
        caps: Caps,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Begun, IndexError>>;

    /// How a guest stands. The cookie's own expiry is not looked at.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn find_guest(&self, guest: GuestId) -> BoxFuture<'_, Result<GuestState, IndexError>>;

    /// Moves everything of a guest's to an end user, in one transaction, once: objects; creates, open ones among them, so
    /// that whatever ends them later books it to the end user; what was used and is held of quotas, however much the
    /// end user may use; idempotency keys, unless the end user has the same; events and notifications that wait.
    /// The guest is nobody from then on.
    ///
    /// # Errors
    /// [`IndexError::Erasing`]: the end user is being forgotten; nothing moved. [`IndexError::Unavailable`]: nothing
    /// moved, or all did; asked again it says which.
    fn claim_guest(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, IndexError>>;

    /// Forgets some of the guests that began before `before`: those that made something are marked to be erased. Also
    /// forgets networks that count no more.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn forget_guests(&self, before: Timestamp, at: Timestamp)
    -> BoxFuture<'_, Result<Forgotten, IndexError>>;
}

/// Claims a guest for somebody who has just signed in: `holder` is the end user with the rules of their plan.
///
/// Cancel safe: all has moved, or nothing.
///
/// # Errors
/// As [`Guests::claim_guest`].
pub async fn claim(
    guests: &dyn Guests,
    ledger: &Ledger,
    guest: GuestId,
    holder: &Holder<'_>,
) -> Result<Claimed, IndexError> {
    let Bounds { subject, limits, day, at } = ledger.bounds(holder).map_err(|_| IndexError::Unavailable)?;
    let claim = Claim {
        guest,
        guest_subject: ledger.name_of(&guest.end_user()),
        end_user: holder.user.clone(),
        subject,
        limits,
        day,
        at,
    };
    guests.claim_guest(claim).await
}
