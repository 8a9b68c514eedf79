//! Signs notifications as Standard Webhooks has it, so that an app can verify them with a library.
//!
//! Source: the specification of Standard Webhooks, `v1` (symmetric): HMAC-SHA256 over `id.timestamp.body`, in base64
//! (read 2026-11-22).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use crate::clock::Timestamp;

const PREFIX: &[u8] = b"whsec_";
const MIN_BYTES: usize = 24;
const MAX_BYTES: usize = 64;
/// People lose the signs of padding when they copy.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is wrong with a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// It does not look like one.
    #[error("a signing secret is whsec_ and base64 of {MIN_BYTES} to {MAX_BYTES} random bytes")]
    Form,
    /// It is too short or too long.
    #[error("a signing secret has {MIN_BYTES} to {MAX_BYTES} bytes, this one has {0}")]
    Size(usize),
}

/// One secret that an app shares with the gateway.
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// Reads `whsec_` and base64, as apps' libraries take it.
    ///
    /// # Errors
    /// [`SecretFault`]
    pub fn parse(text: &[u8]) -> Result<Self, SecretFault> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretFault::Form)?;
        let bytes = LENIENT.decode(encoded).map_err(|_| SecretFault::Form)?;
        if !(MIN_BYTES..=MAX_BYTES).contains(&bytes.len()) {
            return Err(SecretFault::Size(bytes.len()));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    fn sign(&self, head: &str, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(head.as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

/// The secret in force and, while a rotation lasts, the one before.
pub struct SigningKeys {
    /// Signs.
    pub current: SigningKey,
    /// Signs, too, so that an app verifies with whichever it has.
    pub previous: Option<SigningKey>,
}

impl SigningKeys {
    /// The header `webhook-signature`: one signature a secret, with a space between them.
    pub fn signature(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let head = format!("{id}.{}.", at.unix_s());
        let all = std::iter::once(&self.current).chain(&self.previous);
        all.map(|key| key.sign(&head, body)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    fn keys(current: &[u8], previous: Option<&[u8]>) -> SigningKeys {
        let key = |text| SigningKey::parse(text).unwrap();
        SigningKeys { current: key(current), previous: previous.map(key) }
    }

    #[test]
    fn cb_09_the_vector_of_standard_webhooks_is_signed_as_it_says() {
        // Source: the tests of the specification's own libraries (libraries/rust; read 2026-11-22).
        let at = Timestamp::from_unix_s(1_649_367_553);
        assert_eq!(keys(SECRET, None).signature(ID, at, BODY), SIGNATURE);
    }

    #[test]
    fn cb_09_while_a_rotation_lasts_both_secrets_sign() {
        let at = Timestamp::from_unix_ms(1_649_367_553_999);
        let new = format!("whsec_{}", STANDARD.encode([7; 32]));
        let both = keys(new.as_bytes(), Some(SECRET)).signature(ID, at, BODY);
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!((first, second), (&*keys(new.as_bytes(), None).signature(ID, at, BODY), SIGNATURE));
    }

    #[test]
    fn cb_09_a_secret_is_whsec_and_base64_of_24_to_64_bytes() {
        let of = |size: usize| format!("whsec_{}", STANDARD.encode(vec![1; size]));
        for size in [24, 25, 32, 64] {
            assert!(SigningKey::parse(of(size).as_bytes()).is_ok(), "{size}");
            assert!(SigningKey::parse(of(size).trim_end_matches('=').as_bytes()).is_ok(), "{size}");
        }
        for size in [0, 1, 23, 65] {
            assert_eq!(SigningKey::parse(of(size).as_bytes()).err(), Some(SecretFault::Size(size)));
        }
        let url_safe = of(32).replace('A', "-");
        for odd in ["", "whsec_!", "whsec", "WHSEC_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", url_safe.as_str()] {
            let fault = SigningKey::parse(odd.as_bytes()).err();
            assert_eq!(fault, Some(SecretFault::Form), "{odd}");
        }
        let bare = SECRET.strip_prefix(PREFIX).unwrap();
        assert_eq!(SigningKey::parse(bare).err(), Some(SecretFault::Form));
    }
}
