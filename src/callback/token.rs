//! Signs and verifies the token that stands in a callback's address.
//!
//! `version.key-id.reservation.slot.expiry.mac`, for example
//! `1.k1.0123456789abcdef0123456789abcdef.p0.1800000000.` and 32 characters of mac. It names no owner, because
//! ownership can move from a guest to an end user while the job runs.
//!
//! What it does *not* do: it does not hide what it names, and it does not know whether the reservation exists.

use std::fmt;

use aws_lc_rs::{constant_time, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Timestamp;
use crate::ids::ReservationId;
use crate::secret::Secret;

const VERSION: &str = "1";
const MAX_TOKEN_BYTES: usize = 200;
const MAX_KEY_ID_BYTES: usize = 16;
const MIN_SECRET_BYTES: usize = 32;
/// 192 of HMAC-SHA256's 256 bits: a multiple of three bytes, so base64 has one spelling for it.
const MAC_BYTES: usize = 24;

/// Why a key cannot sign callbacks.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// The secret has fewer than 32 bytes.
    #[error("a callback secret needs at least {MIN_SECRET_BYTES} bytes")]
    ShortSecret,
    /// The key id is empty, longer than 16 bytes, or has characters outside `[A-Za-z0-9_-]`.
    #[error("a callback key id is 1 to {MAX_KEY_ID_BYTES} characters of A-Z a-z 0-9 _ -")]
    KeyId,
    /// The current and the previous key have one id.
    #[error("the current and the previous callback key need different ids")]
    SameKeyId,
    /// The system's random source failed.
    #[error("no random bytes from the system")]
    Random,
}

/// Which object of a reservation a callback is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// The prompt with this number within its request: `p0`, `p1`, …
    Prompt(u16),
    /// The tune: `t`.
    Tune,
    /// Everything that the reservation makes: `all`.
    All,
}

impl Slot {
    /// Reads what [`fmt::Display`] writes, and no other spelling.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "t" => Some(Self::Tune),
            "all" => Some(Self::All),
            _ => {
                let number = text.strip_prefix('p')?;
                number.parse().ok().filter(|_| is_canonical_decimal(number)).map(Self::Prompt)
            }
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prompt(number) => write!(f, "p{number}"),
            Self::Tune => f.write_str("t"),
            Self::All => f.write_str("all"),
        }
    }
}

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackToken {
    /// The reservation that the call was made under.
    pub reservation: ReservationId,
    /// Which of its objects.
    pub slot: Slot,
    /// Until when the inbox takes it.
    pub expires_at: Timestamp,
}

impl CallbackToken {
    /// Reads a token without looking at its mac or expiry.
    ///
    /// For attribution only: a callback address that the *upstream* echoes leads to its reservation, whichever
    /// key signed it and however old it is. Never for a request that came in.
    pub fn read_unverified(token: &str) -> Option<Self> {
        Fields::split(token).and_then(|fields| fields.parse())
    }
}

/// A signing key and the short name that tokens call it by.
pub struct CallbackKey {
    id: String,
    key: hmac::Key,
}

impl CallbackKey {
    /// A key from the operator's secret, which should serve nothing else.
    ///
    /// # Errors
    /// [`KeyError::KeyId`], [`KeyError::ShortSecret`]: see there.
    pub fn new(id: &str, secret: &Secret) -> Result<Self, KeyError> {
        if !is_key_id(id) {
            return Err(KeyError::KeyId);
        }
        if secret.size_bytes() < MIN_SECRET_BYTES {
            return Err(KeyError::ShortSecret);
        }
        Ok(Self { id: id.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, secret.expose()) })
    }
}

/// The key that signs, and the one before it, which is still believed.
pub struct CallbackKeys {
    current: CallbackKey,
    previous: Option<CallbackKey>,
    /// Does the work for a key id that nobody has.
    nobody: hmac::Key,
}

impl CallbackKeys {
    /// Keys for signing and verifying.
    ///
    /// # Errors
    /// [`KeyError::SameKeyId`], [`KeyError::Random`]: see there.
    pub fn new(current: CallbackKey, previous: Option<CallbackKey>) -> Result<Self, KeyError> {
        if previous.as_ref().is_some_and(|previous| previous.id == current.id) {
            return Err(KeyError::SameKeyId);
        }
        let nobody = hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new())
            .map_err(|_| KeyError::Random)?;
        Ok(Self { current, previous, nobody })
    }

    /// A token for one object of a reservation: at most 200 characters of `[A-Za-z0-9._-]`, fit for a path.
    pub fn sign(&self, reservation: ReservationId, slot: Slot, expires_at: Timestamp) -> String {
        let mut token = format!("{VERSION}.{}.{reservation}.{slot}.{}", self.current.id, expires_at.unix_s());
        let mac = mac(&self.current.key, &token);
        token.push('.');
        token.push_str(&mac);
        token
    }

    /// What a token says, if one of our keys signed it and it has not expired. `None` never tells which of
    /// these failed, and an unknown key id costs as much time as a wrong mac.
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<CallbackToken> {
        let fields = Fields::split(token)?;
        let known = [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| key.id == fields.key_id);
        // Compared as text: then a mac has exactly one spelling.
        let expected = mac(known.map_or(&self.nobody, |key| &key.key), fields.signed);
        let equal = constant_time::verify_slices_are_equal(expected.as_bytes(), fields.mac.as_bytes());
        let verified = equal.is_ok() && known.is_some();
        let says = fields.parse().filter(|_| verified)?;
        (now < says.expires_at).then_some(says)
    }
}

fn mac(key: &hmac::Key, signed: &str) -> String {
    let tag = hmac::sign(key, signed.as_bytes());
    URL_SAFE_NO_PAD.encode(tag.as_ref().get(..MAC_BYTES).unwrap_or_default())
}

/// A token taken apart, its mac not yet looked at.
struct Fields<'a> {
    signed: &'a str,
    key_id: &'a str,
    reservation: &'a str,
    slot: &'a str,
    expiry_s: &'a str,
    mac: &'a str,
}

impl<'a> Fields<'a> {
    fn split(token: &'a str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (signed, mac) = token.rsplit_once('.')?;
        let mut parts = signed.split('.');
        let (version, key_id) = (parts.next()?, parts.next()?);
        let (reservation, slot, expiry_s) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = parts.next().is_none() && version == VERSION && is_key_id(key_id);
        whole.then_some(Self { signed, key_id, reservation, slot, expiry_s, mac })
    }

    fn parse(&self) -> Option<CallbackToken> {
        let expiry_s = Some(self.expiry_s).filter(|text| is_canonical_decimal(text))?.parse().ok()?;
        Some(CallbackToken {
            reservation: ReservationId::parse(self.reservation)?,
            slot: Slot::parse(self.slot)?,
            expires_at: Timestamp::from_unix_s(expiry_s),
        })
    }
}

fn is_key_id(text: &str) -> bool {
    (1..=MAX_KEY_ID_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Digits without a sign or a leading zero: the one way in which we write a number.
fn is_canonical_decimal(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests;
