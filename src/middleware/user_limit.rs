//! Limits the rate of requests per end user, plan and Operation.
//!
//! - Adds to the reply (through `limit_headers`): `RateLimit`, `RateLimit-Policy`, the legacy trio.
//! - Answers: `rate_limited`.

use super::limit_headers;
use crate::call::Caller;
use crate::limits::{Decision, RateState};
use crate::operation::Operation;
use crate::problem::{Code, Problem};
use crate::state::State;

/// Takes one request from the caller's bucket.
///
/// # Errors
/// It is empty.
pub fn user_limit(
    state: &State,
    caller: &Caller,
    operation: Option<Operation>,
) -> Result<RateState, Problem> {
    match state.plan_limits.check(&caller.plan.name, caller.principal.id(), operation) {
        Decision::Allowed(rate) => Ok(rate),
        Decision::Refused(rate) => {
            state.metrics.limited("user");
            let detail = "Your plan allows fewer requests at once; wait, then go on.";
            let problem = Problem::new(Code::RateLimited, detail).with_retry_after_s(rate.retry_after_s);
            Err(limit_headers::told(problem, &rate))
        }
    }
}
