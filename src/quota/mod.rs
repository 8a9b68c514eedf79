//! How much an end user may spend: counts and money per calendar period, held before the upstream is called.
//!
//! A rate limit protects machines; a quota protects the operator's money, so it must hold for any
//! interleaving of requests, retries, crashes and lost connections. [`Ledger`] is the promise, [`Books`] what it asks
//! of a store, and `store/conformance` the tests that every store passes.
//!
//! ```text
//! reserve (held) → settle (used) | release | unknown → found: settle | missed: release | out of reach: presumed
//! ```
//!
//! What it does *not* do: it knows no prices and no requests, and it releases nothing because time passed.

mod amounts;
mod books;
mod calendar;
mod closing;
mod create;
mod ledger;
mod opening;
mod reservation;
mod rule;
mod scope;

pub use amounts::{Amounts, Measure};
pub use books::{Books, BooksError, LastCost, Usage};
pub use calendar::{Calendar, Day, seconds_until};
pub use closing::{Closed, Closing, Ending};
pub use create::{Create, CreateState, Due, DueObject, DueSince, Looked, LookedAt, Standing};
pub use ledger::{Bounds, Grants, Holder, Ledger, QuotaError, ReserveRequest, Reserved};
pub use opening::{Claim, Limit, Opened, Opening, Trail};
pub use reservation::Reservation;
pub use rule::{Period, QuotaRule, QuotaState};
pub use scope::{Scope, SharedBy, Sharing};
