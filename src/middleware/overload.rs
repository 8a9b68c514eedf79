//! Works on a bounded number of requests at once and sheds the rest in microseconds, before any crypto.
//!
//! - Answers: `overloaded` with `Retry-After`.

use crate::limits::Place;
use crate::problem::{Code, Problem};
use crate::state::State;

/// A place, held until the reply is ready.
///
/// # Errors
/// There is none.
pub fn overload(state: &State) -> Result<Place<'_>, Problem> {
    state.in_flight.enter(state.config.server.max_in_flight).ok_or_else(|| {
        state.metrics.shed("in_flight");
        Problem::new(Code::Overloaded, "Too many requests at once; try again in a moment.")
            .with_retry_after_s(1)
    })
}
