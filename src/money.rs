//! Money in the upstream's unit, the millicent; never a float.
//!
//! Source: `cost_mc` of the Astria API, 100 000 = US $1 (vendor's CLI and support pages, read 2026-11-20).

use serde::{Deserialize, Serialize};

/// An amount in thousandths of a US cent: 100 000 = US $1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millicents(pub u64);

impl Millicents {
    /// This amount `times` over; saturates, so that an absurd product refuses instead of wrapping.
    pub const fn times(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}
