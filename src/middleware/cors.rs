//! Lets pages of configured origins read replies, the rejections too.
//!
//! Above authentication, so that a browser can read a 401 or 429. Origins are compared exactly; there is no
//! wildcard, and `null` is never allowed. Credentials are not allowed: tokens travel in `Authorization`.

use std::time::Duration;

use http::Method;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, RETRY_AFTER,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::headers::{
    CACHE_STATUS, GATEWAY_DROPPED_PARAMS, RATELIMIT, RATELIMIT_POLICY, X_RATELIMIT_LIMIT,
    X_RATELIMIT_REMAINING, X_RATELIMIT_RESET, X_REQUEST_ID,
};

/// The layer for these origins (checked by config); none, none.
pub fn cors(allowed_origins: &[String]) -> Option<CorsLayer> {
    if allowed_origins.is_empty() {
        return None;
    }
    let origins: Vec<HeaderValue> = allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([
            CACHE_CONTROL,
            CACHE_STATUS,
            ETAG,
            GATEWAY_DROPPED_PARAMS,
            RATELIMIT,
            RATELIMIT_POLICY,
            RETRY_AFTER,
            X_RATELIMIT_LIMIT,
            X_RATELIMIT_REMAINING,
            X_RATELIMIT_RESET,
            X_REQUEST_ID,
        ])
        .max_age(Duration::from_secs(600));
    Some(layer)
}
