//! Reads every body of a client into one tree of parameters, and writes such a tree as one canonical body.
//!
//! The upstream is Rails: query and body merge, `a[b][]=c` nests, the last duplicate wins, and two versions of
//! Rails read some spellings differently. So nothing of what a client sent is forwarded: [`parse_body`] reads it
//! as Rails 7.2 (rack 3.1) does, refuses whatever Rails 6.1 (rack 2.2) would read differently, and [`encode`]
//! writes what the policy admitted from nothing.
//!
//! Source: own runs of both versions, kept in `tests/fixtures/rails-params/` (measured 2026-11).
//!
//! ```text
//! prompt[text]=a cat&prompt[w]=512   →   {"prompt": {"text": "a cat", "w": "512"}}
//! ```
//!
//! What it does *not* do: it knows no operation and allows no parameter; that is `policy`. It does not look
//! into files.

mod content_type;
mod encode;
mod form;
mod json;
mod multipart;
mod name;
mod path;
mod upload;

use bytes::Bytes;
use indexmap::IndexMap;

pub use content_type::{BodyKind, body_kind};
pub use encode::{CanonicalBody, Segment, encode};
pub use multipart::{SpoolRules, SpoolingError, spool_multipart};
pub use upload::{Content, UNJUDGED_TYPE, Upload};

/// Named values in the order in which they came.
pub type Object = IndexMap<String, Value>;

/// One node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JSON `null`, or a form's name without `=`.
    Null,
    /// JSON `true` or `false`; a form has none.
    Bool(bool),
    /// A JSON number; a form has none.
    Number(serde_json::Number),
    /// Text: valid UTF-8 without NUL.
    Text(String),
    /// A file of a multipart body.
    File(Upload),
    /// `a[]=1&a[]=2`, or a JSON array.
    List(Vec<Value>),
    /// `a[b]=1`, or a JSON object.
    Object(Object),
}

/// How a tree was spelled. Rails wraps an unwrapped body under the resource's name for JSON only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParamsKind {
    /// `application/json`, or made by the gateway.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `multipart/form-data`
    Multipart,
    /// A query string.
    Query,
}

/// The tree of one request's parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    /// The top level.
    pub root: Object,
    /// How it was spelled.
    pub kind: ParamsKind,
}

/// How much a client may send; exceeding one refuses the whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamLimits {
    /// Names in a form, parts in a multipart body, members and elements in JSON.
    pub max_params: usize,
    /// Levels of nesting: `a[b][]` has three.
    pub max_depth: usize,
    /// Bytes of one whole name (`a[b][]`, decoded) or of one JSON key.
    pub max_name_bytes: usize,
    /// Bytes of one text value, decoded.
    pub max_text_bytes: usize,
    /// Files in a multipart body.
    pub max_files: usize,
}

impl Default for ParamLimits {
    fn default() -> Self {
        Self { max_params: 200, max_depth: 6, max_name_bytes: 256, max_text_bytes: 64 * 1024, max_files: 32 }
    }
}

/// Why a body or query is refused. Nothing was sent upstream. Holds no text of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// The Content-Type is absent or not exactly one that this gateway reads.
    #[error(
        "the content type is not application/json, application/x-www-form-urlencoded or multipart/form-data"
    )]
    UnsupportedMediaType,
    /// More parameters than [`ParamLimits::max_params`].
    #[error("more than {limit} parameters")]
    TooManyParams {
        /// The limit.
        limit: usize,
    },
    /// Nested deeper than [`ParamLimits::max_depth`].
    #[error("parameters are nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A name longer than [`ParamLimits::max_name_bytes`].
    #[error("a parameter's name is longer than {limit} bytes")]
    NameTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A text longer than [`ParamLimits::max_text_bytes`].
    #[error("a parameter's text is longer than {limit} bytes")]
    TextTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// More files than [`ParamLimits::max_files`].
    #[error("more than {limit} files")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// Percent-encoding or UTF-8 is broken.
    #[error("a name or value is not valid percent-encoded UTF-8")]
    InvalidEncoding,
    /// A name or value holds NUL.
    #[error("a name or value holds a NUL byte")]
    NulByte,
    /// Not JSON as RFC 8259 has it (comments, NaN, a byte order mark or trailing text included).
    #[error("the body is not valid JSON (line {line}, column {column})")]
    InvalidJson {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// The JSON body is an array or a scalar.
    #[error("the JSON body is not an object")]
    RootNotObject,
    /// A JSON object has the same key twice.
    #[error("a JSON object has the same key twice")]
    DuplicateKey,
    /// One name is used as a scalar, a list and an object at once; Rails answers 400 too.
    #[error("one name is used both as a value and as a list or object")]
    Conflict,
    /// A spelling that servers read differently.
    #[error("ambiguous spelling: {what}")]
    Ambiguous {
        /// What is ambiguous about it.
        what: &'static str,
    },
    /// A multipart body that is cut, malformed or uses a feature that is not read.
    #[error("multipart body: {what}")]
    Multipart {
        /// What is wrong.
        what: &'static str,
    },
}

/// Reads a request's body into a tree.
///
/// Files share the memory of `body`. Never fails half-way: a body is read whole or refused.
///
/// # Errors
///
/// Every [`ParamsError`]; [`ParamsError::UnsupportedMediaType`] is a 415, all others are a 400 or 413.
pub fn parse_body(
    content_type: Option<&[u8]>,
    body: &Bytes,
    limits: &ParamLimits,
) -> Result<Params, ParamsError> {
    match body_kind(content_type)? {
        BodyKind::Json => json::parse(body, limits),
        BodyKind::Form => form::parse(body, limits, ParamsKind::Form),
        BodyKind::Multipart { boundary } => multipart::parse(body, &boundary, limits),
    }
}

/// Reads a query string (without its `?`) into a tree, for the gateway's own reads; a write's query is never read.
///
/// # Errors
///
/// As [`parse_body`]; and [`ParamsError::Ambiguous`] for a bare `;`, which splits in rack 2.2 only (PARAM-10).
pub fn parse_query(query: &str, limits: &ParamLimits) -> Result<Params, ParamsError> {
    if query.contains(';') {
        return Err(ParamsError::Ambiguous { what: "a bare `;` in the query" });
    }
    form::parse(query.as_bytes(), limits, ParamsKind::Query)
}

#[cfg(test)]
mod rails_tests;
#[cfg(test)]
mod tests;
