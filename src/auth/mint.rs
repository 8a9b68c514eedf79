//! Signs HS256 tokens, for the command `mint-token` and for the demo.
//!
//! An operator must be able to try the gateway before the app's backend can sign.
//!
//! It does *not* sign with public-key algorithms: the gateway holds no private key.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value};

use super::claim_name::ClaimName;
use super::claims::{is_attribute, is_subject};
use super::settings::MIN_SECRET_BYTES;
use super::wanted::ClaimValue;
use crate::clock::Timestamp;
use crate::secret::Secret;

/// What a minted token says.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The `iss`.
    pub issuer: String,
    /// Name and value of the audience's claim: `aud`, mostly.
    pub audience: (String, String),
    /// The `typ` of the header.
    pub token_type: String,
    /// Name and value of the subject claim.
    pub subject: (String, String),
    /// Claims that the issuer's rules require. `"*"` becomes a text that says who made it up.
    pub required: Vec<(String, ClaimValue)>,
    /// Name (or path) and value of the plan claim, if any.
    pub plan: Option<(String, String)>,
    /// Name (or path) and value of the tenant claim, if any.
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

/// Signs a token with `iss`, the audience, `iat`, `exp`, the subject, what is required, and the plan and tenant if given.
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
    for (name, value) in &claims.required {
        let value = match value {
            ClaimValue::Flag(flag) => Value::from(*flag),
            ClaimValue::Text(text) if text == "*" => Value::from("minted"),
            ClaimValue::Text(text) => Value::from(text.as_str()),
        };
        fit("required claim", insert(&mut payload, name, value))?;
    }
    for (what, named) in [("plan", &claims.plan), ("tenant", &claims.tenant)] {
        if let Some((name, value)) = named {
            fit(what, insert(&mut payload, name, Value::from(value.as_str())))?;
        }
    }
    for (name, value) in [&claims.subject, &claims.audience] {
        payload.insert(name.clone(), Value::from(value.as_str()));
    }
    payload.insert("iss".to_owned(), Value::from(claims.issuer.as_str()));
    payload.insert("iat".to_owned(), Value::from(issued_at_s));
    payload.insert("exp".to_owned(), Value::from(issued_at_s.saturating_add(claims.lifetime_s)));
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(claims.token_type.clone());
    let key = EncodingKey::from_secret(secret.expose());
    jsonwebtoken::encode(&header, &payload, &key).map_err(MintError::Signing)
}

/// Puts a claim where its name or path says; false if that is no name.
fn insert(payload: &mut Map<String, Value>, name: &str, value: Value) -> bool {
    let Ok(name) = ClaimName::parse(name) else { return false };
    let Some((last, way)) = name.steps().split_last() else { return false };
    let mut object = payload;
    for step in way {
        let inner = object.entry(step.clone()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(inner) = inner else { return false };
        object = inner;
    }
    object.insert(last.clone(), value);
    true
}
