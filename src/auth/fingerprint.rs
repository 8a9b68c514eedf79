//! One value that is different as soon as anything about any issuer is.
//!
//! Verified tokens are remembered; after a reload they may be remembered on only if they would be verified alike.
//! Secrets are hashed, never compared byte by byte or kept.
//!
//! It does *not* cover service keys and guests: what they prove is not remembered.

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

use super::settings::{AuthSettings, IssuerSettings, KeySource};

/// A hash of everything that decides whether a token is verified, and for how long that is remembered.
pub(super) fn of(settings: &AuthSettings) -> [u8; SHA256_OUTPUT_LEN] {
    let AuthSettings { issuers, token_cache_entries, token_cache_s, jwks, service_keys: _, guest: _ } =
        settings;
    let mut hash = Hasher(Context::new(&SHA256));
    hash.number(*token_cache_entries);
    hash.number(*token_cache_s);
    hash.part(format!("{jwks:?}").as_bytes());
    hash.number(issuers.len() as u64);
    for issuer in issuers {
        hash.issuer(issuer);
    }
    let mut out = [0; SHA256_OUTPUT_LEN];
    for (to, from) in out.iter_mut().zip(hash.0.finish().as_ref()) {
        *to = *from;
    }
    out
}

struct Hasher(Context);

impl Hasher {
    fn number(&mut self, number: u64) {
        self.0.update(&number.to_be_bytes());
    }

    /// With its length before it, so that two parts cannot be mistaken for one.
    fn part(&mut self, part: &[u8]) {
        self.number(part.len() as u64);
        self.0.update(part);
    }

    fn parts(&mut self, parts: &[String]) {
        self.number(parts.len() as u64);
        for part in parts {
            self.part(part.as_bytes());
        }
    }

    fn issuer(&mut self, settings: &IssuerSettings) {
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
        } = settings;
        self.part(issuer.as_bytes());
        self.parts(audiences);
        self.number(u64::from(*allow_other_audiences));
        for claim in [subject_claim, plan_claim, tenant_claim] {
            self.part(claim.as_bytes());
        }
        self.parts(token_types);
        self.number(*leeway_s);
        match keys {
            KeySource::Hs256 { current, previous } => {
                self.part(b"hs256");
                self.part(current.expose());
                self.part(previous.as_ref().map_or(b"", |secret| secret.expose()));
            }
            KeySource::PublicKeys { pem } => {
                self.part(b"public keys");
                self.part(pem);
            }
            KeySource::Jwks { url } => {
                self.part(b"key set");
                self.part(url.as_str().as_bytes());
            }
            KeySource::Discovery => self.part(b"discovery"),
        }
    }
}
