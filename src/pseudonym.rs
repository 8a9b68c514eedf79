//! A name for an end user that names nobody: a keyed hash, the same for as long as the key lives.
//!
//! What must outlive an end user's wish to be forgotten (how much of a quota was used, that an erasure was asked for)
//! is kept under it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;

use crate::principal::EndUserId;

/// See the module: 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym(u128);

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Pseudonym {
    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let number = u128::from_str_radix(text, 16).ok().filter(|_| canonical)?;
        Some(Self(number))
    }
}

/// Makes pseudonyms. Cheap to clone.
#[derive(Clone)]
pub struct Pseudonyms(Arc<hmac::Key>);

impl Pseudonyms {
    /// `key` must stay the same for as long as anything is kept under a pseudonym.
    pub fn new(key: &[u8]) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// The pseudonym of one end user.
    pub fn of(&self, id: &EndUserId) -> Pseudonym {
        let mut context = hmac::Context::with_key(&self.0);
        // Its length first: no two pairs read the same.
        context.update(&(id.issuer.len() as u64).to_be_bytes());
        context.update(id.issuer.as_bytes());
        context.update(id.subject.as_bytes());
        let first = context.sign().as_ref().first_chunk().copied().unwrap_or_default();
        Pseudonym(u128::from_be_bytes(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_stable_under_its_key_and_tells_end_users_apart() {
        let id = |issuer: &str, subject: &str| EndUserId { issuer: issuer.into(), subject: subject.into() };
        let names = Pseudonyms::new(b"key");
        assert_eq!(names.of(&id("i", "s")), names.of(&id("i", "s")));
        assert_ne!(names.of(&id("is", "")), names.of(&id("i", "s")));
        assert_ne!(Pseudonyms::new(b"other").of(&id("i", "s")), names.of(&id("i", "s")));
        let shown = names.of(&id("i", "s")).to_string();
        assert_eq!((shown.len(), Pseudonym::parse(&shown)), (32, Some(names.of(&id("i", "s")))));
        assert_eq!(Pseudonym::parse(&shown.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")), None);
    }
}
