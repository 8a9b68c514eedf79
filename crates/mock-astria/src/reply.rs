//! Replies before they become bytes, and the headers that every one of them carries.
//!
//! JSON stays a tree until the end, so that a fault can still write into it. The extra headers are those that the upstream's
//! servers add and that a gateway must not pass on.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{Either, Full};
use serde_json::{Value, json};

use crate::pieces::{Pieces, PiecesBody};

/// A reply's content.
pub(crate) enum Content {
    Json(Value),
    Text(Cow<'static, str>, Bytes),
    Pieces(Pieces),
    Empty,
}

/// A reply's body: known beforehand, or made while it is sent.
pub(crate) type Body = Either<Full<Bytes>, PiecesBody>;

/// A reply under construction.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content: Content,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) fn json(status: u16, value: Value) -> Self {
        Self { status, content: Content::Json(value), headers: Vec::new() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content: Content::Empty, headers: Vec::new() }
    }

    /// A page as a proxy or framework shows it.
    pub(crate) fn page(status: u16, title: &str) -> Self {
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
        );
        Self::text(status, "text/html; charset=utf-8", Bytes::from(page))
    }

    /// These bytes under that type.
    pub(crate) fn text(status: u16, kind: &str, text: Bytes) -> Self {
        Self { status, content: Content::Text(Cow::Owned(kind.to_owned()), text), headers: Vec::new() }
    }

    /// An image that is made while it is sent.
    pub(crate) fn pieces(pieces: Pieces) -> Self {
        Self { status: 200, content: Content::Pieces(pieces), headers: Vec::new() }
    }

    pub(crate) fn denied() -> Self {
        let text = Bytes::from_static(b"API token: access denied.\n");
        Self::text(401, "text/plain; charset=utf-8", text)
    }

    /// The first of the two shapes of validation errors.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::json(status, json!({ "error": message }))
    }

    pub(crate) fn not_found() -> Self {
        Self::error(404, "Not found")
    }

    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn kind(&self) -> &str {
        match &self.content {
            Content::Json(_) => "application/json; charset=utf-8",
            Content::Text(kind, _) => kind,
            Content::Pieces(_) => "image/png",
            Content::Empty => "",
        }
    }

    /// The bytes; none of a body that is made while it is sent.
    pub(crate) fn bytes(&self) -> Bytes {
        match &self.content {
            // A `Value` always serialises.
            Content::Json(value) => Bytes::from(serde_json::to_vec(value).unwrap_or_default()),
            Content::Text(_, text) => text.clone(),
            Content::Pieces(_) | Content::Empty => Bytes::new(),
        }
    }
}

/// Headers that the upstream adds and a gateway must not pass on.
pub(crate) struct ServerNoise {
    /// Counts requests: it makes ids that differ.
    pub(crate) serial: u64,
    pub(crate) runtime_s: f64,
}

/// The finished response; `bytes` are the reply's, or what a fault left of them.
pub(crate) fn finish(reply: &Reply, bytes: Bytes, noise: &ServerNoise) -> Response<Body> {
    let etag = format!("W/\"{:08x}\"", crc32fast::hash(&bytes));
    let serial = noise.serial;
    let body = match &reply.content {
        Content::Pieces(pieces) => Either::Right(pieces.body()),
        _ => Either::Left(Full::new(bytes)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    };
    if !reply.kind().is_empty() {
        put("content-type", reply.kind().to_owned());
    }
    put("cache-control", "max-age=0, private, must-revalidate".to_owned());
    if reply.headers.iter().all(|(name, _)| *name != "etag") {
        put("etag", etag);
    }
    put("server", "Cowboy".to_owned());
    put("via", "1.1 vegur".to_owned());
    put("x-request-id", format!("00000000-0000-4000-8000-{serial:012x}"));
    put("x-runtime", format!("{:.6}", noise.runtime_s));
    put("set-cookie", format!("_session=mock{serial:x}; path=/; HttpOnly; SameSite=Lax"));
    for (name, value) in &reply.headers {
        put(name, value.clone());
    }
    response
}
