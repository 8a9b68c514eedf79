//! What a reply says about rate limits: draft-ietf-httpapi-ratelimit-headers and the legacy trio.

use http::header::{HeaderMap, HeaderValue};

use crate::headers::{
    RATELIMIT, RATELIMIT_POLICY, X_RATELIMIT_LIMIT, X_RATELIMIT_REMAINING, X_RATELIMIT_RESET,
};
use crate::limits::RateState;

/// Adds them all.
pub fn insert(headers: &mut HeaderMap, state: &RateState) {
    let text = |text: String| HeaderValue::try_from(text).ok();
    if let (Some(now), Some(policy)) = (text(state.ratelimit()), text(state.ratelimit_policy())) {
        headers.insert(RATELIMIT, now);
        headers.insert(RATELIMIT_POLICY, policy);
    }
    headers.insert(X_RATELIMIT_LIMIT, state.limit.into());
    headers.insert(X_RATELIMIT_REMAINING, state.remaining.into());
    headers.insert(X_RATELIMIT_RESET, state.reset_s.into());
}
