//! Finishes every reply: its name, and what every reply of ours carries.
//!
//! A client's own `X-Request-Id` is not used: it could be anything, and two clients could choose the same.
//!
//! - Adds to the reply: `X-Request-Id`, `X-Content-Type-Options`, `Referrer-Policy`; and where nobody chose otherwise,
//!   `Cache-Control: no-store` and a `Content-Security-Policy` under which nothing runs and nobody frames it.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

use crate::headers::X_REQUEST_ID;
use crate::ids::RequestId;
use crate::reply::Reply;

/// Of what is no page: should a browser be made to show it as one.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// See the module.
pub fn finish(id: &RequestId, reply: &mut Reply) {
    let headers = reply.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
}
