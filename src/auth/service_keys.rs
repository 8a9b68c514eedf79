//! Static keys with which the operator's own servers act for end users.
//!
//! A backend that serves many people needs one lasting proof, not a token for each of them. Config holds the
//! SHA-256 of each key only: the keys are random and long, so that a fast hash is enough, and whoever reads the
//! configuration cannot call with it. Several hashes a key make a rotation.
//!
//! A key begins with [`SERVICE_KEY_PREFIX`], so that it is told apart from a token before anything is verified; a
//! valid one is exempt from the address limit, because a server's many end users come from one address.
//!
//! It does *not* know headers: the edge hands over the end user's name.

use std::sync::Arc;

use aws_lc_rs::{digest, error::Unspecified, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key_hashes::{Hash, KeyHashes, MAX_KEY_BYTES, hash_of_hex, is_key_name};
use crate::principal::{EndUserId, OWN_ISSUER, Principal, Service};

/// What every service key begins with.
pub const SERVICE_KEY_PREFIX: &str = "agk_";

/// Most hashes of all keys together: each is compared on every call of a service.
pub const MAX_SERVICE_KEY_HASHES: usize = 64;

/// Longest name of an end user that a service may act for, in bytes.
pub const MAX_END_USER_BYTES: usize = 255;

const RANDOM_BYTES: usize = 32;

/// What config says about one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceKeySettings {
    /// For logs: letters, digits, - and _.
    pub name: String,
    /// SHA-256 of the whole key in hex, one for each key that is accepted during a rotation.
    pub sha256: Vec<String>,
    /// The issuer whose end users it acts for.
    pub issuer: String,
    /// The plan of those end users; `None`: the default.
    pub plan: Option<String>,
    /// The tenant of those end users, if any.
    pub tenant: Option<String>,
}

/// What is wrong with one key's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceKeyFault {
    /// The name is empty, too long, or has other characters than letters, digits, - and _.
    #[error("the name must be 1 to 64 letters, digits, - and _")]
    Name,
    /// There is no hash, or one is not 64 hexadecimal digits.
    #[error("sha256 must hold at least one hash of 64 hexadecimal digits")]
    Hash,
    /// A hash stands twice, here or in another key.
    #[error("a hash stands twice")]
    HashDouble,
    /// All keys together have more than [`MAX_SERVICE_KEY_HASHES`].
    #[error("all service keys together may have 64 hashes")]
    TooManyHashes,
    /// The issuer is empty, or the gateway's own.
    #[error("the issuer must not be empty, nor \"gateway\"")]
    Issuer,
}

/// One key that config knows.
#[derive(Debug)]
pub struct ServiceKey {
    name: Arc<str>,
    issuer: Arc<str>,
    plan: Option<Arc<str>>,
    tenant: Option<Arc<str>>,
}

/// All keys that config knows.
#[derive(Debug, Default)]
pub struct ServiceKeys(KeyHashes<Arc<ServiceKey>>);

impl ServiceKeys {
    /// # Errors
    /// The first fault, with its key's place in the list.
    pub fn new(settings: &[ServiceKeySettings]) -> Result<Self, (usize, ServiceKeyFault)> {
        let mut known = KeyHashes::default();
        for (index, key) in settings.iter().enumerate() {
            let hashes = key.check().map_err(|fault| (index, fault))?;
            let shared = |text: &Option<String>| text.as_deref().map(Arc::from);
            let made = Arc::new(ServiceKey {
                name: key.name.as_str().into(),
                issuer: key.issuer.as_str().into(),
                plan: shared(&key.plan),
                tenant: shared(&key.tenant),
            });
            for hash in hashes {
                if !known.add(hash, Arc::clone(&made)) {
                    return Err((index, ServiceKeyFault::HashDouble));
                }
            }
            if known.len() > MAX_SERVICE_KEY_HASHES {
                return Err((index, ServiceKeyFault::TooManyHashes));
            }
        }
        Ok(Self(known))
    }

    /// The key of which this is the text. Costs one SHA-256 if the text has the form of a key, else nothing.
    pub fn find(&self, text: &str) -> Option<&ServiceKey> {
        self.0.find(text).map(|key| &**key)
    }

    /// The key that config calls so. It proves nothing: whoever asks has a proof.
    pub fn named(&self, name: &str) -> Option<&ServiceKey> {
        self.0.all().find(|key| &*key.name == name).map(|key| &**key)
    }
}

impl ServiceKey {
    /// The key's name in config.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The principal that the server is when it acts for this end user.
    pub fn act_for(&self, end_user: &EndUserName<'_>) -> Principal {
        Principal::Service(Arc::new(Service {
            key_name: Arc::clone(&self.name),
            end_user: EndUserId { issuer: Arc::clone(&self.issuer), subject: end_user.0.into() },
            plan: self.plan.clone(),
            tenant: self.tenant.clone(),
        }))
    }
}

/// The subject of an end user, as a service names it: 1 to 255 bytes of visible ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndUserName<'a>(&'a str);

impl<'a> EndUserName<'a> {
    /// `None` if this can be no end user's name.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let fits = (1..=MAX_END_USER_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        std::str::from_utf8(bytes).ok().filter(|_| fits).map(Self)
    }
}

impl ServiceKeySettings {
    /// Reads the hashes, if everything is fit.
    ///
    /// # Errors
    /// The first fault; what several keys do wrong together is found by [`ServiceKeys::new`].
    fn check(&self) -> Result<Vec<Hash>, ServiceKeyFault> {
        if !is_key_name(&self.name) {
            return Err(ServiceKeyFault::Name);
        }
        if self.issuer.is_empty() || self.issuer == OWN_ISSUER {
            return Err(ServiceKeyFault::Issuer);
        }
        if self.sha256.is_empty() {
            return Err(ServiceKeyFault::Hash);
        }
        self.sha256.iter().map(|text| hash_of_hex(text).ok_or(ServiceKeyFault::Hash)).collect()
    }
}

/// Whether a bearer credential has the form of a service key, valid or not.
pub fn is_service_key(text: &str) -> bool {
    text.starts_with(SERVICE_KEY_PREFIX)
}

/// A new random key and its hash in hex, for the command `new-service-key`: the key is for the server that calls, the
/// hash for config.
///
/// # Errors
/// The machine gives no random numbers.
pub fn new_service_key() -> Result<(String, String), Unspecified> {
    let mut random = [0; RANDOM_BYTES];
    rand::fill(&mut random)?;
    let key = format!("{SERVICE_KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
    let hash = hex(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
    Ok((key, hash))
}

/// The hash in hex of a key that is there already, for the command `hash-service-key`. `None` if it is not one that
/// [`new_service_key`] could have made: a weak key must not get in this way.
pub fn hash_service_key(key: &str) -> Option<String> {
    let random = key.strip_prefix(SERVICE_KEY_PREFIX)?;
    let size_bytes = URL_SAFE_NO_PAD.decode(random).ok()?.len();
    let fits = size_bytes >= RANDOM_BYTES && key.len() <= MAX_KEY_BYTES;
    fits.then(|| hex(digest::digest(&digest::SHA256, key.as_bytes()).as_ref()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
