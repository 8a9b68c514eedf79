//! Replies built from nothing: a status, JSON, and the headers that are named here.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

use crate::headers::GATEWAY_DROPPED_PARAMS;
use crate::policy::dropped_header;

/// What a client gets, whole and in memory.
pub type Reply = Response<Full<Bytes>>;

/// Room for the headers of a usual reply, so that the map does not grow while it is filled.
const USUAL_HEADERS: usize = 16;

/// A JSON reply.
pub fn json(status: StatusCode, body: &impl Serialize) -> Reply {
    // What we show is made of JSON values and plain structs: it always serializes.
    json_bytes(status, serde_json::to_vec(body).unwrap_or_default().into())
}

/// A reply of JSON text that is ready.
pub fn json_bytes(status: StatusCode, body: Bytes) -> Reply {
    of_type(status, HeaderValue::from_static("application/json"), body)
}

/// A reply of any type that is ready.
pub fn of_type(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    *reply.headers_mut() = HeaderMap::with_capacity(USUAL_HEADERS);
    reply.headers_mut().insert(CONTENT_TYPE, content_type);
    reply
}

/// Tells a developer which parameters were dropped.
pub fn name_dropped(reply: &mut Reply, dropped: &[String]) {
    if let Some(names) = dropped_header(dropped).and_then(|names| HeaderValue::try_from(names).ok()) {
        reply.headers_mut().insert(GATEWAY_DROPPED_PARAMS, names);
    }
}
