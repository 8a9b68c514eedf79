//! An answer that was made once and is sent many times: whole, gzipped, or not at all because the client has it.

use bytes::Bytes;
use http::StatusCode;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY,
};

use crate::packs::Rendered;
use crate::reply::{self, Reply};

/// `headers` are the request's; `cached` says who may keep it, and for how long.
pub(super) fn send(rendered: &Rendered, headers: &HeaderMap, cached: &'static str) -> Reply {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let matches = known
        .flat_map(|list| list.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(&rendered.etag));
    let gzip = rendered.gzip.as_ref().filter(|_| accepts_gzip(headers));
    let mut response = if matches {
        reply::json_bytes(StatusCode::NOT_MODIFIED, Bytes::new())
    } else {
        reply::json_bytes(StatusCode::OK, gzip.unwrap_or(&rendered.plain).clone())
    };
    let sent = response.headers_mut();
    if matches {
        sent.remove(http::header::CONTENT_TYPE);
    } else if gzip.is_some() {
        sent.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(etag) = HeaderValue::from_str(&rendered.etag) {
        sent.insert(ETAG, etag);
    }
    sent.insert(CACHE_CONTROL, HeaderValue::from_static(cached));
    sent.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// RFC 9110 section 12.5.3, for the one coding that is ready.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut weights = codings.flat_map(|list| list.split(',')).filter_map(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight =
            parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
        matches!(name.trim(), "gzip" | "x-gzip" | "*").then_some((name.trim() != "*", weight))
    });
    let mut best: Option<(bool, f32)> = None;
    for found in weights.by_ref() {
        if best.is_none_or(|(named, _)| found.0 && !named) {
            best = Some(found);
        }
    }
    best.is_some_and(|(_, weight)| weight > 0.0)
}
