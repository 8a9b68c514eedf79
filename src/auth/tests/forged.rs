//! JWT-01, JWT-03 to JWT-06, JWT-15: tokens signed with something else than the issuer's key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use jsonwebtoken::Algorithm;
use serde_json::json;

use super::super::keys::VerifyingKey;
use super::super::token::{Space, Unverified};
use super::super::{AuthSettings, IssuerSettings, KeySource, Refusal};
use super::key_server::{Answer, KeyServer};
use super::signers::{Signer, pem};
use super::{
    AUDIENCE, Fixture, ISSUER, SECRET, claims_with, encode, good_claims, header_with, hs256_source,
    hs256_token, issuer_with, signed,
};

#[tokio::test]
async fn jwt_01_each_key_verifies_its_own_algorithms_and_no_others() {
    let keys = [Signer::new_rsa(), Signer::p256(), Signer::p384(), Signer::ed25519()];
    let own: [&[&str]; 4] = [&["RS256", "RS384", "RS512", "PS256"], &["ES256"], &["ES384"], &["EdDSA"]];
    let all = ["HS256", "RS256", "RS384", "RS512", "PS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
    for (key, own) in keys.iter().zip(own) {
        let gateway = Fixture::with_file(key);
        for algorithm in all {
            let token = signed(header_with(algorithm, json!({})), good_claims(), key);
            if own.contains(&algorithm) {
                gateway.accepts(&token).await;
            } else {
                gateway.refuses(&token, Refusal::Algorithm).await;
            }
        }
    }
}

#[tokio::test]
async fn jwt_01_the_header_cannot_choose_another_algorithm_for_a_signature() {
    let gateway = Fixture::with_file(Signer::rsa());
    let claims = good_claims().to_string();
    for (said, done) in [("RS256", "PS256"), ("PS256", "RS256"), ("RS384", "RS256"), ("RS512", "RS384")] {
        let header = header_with(said, json!({})).to_string();
        gateway.refuses(&super::signed_text(&header, &claims, done, Signer::rsa()), Refusal::Signature).await;
    }
}

#[test]
fn jwt_01_a_key_itself_refuses_an_algorithm_that_is_not_its_own() {
    super::install_crypto_provider();
    let (modulus, exponent) = Signer::rsa().rsa_numbers();
    let only = |algorithm| {
        let key = VerifyingKey::rsa(&modulus, &exponent).expect("a key");
        key.only(algorithm).expect("one of its own")
    };
    let token = signed(header_with("RS256", json!({})), good_claims(), Signer::rsa());
    let mut space = Space::new();
    let token = Unverified::parse(&token, &mut space).expect("well-formed");
    assert!(only(Algorithm::RS256).signed(&token));
    assert!(!only(Algorithm::RS512).signed(&token));
    assert!(!only(Algorithm::PS256).signed(&token));
}

#[tokio::test]
async fn jwt_03_a_public_key_is_no_hmac_secret() {
    let key = Signer::rsa();
    let server = KeyServer::start(Answer::keys(&[key.jwk(json!({ "kid": "k" }))])).await;
    let gateways = [Fixture::with_file(key), Fixture::with_issuer(issuer_with(server.source()))];
    let pem_text = key.pem();
    let secrets = [
        pem_text.clone().into_bytes(),
        pem_text.trim_end().as_bytes().to_vec(),
        pem_text.replace('\n', "\r\n").into_bytes(),
        pem("RSA PUBLIC KEY", &key.pkcs1()).into_bytes(),
        key.spki(),
        key.pkcs1(),
        key.rsa_numbers().0,
        encode(key.rsa_numbers().0).into_bytes(),
        key.jwk(json!({ "kid": "k" })).to_string().into_bytes(),
    ];
    for gateway in &gateways {
        gateway.accepts(&signed(header_with("RS256", json!({ "kid": "k" })), good_claims(), key)).await;
        for secret in &secrets {
            for name in ["HS256", "HS384", "HS512"] {
                let header = header_with(name, json!({ "kid": "k" }));
                gateway
                    .refuses(&signed(header, good_claims(), &Signer::hs256(secret)), Refusal::Algorithm)
                    .await;
            }
        }
    }
}

#[tokio::test]
async fn jwt_04_an_empty_secret_or_signature_proves_nothing() {
    let gateway = Fixture::hs256();
    for secret in [&b""[..], b"\0", b" ", b"secret", &[0; 32], &SECRET[..31]] {
        let token = signed(header_with("HS256", json!({})), good_claims(), &Signer::hs256(secret));
        gateway.refuses(&token, Refusal::Signature).await;
    }
    let token = hs256_token(good_claims());
    let (input, _) = token.rsplit_once('.').expect("three segments");
    gateway.refuses(&format!("{input}."), Refusal::Form).await;
    for signature in [vec![0], vec![0; 32], vec![0; 64], b"null".to_vec()] {
        gateway.refuses(&format!("{input}.{}", encode(signature)), Refusal::Signature).await;
    }
    for key in [Signer::p256(), Signer::p384(), Signer::ed25519()] {
        let gateway = Fixture::with_file(&key);
        let header = header_with(key.algorithm(), json!({})).to_string();
        let input = format!("{}.{}", encode(header), encode(good_claims().to_string()));
        for size in [1, 63, 64, 65, 96, 256] {
            gateway.refuses(&format!("{input}.{}", encode(vec![0; size])), Refusal::Signature).await;
        }
    }
}

#[tokio::test]
async fn jwt_05_keys_named_or_carried_by_the_token_are_neither_used_nor_fetched() {
    let (key, attacker) = (Signer::p256(), Signer::p256());
    let gateway = Fixture::with_file(&key);
    let server = KeyServer::start(Answer::keys(&[attacker.jwk(json!({ "kid": "k" }))])).await;
    let url = server.url();
    for carried in [
        json!({ "jku": url }),
        json!({ "x5u": url }),
        json!({ "jwk": attacker.jwk(json!({})) }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "x5t": "AAAA", "x5t#S256": "AAAA" }),
        json!({ "jku": url, "kid": "k", "x5u": url }),
    ] {
        let header = header_with("ES256", carried);
        gateway.refuses(&signed(header.clone(), good_claims(), &attacker), Refusal::Signature).await;
        gateway.accepts(&signed(header, good_claims(), &key)).await;
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn jwt_06_a_key_id_only_ever_selects_from_the_set_in_memory() {
    let key = Signer::p256();
    let server = KeyServer::start(Answer::keys(&[key.jwk(json!({ "kid": "good" }))])).await;
    let gateway = Fixture::with_issuer(issuer_with(server.source()));
    let with_id =
        |id: serde_json::Value| signed(header_with("ES256", json!({ "kid": id })), good_claims(), &key);
    gateway.accepts(&with_id(json!("good"))).await;
    for unknown in
        ["../good", "/dev/null", "good' OR '1'='1", "good; cat", "GOOD", " good", "good ", "http://a/b"]
    {
        gateway.refuses(&with_id(json!(unknown)), Refusal::UnknownKey).await;
    }
    for malformed in [
        json!(""),
        json!("good\0"),
        json!("a\nb"),
        json!("x".repeat(257)),
        json!(1),
        json!(["good"]),
        json!({}),
    ] {
        gateway.refuses(&with_id(malformed), Refusal::KeyId).await;
    }
    assert_eq!(server.requests(), 2, "the first set, and one refresh for all unknown ids");
    let ten_kib = with_id(json!("x".repeat(10 * 1024)));
    assert!(gateway.verify(&ten_kib).await.is_err());
}

#[tokio::test]
async fn jwt_09_a_key_counts_for_its_own_issuer_alone() {
    let (first, second) = (Signer::p256(), Signer::p256());
    let server = KeyServer::start(Answer::keys(&[second.jwk(json!({ "kid": "second" }))])).await;
    let pem = first.pem().into_bytes();
    let other = IssuerSettings::new("https://other.example", vec![AUDIENCE.to_owned()], server.source());
    let issuers = vec![issuer_with(KeySource::PublicKeys { pem }), other];
    let gateway = Fixture::new(AuthSettings { issuers, ..AuthSettings::default() });
    let token = |issuer: &str, key: &Signer, id: &str| {
        signed(header_with("ES256", json!({ "kid": id })), claims_with(json!({ "iss": issuer })), key)
    };
    gateway.accepts(&token(ISSUER, &first, "first")).await;
    gateway.accepts(&token("https://other.example", &second, "second")).await;
    gateway.refuses(&token(ISSUER, &second, "second"), Refusal::Signature).await;
    gateway.refuses(&token("https://other.example", &first, "second"), Refusal::Signature).await;
    gateway.refuses(&token("https://other.example", &first, "first"), Refusal::UnknownKey).await;
}

#[tokio::test]
async fn jwt_01_an_issuer_that_changes_over_has_each_algorithm_verified_by_its_own_keys() {
    let signer = Signer::p256();
    let pem = signer.pem().into_bytes();
    let issuers = vec![issuer_with(hs256_source()), issuer_with(KeySource::PublicKeys { pem: pem.clone() })];
    let gateway = Fixture::new(AuthSettings { issuers, ..AuthSettings::default() });
    gateway.accepts(&hs256_token(good_claims())).await;
    gateway.accepts(&signed(header_with("ES256", json!({})), good_claims(), &signer)).await;
    let confused = signed(header_with("HS256", json!({})), good_claims(), &Signer::hs256(&pem));
    gateway.refuses(&confused, Refusal::Signature).await;
}

/// The order of P-256. Source: FIPS 186-5 / SP 800-186 section 3.2.1.3 (read 2026-11-21).
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[tokio::test]
async fn jwt_15_an_ecdsa_signature_is_two_numbers_in_range_and_not_der() {
    let key = Signer::p256();
    let Signer::P256(pair) = &key else { panic!("P-256") };
    let gateway = Fixture::with_file(&key);
    let header = header_with("ES256", json!({})).to_string();
    let input = format!("{}.{}", encode(header), encode(good_claims().to_string()));
    let good = key.sign("ES256", input.as_bytes());
    let (r, s) = good.split_at(32);
    let one = [[0; 31].as_slice(), &[1]].concat();
    let pkcs8 = pair.to_pkcs8v1().expect("a document");
    let der_signer =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).expect("a key");
    let der = der_signer.sign(&SystemRandom::new(), input.as_bytes()).expect("a signature");
    let bad: [Vec<u8>; 15] = [
        [[0; 32].as_slice(), s].concat(),
        [r, &[0; 32]].concat(),
        vec![0; 64],
        [P256_ORDER.as_slice(), s].concat(),
        [r, &P256_ORDER].concat(),
        [P256_ORDER, P256_ORDER].concat(),
        vec![0xff; 64],
        [one.as_slice(), &one].concat(),
        [s, r].concat(),
        der.as_ref().to_vec(),
        good[..63].to_vec(),
        [good.as_slice(), &[0]].concat(),
        [&[0], good.as_slice()].concat(),
        [&[0], r, &[0], s].concat(),
        [[0; 16].as_slice(), r, &[0; 16], s].concat(),
    ];
    for signature in bad {
        gateway.refuses(&format!("{input}.{}", encode(signature)), Refusal::Signature).await;
    }
    gateway.accepts(&format!("{input}.{}", encode(good))).await;
}

#[tokio::test]
async fn jwt_15_an_eddsa_signature_has_one_form() {
    // The order of the base point, little-endian. Source: RFC 8032 section 5.1 (read 2026-11-21).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let key = Signer::ed25519();
    let gateway = Fixture::with_file(&key);
    let header = header_with("EdDSA", json!({})).to_string();
    let input = format!("{}.{}", encode(header), encode(good_claims().to_string()));
    let good = key.sign("EdDSA", input.as_bytes());
    let mut shifted = good.clone();
    let mut carry = 0u16;
    for (byte, order) in shifted[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    gateway.refuses(&format!("{input}.{}", encode(shifted)), Refusal::Signature).await;
    gateway.accepts(&format!("{input}.{}", encode(good))).await;
}
