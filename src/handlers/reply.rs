//! Replies built from nothing: a status, JSON, and the headers that are named here.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use crate::headers::GATEWAY_DROPPED_PARAMS;
use crate::policy::dropped_header;

/// A JSON reply.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // What we show is made of JSON values and plain structs: it always serializes.
    json_bytes(status, serde_json::to_vec(body).unwrap_or_default().into())
}

/// A reply of JSON text that is ready.
pub fn json_bytes(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Tells a developer which parameters were dropped.
pub fn name_dropped(response: &mut Response, dropped: &[String]) {
    if let Some(names) = dropped_header(dropped).and_then(|names| HeaderValue::try_from(names).ok()) {
        response.headers_mut().insert(GATEWAY_DROPPED_PARAMS, names);
    }
}
