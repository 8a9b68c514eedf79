//! What the operator's accounts at Astria have left, and what happens when it is little.

use serde::{Deserialize, Serialize};

section! {
    /// `[balance]`: the money on the operator's accounts.
    Balance {
        /// Seconds between two looks at each account; 0: none.
        check_s: u64 = 300,
        /// Millicents below which the operator is told; 0: never.
        alert_below_mc: u64 = 0,
        /// Millicents below which the plans of `pause_plans` make nothing; 0: never.
        pause_below_mc: u64 = 0,
        /// These plans.
        pause_plans: Vec<String> = Vec::new(),
    }
}
