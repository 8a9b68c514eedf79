//! How much an end user may spend: counts and money per calendar period, held before the upstream is called.
//!
//! A rate limit protects machines; a quota protects the operator's money, so it must hold for any
//! interleaving of requests, retries and lost connections. [`Ledger`] is the promise, [`MemoryLedger`] the
//! stand-in that keeps it until the process ends, and `conformance` the tests that every ledger passes.
//!
//! What it does *not* do: it knows no prices and no requests, and it releases nothing because time passed.

mod amounts;
mod books;
mod calendar;
mod ledger;
mod memory;
mod reservation;
mod rule;

pub use amounts::{Amounts, Measure};
pub use ledger::{Ledger, QuotaError, ReserveRequest};
pub use memory::{LedgerBounds, MemoryLedger};
pub use reservation::{Abandoned, Reservation};
pub use rule::{Period, QuotaRule, QuotaState};

#[cfg(test)]
pub(crate) mod conformance;
