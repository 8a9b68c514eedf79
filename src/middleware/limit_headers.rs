//! What a reply says about rate limits: draft-ietf-httpapi-ratelimit-headers and the legacy trio.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::headers::{
    RATELIMIT, RATELIMIT_POLICY, X_RATELIMIT_LIMIT, X_RATELIMIT_REMAINING, X_RATELIMIT_RESET,
};
use crate::limits::RateState;
use crate::problem::Problem;

/// Adds them all to a reply.
pub fn insert(headers: &mut HeaderMap, state: &RateState) {
    for (name, value) in all(state) {
        headers.insert(name, value);
    }
}

/// Adds them all to a refusal.
pub fn told(mut problem: Problem, state: &RateState) -> Problem {
    for (name, value) in all(state) {
        problem = problem.with_header(name, value);
    }
    problem
}

fn all(state: &RateState) -> [(HeaderName, HeaderValue); 5] {
    // Digits, quotes and semicolons can always stand in a header.
    let text = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    [
        (RATELIMIT, text(state.ratelimit())),
        (RATELIMIT_POLICY, text(state.ratelimit_policy())),
        (X_RATELIMIT_LIMIT, state.limit.into()),
        (X_RATELIMIT_REMAINING, state.remaining.into()),
        (X_RATELIMIT_RESET, state.reset_s.into()),
    ]
}
