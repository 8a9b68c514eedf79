//! Replies before they become bytes, and the headers that every one of them carries.
//!
//! JSON stays a tree until the end, so that a fault can still write into it. The extra headers are those that the upstream's
//! servers add and that a gateway must not pass on.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

/// A reply's content.
pub(crate) enum Content {
    Json(Value),
    Text(&'static str, Bytes),
    Empty,
}

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
        Self {
            status,
            content: Content::Text("text/html; charset=utf-8", Bytes::from(page)),
            headers: Vec::new(),
        }
    }

    pub(crate) fn denied() -> Self {
        let text = Bytes::from_static(b"API token: access denied.\n");
        Self { status: 401, content: Content::Text("text/plain; charset=utf-8", text), headers: Vec::new() }
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

    /// The content type and bytes.
    pub(crate) fn bytes(&self) -> (&'static str, Bytes) {
        match &self.content {
            Content::Json(value) => {
                // A `Value` always serialises.
                let text = serde_json::to_vec(value).unwrap_or_default();
                ("application/json; charset=utf-8", Bytes::from(text))
            }
            Content::Text(kind, text) => (kind, text.clone()),
            Content::Empty => ("", Bytes::new()),
        }
    }
}

/// Headers that the upstream adds and a gateway must not pass on.
pub(crate) struct ServerNoise {
    /// Counts requests: it makes ids that differ.
    pub(crate) serial: u64,
    pub(crate) runtime_s: f64,
}

/// The finished response.
pub(crate) fn finish(reply: &Reply, kind: &str, body: Bytes, noise: &ServerNoise) -> Response<Full<Bytes>> {
    let etag = format!("W/\"{:08x}\"", crc32fast::hash(&body));
    let serial = noise.serial;
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    };
    if !kind.is_empty() {
        put("content-type", kind.to_owned());
    }
    put("cache-control", "max-age=0, private, must-revalidate".to_owned());
    put("etag", etag);
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
