//! Takes a compact JWS apart, strictly, before any cryptography.
//!
//! Lenient parsers let one signed token be written in several ways, or be read as something else. Here the
//! text has one form: three segments of canonical, unpadded base64url, at most [`MAX_TOKEN_BYTES`], with
//! JSON objects that repeat no member name.
//!
//! It does *not* look at `jku`, `jwk`, `x5u`, `x5c` or `x5t`: keys come from config, never from a token.
//! Nothing it returns is proven.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::Value;

use super::json::{self, Object};
use super::keys::algorithm_named;
use super::refusal::Refusal;

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Longest key id that is looked up, in bytes.
pub(super) const MAX_KEY_ID_BYTES: usize = 256;

/// A well-formed token of which nothing is proven yet.
pub(super) struct Unverified<'a> {
    /// What the header claims; only a key that has it among its own algorithms may be used.
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    /// The header's `typ`, as written.
    pub(super) token_type: Option<String>,
    pub(super) claims: Object,
    /// Header and payload as they were signed.
    pub(super) signing_input: &'a str,
    /// The signature, still in base64url.
    pub(super) signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// Reads a compact JWS of at most [`MAX_TOKEN_BYTES`]; the caller has checked the length.
    pub(super) fn parse(token: &'a str) -> Result<Self, Refusal> {
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Refusal::Form)?;
        let (header, payload) = signing_input.split_once('.').ok_or(Refusal::Form)?;
        if signature.is_empty() || payload.contains('.') {
            return Err(Refusal::Form);
        }
        canonical(signature)?;
        let header = json::object(&canonical(header)?).ok_or(Refusal::Json)?;
        let claims = json::object(&canonical(payload)?).ok_or(Refusal::Json)?;
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(Refusal::Extension);
        }
        Ok(Self {
            algorithm: header
                .get("alg")
                .and_then(Value::as_str)
                .and_then(algorithm_named)
                .ok_or(Refusal::Algorithm)?,
            key_id: key_id(header.get("kid"))?,
            token_type: optional_text(header.get("typ")).ok_or(Refusal::TokenType)?,
            claims,
            signing_input,
            signature,
        })
    }
}

/// Decodes base64url in its one canonical form: no padding, no white space, unused bits zero.
fn canonical(segment: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| Refusal::Form)
}

/// `Some(None)` if absent, `None` if present but not text.
fn optional_text(value: Option<&Value>) -> Option<Option<String>> {
    match value {
        None => Some(None),
        Some(Value::String(text)) => Some(Some(text.clone())),
        Some(_) => None,
    }
}

fn key_id(value: Option<&Value>) -> Result<Option<String>, Refusal> {
    let id = optional_text(value).ok_or(Refusal::KeyId)?;
    match &id {
        Some(text) if !is_key_id(text) => Err(Refusal::KeyId),
        _ => Ok(id),
    }
}

/// Whether a text may name a key, in a token or in a key set.
pub(super) fn is_key_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_KEY_ID_BYTES && !text.chars().any(char::is_control)
}
