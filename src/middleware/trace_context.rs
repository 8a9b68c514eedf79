//! Finds the trace that a request belongs to.
//!
//! Only a trusted proxy's `traceparent` is believed: anyone else could join or flood the operator's traces.
//!
//! - Reads: `traceparent`, if there is exactly one.

use std::net::SocketAddr;

use http::HeaderMap;
use http::header::HeaderName;

use crate::limits::TrustedProxies;
use crate::trace::TraceContext;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The place that the sender named, if it may.
pub fn trace_context(
    trusted: &TrustedProxies,
    peer: SocketAddr,
    headers: &HeaderMap,
) -> Option<TraceContext> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let value = values.next().filter(|_| trusted.contains(peer.ip()))?;
    let only = values.next().is_none();
    value.to_str().ok().filter(|_| only).and_then(TraceContext::parse)
}
