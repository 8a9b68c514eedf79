//! Reads a JSON Web Key Set and finds the one key that a token may be checked with.
//!
//! A provider's set holds more than signature keys: encryption keys, other curves, symmetric keys by
//! mistake. Whatever is not plainly a public key for verifying signatures is passed over, and a key id that
//! stands twice in the set names no key at all.
//! Source: RFC 7517 sections 4 and 5, RFC 7518 section 6, RFC 8037 section 2 (read 2026-11-21).
//!
//! It does *not* read `x5c` or `x5u`: certificates are not judged here.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::Value;

use super::json::{self, Object};
use super::keys::{KeyFault, VerifyingKey, algorithm_named};
use super::refusal::Refusal;
use super::token::is_key_id;

/// Why a document is not taken as the issuer's new key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeySetFault {
    #[error("not a JWK set")]
    Malformed,
    #[error("the set lists no key")]
    Empty,
    #[error("the set lists too many keys")]
    TooManyKeys,
}

struct Entry {
    id: Option<String>,
    key: Arc<VerifyingKey>,
}

/// The usable keys of one issuer.
pub(super) struct KeySet(Vec<Entry>);

/// What a set says about a token's key id and algorithm.
pub(super) enum Found {
    Key(Arc<VerifyingKey>),
    /// Not in this set; a newer one may have it.
    Unknown,
    /// A newer set would not help.
    Refused(Refusal),
}

impl KeySet {
    /// Reads a set. A set that lists keys of which none is usable is a set (of none): the provider has
    /// withdrawn the old ones. A set that lists nothing is a [`KeySetFault::Empty`], most often an accident.
    pub(super) fn parse(document: &[u8], max_keys: usize) -> Result<Self, KeySetFault> {
        let document = json::object(document).ok_or(KeySetFault::Malformed)?;
        let listed = document.get("keys").and_then(Value::as_array).ok_or(KeySetFault::Malformed)?;
        if listed.is_empty() {
            return Err(KeySetFault::Empty);
        }
        if listed.len() > max_keys {
            return Err(KeySetFault::TooManyKeys);
        }
        let doubled = doubled_ids(listed);
        let usable = listed.iter().filter_map(Value::as_object).filter_map(|jwk| {
            let id = key_id(jwk).ok()?;
            let is_doubled = id.as_ref().is_some_and(|id| doubled.contains(id.as_str()));
            let key = verifying_key(jwk).ok()?;
            (!is_doubled).then(|| Entry { id, key: Arc::new(key) })
        });
        Ok(Self(usable.collect()))
    }

    /// The key of this id if it may be used with the algorithm. A token without an id gets the one key that
    /// may, if there is exactly one.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found {
        let Some(id) = id else {
            let mut fitting = self.0.iter().filter(|entry| entry.key.may(algorithm));
            return match (fitting.next(), fitting.next()) {
                (Some(entry), None) => Found::Key(Arc::clone(&entry.key)),
                (Some(_), Some(_)) => Found::Refused(Refusal::AmbiguousKey),
                (None, _) => Found::Unknown,
            };
        };
        match self.0.iter().find(|entry| entry.id.as_deref() == Some(id)) {
            Some(entry) if entry.key.may(algorithm) => Found::Key(Arc::clone(&entry.key)),
            Some(_) => Found::Refused(Refusal::Algorithm),
            None => Found::Unknown,
        }
    }

    /// How many keys are usable.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Ids that more than one listed key has, usable or not.
fn doubled_ids(listed: &[Value]) -> HashSet<&str> {
    let mut seen = HashSet::new();
    let ids = listed.iter().filter_map(|jwk| jwk.get("kid").and_then(Value::as_str));
    ids.filter(|id| !seen.insert(*id)).collect()
}

fn key_id(jwk: &Object) -> Result<Option<String>, KeyFault> {
    match jwk.get("kid") {
        None => Ok(None),
        Some(Value::String(id)) if is_key_id(id) => Ok(Some(id.clone())),
        Some(_) => Err(KeyFault::Unusable),
    }
}

fn verifying_key(jwk: &Object) -> Result<VerifyingKey, KeyFault> {
    let is_for_signatures = jwk.get("use").is_none_or(|usage| usage == "sig");
    let may_verify = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|all| all.iter().any(|operation| operation == "verify"))
    });
    // A private key that was published is everybody's key.
    if !is_for_signatures || !may_verify || jwk.contains_key("d") {
        return Err(KeyFault::Unusable);
    }
    let curve = jwk.get("crv").and_then(Value::as_str);
    let key = match (jwk.get("kty").and_then(Value::as_str), curve) {
        (Some("RSA"), _) => VerifyingKey::rsa(&number(jwk, "n")?, &number(jwk, "e")?)?,
        (Some("EC"), Some("P-256")) => VerifyingKey::elliptic_curve(&point(jwk, 32)?)?,
        (Some("EC"), Some("P-384")) => VerifyingKey::elliptic_curve(&point(jwk, 48)?)?,
        (Some("OKP"), Some("Ed25519")) => VerifyingKey::ed25519(&number(jwk, "x")?)?,
        _ => return Err(KeyFault::Unusable),
    };
    match jwk.get("alg") {
        None => Ok(key),
        Some(name) => key.only(name.as_str().and_then(algorithm_named).ok_or(KeyFault::Unusable)?),
    }
}

fn number(jwk: &Object, member: &str) -> Result<Vec<u8>, KeyFault> {
    let text = jwk.get(member).and_then(Value::as_str).ok_or(KeyFault::Unusable)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyFault::Unusable)
}

/// An uncompressed point from coordinates that have exactly the curve's length.
fn point(jwk: &Object, size_bytes: usize) -> Result<Vec<u8>, KeyFault> {
    let (x, y) = (number(jwk, "x")?, number(jwk, "y")?);
    if x.len() != size_bytes || y.len() != size_bytes {
        return Err(KeyFault::Unusable);
    }
    Ok([&[4], x.as_slice(), y.as_slice()].concat())
}
