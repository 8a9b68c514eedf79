//! Operations of the API that are the operator's business.
//!
//! They have routes so that their methods answer 404 like any foreign object, not 405.

use crate::call::{Answer, Call};
use crate::problem::Problem;

/// Answers as for an object that does not exist.
pub async fn not_found(_: Call) -> Answer {
    Err(Problem::not_found())
}
