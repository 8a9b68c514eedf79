//! Hashes of keys that config knows, each with what its key stands for.
//!
//! What it does *not* do: it does not say what a key may do.

use aws_lc_rs::{constant_time, digest};

use super::service_keys::is_service_key;

/// Longest text that is looked at as a key.
pub(super) const MAX_KEY_BYTES: usize = 128;

/// SHA-256 of a whole key.
pub(super) type Hash = [u8; digest::SHA256_OUTPUT_LEN];

/// See the module.
#[derive(Debug)]
pub(super) struct KeyHashes<T>(Vec<(Hash, T)>);

impl<T> Default for KeyHashes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> KeyHashes<T> {
    /// Adds one. `false`: it is known already, and nothing was added.
    pub(super) fn add(&mut self, hash: Hash, stands_for: T) -> bool {
        let is_new = self.0.iter().all(|(known, _)| *known != hash);
        if is_new {
            self.0.push((hash, stands_for));
        }
        is_new
    }

    /// What all keys stand for; with two hashes, twice.
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, stands_for)| stands_for)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What the key of this text stands for. Costs one SHA-256 if the text has the form of a key, else nothing.
    ///
    /// Hashes are compared in constant time and all of them, so that the time tells nothing.
    pub(super) fn find(&self, text: &str) -> Option<&T> {
        if !is_service_key(text) || text.len() > MAX_KEY_BYTES {
            return None;
        }
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        let mut found = None;
        for (known, stands_for) in &self.0 {
            if constant_time::verify_slices_are_equal(known, hash.as_ref()).is_ok() {
                found = Some(stands_for);
            }
        }
        found
    }
}

/// Reads 64 hexadecimal digits.
pub(super) fn hash_of_hex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 2 * hash.len() || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// Whether a key may have this name: it stands in logs and in records.
pub(super) fn is_key_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}
