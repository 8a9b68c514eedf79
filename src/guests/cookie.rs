//! The cookie that proves a guest, and the name that a guest's network is kept under.
//!
//! The cookie is `v1.<id>.<expiry>.<mac>`: nothing in it is secret, and nobody but a gateway on the same store can make one.
//! Networks are kept as keyed hashes, never as addresses: they serve to count, and are forgotten after a day.
//!
//! ```
//! use astria_gateway::clock::Timestamp;
//! use astria_gateway::guests::{GuestId, GuestKeys};
//!
//! let keys = GuestKeys::new(&[7; 32]);
//! let guest = GuestId::generate().unwrap();
//! let at = Timestamp::from_unix_s;
//! let cookie = keys.sign(guest, at(1_800_000_000));
//! assert_eq!(keys.verify(&cookie, at(1_799_999_999)), Some((guest, at(1_800_000_000))));
//! assert_eq!(keys.verify(&cookie, at(1_800_000_000)), None);
//! ```
//!
//! What it does *not* do: whether the guest is still there, the store knows ([`super::Guests::find_guest`]).

use std::net::IpAddr;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::id::GuestId;
use crate::clock::Timestamp;
use crate::limits::AddressKey;

const VERSION: &str = "v1";
/// Version, id, an expiry of 20 digits at most, mac, and three dots.
const MAX_COOKIE_BYTES: usize = 80;
/// 192 of HMAC-SHA256's 256 bits: a multiple of three bytes, so base64 has one spelling for it.
const MAC_BYTES: usize = 24;

/// A network by a name that names nobody: an IPv4 address or the /64 of an IPv6 one, as a keyed hash of 128 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NetworkKey([u8; 16]);

impl NetworkKey {
    /// As it is kept.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Signs cookies and names networks. Made from one secret that all gateways on a store share.
pub struct GuestKeys {
    cookies: hmac::Key,
    networks: hmac::Key,
}

impl GuestKeys {
    /// With this secret, which serves nothing else.
    pub fn new(secret: &[u8; 32]) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        // A key each, so that no cookie is ever a network's name.
        let key = |purpose: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&secret, purpose).as_ref());
        Self { cookies: key(b"guest-cookie/1"), networks: key(b"guest-network/1") }
    }

    /// The cookie of a guest: letters, digits, `.`, `-` and `_`, at most 80.
    pub fn sign(&self, guest: GuestId, expires_at: Timestamp) -> String {
        let mut cookie = format!("{VERSION}.{guest}.{}", expires_at.unix_s());
        let mac = hmac::sign(&self.cookies, cookie.as_bytes());
        cookie.push('.');
        URL_SAFE_NO_PAD.encode_string(mac.as_ref().get(..MAC_BYTES).unwrap_or_default(), &mut cookie);
        cookie
    }

    /// Whose cookie this is and until when, if we signed it and it has not expired. `None` never tells which of these
    /// failed.
    pub fn verify(&self, cookie: &str, now: Timestamp) -> Option<(GuestId, Timestamp)> {
        if cookie.len() > MAX_COOKIE_BYTES {
            return None;
        }
        let mut parts = cookie.split('.').skip(1);
        let guest = GuestId::parse(parts.next()?)?;
        let expires_at = Timestamp::from_unix_s(parts.next()?.parse().ok()?);
        // Compared with what we would have written, as text: so a cookie has exactly one spelling.
        let expected = self.sign(guest, expires_at);
        constant_time::verify_slices_are_equal(expected.as_bytes(), cookie.as_bytes()).ok()?;
        (now < expires_at).then_some((guest, expires_at))
    }

    /// What guests from this address are counted as.
    pub fn network(&self, address: IpAddr) -> NetworkKey {
        let mut context = hmac::Context::with_key(&self.networks);
        match AddressKey::of(address) {
            AddressKey::V4(bits) => {
                context.update(b"4");
                context.update(&bits.to_be_bytes());
            }
            AddressKey::V6Prefix(bits) => {
                context.update(b"6");
                context.update(&bits.to_be_bytes());
            }
            AddressKey::Shared(number) => {
                context.update(b"s");
                context.update(&number.to_be_bytes());
            }
        }
        NetworkKey(context.sign().as_ref().first_chunk().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);
    const LATER: Timestamp = Timestamp::from_unix_s(1_800_003_600);

    #[test]
    fn a_cookie_proves_its_guest_until_it_expires() {
        let (keys, guest) = (GuestKeys::new(&[7; 32]), GuestId::generate().unwrap());
        let cookie = keys.sign(guest, LATER);
        assert!(cookie.starts_with(&format!("v1.{guest}.1800003600.")), "{cookie}");
        assert_eq!(keys.verify(&cookie, NOW), Some((guest, LATER)));
        assert_eq!(keys.verify(&cookie, LATER), None);
        assert_eq!(GuestKeys::new(&[8; 32]).verify(&cookie, NOW), None);
        let endless = keys.sign(guest, Timestamp::from_unix_ms(u64::MAX));
        assert!(endless.len() <= MAX_COOKIE_BYTES && keys.verify(&endless, NOW).is_some());
    }

    #[test]
    fn every_changed_character_and_every_other_spelling_proves_nobody() {
        let (keys, guest) = (GuestKeys::new(&[7; 32]), GuestId::generate().unwrap());
        let cookie = keys.sign(guest, LATER);
        for at in 0..cookie.len() {
            let mut changed = cookie.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(keys.verify(std::str::from_utf8(&changed).unwrap(), NOW), None, "{at}");
            assert_eq!(keys.verify(&cookie[..at], NOW), None, "{at}");
        }
        let mac = cookie.rsplit_once('.').unwrap().1;
        for odd in [
            format!("{cookie}."),
            format!("{cookie}="),
            format!(" {cookie}"),
            format!("v1.{guest}.+1800003600.{mac}"),
            format!("v1.{guest}.01800003600.{mac}"),
            format!("v2.{guest}.1800003600.{mac}"),
            format!("v1.{guest}.1800003600"),
            "v1...".into(),
            "A".repeat(10_000),
        ] {
            assert_eq!(keys.verify(&odd, NOW), None, "{odd:?}");
        }
    }

    #[test]
    fn networks_are_addresses_of_ipv4_and_64s_of_ipv6_by_a_name_that_needs_the_key() {
        let keys = GuestKeys::new(&[7; 32]);
        let of = |address: &str| keys.network(address.parse().unwrap()).0;
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        let other = GuestKeys::new(&[8; 32]).network("192.0.2.1".parse().unwrap());
        assert_ne!(of("192.0.2.1"), other.0);
    }
}
