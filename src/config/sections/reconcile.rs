//! How jobs and creates without an end are looked after.

use serde::{Deserialize, Serialize};

section! {
    /// `[reconcile]`: jobs and creates without an end.
    Reconcile {
        /// Requests a second to Astria for all looks together, of all accounts.
        requests_per_s: f64 = 10.0,
        /// Unfinished jobs that are looked at at once.
        max_in_flight: usize = 8,
        /// Seconds after the end of a call from which a look that does not find what it made proves that it made nothing.
        miss_after_s: u64 = 60,
        /// Seconds after which a theme makes no more prompts.
        theme_close_s: u64 = 900,
        /// Seconds after which a create that nobody can look for counts as spent, until somebody can.
        presume_spent_after_s: u64 = 86_400,
    }
}
