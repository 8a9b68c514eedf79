//! Why a token was refused: words for a metric, never for the caller.
//!
//! Outside the gateway all of these are one answer, so that nobody can ask which keys exist or how far a
//! forged token came. Inside, the operator must be able to tell an expired token from a wrong audience.

/// The fact that refused a token. Only [`Refusal::as_str`] leaves this process, as a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// Not three segments of canonical base64url.
    Form,
    /// Header or payload is not a JSON object without repeated names.
    Json,
    /// The header's algorithm is missing, unknown, or not one of the key's own.
    Algorithm,
    /// The header asks for an extension (`crit`, `b64`).
    Extension,
    /// The token says that it is of another type: an ID token, a logout token, or an unknown `typ`.
    TokenType,
    /// The key id is not text, is empty, too long, or holds control characters.
    KeyId,
    /// No issuer of this name is configured, or the token names none.
    Issuer,
    /// The audience is missing or not ours.
    Audience,
    /// The token was given to another app than those that may call.
    AuthorizedParty,
    /// A claim that must be there with a certain value is not, or one is there that must not be.
    Claim,
    /// The subject is missing or unfit as an identity.
    Subject,
    /// The expiry is missing or past.
    Expired,
    /// `nbf` or `iat` lie in the future or are not numbers.
    NotYetValid,
    /// The plan or tenant claim has the wrong type or length.
    Attribute,
    /// The issuer has no key of this id.
    UnknownKey,
    /// The token names no key and several would do.
    AmbiguousKey,
    /// The signature does not hold.
    Signature,
    /// It has the form of a service key and is none.
    ServiceKey,
}

impl Refusal {
    /// One fixed word each, fit for a metric's label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Json => "json",
            Self::Algorithm => "algorithm",
            Self::Extension => "extension",
            Self::TokenType => "token_type",
            Self::KeyId => "key_id",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::AuthorizedParty => "authorized_party",
            Self::Claim => "claim",
            Self::Subject => "subject",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Attribute => "attribute",
            Self::UnknownKey => "unknown_key",
            Self::AmbiguousKey => "ambiguous_key",
            Self::Signature => "signature",
            Self::ServiceKey => "service_key",
        }
    }
}
