//! Streams of events that browsers hold open: who has some, what wakes them, what their messages look like.
//!
//! A stream has no queue. The record of events is durable ([`crate::events`]); a stream is woken when there may be
//! something new for its end user, and then asks the record for what comes after the last number that it sent. So
//! nothing is lost between two streams, a client that reads slowly costs no memory, and nobody waits for it (ADR 0020).
//!
//! ```text
//! the store's writer, other processes → [`keep_waking`] ┐
//! spending                             → [`Hub`]        ├→ a stream reads what is new, when its client has room
//! the operator's word                  → [`keep_waking`] ┘
//! ```
//!
//! What it does *not* do: it shows no object and knows no request; `handlers/events` does.

mod hub;
mod message;
mod ticket;
mod trimming;
mod waking;

pub use hub::{Ending, Full, Hub, Seat, StreamId, Wake};
pub use message::{COMMENT, Message, retry};
pub use ticket::{Holder, Ticket, Tickets};
pub use trimming::{keep_trimming, trim};
pub use waking::keep_waking;
