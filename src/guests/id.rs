//! Names one guest: 128 random bits, which nobody can guess and which say nothing of whose they are.

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::principal::{EndUserId, OWN_ISSUER};

/// What stands before the id in a guest's subject.
const PREFIX: &str = "guest-";

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GuestId([u8; 16]);

impl GuestId {
    /// A new one.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut bytes = [0; 16];
        rand::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads the 22 characters that [`fmt::Display`] writes, and no other spelling.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 22 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The guest as an owner of objects and a holder of quota: ([`OWN_ISSUER`], `guest-…`).
    pub fn end_user(self) -> EndUserId {
        EndUserId { issuer: OWN_ISSUER.into(), subject: self.subject().into() }
    }

    /// The subject alone.
    pub fn subject(self) -> String {
        format!("{PREFIX}{self}")
    }

    /// Which guest an identity is; `None`: an end user, or the guest that all callers without a token are together.
    pub fn of(who: &EndUserId) -> Option<Self> {
        if *who.issuer != *OWN_ISSUER {
            return None;
        }
        who.subject.strip_prefix(PREFIX).and_then(Self::parse)
    }
}

impl fmt::Display for GuestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for GuestId {
    /// Prints no name, as of any end user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestId(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_read_from_its_own_spelling_and_no_other() {
        let guest = GuestId::generate().unwrap();
        assert_ne!(guest, GuestId::generate().unwrap());
        let text = guest.to_string();
        assert_eq!(GuestId::parse(&text), Some(guest));
        for odd in ["", "A", &text[1..], &format!("{text}="), &format!("{text}A"), "AAAAAAAAAAAAAAAAAAAAAB"] {
            assert_eq!(GuestId::parse(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn a_guest_is_an_end_user_of_the_gateways_own_issuer() {
        let guest = GuestId::generate().unwrap();
        assert_eq!(GuestId::of(&guest.end_user()), Some(guest));
        let named =
            |issuer: &str, subject: &str| EndUserId { issuer: issuer.into(), subject: subject.into() };
        assert_eq!(GuestId::of(&named(OWN_ISSUER, "guest")), None, "the one that all share");
        assert_eq!(GuestId::of(&named("https://id.example", &guest.subject())), None);
        assert_eq!(format!("{guest:?}"), "GuestId(..)");
    }
}
