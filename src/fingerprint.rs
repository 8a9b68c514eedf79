//! One value that is different as soon as anything that it was made of is.
//!
//! A reload asks whether something is still what it was. Files and secrets are hashed for that, never kept or
//! compared byte by byte.

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

/// A SHA-256 of all parts.
pub type Fingerprint = [u8; SHA256_OUTPUT_LEN];

/// Takes the parts, in an order that the caller keeps.
pub struct Fingerprinter(Context);

impl Fingerprinter {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) {
        self.0.update(&number.to_be_bytes());
    }

    /// Adds bytes, with their length before them, so that two parts cannot be mistaken for one.
    pub fn part(&mut self, part: &[u8]) {
        self.number(part.len() as u64);
        self.0.update(part);
    }

    /// Of all that was added.
    pub fn finish(self) -> Fingerprint {
        let mut out = Fingerprint::default();
        for (to, from) in out.iter_mut().zip(self.0.finish().as_ref()) {
            *to = *from;
        }
        out
    }
}

impl Default for Fingerprinter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&[u8]]) -> Fingerprint {
        let mut fingerprint = Fingerprinter::new();
        for part in parts {
            fingerprint.part(part);
        }
        fingerprint.finish()
    }

    #[test]
    fn the_same_parts_give_the_same_value_and_any_others_another() {
        assert_eq!(of(&[b"ab", b"c"]), of(&[b"ab", b"c"]));
        for other in
            [&[b"a".as_slice(), b"bc"] as &[&[u8]], &[b"abc"], &[b"ab", b"c", b""], &[b"c", b"ab"], &[]]
        {
            assert_ne!(of(&[b"ab", b"c"]), of(other), "{other:?}");
        }
    }
}
