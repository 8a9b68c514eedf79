//! Seals a provider's refresh token so that only the browser's cookie opens it.
//!
//! Each sign-in has a key of its own for what it seals, and that key is sealed under the session's id, which the store has
//! only the hash of. So a session may change its id without its tokens being sealed anew, and whoever reads the store
//! reads no token.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand;

use super::id::SessionId;
use crate::secret::Secret;

const SIZE_BYTES: usize = 32;
const KEY: &[u8] = b"session-grant-key/1";
const GRANT: &[u8] = b"session-grant/1";

/// The key of what one sign-in seals.
pub struct GrantKey(Secret);

impl GrantKey {
    /// A new one.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut bytes = vec![0; SIZE_BYTES];
        rand::fill(&mut bytes)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// For the store, under a session's id.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn seal_under(&self, id: &SessionId) -> Result<Vec<u8>, Unspecified> {
        seal(&under(id)?, KEY, self.0.expose())
    }

    /// The key, if it was sealed under this id.
    pub fn open_under(id: &SessionId, sealed: &[u8]) -> Option<Self> {
        let bytes = open(&under(id).ok()?, KEY, sealed)?;
        (bytes.len() == SIZE_BYTES).then(|| Self(Secret::new(bytes)))
    }

    /// Seals a token.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn seal(&self, token: &Secret) -> Result<Vec<u8>, Unspecified> {
        seal(&RandomizedNonceKey::new(&AES_256_GCM, self.0.expose())?, GRANT, token.expose())
    }

    /// The token, if this key sealed it.
    pub fn open(&self, sealed: &[u8]) -> Option<Secret> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, self.0.expose()).ok()?;
        open(&key, GRANT, sealed).map(Secret::new)
    }
}

/// The key that follows from an id.
fn under(id: &SessionId) -> Result<RandomizedNonceKey, Unspecified> {
    let mut key = [0; SIZE_BYTES];
    let extracted = Salt::new(HKDF_SHA256, b"astria-gateway").extract(id.bytes());
    extracted.expand(&[KEY], HKDF_SHA256)?.fill(&mut key)?;
    RandomizedNonceKey::new(&AES_256_GCM, &key)
}

fn seal(key: &RandomizedNonceKey, purpose: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut sealed = plain.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(purpose), &mut sealed)?;
    let mut bytes = nonce.as_ref().to_vec();
    bytes.append(&mut sealed);
    Ok(bytes)
}

fn open(key: &RandomizedNonceKey, purpose: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = sealed.to_vec();
    let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    key.open_in_place(nonce, Aad::from(purpose), sealed).ok().map(|plain| plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sessions_own_id_opens_its_grant_and_a_new_id_can_take_over() {
        let (first, second) = (SessionId::generate().unwrap(), SessionId::generate().unwrap());
        let key = GrantKey::generate().unwrap();
        let sealed = key.seal(&Secret::from("refresh-token".to_owned())).unwrap();
        let under_first = key.seal_under(&first).unwrap();
        assert!(GrantKey::open_under(&second, &under_first).is_none());
        let opened = GrantKey::open_under(&first, &under_first).unwrap();
        assert_eq!(opened.open(&sealed).unwrap().expose(), b"refresh-token");
        let under_second = opened.seal_under(&second).unwrap();
        let moved = GrantKey::open_under(&second, &under_second).unwrap();
        assert_eq!(moved.open(&sealed).unwrap().expose(), b"refresh-token");
        let mut changed = sealed.clone();
        changed[NONCE_LEN] ^= 1;
        assert!(moved.open(&changed).is_none() && moved.open(&sealed[..5]).is_none());
        assert!(!sealed.windows(7).any(|window| window == b"refresh"));
    }
}
