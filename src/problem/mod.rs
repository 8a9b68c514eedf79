//! An error as the client sees it: RFC 9457 `application/problem+json` with a stable [`Code`].
//!
//! A [`Problem`] becomes a response without a body; the outermost layer, which knows the request's id,
//! writes the body with [`Problem::render`]. So an error can be made anywhere and always carries the id.
//! `detail` tells the client what to do; what happened goes to the log.
//!
//! What it does *not* do: it holds no text of the upstream except a 422's or 400's validation messages.

mod code;
mod from;

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Map, Value, json};

pub use code::Code;

use crate::ids::RequestId;
use crate::upstream::Spent;

/// See the module.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    status: StatusCode,
    detail: Cow<'static, str>,
    retry_after_s: Option<u64>,
    spent: Option<Spent>,
    /// Field → messages, in order.
    errors: Vec<(String, Vec<String>)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of this code with words on what to do.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            status: code.status(),
            detail: detail.into(),
            retry_after_s: None,
            spent: None,
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// No such path or object: the same bytes whichever it is, and whoever it belongs to.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing here for you.")
    }

    /// Another status than the code's usual one.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// When it may work again, in seconds (at least 1); also as `Retry-After`.
    #[must_use]
    pub fn with_retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    /// Whether the failed call may have cost money.
    #[must_use]
    pub const fn with_spent(mut self, spent: Spent) -> Self {
        self.spent = Some(spent);
        self
    }

    /// Field → messages.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<(String, Vec<String>)>) -> Self {
        self.errors = errors;
        self
    }

    /// One more response header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The stable name.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The status it is answered with.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether money may have been spent, if that is a question.
    pub const fn spent(&self) -> Option<Spent> {
        self.spent
    }

    /// The JSON body. `error` and `base` repeat the words where existing Astria clients look for them, and
    /// the fields of a 422 stand at top level, as Astria's own do.
    pub fn render(&self, request_id: &RequestId) -> Vec<u8> {
        let mut body = Map::new();
        body.insert("type".into(), format!("urn:astria-gateway:problem:{}", self.code.name()).into());
        body.insert("title".into(), self.code.title().into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("detail".into(), self.detail.as_ref().into());
        body.insert("instance".into(), format!("urn:uuid:{}", request_id.as_str()).into());
        body.insert("code".into(), self.code.name().into());
        body.insert("request_id".into(), request_id.as_str().into());
        if let Some(seconds) = self.retry_after_s {
            body.insert("retry_after_s".into(), seconds.into());
        }
        if let Some(spent) = self.spent {
            body.insert("spent".into(), spent.name().into());
        }
        let about_whole = |name: &str| matches!(name, "error" | "message" | "base");
        let whole: Vec<&str> = self
            .errors
            .iter()
            .filter(|(name, _)| about_whole(name))
            .flat_map(|(_, texts)| texts)
            .map(String::as_str)
            .collect();
        if !self.errors.is_empty() {
            let errors: Map<String, Value> =
                self.errors.iter().map(|(name, texts)| (name.clone(), json!(texts))).collect();
            body.insert("errors".into(), Value::Object(errors));
        }
        body.insert("error".into(), self.words(&whole).into());
        body.insert("base".into(), if whole.is_empty() { json!([self.detail]) } else { json!(whole) });
        for (name, texts) in &self.errors {
            if !about_whole(name) {
                body.entry(name.clone()).or_insert_with(|| json!(texts));
            }
        }
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// One sentence for clients that show `error`.
    fn words(&self, whole: &[&str]) -> String {
        if !whole.is_empty() {
            return whole.join(", ");
        }
        if self.errors.is_empty() {
            return self.detail.clone().into_owned();
        }
        let fields = self.errors.iter().map(|(name, texts)| format!("{name} {}", texts.join(", ")));
        fields.collect::<Vec<_>>().join("; ")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests;
