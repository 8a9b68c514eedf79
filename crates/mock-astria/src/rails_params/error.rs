//! What Rails and rack refuse while they read a request's parameters.
//!
//! The statuses are those of the fixture's runs. It does not hold what the offending value was.

/// Why the parameters could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct RailsError {
    /// The status that the application answers: 400, 406 or 500.
    pub status: u16,
    /// What was wrong.
    pub kind: RailsErrorKind,
    /// Raised outside of the application, before any route was looked up.
    pub outer: bool,
}

/// What was wrong with a request's parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RailsErrorKind {
    /// One name was used for two shapes, for example a string and then a hash.
    #[error("expected {expected} (got {got}) for a parameter")]
    TypeConflict {
        /// The shape that the later spelling needs.
        expected: &'static str,
        /// The shape that was there.
        got: &'static str,
    },
    /// Nested deeper than 32, more than 4096 parameters, or more than 4 MiB.
    #[error("a limit on parameters was exceeded")]
    QueryLimit,
    /// A `%` that two hexadecimal digits do not follow.
    #[error("invalid %-encoding")]
    PercentEncoding,
    /// A value that is not UTF-8.
    #[error("invalid encoding for a parameter")]
    ValueEncoding,
    /// A name that is not UTF-8: the application meets it when it prints the tree.
    #[error("a parameter name is not UTF-8")]
    NameEncoding,
    /// The body is not the JSON that its content type promised.
    #[error("error occurred while parsing request parameters")]
    Json,
    /// A multipart body ended before its last boundary.
    #[error("multipart body without its end")]
    EmptyContent,
    /// No usable boundary: given twice, with space before `=`, or too long.
    #[error("unusable multipart boundary")]
    Boundary,
    /// Too many parts or files.
    #[error("too many multipart parts")]
    PartLimit,
    /// A part in an encoding in which rack cannot compare ASCII.
    #[error("incompatible character encodings")]
    PartCharset,
    /// A `Content-Type` that is no MIME type.
    #[error("not a valid MIME type")]
    MimeType,
}

impl RailsError {
    pub(crate) fn bad_request(kind: RailsErrorKind) -> Self {
        Self { status: 400, kind, outer: false }
    }

    pub(crate) fn outer(kind: RailsErrorKind) -> Self {
        Self { status: 500, kind, outer: true }
    }
}
