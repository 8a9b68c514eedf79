//! How streams of events are kept, and for how long events are.

use serde::{Deserialize, Serialize};

section! {
    /// `[events]`: what happens to end users' objects, told to their browsers.
    Events {
        /// Seconds without an event after which a stream sends a comment.
        heartbeat_s: u64 = 10,
        /// Streams open at once; beyond it 503 with `Retry-After`.
        max_streams: usize = 8_000,
        /// Of these, of one end user; beyond it 429.
        max_streams_per_user: usize = 8,
        /// Seconds in which a ticket must be used first.
        ticket_s: u64 = 60,
        /// Seconds after which a stream ends, and a ticket expires, whose caller has a service key.
        max_stream_s: u64 = 3_600,
        /// Seconds an event is kept for those who were away.
        keep_s: u64 = 86_400,
        /// Events of one end user that are kept.
        max_per_user: u64 = 1_000,
    }
}
