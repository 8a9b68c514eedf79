//! The end of a create: what is known of it then, and what became of that.

use super::amounts::Amounts;
use super::books::Usage;
use super::scope::Scope;
use crate::clock::Timestamp;
use crate::idempotency::StoredReply;
use crate::ids::{ReservationId, TuneId};
use crate::ownership::Seen;

/// How a create ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Astria made something, or will.
    Made {
        /// Nothing more is expected: what is still held is given back.
        is_complete: bool,
        /// What the reply said of the price is the price of all of it.
        is_price_whole: bool,
    },
    /// Certainly nothing was made.
    Nothing,
    /// Nobody knows.
    Unknown,
    /// Nobody could find out for long: what is held counts as spent until somebody does.
    Presumed,
}

/// The end of a create, with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Closing {
    /// Which create.
    pub reservation: ReservationId,
    /// How it ended.
    pub ending: Ending,
    /// What it made; all of it belongs to the reservation's owner, and is booked once.
    pub objects: Vec<Seen>,
    /// What was spent beside objects.
    pub beside: Amounts,
    /// Own tunes on which prompts will turn up that nobody has seen yet.
    pub awaits: Vec<TuneId>,
    /// Until when they are looked for.
    pub awaits_until: Timestamp,
    /// When somebody should look again, unless it is complete.
    pub look_at: Timestamp,
    /// What the key's next request is answered with; without one, the key of a create that made nothing is free again.
    pub reply: Option<StoredReply>,
    /// Which usage whoever asks wants to know of then: (scope, period).
    pub report: Vec<(Scope, u32)>,
    /// Now.
    pub at: Timestamp,
}

impl Closing {
    /// An ending and nothing beside it.
    pub const fn new(reservation: ReservationId, ending: Ending, at: Timestamp) -> Self {
        Self {
            reservation,
            ending,
            objects: Vec::new(),
            beside: Amounts::none(),
            awaits: Vec::new(),
            awaits_until: at,
            look_at: at,
            reply: None,
            report: Vec::new(),
            at,
        }
    }
}

/// What became of a closing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Every object was the owner's before the create began: Astria's idempotency gave back what existed, so nothing
    /// new was made. What the create's own callback made known meanwhile is new.
    pub is_repeat: bool,
    /// More was made than was reserved.
    pub is_overrun: bool,
    /// The create had its end already; nothing was changed.
    pub was_ended: bool,
    /// What was asked for in `report`.
    pub usage: Vec<Usage>,
}
