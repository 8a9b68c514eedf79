//! Takes a compact JWS apart, strictly, before any cryptography.
//!
//! Lenient parsers let one signed token be written in several ways, or be read as something else. Here the
//! text has one form: three segments of canonical, unpadded base64url, at most [`MAX_TOKEN_BYTES`], with
//! JSON objects that repeat no member name.
//!
//! It does *not* look at `jku`, `jwk`, `x5u`, `x5c` or `x5t`: keys come from config, never from a token.
//! Nothing it returns is proven.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;

use super::keys::algorithm_named;
use super::members::{Member, Members};
use super::refusal::Refusal;

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Longest key id that is looked up, in bytes.
pub(super) const MAX_KEY_ID_BYTES: usize = 256;

/// Longest token, in bytes, that is taken apart without memory from the heap.
const USUAL_TOKEN_BYTES: usize = 1024;

/// Where a token's segments are decoded to.
pub(super) struct Space {
    usual: [u8; USUAL_TOKEN_BYTES],
    large: Vec<u8>,
}

impl Space {
    pub(super) const fn new() -> Self {
        Self { usual: [0; USUAL_TOKEN_BYTES], large: Vec::new() }
    }

    fn of(&mut self, size_bytes: usize) -> &mut [u8] {
        if size_bytes <= USUAL_TOKEN_BYTES {
            return &mut self.usual;
        }
        self.large.resize(size_bytes, 0);
        &mut self.large
    }
}

/// A well-formed token of which nothing is proven yet.
pub(super) struct Unverified<'a> {
    /// What the header claims; only a key that has it among its own algorithms may be used.
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<Cow<'a, str>>,
    /// The header's `typ`, as written.
    pub(super) token_type: Option<Cow<'a, str>>,
    pub(super) claims: Members<'a>,
    /// What the claims were read from.
    pub(super) payload: &'a [u8],
    /// Header and payload as they were signed.
    pub(super) signing_input: &'a str,
    /// The signature in base64url.
    pub(super) signature: &'a str,
    /// The signature's own bytes.
    pub(super) signature_bytes: &'a [u8],
}

impl<'a> Unverified<'a> {
    /// Reads a compact JWS of at most [`MAX_TOKEN_BYTES`]; the caller has checked the length.
    pub(super) fn parse(token: &'a str, space: &'a mut Space) -> Result<Self, Refusal> {
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Refusal::Form)?;
        let (header, payload) = signing_input.split_once('.').ok_or(Refusal::Form)?;
        if signature.is_empty() || payload.contains('.') {
            return Err(Refusal::Form);
        }
        let space = space.of(token.len());
        let (signature_bytes, space) = canonical(signature, space)?;
        let (header, space) = canonical(header, space)?;
        let mut header = Members::read(header).ok_or(Refusal::Json)?;
        let (payload, _) = canonical(payload, space)?;
        let claims = Members::read(payload).ok_or(Refusal::Json)?;
        if header.get("crit").is_some() || header.get("b64").is_some() {
            return Err(Refusal::Extension);
        }
        Ok(Self {
            algorithm: header.text("alg").and_then(algorithm_named).ok_or(Refusal::Algorithm)?,
            key_id: key_id(header.take("kid"))?,
            token_type: optional_text(header.take("typ")).ok_or(Refusal::TokenType)?,
            claims,
            payload,
            signing_input,
            signature,
            signature_bytes,
        })
    }
}

/// Decodes base64url in its one canonical form (no padding, no white space, unused bits zero) into the
/// beginning of `space`, and gives back what is left of it.
fn canonical<'a>(segment: &str, space: &'a mut [u8]) -> Result<(&'a [u8], &'a mut [u8]), Refusal> {
    let size_bytes = URL_SAFE_NO_PAD.decode_slice(segment, space).map_err(|_| Refusal::Form)?;
    let (decoded, rest) = space.split_at_mut_checked(size_bytes).ok_or(Refusal::Form)?;
    Ok((decoded, rest))
}

/// `Some(None)` if absent, `None` if present but not text.
fn optional_text(value: Option<Member<'_>>) -> Option<Option<Cow<'_, str>>> {
    match value {
        None => Some(None),
        Some(Member::Text(text)) => Some(Some(text)),
        Some(_) => None,
    }
}

fn key_id(value: Option<Member<'_>>) -> Result<Option<Cow<'_, str>>, Refusal> {
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
