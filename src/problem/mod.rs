//! An error as the client sees it: RFC 9457 `application/problem+json` with a stable [`Code`].
//!
//! An error can be made anywhere; where it becomes a reply ([`Problem::into_reply`]) it gets the request's id.
//! `detail` tells the client what to do; what happened goes to the log.
//!
//! What it does *not* do: it holds no text of the upstream except a 422's or 400's validation messages.

mod code;
mod from;

use std::borrow::Cow;

use http::StatusCode;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

pub use code::Code;

use crate::ids::RequestId;
use crate::quota::QuotaState;
use crate::reply::{self, Reply};
use crate::upstream::Spent;

/// See the module.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    status: StatusCode,
    detail: Cow<'static, str>,
    retry_after_s: Option<u64>,
    spent: Option<Spent>,
    /// Where its outcome will be told.
    status_url: Option<Box<str>>,
    /// The quota that left no room; boxed, since few problems have one.
    quota: Option<Box<QuotaState>>,
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
            status_url: None,
            quota: None,
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

    /// Where the outcome of a create that nobody knows yet will be told.
    #[must_use]
    pub fn with_status_url(mut self, url: String) -> Self {
        self.status_url = Some(url.into());
        self
    }

    /// The quota that left no room.
    #[must_use]
    pub fn with_quota(mut self, quota: QuotaState) -> Self {
        self.quota = Some(Box::new(quota));
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

    /// What the client should do.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// When it may work again, in seconds.
    pub const fn retry_after_s(&self) -> Option<u64> {
        self.retry_after_s
    }

    /// Whether money may have been spent, if that is a question.
    pub const fn spent(&self) -> Option<Spent> {
        self.spent
    }

    /// The JSON body. `error` and `base` repeat the words where existing Astria clients look for them, and
    /// the fields of a 422 stand at top level, as Astria's own do.
    pub fn render(&self, request_id: &RequestId) -> Vec<u8> {
        let mut body = Vec::with_capacity(USUAL_BODY_BYTES);
        // Text and numbers always serialize, and writing to a Vec cannot fail.
        let _ = serde_json::to_writer(&mut body, &Rendered { problem: self, request_id });
        body
    }

    /// The reply that the client gets.
    pub fn into_reply(self, request_id: &RequestId) -> Reply {
        let kind = HeaderValue::from_static("application/problem+json");
        let mut reply = reply::of_type(self.status, kind, self.render(request_id).into());
        let headers = reply.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        reply
    }

    /// One sentence for clients that show `error`.
    fn words(&self, whole: &[&str]) -> Cow<'_, str> {
        if !whole.is_empty() {
            return whole.join(", ").into();
        }
        if self.errors.is_empty() {
            return Cow::Borrowed(&self.detail);
        }
        let fields = self.errors.iter().map(|(name, texts)| format!("{name} {}", texts.join(", ")));
        fields.collect::<Vec<_>>().join("; ").into()
    }
}

/// A body without messages has some 450 bytes.
const USUAL_BODY_BYTES: usize = 640;

/// The members that are ours: a field of these names stands in `errors` alone.
const OWN_MEMBERS: [&str; 14] = [
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "request_id",
    "retry_after_s",
    "spent",
    "status_url",
    "quota",
    "errors",
    "error",
    "base",
];

struct Rendered<'a> {
    problem: &'a Problem,
    request_id: &'a RequestId,
}

impl Serialize for Rendered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Problem { code, status, detail, retry_after_s, spent, status_url, quota, errors, headers: _ } =
            self.problem;
        let id = self.request_id.as_str();
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("type", code.uri())?;
        body.serialize_entry("title", code.title())?;
        body.serialize_entry("status", &status.as_u16())?;
        body.serialize_entry("detail", detail)?;
        body.serialize_entry("instance", &format_args!("urn:uuid:{id}"))?;
        body.serialize_entry("code", code.name())?;
        body.serialize_entry("request_id", id)?;
        if let Some(seconds) = retry_after_s {
            body.serialize_entry("retry_after_s", seconds)?;
        }
        if let Some(spent) = spent {
            body.serialize_entry("spent", spent.name())?;
        }
        if let Some(url) = status_url {
            body.serialize_entry("status_url", url)?;
        }
        if let Some(quota) = quota {
            body.serialize_entry("quota", quota)?;
        }
        let about_whole = |name: &str| matches!(name, "error" | "message" | "base");
        let whole: Vec<&str> = errors
            .iter()
            .filter(|(name, _)| about_whole(name))
            .flat_map(|(_, texts)| texts)
            .map(String::as_str)
            .collect();
        if !errors.is_empty() {
            body.serialize_entry("errors", &Messages(errors))?;
        }
        body.serialize_entry("error", &self.problem.words(&whole))?;
        if whole.is_empty() {
            body.serialize_entry("base", &[detail])?;
        } else {
            body.serialize_entry("base", &whole)?;
        }
        for (name, texts) in errors {
            if !about_whole(name) && !OWN_MEMBERS.contains(&name.as_str()) {
                body.serialize_entry(name, texts)?;
            }
        }
        body.end()
    }
}

/// Field → messages.
struct Messages<'a>(&'a [(String, Vec<String>)]);

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, texts)| (name, texts)))
    }
}

#[cfg(test)]
mod tests;
