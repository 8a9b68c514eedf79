//! Finishes every reply: its name, and what every reply of ours carries.
//!
//! A client's own `X-Request-Id` is not used: it could be anything, and two clients could choose the same.
//!
//! - Adds to the reply: `X-Request-Id`, `X-Content-Type-Options`, `Referrer-Policy`, and
//!   `Cache-Control: no-store` where nobody chose otherwise.

use http::header::{CACHE_CONTROL, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};

use crate::headers::X_REQUEST_ID;
use crate::ids::RequestId;
use crate::reply::Reply;

/// See the module.
pub fn finish(id: &RequestId, reply: &mut Reply) {
    let headers = reply.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
