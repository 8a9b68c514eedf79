//! One value that is different as soon as anything about any issuer is.
//!
//! Verified tokens are remembered; after a reload they may be remembered on only if they would be verified alike.
//! Secrets are hashed, never compared byte by byte or kept.
//!
//! It does *not* cover service keys and guests: what they prove is not remembered.

use super::settings::{AuthSettings, IssuerSettings, KeySource};
use crate::fingerprint::{Fingerprint, Fingerprinter};

/// A hash of everything that decides whether a token is verified, and for how long that is remembered.
pub(super) fn of(settings: &AuthSettings) -> Fingerprint {
    let AuthSettings { issuers, token_cache_entries, token_cache_s, jwks, service_keys: _, guest: _ } =
        settings;
    let mut hash = Fingerprinter::new();
    hash.number(*token_cache_entries);
    hash.number(*token_cache_s);
    hash.part(format!("{jwks:?}").as_bytes());
    hash.number(issuers.len() as u64);
    for issuer in issuers {
        add_issuer(&mut hash, issuer);
    }
    hash.finish()
}

fn add_all(hash: &mut Fingerprinter, parts: &[String]) {
    hash.number(parts.len() as u64);
    for part in parts {
        hash.part(part.as_bytes());
    }
}

fn add_issuer(hash: &mut Fingerprinter, settings: &IssuerSettings) {
    let IssuerSettings {
        issuer,
        audiences,
        allow_other_audiences,
        keys,
        subject_claim,
        plan_claim,
        tenant_claim,
        token_types,
        leeway_s,
        audience_claim,
        other_audiences,
        authorized_parties,
        authorized_party_claim,
        required_claims,
        refused_claims,
        plan_prefix,
    } = settings;
    hash.part(issuer.as_bytes());
    add_all(hash, audiences);
    hash.number(u64::from(*allow_other_audiences));
    for claim in
        [subject_claim, plan_claim, tenant_claim, audience_claim, authorized_party_claim, plan_prefix]
    {
        hash.part(claim.as_bytes());
    }
    for names in [token_types, other_audiences, authorized_parties] {
        add_all(hash, names);
    }
    for rules in [required_claims, refused_claims] {
        hash.part(format!("{rules:?}").as_bytes());
    }
    hash.number(*leeway_s);
    match keys {
        KeySource::Hs256 { current, previous } => {
            hash.part(b"hs256");
            hash.part(current.expose());
            hash.part(previous.as_ref().map_or(b"", |secret| secret.expose()));
        }
        KeySource::PublicKeys { pem } => {
            hash.part(b"public keys");
            hash.part(pem);
        }
        KeySource::Jwks { url } => {
            hash.part(b"key set");
            hash.part(url.as_str().as_bytes());
        }
        KeySource::Discovery => hash.part(b"discovery"),
    }
}
