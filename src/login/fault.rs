//! What can go wrong with a provider: facts for the operator's log, and which of them are the person's to mend.
//!
//! Nothing that a provider or a browser wrote stands in these: no description, no token, no address of a callback.

use crate::auth::{AuthError, DiscoveryFault, Refusal};

/// Why a provider did not answer as one.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFault {
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    /// A status that no answer of the protocol has: a redirect, an error of the server's, too many requests.
    #[error("the answer was status {0}")]
    Status(u16),
    /// More than is read.
    #[error("the answer was too large")]
    TooLarge,
    /// Not what the protocol says, as HTML.
    #[error("the answer could not be read")]
    Malformed,
    /// The discovery document is none of this issuer's.
    #[error(transparent)]
    Discovery(#[from] DiscoveryFault),
    /// The discovery document names no usable address of this kind, or one that is less protected than the document.
    #[error("the discovery document names no usable {0}")]
    Endpoint(&'static str),
    /// It failed a moment ago, and is left alone for a while.
    #[error("it failed a moment ago")]
    CoolingDown,
    /// Its keys could not be fetched yet, or not for too long.
    #[error("its keys are not available")]
    Keys,
    /// It refuses the gateway, not the person: client id, secret, redirect address or scopes are for the operator to
    /// mend. The word is one of RFC 6749's.
    #[error("it refuses the gateway: {0}")]
    RefusesGateway(&'static str),
    /// It says itself that it cannot serve now.
    #[error("it says that it cannot serve now")]
    SaysSo,
    /// No connection can be made for want of the gateway's own means.
    #[error("the request could not be made")]
    Request,
}

/// What is wrong with an ID token or a logout token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// No token of this issuer's: form, algorithm, key or signature.
    #[error("no token of the issuer's: {}", .0.as_str())]
    Signature(Refusal),
    /// Longer than is read.
    #[error("too long")]
    TooLong,
    /// There is none.
    #[error("there is none")]
    Missing,
    /// A claim is missing or of the wrong type.
    #[error("a claim is missing or malformed")]
    Claims,
    /// Of another type than is asked for.
    #[error("of another type")]
    Type,
    /// `iss` is not the issuer.
    #[error("of another issuer")]
    Issuer,
    /// `aud` or `azp` is not this client.
    #[error("for another client")]
    Audience,
    /// `nonce` is not this sign-in's; or there is one where none may be.
    #[error("of another sign-in")]
    Nonce,
    /// `sub` is missing, unfit, or not the person of the session.
    #[error("of another person, or of none")]
    Subject,
    /// Expired, or issued too long ago or in the future.
    #[error("not of this time")]
    Time,
    /// `at_hash` is not the access token's.
    #[error("beside another access token")]
    AccessToken,
    /// The plan or tenant claim has the wrong type or length.
    #[error("the plan or tenant cannot be read")]
    Attribute,
    /// It has been used.
    #[error("used before")]
    Replayed,
}

/// Why nobody was signed in, or out.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The provider cannot be used now. Try again later.
    #[error("the provider: {0}")]
    Unavailable(#[from] ProviderFault),
    /// The answer's `state` is not the one that this browser began with.
    #[error("not begun in this browser")]
    State,
    /// The answer is another issuer's, or does not say whose it is where the provider would.
    #[error("the answer is of another issuer")]
    Issuer,
    /// The answer has no code, or the parameters contradict each other.
    #[error("the answer has no code")]
    Malformed,
    /// The provider did not sign the person in.
    #[error("not signed in: {}", .0.as_str())]
    Denied(Denial),
    /// The provider does not take the code: used, expired, or not this gateway's.
    #[error("the code is not taken")]
    Code,
    /// The token is no proof.
    #[error("the token: {0}")]
    Token(#[from] TokenFault),
}

/// Why a session could not be refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The provider takes the refresh token no more, or speaks of another person: the session ends.
    #[error("the provider refuses the refresh token")]
    Refused,
    /// The session may go on for a while; try again later.
    #[error("the provider: {0}")]
    Unavailable(#[from] ProviderFault),
}

impl From<AuthError> for LoginError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid { reason } => Self::Token(TokenFault::Signature(reason)),
            AuthError::TooLong => Self::Token(TokenFault::TooLong),
            AuthError::KeysUnavailable => Self::Unavailable(ProviderFault::Keys),
        }
    }
}

/// Why a provider did not sign a person in. Fit for a log line and a page.
/// Source: RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The person, or the provider for them, said no.
    AccessDenied,
    /// The person would have to sign in, and was not to be asked.
    LoginRequired,
    /// The person would have to answer something, and was not to be asked.
    InteractionRequired,
    /// The person would have to consent, and was not to be asked.
    ConsentRequired,
    /// The person would have to choose an account, and was not to be asked.
    AccountSelectionRequired,
    /// A word that is no known one.
    Other,
}

impl Denial {
    /// One fixed word each.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::ConsentRequired => "consent_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::Other => "other",
        }
    }
}

/// What an error word in a callback says.
pub(super) fn of_callback(word: &str) -> LoginError {
    if let Some(word) = gateways_own(word) {
        return ProviderFault::RefusesGateway(word).into();
    }
    LoginError::Denied(match word {
        "server_error" | "temporarily_unavailable" => return ProviderFault::SaysSo.into(),
        "access_denied" => Denial::AccessDenied,
        "login_required" => Denial::LoginRequired,
        "interaction_required" => Denial::InteractionRequired,
        "consent_required" => Denial::ConsentRequired,
        "account_selection_required" => Denial::AccountSelectionRequired,
        _ => Denial::Other,
    })
}

/// The word, if it says that the gateway is not set up as the provider expects it.
pub(super) fn gateways_own(word: &str) -> Option<&'static str> {
    const WORDS: &[&str] = &[
        "invalid_client",
        "invalid_redirect_uri",
        "invalid_request",
        "invalid_scope",
        "invalid_target",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
    ];
    WORDS.iter().find(|known| **known == word).copied()
}
