//! Astria → gateway: the secret in a callback's address, and the memory of what has come.
//!
//! Astria does not sign its callbacks and never repeats one, so the address itself must prove that a call
//! belongs to a reservation of ours, and a repeated one must have no second effect.
//!
//! What it does *not* do: it does not read the body, which is a hint only; state is confirmed with the
//! upstream before money or ownership changes.

mod inbox;
mod token;

pub use inbox::{Entry, Inbox, MAX_REMEMBERED, Received};
pub use token::{CallbackKey, CallbackKeys, CallbackToken, KeyError, Slot};
