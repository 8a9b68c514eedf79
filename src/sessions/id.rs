//! What a browser holds of a session: 256 random bits.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::Secret;

const SIZE_BYTES: usize = 32;
/// 32 bytes in base64url.
const CHARS: usize = 43;

/// See the module. It has no `Debug`: whoever reads it is signed in.
pub struct SessionId(Secret);

impl SessionId {
    /// A new one.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut bytes = vec![0; SIZE_BYTES];
        rand::fill(&mut bytes)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// As a cookie has it. `None`: nobody can have got it from here.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == SIZE_BYTES)?;
        Some(Self(Secret::new(bytes)))
    }

    /// For the cookie, and for nothing else.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.expose())
    }

    /// The bits themselves, to make keys of.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose()
    }

    /// What the store knows it by. The bits are random and many, so a fast hash is enough.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, self.0.expose()).as_ref());
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_one_spelling_only_and_the_store_cannot_make_it() {
        let id = SessionId::generate().unwrap();
        let text = id.expose();
        assert_eq!(SessionId::parse(&text).unwrap().hash(), id.hash());
        assert_ne!(SessionId::generate().unwrap().expose(), text);
        assert_ne!(URL_SAFE_NO_PAD.encode(id.hash()), text);
        for bad in ["", &text[1..], &format!("{text}="), &format!("{text}A"), &text.replace(|_| true, "!")] {
            assert!(SessionId::parse(bad).is_none(), "{bad}");
        }
        // The last character carries four bits that mean nothing: they must be zero.
        let last = text.chars().last().unwrap();
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars() {
            let spelled = format!("{}{other}", &text[..42]);
            let same = SessionId::parse(&spelled).is_some_and(|read| read.hash() == id.hash());
            assert_eq!(same, other == last, "{other}");
        }
    }
}
