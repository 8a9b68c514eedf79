//! A request to Astria, built from nothing: a path of literals and parsed ids, an allow-listed query, a
//! canonical body. Nothing that a client sent is in it by accident.

use std::fmt::Write as _;

use http::{HeaderValue, Method};

use super::body::Segments;
use crate::ids::{PackId, PromptId, TuneId};
use crate::operation::Operation;
use crate::ownership::{Owned, Usable};
use crate::params::Segment;

/// One call that the gateway wants to make.
#[derive(Clone, Debug)]
pub struct UpstreamRequest {
    pub(super) operation: Operation,
    pub(super) method: Method,
    pub(super) path_and_query: String,
    pub(super) content_type: Option<String>,
    pub(super) body: Segments,
    pub(super) user: u64,
    pub(super) traceparent: Option<HeaderValue>,
}

impl UpstreamRequest {
    /// A call without a body: `GET`, `DELETE`, or a `POST` that says everything in its path.
    pub fn bare(operation: Operation, method: Method, path: Path) -> Self {
        Self {
            operation,
            method,
            path_and_query: path.0,
            content_type: None,
            body: Segments::empty(),
            user: 0,
            traceparent: None,
        }
    }

    /// A read.
    pub fn get(operation: Operation, path: Path) -> Self {
        Self::bare(operation, Method::GET, path)
    }

    /// A create with a canonical body.
    pub fn post(operation: Operation, path: Path, content_type: String, segments: Vec<Segment>) -> Self {
        let body = Segments::from(segments);
        Self { content_type: Some(content_type), body, ..Self::bare(operation, Method::POST, path) }
    }

    /// A change with a canonical body.
    pub fn patch(operation: Operation, path: Path, content_type: String, segments: Vec<Segment>) -> Self {
        let post = Self::post(operation, path, content_type, segments);
        Self { method: Method::PATCH, ..post }
    }

    /// Adds a query of names and values that the gateway chose; encodes them.
    #[must_use]
    pub fn query(mut self, pairs: &[(&'static str, String)]) -> Self {
        if !pairs.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(pairs);
            self.path_and_query.push('?');
            self.path_and_query.push_str(&query.finish());
        }
        self
    }

    /// Whose turn this call takes where calls must wait: a hash of the end user. Without it, the gateway's own.
    #[must_use]
    pub const fn for_user(mut self, key: u64) -> Self {
        self.user = key;
        self
    }

    /// Sends a trace context (`traceparent`, W3C): the gateway's own, never a client's copied over.
    #[must_use]
    pub fn traced(mut self, traceparent: HeaderValue) -> Self {
        self.traceparent = Some(traceparent);
        self
    }

    /// Path and query as they will be sent: what a cache keys on.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// The method that it will be sent with.
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Which operation this is.
    pub const fn operation(&self) -> Operation {
        self.operation
    }
}

/// A path at Astria: `Path::new().literal("tunes").tune(usable).literal("prompts")`. What names an object takes the
/// proof that the caller may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// The root.
    pub fn new() -> Self {
        Self(String::with_capacity(64))
    }

    /// Adds a fixed segment (or several, with slashes between them).
    #[must_use]
    pub fn literal(mut self, segment: &'static str) -> Self {
        self.0.push('/');
        self.0.push_str(segment);
        self
    }

    /// Adds a tune that the caller may use.
    #[must_use]
    pub fn tune(self, tune: Usable) -> Self {
        self.number(tune.id().get())
    }

    /// Adds a tune that is the caller's own.
    #[must_use]
    pub fn own_tune(self, tune: Owned<TuneId>) -> Self {
        self.number(tune.id().get())
    }

    /// Adds a prompt that is the caller's own.
    #[must_use]
    pub fn prompt(self, prompt: Owned<PromptId>) -> Self {
        self.number(prompt.id().get())
    }

    /// Adds a pack: the operator's, seen by all whom `packs` shows it.
    #[must_use]
    pub fn pack(self, pack: PackId) -> Self {
        self.number(pack.get())
    }

    /// Adds an id that the operator typed: no end user is behind this call.
    #[must_use]
    pub fn of_operator(self, id: u64) -> Self {
        self.number(id)
    }

    fn number(mut self, id: u64) -> Self {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "/{id}");
        self
    }

    /// Adds a slug, or leaves the path as it is (`None`) if the text is not one.
    pub fn slug(mut self, slug: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let fits = !slug.is_empty() && slug.len() <= 200 && slug.bytes().all(plain);
        fits.then(|| {
            self.0.push('/');
            self.0.push_str(slug);
            self
        })
    }
}
