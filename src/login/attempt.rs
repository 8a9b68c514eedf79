//! A sign-in on its way: what the browser that began it brings back, sealed.
//!
//! The answer of a provider counts only in the browser that asked: everything that it is compared with is in that
//! browser's cookie and nowhere else, so an address that somebody else made signs nobody in. The cookie is sealed, since
//! what proves the browser to the provider stands in it; nothing is kept here, so it works after a restart and at every
//! gateway on the same store.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::Pending;
use super::return_path::ReturnPath;
use crate::clock::Timestamp;

/// A person has so long for the provider's page.
pub const ATTEMPT_LASTS: Duration = Duration::from_secs(600);
/// What is sealed here, and in which form.
const PURPOSE: &[u8] = b"login-attempt/1";
const MAX_CHARS: usize = 8 * 1024;

/// See the module.
pub struct Attempt {
    /// The provider's name in config.
    pub provider: String,
    /// What the answer is compared with.
    pub pending: Pending,
    /// Where the browser goes afterwards.
    pub return_to: ReturnPath,
    /// The guest that this browser was when it began: what it made becomes the end user's.
    pub guest: Option<String>,
    /// It is of no use from then on.
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Said {
    p: String,
    s: String,
    n: String,
    v: String,
    r: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    g: Option<String>,
    e: u64,
}

/// Seals attempts, and opens them again.
pub struct Attempts(RandomizedNonceKey);

impl Attempts {
    /// With this key, which serves nothing else.
    ///
    /// # Errors
    /// The library does not take it.
    pub fn new(key: &[u8; 32]) -> Result<Self, Unspecified> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self)
    }

    /// What the cookie's name ends with: several sign-ins of one browser do not meet.
    pub fn name_of(state: &str) -> String {
        let hash = digest(&SHA256, state.as_bytes());
        hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// For the cookie.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn seal(&self, attempt: &Attempt) -> Result<String, Unspecified> {
        let said = Said {
            p: attempt.provider.clone(),
            s: attempt.pending.state.clone(),
            n: attempt.pending.nonce.clone(),
            v: attempt.pending.pkce_verifier.clone(),
            r: attempt.return_to.as_str().to_owned(),
            g: attempt.guest.clone(),
            e: attempt.expires_at.unix_ms(),
        };
        let mut sealed = serde_json::to_vec(&said).map_err(|_| Unspecified)?;
        let nonce = self.0.seal_in_place_append_tag(Aad::from(PURPOSE), &mut sealed)?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut sealed);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a cookie of ours says that has not expired.
    pub fn open(&self, text: &str, now: Timestamp) -> Option<Attempt> {
        if text.len() > MAX_CHARS {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let said: Said =
            serde_json::from_slice(self.0.open_in_place(nonce, Aad::from(PURPOSE), sealed).ok()?).ok()?;
        let attempt = Attempt {
            provider: said.p,
            pending: Pending { state: said.s, nonce: said.n, pkce_verifier: said.v },
            return_to: ReturnPath::parse(&said.r)?,
            guest: said.g,
            expires_at: Timestamp::from_unix_ms(said.e),
        };
        (now < attempt.expires_at).then_some(attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_comes_back_as_it_was_until_it_expires_and_nothing_else_does() {
        let attempts = Attempts::new(&[7; 32]).unwrap();
        let attempt = Attempt {
            provider: "keycloak".into(),
            pending: Pending {
                state: "state".into(),
                nonce: "nonce".into(),
                pkce_verifier: "verifier".into(),
            },
            return_to: ReturnPath::parse("/app").unwrap(),
            guest: Some("v1.x".into()),
            expires_at: Timestamp::from_unix_s(600),
        };
        let sealed = attempts.seal(&attempt).unwrap();
        let opened = attempts.open(&sealed, Timestamp::from_unix_s(599)).unwrap();
        assert_eq!((&*opened.provider, &*opened.pending.pkce_verifier), ("keycloak", "verifier"));
        assert_eq!((opened.return_to.as_str(), opened.guest.as_deref()), ("/app", Some("v1.x")));
        assert!(attempts.open(&sealed, Timestamp::from_unix_s(600)).is_none());
        assert!(Attempts::new(&[8; 32]).unwrap().open(&sealed, Timestamp::from_unix_s(0)).is_none());
        assert!(attempts.open(&sealed[1..], Timestamp::from_unix_s(0)).is_none());
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("verifier"));
        assert_ne!(Attempts::name_of("a"), Attempts::name_of("b"));
    }
}
