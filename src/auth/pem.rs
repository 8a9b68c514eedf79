//! Reads the public keys of a PEM file.
//!
//! An operator without a JWKS gives the issuer's public key as a file; during a rotation it holds two.
//! The algorithms follow from the key's family.
//!
//! It does *not* accept certificates (their dates and chain would have to be judged) or private keys (they
//! have no business on a machine that only verifies).

use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{AlgorithmFamily, DecodingKey};

use super::keys::{KeyFault, VerifyingKey};
use super::settings::IssuerFault;

/// More keys than any rotation needs: each would be tried on every token.
const MAX_KEYS: usize = 8;

/// Reads one or more `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS #1) blocks.
pub(super) fn public_keys(file: &[u8]) -> Result<Vec<VerifyingKey>, IssuerFault> {
    let text = std::str::from_utf8(file).map_err(|_| IssuerFault::PemUnreadable)?;
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find("-----BEGIN ") {
        let block = rest.get(begin..).unwrap_or_default();
        let label = block.strip_prefix("-----BEGIN ").and_then(|after| after.split_once("-----"));
        let (label, _) = label.ok_or(IssuerFault::PemUnreadable)?;
        let end_line = format!("-----END {label}-----");
        let end = block.find(&end_line).ok_or(IssuerFault::PemUnreadable)? + end_line.len();
        keys.push(public_key(label, block.get(..end).unwrap_or_default())?);
        rest = block.get(end..).unwrap_or_default();
    }
    match keys.len() {
        0 => Err(IssuerFault::PemUnreadable),
        1..=MAX_KEYS => Ok(keys),
        _ => Err(IssuerFault::PemTooManyKeys),
    }
}

fn public_key(label: &str, block: &str) -> Result<VerifyingKey, IssuerFault> {
    match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => {}
        _ if label.ends_with("PRIVATE KEY") => return Err(IssuerFault::PemPrivateKey),
        _ => return Err(IssuerFault::PemUnreadable),
    }
    let block = block.as_bytes();
    let key = DecodingKey::from_ed_pem(block)
        .or_else(|_| DecodingKey::from_ec_pem(block))
        .or_else(|_| DecodingKey::from_rsa_pem(block))
        .map_err(|_| IssuerFault::PemUnreadable)?;
    let bytes = key.try_get_as_bytes().map_err(|_| IssuerFault::PemUnreadable)?;
    match key.family() {
        AlgorithmFamily::Ed => VerifyingKey::ed25519(bytes),
        AlgorithmFamily::Ec => VerifyingKey::elliptic_curve(bytes),
        AlgorithmFamily::Rsa => {
            let (modulus, exponent) = (DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key)(bytes)
                .map_err(|_| IssuerFault::PemUnreadable)?;
            VerifyingKey::rsa(&modulus, &exponent)
        }
        AlgorithmFamily::Hmac => Err(KeyFault::Unusable),
    }
    .map_err(|fault| match fault {
        KeyFault::RsaTooSmall => IssuerFault::RsaTooSmall,
        KeyFault::Unusable => IssuerFault::KeyUnusable,
    })
}
