//! Astria → gateway: the secret in a callback's address, what its body may say, and what it does.
//!
//! Astria does not sign its callbacks and never repeats one, so the address itself must prove that a call
//! belongs to a reservation of ours, and a repeated one must have no second effect.
//!
//! What it does *not* do: it believes no body. State is confirmed with the upstream before money or ownership changes.

mod hint;
mod inbox;
mod token;

pub use hint::objects_named;
pub use inbox::{Callback, Inbox, Received};
pub use token::{CallbackKey, CallbackKeys, CallbackToken, KeyError, Slot};
