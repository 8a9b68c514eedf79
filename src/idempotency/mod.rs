//! A create that is sent twice is carried out once: the client's key, what was asked under it, and the stored answer.
//!
//! A phone that loses its connection does not know whether its create was carried out, and sends it again. Under the same
//! `Idempotency-Key` the second one gets the first one's answer, and nothing is spent twice.
//!
//! ```text
//! Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"     →  IdempotencyKey
//! route, path and the tree of parameters                       →  Fingerprint: the same request, however it is spelled
//! status, body and what became of parameters                   →  StoredReply
//! ```
//!
//! Source: draft-ietf-httpapi-idempotency-key-header, "an Item Structured Header; its value must be a String" (its working
//! group's repository, read 2026-11-21).
//!
//! What it does *not* do: it stores nothing and decides nothing; whose key it is, and whether it is in use, is known to
//! who asks the store.

mod fingerprint;
mod key;
mod stored_reply;

pub use fingerprint::Fingerprint;
pub use key::{IdempotencyKey, KeyError, MAX_KEY_CHARS};
pub use stored_reply::StoredReply;
