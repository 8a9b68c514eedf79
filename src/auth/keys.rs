//! A key that may verify signatures, together with the algorithms it may be used for.
//!
//! The algorithm is a property of the key, never of the token: that closes `alg: none`, a public key used
//! as an HMAC secret, and every other confusion of algorithms.
//! Source: RFC 8725 section 3.1 (read 2026-11-21).

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, VerificationAlgorithm,
};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use super::token::Unverified;
use crate::secret::Secret;

/// What an RSA key may be used for when nothing narrows it.
pub(super) const RSA_ALGORITHMS: &[Algorithm] =
    &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256];

/// Reads an algorithm's name; `None` for `none` and for all that the gateway does not accept.
pub(super) fn algorithm_named(name: &str) -> Option<Algorithm> {
    Some(match name {
        "HS256" => Algorithm::HS256,
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        _ => return None,
    })
}

/// Why key material cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyFault {
    /// An RSA modulus below 2048 bits.
    RsaTooSmall,
    /// Malformed, or of a kind or curve that is not accepted.
    Unusable,
}

/// A parsed key and what it may be used for.
pub(super) struct VerifyingKey {
    algorithms: Vec<Algorithm>,
    key: Material,
}

enum Material {
    /// Prepared once: a token that is refused must cost little.
    Shared(Box<hmac::Key>),
    Public(DecodingKey),
}

impl VerifyingKey {
    /// A shared secret; its length has been checked by the caller.
    pub(super) fn hs256(secret: &Secret) -> Self {
        let key = Material::Shared(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret.expose())));
        Self { algorithms: vec![Algorithm::HS256], key }
    }

    /// From the modulus and exponent, big-endian. Leading zero bytes, which some providers publish
    /// against RFC 7518 section 6.3.1.1, are dropped.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyFault> {
        let modulus = without_leading_zeros(modulus);
        let exponent = without_leading_zeros(exponent);
        let size_bits =
            (modulus.len() * 8).saturating_sub(modulus.first().map_or(0, |b| b.leading_zeros() as usize));
        if size_bits < 2048 {
            return Err(KeyFault::RsaTooSmall);
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|b| b % 2 == 1);
        // With an exponent of 1 everything is its own signature; larger than four bytes only costs time.
        let exponent_fits = is_odd(exponent) && exponent != [1] && exponent.len() <= 4;
        if size_bits > 8192 || !is_odd(modulus) || !exponent_fits {
            return Err(KeyFault::Unusable);
        }
        let key = DecodingKey::from_rsa_raw_components(modulus, exponent);
        Ok(Self { algorithms: RSA_ALGORITHMS.to_vec(), key: Material::Public(key) })
    }

    /// From an uncompressed point on P-256 or P-384, told apart by length; a point off its curve
    /// (so also one of another curve of the same size) is refused.
    pub(super) fn elliptic_curve(point: &[u8]) -> Result<Self, KeyFault> {
        let (algorithm, curve): (_, &'static dyn VerificationAlgorithm) = match point.len() {
            65 => (Algorithm::ES256, &ECDSA_P256_SHA256_FIXED),
            97 => (Algorithm::ES384, &ECDSA_P384_SHA384_FIXED),
            _ => return Err(KeyFault::Unusable),
        };
        if point.first() != Some(&4) {
            return Err(KeyFault::Unusable);
        }
        ParsedPublicKey::new(curve, point).map_err(|_| KeyFault::Unusable)?;
        Ok(Self { algorithms: vec![algorithm], key: Material::Public(DecodingKey::from_ec_der(point)) })
    }

    /// From the 32 bytes of an Ed25519 public key.
    pub(super) fn ed25519(public: &[u8]) -> Result<Self, KeyFault> {
        if public.len() != 32 {
            return Err(KeyFault::Unusable);
        }
        ParsedPublicKey::new(&ED25519, public).map_err(|_| KeyFault::Unusable)?;
        let key = Material::Public(DecodingKey::from_ed_der(public));
        Ok(Self { algorithms: vec![Algorithm::EdDSA], key })
    }

    /// The same key for one algorithm alone; refused if that is not among its own.
    pub(super) fn only(self, algorithm: Algorithm) -> Result<Self, KeyFault> {
        if self.may(algorithm) {
            Ok(Self { algorithms: vec![algorithm], key: self.key })
        } else {
            Err(KeyFault::Unusable)
        }
    }

    /// Whether this key may be used with the algorithm.
    pub(super) fn may(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Whether the token's signature is this key's. False for an algorithm that is not the key's.
    pub(super) fn signed(&self, token: &Unverified<'_>) -> bool {
        let signed = token.signing_input.as_bytes();
        self.may(token.algorithm)
            && match &self.key {
                Material::Shared(key) => hmac::verify(key, signed, token.signature_bytes).is_ok(),
                Material::Public(key) => {
                    crypto::verify(token.signature, signed, key, token.algorithm).unwrap_or(false)
                }
            }
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|b| **b == 0).count();
    number.get(zeros..).unwrap_or_default()
}
