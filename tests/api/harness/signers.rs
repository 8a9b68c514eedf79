//! Key pairs made for one test: they sign tokens and show their public half as PEM and JWK.

use astria_gateway::auth::install_crypto_provider;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::tokens::encode;

pub enum Signer {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
}

impl Signer {
    pub fn rs256() -> Self {
        Self::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// A token whose header names this key's algorithm and the key id.
    pub fn token(&self, key_id: &str, claims: &Value) -> String {
        self.token_with_header(&json!({ "alg": self.algorithm(), "typ": "at+jwt", "kid": key_id }), claims)
    }

    /// A token with any header: what a test of headers needs to get wrong on purpose.
    pub fn token_with_header(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{}", encode(signature))
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
        }
    }

    fn sign(&self, input: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, input, &mut signature).unwrap();
                signature
            }
            Self::Es256(key) => key.sign(&random, input).unwrap().as_ref().to_vec(),
        }
    }

    /// The public key as a PEM file holds it.
    pub fn pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Rs256(key) => key.public_key().as_der().unwrap(),
            Self::Es256(key) => key.public_key().as_der().unwrap(),
        };
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> =
            (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// The public key as a provider publishes it.
    pub fn jwk(&self, key_id: &str) -> Value {
        match self {
            Self::Rs256(key) => {
                install_crypto_provider();
                let read = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER
                    .key_utils
                    .rsa_pub_components_from_public_key;
                let (n, e) = read(key.public_key().as_ref()).unwrap();
                json!({ "kty": "RSA", "use": "sig", "kid": key_id, "n": encode(n), "e": encode(e) })
            }
            Self::Es256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": key_id, "x": encode(x), "y": encode(y) })
            }
        }
    }
}
