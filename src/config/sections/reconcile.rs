//! How jobs and creates without an end are looked after.

use serde::{Deserialize, Serialize};

section! {
    /// `[reconcile]`: jobs and creates without an end.
    Reconcile {
        /// Requests a second to Astria for all looks together, of all accounts.
        requests_per_s: f64 = 10.0,
        /// Unfinished jobs that are looked at at once.
        max_in_flight: usize = 8,
        /// Milliseconds for which a client that polls an unfinished object is answered with what was last seen of it.
        poll_fresh_ms: u64 = 2_000,
        /// Seconds after the end of a call from which a look that does not find what it made proves that it made nothing.
        miss_after_s: u64 = 60,
        /// Seconds after which a theme makes no more prompts.
        theme_close_s: u64 = 900,
        /// Seconds after which a create that nobody can look for counts as spent, until somebody can.
        presume_spent_after_s: u64 = 86_400,
        /// Seconds after which a prompt that never ended is given up.
        prompt_lost_after_s: u64 = 86_400,
        /// Seconds after which a training that never ended is given up.
        tune_lost_after_s: u64 = 259_200,
        /// Seconds before an object vanishes at Astria from which its owner is told.
        vanishing_warn_s: u64 = 259_200,
    }
}
