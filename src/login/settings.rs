//! What config says about one provider, and what is wrong with it.
//!
//! It does *not* read files or the environment: config hands over the secret.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use crate::auth::{IssuerFault, discovery_url};
use crate::secret::Secret;

/// Parameters of the protocol itself, which config must not set: the gateway does.
const OWN_PARAMETERS: &[&str] = &[
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// One OpenID provider.
pub struct ProviderSettings {
    /// Its name in config and in the gateway's paths.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// The exact `iss` of its tokens: https, or http on this machine. Below it stands the discovery document.
    pub issuer: String,
    /// The gateway's name at the provider.
    pub client_id: String,
    /// What the gateway proves that name with; `None`: a public client, protected by PKCE alone. Text.
    pub client_secret: Option<Secret>,
    /// What is asked for; `openid` always is.
    pub scopes: Vec<String>,
    /// Claim of the ID token that names the plan; empty: none is read.
    pub plan_claim: String,
    /// Claim of the ID token that names the tenant; empty: none is read.
    pub tenant_claim: String,
    /// The callback's address, as registered at the provider.
    pub redirect_uri: String,
    /// Where the provider sends who has signed out there, as registered at the provider.
    pub post_logout_redirect_uri: String,
    /// Further parameters of the authorization request, as `audience` or `prompt`.
    pub extra_params: BTreeMap<String, String>,
    /// For one request to the provider, from connecting to the end of the answer.
    pub timeout: Duration,
}

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderSetupError {
    /// The issuer is no address that can be discovered.
    #[error("the issuer: {0}")]
    Issuer(IssuerFault),
    /// There is no client id.
    #[error("the client id is empty")]
    ClientIdEmpty,
    /// The client secret is no text.
    #[error("the client secret is no text")]
    SecretNotText,
    /// A scope is empty, or holds a space or a control character.
    #[error("{0:?} is no scope")]
    Scope(String),
    /// An extra parameter has the name of one that the gateway sets.
    #[error("{0:?} is set by the gateway")]
    OwnParameter(String),
    /// An address to come back to is no URL.
    #[error("{0:?} is no address to come back to")]
    RedirectUri(String),
    /// The HTTP client cannot be built, e.g. for want of the system's certificates.
    #[error("the client for the provider cannot be built")]
    Client(#[source] reqwest::Error),
}

/// Whether an issuer can be discovered: https, or http on this machine, without user, query or fragment.
///
/// # Errors
/// [`IssuerFault`]: why not.
pub fn check_issuer(issuer: &str) -> Result<(), IssuerFault> {
    discovery_url(issuer).map(drop)
}

/// Whether a text may be asked for as a scope.
/// Source: RFC 6749 section 3.3.
pub fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

/// Whether config may add a parameter of this name.
pub fn is_own_parameter(name: &str) -> bool {
    OWN_PARAMETERS.contains(&name)
}

impl ProviderSettings {
    pub(super) fn check(&self) -> Result<(), ProviderSetupError> {
        check_issuer(&self.issuer).map_err(ProviderSetupError::Issuer)?;
        if self.client_id.is_empty() {
            return Err(ProviderSetupError::ClientIdEmpty);
        }
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(ProviderSetupError::Scope(scope.clone()));
        }
        let uris = [&self.redirect_uri, &self.post_logout_redirect_uri];
        if let Some(uri) = uris.into_iter().find(|uri| Url::parse(uri).is_err()) {
            return Err(ProviderSetupError::RedirectUri(uri.clone()));
        }
        match self.extra_params.keys().find(|name| is_own_parameter(name)) {
            Some(name) => Err(ProviderSetupError::OwnParameter(name.clone())),
            None => Ok(()),
        }
    }
}
