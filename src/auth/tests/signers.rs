//! Keys made at run time that sign what they are told to, and show their public half in each form.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA512, RsaEncoding,
    RsaKeyPair,
};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{encode, merged};

pub(super) enum Signer {
    Hmac(Vec<u8>),
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    pub(super) fn hs256(secret: &[u8]) -> Self {
        Self::Hmac(secret.to_vec())
    }

    pub(super) fn new_rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    /// One RSA key for all tests that need just one: making it is slow.
    pub(super) fn rsa() -> &'static Self {
        static KEY: OnceLock<Signer> = OnceLock::new();
        KEY.get_or_init(Self::new_rsa)
    }

    pub(super) fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    pub(super) fn p384() -> Self {
        Self::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key"))
    }

    pub(super) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().expect("a key"))
    }

    /// Signs as the algorithm says; whatever the algorithm, an HMAC key makes an HMAC.
    pub(super) fn sign(&self, algorithm: &str, input: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Hmac(secret) => {
                let hash = match algorithm {
                    "HS384" => hmac::HMAC_SHA384,
                    "HS512" => hmac::HMAC_SHA512,
                    _ => hmac::HMAC_SHA256,
                };
                hmac::sign(&hmac::Key::new(hash, secret), input).as_ref().to_vec()
            }
            Self::Rsa(key) => {
                let encoding: &dyn RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(encoding, &random, input, &mut signature).expect("a signature");
                signature
            }
            Self::P256(key) | Self::P384(key) => {
                key.sign(&random, input).expect("a signature").as_ref().to_vec()
            }
            Self::Ed25519(key) => key.sign(input).as_ref().to_vec(),
        }
    }

    /// The usual algorithm of this key.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Hmac(_) => "HS256",
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::P384(_) => "ES384",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key as `SubjectPublicKeyInfo`.
    pub(super) fn spki(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Hmac(_) => panic!("a secret has no public half"),
            Self::Rsa(key) => key.public_key().as_der().expect("der"),
            Self::P256(key) | Self::P384(key) => key.public_key().as_der().expect("der"),
            Self::Ed25519(key) => key.public_key().as_der().expect("der"),
        };
        der.as_ref().to_vec()
    }

    pub(super) fn pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki())
    }

    /// RSA only: PKCS #1.
    pub(super) fn pkcs1(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.public_key().as_ref().to_vec(),
            _ => panic!("not RSA"),
        }
    }

    /// RSA only: modulus and exponent.
    pub(super) fn rsa_numbers(&self) -> (Vec<u8>, Vec<u8>) {
        let utils = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.key_utils;
        (utils.rsa_pub_components_from_public_key)(&self.pkcs1()).expect("an RSA key")
    }

    /// The public key as a JWK with some members added or replaced; `null` removes one.
    pub(super) fn jwk(&self, changes: Value) -> Value {
        let plain = match self {
            Self::Hmac(secret) => json!({ "kty": "oct", "k": encode(secret) }),
            Self::Rsa(_) => {
                let (n, e) = self.rsa_numbers();
                json!({ "kty": "RSA", "n": encode(n), "e": encode(e) })
            }
            Self::P256(key) => ec_jwk("P-256", key.public_key().as_ref()),
            Self::P384(key) => ec_jwk("P-384", key.public_key().as_ref()),
            Self::Ed25519(key) => json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key()) }),
        };
        merged(plain, changes)
    }
}

fn ec_jwk(curve: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) })
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// `RSAPublicKey` of any size, for keys that no library would make.
pub(super) fn pkcs1_of(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let body = [der(0x02, &[&[0], modulus].concat()), der(0x02, exponent)].concat();
    der(0x30, &body)
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let size = u16::try_from(content.len()).expect("small").to_be_bytes();
    let length = match size {
        [0, low @ 0..=127] => vec![low],
        [0, low] => vec![0x81, low],
        [high, low] => vec![0x82, high, low],
    };
    [vec![tag], length, content.to_vec()].concat()
}

/// Bytes that look random and are the same in each run.
pub(super) fn filler(size_bytes: usize) -> Vec<u8> {
    let blocks = (0u32..).flat_map(|n| digest::digest(&digest::SHA256, &n.to_be_bytes()).as_ref().to_vec());
    blocks.take(size_bytes).collect()
}
