//! How long creates are remembered, so that one that is sent twice is carried out once.

use serde::{Deserialize, Serialize};

section! {
    /// `[idempotency]`: creates that are sent twice.
    Idempotency {
        /// Seconds the answer to a create is kept under the client's key.
        keep_s: u64 = 86_400,
        /// Refuse creates without an `Idempotency-Key`.
        required: bool = false,
        /// Give creates without a key one that follows from end user, route and body.
        derive: bool = false,
        /// Seconds an answer is kept under such a key.
        derived_keep_s: u64 = 60,
    }
}
