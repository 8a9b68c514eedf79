//! The names of our own response headers, in one place because CORS must list what pages may read.

use http::header::HeaderName;

/// The request's id.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Where a cached answer came from (RFC 9211).
pub const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// Parameters that were sent and not forwarded.
pub const GATEWAY_DROPPED_PARAMS: HeaderName = HeaderName::from_static("gateway-dropped-params");
/// Parameters that were lowered to what the plan allows.
pub const GATEWAY_CLAMPED_PARAMS: HeaderName = HeaderName::from_static("gateway-clamped-params");
/// Of a request: that it means to erase.
pub const GATEWAY_CONFIRM: HeaderName = HeaderName::from_static("gateway-confirm");
/// Of a request: names a create, so that it is carried out once however often it is sent.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The answer is that of an earlier request under the same key.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What is left of the quotas that the request counted against.
pub const GATEWAY_QUOTA_LEFT: HeaderName = HeaderName::from_static("gateway-quota-left");
/// Of a request: the last event that a client of a stream got.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Of a request: where the browser says it comes from.
pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Of a request: whether it leads the browser to another page.
pub const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
/// Of a request: what its answer is for: a page, a frame, a picture.
pub const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
/// Of a request: the session's CSRF token.
pub const X_CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
/// Of a request: `1`, which a page of another origin cannot send.
pub const X_CSRF: HeaderName = HeaderName::from_static("x-csrf");
/// Tells nginx whether it may hold back what it has.
pub const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// `"user";r=42;t=13`
pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// `"user";q=100;w=60`
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Legacy: the bucket's size.
pub const X_RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
/// Legacy: requests left.
pub const X_RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
/// Legacy: seconds until it is full again.
pub const X_RATELIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
