//! Keeps end users' tune titles apart at Astria, and gives each end user their own words back.
//!
//! With account idempotency on, an equal title returns an existing tune, whoever's it is (L-04). So every title goes
//! up with a prefix that is stable for one end user and opaque to everybody: an HMAC of account and end user.
//! Source: "Idempotency" of the Astria API overview (read 2026-11-20).

use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::hmac;

use super::owned::AccountKey;
use crate::principal::EndUserId;

/// Bytes of the mac that a prefix shows: no two end users meet.
const SHOWN_BYTES: usize = 12;

/// Makes prefixes. Cheap to clone.
#[derive(Clone)]
pub struct Titles(Arc<hmac::Key>);

impl Titles {
    /// `key` must stay the same for as long as tunes live.
    pub fn new(key: &[u8]) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// The prefix of one end user.
    pub fn of(&self, account: &AccountKey, owner: &EndUserId) -> TitlePrefix {
        let mut context = hmac::Context::with_key(&self.0);
        // Lengths first: no two triples read the same.
        for part in [account.as_str(), &owner.issuer, &owner.subject] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut prefix = String::with_capacity(2 * SHOWN_BYTES + 1);
        for byte in context.sign().as_ref().iter().take(SHOWN_BYTES) {
            // Writing to a String cannot fail.
            let _ = write!(prefix, "{byte:02x}");
        }
        prefix.push('-');
        TitlePrefix(prefix)
    }
}

/// What stands before one end user's titles at Astria.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitlePrefix(String);

impl TitlePrefix {
    /// As Astria gets it.
    pub fn add(&self, title: &str) -> String {
        format!("{}{title}", self.0)
    }

    /// As the end user wrote it; a title without the prefix (an adopted tune's) stays as it is.
    pub fn take_off<'a>(&self, title: &'a str) -> &'a str {
        title.strip_prefix(&self.0).unwrap_or(title)
    }
}

/// Whether a title at Astria has somebody's prefix: then the rest are the words of an end user.
pub fn has_prefix(title: &str) -> bool {
    words(title).is_some()
}

/// The words behind a prefix, whoever's it is. Only for whoever owns the tune, and only of one that was made here: a tune
/// that was a guest's keeps the guest's prefix when it becomes an end user's.
pub fn words(title: &str) -> Option<&str> {
    let (prefix, words) = title.split_once('-')?;
    let is_prefix =
        prefix.len() == 2 * SHOWN_BYTES && prefix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_prefix.then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(account: &str, issuer: &str, subject: &str) -> TitlePrefix {
        let owner = EndUserId { issuer: issuer.into(), subject: subject.into() };
        Titles::new(b"key").of(&AccountKey::new(account), &owner)
    }

    #[test]
    fn l_04_equal_titles_of_two_end_users_differ_and_come_back_as_they_were() {
        let (a, b) = (prefix("main", "https://id.example", "a"), prefix("main", "https://id.example", "b"));
        let sent = a.add("My cat");
        assert_ne!(sent, b.add("My cat"));
        assert_eq!(a.take_off(&sent), "My cat");
        assert_eq!(b.take_off(&sent), sent, "another's prefix is not ours to read");
        assert_eq!(a.take_off("imported"), "imported");
        assert!(!sent.contains("id.example") && !sent.contains("--"));
        assert!(has_prefix(&sent) && has_prefix(&b.add("")));
        assert_eq!(words(&a.add(&sent)), Some(&*sent), "one prefix, not two");
        for plain in ["", "-", "My cat", "Flux1.dev", "123-cat", "0123456789abcdef01234567"] {
            assert!(!has_prefix(plain), "{plain}");
        }
    }

    #[test]
    fn l_04_a_prefix_is_stable_and_its_parts_cannot_be_shifted() {
        assert_eq!(prefix("m", "i", "s"), prefix("m", "i", "s"));
        assert_ne!(prefix("m", "is", ""), prefix("m", "i", "s"));
        assert_ne!(prefix("mi", "", "s"), prefix("m", "i", "s"));
    }
}
