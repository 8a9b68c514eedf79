//! Signs HS256 tokens, for the command `mint-token` and for the demo.
//!
//! An operator must be able to try the gateway before the app's backend can sign.
//!
//! It does *not* sign with public-key algorithms: the gateway holds no private key.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value};

use super::claims::{is_attribute, is_subject};
use super::settings::MIN_SECRET_BYTES;
use crate::clock::Timestamp;
use crate::secret::Secret;

/// What a minted token says.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The `iss`.
    pub issuer: String,
    /// The `aud`.
    pub audience: String,
    /// The `typ` of the header.
    pub token_type: String,
    /// Name and value of the subject claim.
    pub subject: (String, String),
    /// Name and value of the plan claim, if any.
    pub plan: Option<(String, String)>,
    /// Name and value of the tenant claim, if any.
    pub tenant: Option<(String, String)>,
    /// The `iat`.
    pub issued_at: Timestamp,
    /// From `iat` to `exp`, in seconds.
    pub lifetime_s: u64,
}

/// Why no token was signed.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The secret is shorter than [`MIN_SECRET_BYTES`].
    #[error("the secret is shorter than 32 bytes")]
    SecretTooShort,
    /// The gateway would refuse the token: a name or value is empty, too long, or holds control characters.
    #[error("the {0} is empty, too long, or holds control characters")]
    Unfit(&'static str),
    /// The signature could not be made.
    #[error("the token cannot be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

/// Signs a token with `iss`, `aud`, `iat`, `exp`, the subject, and the plan and tenant if given.
///
/// Errors: [`MintError`], each before anything is signed except `Signing`.
pub fn mint(secret: &Secret, claims: &Claims) -> Result<String, MintError> {
    if secret.size_bytes() < MIN_SECRET_BYTES {
        return Err(MintError::SecretTooShort);
    }
    let fit = |what, is_fit: bool| if is_fit { Ok(()) } else { Err(MintError::Unfit(what)) };
    fit("subject", !claims.subject.0.is_empty() && is_subject(&claims.subject.1))?;
    for (what, named) in [("plan", &claims.plan), ("tenant", &claims.tenant)] {
        fit(what, named.as_ref().is_none_or(|(name, value)| !name.is_empty() && is_attribute(value)))?;
    }
    let issued_at_s = claims.issued_at.unix_s();
    let mut payload = Map::new();
    // The registered names come last: a claim of the operator's that has one of them must not win.
    for (name, value) in claims.plan.iter().chain(&claims.tenant).chain([&claims.subject]) {
        payload.insert(name.clone(), Value::from(value.as_str()));
    }
    payload.insert("iss".to_owned(), Value::from(claims.issuer.as_str()));
    payload.insert("aud".to_owned(), Value::from(claims.audience.as_str()));
    payload.insert("iat".to_owned(), Value::from(issued_at_s));
    payload.insert("exp".to_owned(), Value::from(issued_at_s.saturating_add(claims.lifetime_s)));
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(claims.token_type.clone());
    let key = EncodingKey::from_secret(secret.expose());
    jsonwebtoken::encode(&header, &payload, &key).map_err(MintError::Signing)
}
