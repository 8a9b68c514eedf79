//! Tokens that are no bearer tokens, ID tokens and logout tokens: proves that an issuer signed them, and no more.
//!
//! They deserve the same strict reader and the same key set as bearer tokens, and mean something else: what their
//! claims must say is for [`crate::login`] to judge.
//!
//! It does *not* look at issuer, audience or times. A caller that forgets them accepts tokens that are for others.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use reqwest::Url;
use serde_json::{Map, Value};
use tokio_util::task::TaskTracker;

use super::claims::{is_attribute, is_subject};
use super::jwks::{Answer, Jwks, Wait, Waited};
use super::jwks_fetch::{JwksSource, Place};
use super::refusal::Refusal;
use super::settings::JwksSettings;
use super::token::{Space, Unverified};
use super::{AuthError, MAX_TOKEN_BYTES, json};
use crate::clock::Clock;

/// The keys that one issuer publishes at one address.
pub struct PublishedKeys {
    keys: Jwks,
    url: Url,
}

/// What an issuer has signed. No `Debug`: the claims are personal.
pub struct Signed {
    algorithm: Algorithm,
    token_type: Option<String>,
    claims: Map<String, Value>,
}

enum Proof {
    Given(Signed),
    Waits(Wait),
}

impl PublishedKeys {
    /// Fetches nothing; tasks on `tasks` do when the first token asks. `url` is one that [`super::key_set_url`] has found.
    ///
    /// # Errors
    /// The HTTP client cannot be built, e.g. for want of the system's certificates.
    pub fn new(
        issuer: Arc<str>,
        url: Url,
        settings: &JwksSettings,
        clock: Clock,
        tasks: TaskTracker,
    ) -> Result<Self, reqwest::Error> {
        let source = JwksSource::new(Place::KeySet(url.clone()), settings)?;
        Ok(Self { keys: Jwks::new(issuer, source, settings, clock, tasks), url })
    }

    /// Where they are published.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Proves the signature, by a public key of the issuer's with an algorithm of that key's own. An unknown key id
    /// waits for at most one fetch, and no more than one is made in a cool-down.
    ///
    /// # Errors
    /// [`AuthError`]: see there.
    ///
    /// Cancel safe: a fetch under way goes on for the next caller.
    pub async fn verify(&self, token: &str) -> Result<Signed, AuthError> {
        let waits = match self.prove(token, None)? {
            Proof::Given(signed) => return Ok(signed),
            Proof::Waits(waits) => waits,
        };
        let waited = waits.over().await;
        match self.prove(token, Some(waited))? {
            Proof::Given(signed) => Ok(signed),
            Proof::Waits(_) => Err(AuthError::KeysUnavailable),
        }
    }

    fn prove(&self, token: &str, waited: Option<Waited>) -> Result<Proof, AuthError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthError::TooLong);
        }
        let mut space = Space::new();
        let unverified = Unverified::parse(token, &mut space)?;
        match self.keys.find(unverified.key_id.as_deref(), unverified.algorithm, waited)? {
            Answer::Wait(wait) => Ok(Proof::Waits(wait)),
            Answer::Key(key) if key.signed(&unverified) => Ok(Proof::Given(Signed {
                algorithm: unverified.algorithm,
                token_type: unverified.token_type.as_deref().map(str::to_owned),
                claims: claims(unverified.signing_input).ok_or(Refusal::Json)?,
            })),
            Answer::Key(_) => Err(Refusal::Signature.into()),
        }
    }
}

/// The payload once more, with the objects inside that [`super::members`] does not keep.
fn claims(signing_input: &str) -> Option<Map<String, Value>> {
    let (_, payload) = signing_input.split_once('.')?;
    json::object(&URL_SAFE_NO_PAD.decode(payload).ok()?)
}

impl Signed {
    /// The header's `typ`, as written.
    pub fn token_type(&self) -> Option<&str> {
        self.token_type.as_deref()
    }

    /// A claim, if it is there.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// A claim's text; `None` if it is absent or no text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claim(name).and_then(Value::as_str)
    }

    /// The person within the issuer; `None` if `sub` is missing or unfit as an identity.
    pub fn subject(&self) -> Option<&str> {
        self.text("sub").filter(|text| is_subject(text))
    }

    /// A plan or tenant. Absent, `null` and a claim without a name are none.
    ///
    /// # Errors
    /// [`Refusal::Attribute`]: another type, or a text that cannot be a name. To pass over it would put the person on
    /// the default plan or the default account.
    pub fn attribute(&self, name: &str) -> Result<Option<Arc<str>>, Refusal> {
        match self.claim(name).filter(|_| !name.is_empty()) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if is_attribute(text) => Ok(Some(text.as_str().into())),
            Some(_) => Err(Refusal::Attribute),
        }
    }

    /// The left half of a text's hash, in base64url, by the hash of the token's own algorithm: what `at_hash` must say
    /// of an access token.
    /// Source: OpenID Connect Core 1.0 section 3.1.3.6; for EdDSA, SHA-512, as of Ed25519.
    pub fn half_hash(&self, text: &str) -> String {
        let hash = match self.algorithm {
            Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 | Algorithm::HS384 => &digest::SHA384,
            Algorithm::RS512 | Algorithm::PS512 | Algorithm::HS512 | Algorithm::EdDSA => &digest::SHA512,
            _ => &digest::SHA256,
        };
        let hashed = digest::digest(hash, text.as_bytes());
        let (half, _) = hashed.as_ref().split_at(hashed.as_ref().len() / 2);
        URL_SAFE_NO_PAD.encode(half)
    }
}
