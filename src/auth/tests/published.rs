//! JWT-13 and JWKS-01 to JWKS-04: keys that an issuer publishes.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::{AuthError, AuthSettings, JwksSettings, Refusal};
use super::key_server::{Answer, KeyServer};
use super::signers::{Signer, filler};
use super::{Fixture, encode, good_claims, header_with, issuer_with, signed};

fn token(id: &str, key: &Signer) -> String {
    signed(header_with(key.algorithm(), json!({ "kid": id })), good_claims(), key)
}

fn token_without_id(key: &Signer) -> String {
    signed(header_with(key.algorithm(), json!({})), good_claims(), key)
}

/// A gateway that remembers no token, so that each call asks the key set.
fn gateway(server: &KeyServer, jwks: JwksSettings) -> Fixture {
    let issuers = vec![issuer_with(server.source())];
    Fixture::new(AuthSettings { issuers, jwks, token_cache_entries: 0, ..AuthSettings::default() })
}

async fn publishing(keys: &[Value]) -> (KeyServer, Fixture) {
    let server = KeyServer::start(Answer::keys(keys)).await;
    let fixture = gateway(&server, JwksSettings::default());
    (server, fixture)
}

#[tokio::test]
async fn jwt_13_a_published_key_works_with_and_without_an_algorithm_of_its_own() {
    for key in [Signer::new_rsa(), Signer::p256(), Signer::p384(), Signer::ed25519()] {
        for extra in [
            json!({}),
            json!({ "use": "sig", "alg": key.algorithm() }),
            json!({ "key_ops": ["verify"], "x5c": ["ignored"], "unknown": { "a": [] } }),
        ] {
            let (_server, gateway) = publishing(&[merged_id(&key, "k", extra)]).await;
            gateway.accepts(&token("k", &key)).await;
        }
    }
}

fn merged_id(key: &Signer, id: &str, extra: Value) -> Value {
    super::merged(key.jwk(json!({ "kid": id })), extra)
}

#[tokio::test]
async fn jwt_13_a_key_for_another_purpose_is_not_used() {
    let (rsa, p256, p384, ed25519) = (Signer::rsa(), Signer::p256(), Signer::p384(), Signer::ed25519());
    let unfit: Vec<(&Signer, Value)> = vec![
        (rsa, json!({ "use": "enc" })),
        (rsa, json!({ "use": 1 })),
        (rsa, json!({ "key_ops": ["sign", "encrypt"] })),
        (rsa, json!({ "key_ops": [] })),
        (rsa, json!({ "key_ops": "verify" })),
        (rsa, json!({ "alg": "ES256" })),
        (rsa, json!({ "alg": "RSA-OAEP" })),
        (rsa, json!({ "alg": "HS256" })),
        (rsa, json!({ "alg": "none" })),
        (rsa, json!({ "alg": 1 })),
        (rsa, json!({ "kty": "rsa" })),
        (rsa, json!({ "kty": "EC" })),
        (rsa, json!({ "d": "AAAA" })),
        (rsa, json!({ "e": "AQ" })),
        (rsa, json!({ "e": "AAAA" })),
        (rsa, json!({ "n": "" })),
        (rsa, json!({ "n": format!("{}=", encode(rsa.rsa_numbers().0)) })),
        (&p256, json!({ "crv": "P-384" })),
        (&p256, json!({ "crv": "P-521" })),
        (&p256, json!({ "crv": "secp256k1" })),
        (&p256, json!({ "crv": "Ed25519" })),
        (&p256, json!({ "alg": "ES384" })),
        (&p256, json!({ "alg": "EdDSA" })),
        (&p256, json!({ "x": encode([1; 32]) })),
        (&p256, json!({ "y": encode([1; 31]) })),
        (&p384, json!({ "crv": "P-256" })),
        (&p384, json!({ "alg": "ES256" })),
        (&ed25519, json!({ "crv": "Ed448" })),
        (&ed25519, json!({ "crv": "X25519" })),
        (&ed25519, json!({ "x": encode([1; 31]) })),
        (&ed25519, json!({ "alg": "ES256" })),
        (&ed25519, json!({ "kid": 1 })),
        (&ed25519, json!({ "kid": "" })),
    ];
    let witness = Signer::p256();
    for (key, change) in unfit {
        let keys = [merged_id(key, "k", change.clone()), merged_id(&witness, "witness", json!({}))];
        let (_server, gateway) = publishing(&keys).await;
        gateway.accepts(&token("witness", &witness)).await;
        assert_eq!(
            gateway.verify(&token("k", key)).await.err(),
            Some(AuthError::Invalid { reason: Refusal::UnknownKey }),
            "{change}"
        );
    }
}

#[tokio::test]
async fn jwt_13_a_symmetric_or_a_small_rsa_key_is_not_used() {
    let secret = Signer::hs256(&[7; 32]);
    let mut modulus = filler(128);
    modulus[0] |= 0x80;
    modulus[127] |= 1;
    let small = json!({ "kty": "RSA", "kid": "small", "n": encode(modulus), "e": "AQAB" });
    let (_server, gateway) = publishing(&[merged_id(&secret, "k", json!({ "alg": "HS256" })), small]).await;
    gateway.refuses(&token("k", &secret), Refusal::UnknownKey).await;
    gateway.refuses(&token("small", Signer::rsa()), Refusal::UnknownKey).await;
}

#[tokio::test]
async fn jwt_13_an_algorithm_of_the_key_narrows_what_it_may_do() {
    let key = Signer::rsa();
    let (_server, gateway) = publishing(&[merged_id(key, "k", json!({ "alg": "RS512" }))]).await;
    let with = |name: &str| signed(header_with(name, json!({ "kid": "k" })), good_claims(), key);
    gateway.accepts(&with("RS512")).await;
    gateway.refuses(&with("RS256"), Refusal::Algorithm).await;
    gateway.refuses(&with("PS256"), Refusal::Algorithm).await;
}

#[tokio::test]
async fn jwt_13_a_doubled_key_id_names_no_key() {
    let (first, second, third) = (Signer::p256(), Signer::p256(), Signer::ed25519());
    let keys = [
        merged_id(&first, "twice", json!({})),
        merged_id(&second, "twice", json!({})),
        merged_id(&third, "mixed", json!({})),
        merged_id(&first, "mixed", json!({ "use": "enc" })),
        merged_id(&third, "once", json!({})),
    ];
    let (_server, gateway) = publishing(&keys).await;
    gateway.accepts(&token("once", &third)).await;
    gateway.refuses(&token("twice", &first), Refusal::UnknownKey).await;
    gateway.refuses(&token("twice", &second), Refusal::UnknownKey).await;
    gateway.refuses(&token("mixed", &third), Refusal::UnknownKey).await;
}

#[tokio::test]
async fn jwt_13_a_modulus_with_leading_zeros_is_still_that_key() {
    let key = Signer::rsa();
    let padded = [vec![0], key.rsa_numbers().0].concat();
    let (_server, gateway) = publishing(&[merged_id(key, "k", json!({ "n": encode(padded) }))]).await;
    gateway.accepts(&token("k", key)).await;
}

#[tokio::test]
async fn a_token_without_key_id_gets_the_one_key_that_fits() {
    let (p256, other, ed25519) = (Signer::p256(), Signer::p256(), Signer::ed25519());
    let (server, gateway) = publishing(&[p256.jwk(json!({ "kid": "a" })), ed25519.jwk(json!({}))]).await;
    gateway.accepts(&token_without_id(&p256)).await;
    gateway.accepts(&token_without_id(&ed25519)).await;
    gateway.refuses(&token_without_id(&Signer::p384()), Refusal::UnknownKey).await;
    server.answer(Answer::keys(&[p256.jwk(json!({ "kid": "a" })), other.jwk(json!({ "kid": "b" }))]));
    gateway.advance_s(10);
    gateway.accepts(&token("b", &other)).await;
    gateway.refuses(&token_without_id(&p256), Refusal::AmbiguousKey).await;
}

#[tokio::test]
async fn jwks_01_ten_thousand_unknown_key_ids_cause_one_fetch() {
    let key = Signer::p256();
    let keys = [key.jwk(json!({ "kid": "k" }))];
    let (server, gateway) = publishing(&keys).await;
    gateway.accepts(&token("k", &key)).await;
    gateway.advance_s(10);
    server.answer(Answer::held_keys(&keys));
    server.arrived().await;

    let gateway = Arc::new(gateway);
    let claims = encode(good_claims().to_string());
    let mut callers = JoinSet::new();
    for n in 0..10_000 {
        let (gateway, claims) = (Arc::clone(&gateway), claims.clone());
        callers.spawn(async move {
            let header = encode(header_with("ES256", json!({ "kid": n.to_string() })).to_string());
            gateway.verify(&format!("{header}.{claims}.{}", encode([1; 64]))).await.err()
        });
    }
    server.arrived().await;
    server.release();
    while let Some(answer) = callers.join_next().await {
        assert_eq!(answer.expect("no panic"), Some(AuthError::Invalid { reason: Refusal::UnknownKey }));
    }
    assert_eq!(server.requests(), 2);
    gateway.advance_s(9);
    gateway.refuses(&token("another", &key), Refusal::UnknownKey).await;
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn jwks_01_callers_share_the_fetch_that_is_under_way() {
    let key = Signer::p256();
    let server = KeyServer::start(Answer::held_keys(&[key.jwk(json!({ "kid": "k" }))])).await;
    let gateway = Arc::new(gateway(&server, JwksSettings::default()));
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let (gateway, text) = (Arc::clone(&gateway), token("k", &key));
        callers.spawn(async move { gateway.verify(&text).await.err() });
    }
    server.arrived().await;
    server.release();
    while let Some(answer) = callers.join_next().await {
        assert_eq!(answer.expect("no panic"), None);
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn jwks_01_a_caller_that_leaves_does_not_cancel_the_fetch() {
    let key = Signer::p256();
    let server = KeyServer::start(Answer::held_keys(&[key.jwk(json!({ "kid": "k" }))])).await;
    let gateway = Arc::new(gateway(&server, JwksSettings::default()));
    let mut callers = JoinSet::new();
    let (asked, text) = (Arc::clone(&gateway), token("k", &key));
    callers.spawn(async move { asked.verify(&text).await.is_ok() });
    server.arrived().await;
    callers.shutdown().await;
    server.release();
    gateway.tasks_end().await;
    gateway.accepts(&token("k", &key)).await;
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn jwks_02_known_keys_outlive_the_provider_for_a_bounded_time() {
    let key = Signer::p256();
    let (server, gateway) = publishing(&[key.jwk(json!({ "kid": "k" }))]).await;
    assert_eq!(gateway.authenticator.jwks_age_s(), [(super::ISSUER.into(), None)]);
    // The clock passes the expiry of ordinary tokens here.
    let lasting = super::claims_with(json!({ "exp": super::NOW_S + 200_000 }));
    let lasting = signed(header_with("ES256", json!({ "kid": "k" })), lasting, &key);
    gateway.accepts(&lasting).await;
    server.answer(Answer::Status(500));
    for hours in [1, 12, 11] {
        gateway.advance_s(hours * 3600);
        gateway.accepts(&lasting).await;
        gateway.tasks_end().await;
    }
    assert_eq!(gateway.authenticator.jwks_age_s(), [(super::ISSUER.into(), Some(86_400))]);
    assert_eq!(server.requests(), 4);
    gateway.advance_s(1);
    assert_eq!(gateway.verify(&lasting).await.err(), Some(AuthError::KeysUnavailable));
    server.answer(Answer::keys(&[key.jwk(json!({ "kid": "k" }))]));
    gateway.advance_s(10);
    gateway.accepts(&lasting).await;
}

#[tokio::test]
async fn jwks_02_without_any_set_tokens_wait_for_the_provider_and_fail_fast_in_the_cooldown() {
    let key = Signer::p256();
    let server = KeyServer::start(Answer::Status(503)).await;
    let gateway = gateway(&server, JwksSettings::default());
    for _ in 0..3 {
        assert_eq!(gateway.verify(&token("k", &key)).await.err(), Some(AuthError::KeysUnavailable));
    }
    assert_eq!(server.requests(), 1);
    server.answer(Answer::keys(&[key.jwk(json!({ "kid": "k" }))]));
    gateway.advance_s(10);
    gateway.accepts(&token("k", &key)).await;
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn jwks_03_a_new_key_works_after_one_refresh_and_the_old_until_removed() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let (old_jwk, new_jwk) = (old.jwk(json!({ "kid": "old" })), new.jwk(json!({ "kid": "new" })));
    let (server, gateway) = publishing(std::slice::from_ref(&old_jwk)).await;
    gateway.accepts(&token("old", &old)).await;

    server.answer(Answer::keys(&[old_jwk, new_jwk.clone()]));
    gateway.advance_s(10);
    gateway.accepts(&token("new", &new)).await;
    gateway.accepts(&token("old", &old)).await;
    assert_eq!(server.requests(), 2);

    server.answer(Answer::keys(&[new_jwk]));
    gateway.advance_s(300);
    gateway.accepts(&token("old", &old)).await;
    gateway.tasks_end().await;
    assert_eq!(server.requests(), 3);
    gateway.refuses(&token("old", &old), Refusal::UnknownKey).await;
    gateway.accepts(&token("new", &new)).await;
}

#[tokio::test]
async fn jwks_03_a_rotation_right_after_the_first_fetch_works_at_once_and_only_once() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let (old_jwk, new_jwk) = (old.jwk(json!({ "kid": "old" })), new.jwk(json!({ "kid": "new" })));
    let (server, gateway) = publishing(std::slice::from_ref(&old_jwk)).await;
    gateway.accepts(&token("old", &old)).await;

    server.answer(Answer::keys(&[old_jwk, new_jwk]));
    gateway.accepts(&token("new", &new)).await;

    assert_eq!(server.requests(), 2);
    gateway.refuses(&token("another", &new), Refusal::UnknownKey).await;
    assert_eq!(server.requests(), 2, "from here on the cool-down holds");
}

#[tokio::test]
async fn jwks_03_after_a_long_silence_a_removed_key_is_refused_at_once() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let (server, gateway) = publishing(&[old.jwk(json!({ "kid": "old" }))]).await;
    gateway.accepts(&token("old", &old)).await;
    server.answer(Answer::keys(&[new.jwk(json!({ "kid": "new" }))]));
    gateway.advance_s(600);
    gateway.refuses(&token("old", &old), Refusal::UnknownKey).await;
}

#[tokio::test]
async fn jwks_03_a_remembered_token_of_a_removed_key_is_refused_within_the_cache_time() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let server = KeyServer::start(Answer::keys(&[old.jwk(json!({ "kid": "old" }))])).await;
    let gateway = Fixture::with_issuer(issuer_with(server.source()));
    let remembered = token("old", &old);
    gateway.accepts(&remembered).await;
    server.answer(Answer::keys(&[new.jwk(json!({ "kid": "new" }))]));
    gateway.advance_s(10);
    gateway.accepts(&token("new", &new)).await;
    gateway.accepts(&remembered).await;
    gateway.advance_s(50);
    gateway.refuses(&remembered, Refusal::UnknownKey).await;
}

#[tokio::test]
async fn jwks_04_a_document_that_cannot_be_a_good_set_does_not_replace_one() {
    let key = Signer::p256();
    let jwk = key.jwk(json!({ "kid": "k" }));
    let stranger = Signer::p256();
    let elsewhere = KeyServer::start(Answer::keys(&[stranger.jwk(json!({ "kid": "new" }))])).await;
    let (server, gateway) = publishing(std::slice::from_ref(&jwk)).await;
    gateway.accepts(&token("k", &key)).await;

    let too_many = vec![stranger.jwk(json!({ "kid": "new" })); 101];
    let mut too_large = json!({ "keys": [stranger.jwk(json!({ "kid": "new" }))] }).to_string().into_bytes();
    too_large.resize(262_145, b' ');
    let doubled = format!("{{\"keys\":[{jwk}],\"keys\":[]}}");
    let bad = [
        Answer::keys(&[]),
        Answer::keys(&too_many),
        Answer::Document(too_large),
        Answer::Document(b"{}".to_vec()),
        Answer::Document(b"[]".to_vec()),
        Answer::Document(b"<html>".to_vec()),
        Answer::Document(doubled.into_bytes()),
        Answer::Document(br#"{"keys":{}}"#.to_vec()),
        Answer::Status(404),
        Answer::Status(204),
        Answer::Redirect(elsewhere.url()),
    ];
    for (attempt, answer) in bad.into_iter().enumerate() {
        server.answer(answer);
        gateway.advance_s(10);
        gateway.refuses(&token("new", &stranger), Refusal::UnknownKey).await;
        gateway.accepts(&token("k", &key)).await;
        assert_eq!(server.requests(), attempt + 2);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn jwks_04_a_set_of_exactly_the_limits_is_accepted() {
    let key = Signer::p256();
    let mut keys: Vec<Value> = (0..99).map(|n| json!({ "kty": "other", "kid": n.to_string() })).collect();
    keys.push(key.jwk(json!({ "kid": "k" })));
    let mut document = json!({ "keys": keys }).to_string().into_bytes();
    document.resize(262_144, b' ');
    let server = KeyServer::start(Answer::Document(document)).await;
    gateway(&server, JwksSettings::default()).accepts(&token("k", &key)).await;
}

#[tokio::test]
async fn jwks_04_a_provider_that_does_not_answer_is_given_up_on() {
    let key = Signer::p256();
    let server = KeyServer::start(Answer::held_keys(&[key.jwk(json!({ "kid": "k" }))])).await;
    let gateway = gateway(&server, JwksSettings { timeout_ms: 50, ..JwksSettings::default() });
    assert_eq!(gateway.verify(&token("k", &key)).await.err(), Some(AuthError::KeysUnavailable));
}

#[tokio::test]
async fn jwks_04_a_set_whose_keys_are_all_unusable_withdraws_the_old_ones() {
    let key = Signer::p256();
    let (server, gateway) = publishing(&[key.jwk(json!({ "kid": "k" }))]).await;
    gateway.accepts(&token("k", &key)).await;
    server.answer(Answer::keys(&[json!({ "kty": "EC", "crv": "P-521", "kid": "later" })]));
    gateway.advance_s(10);
    gateway.refuses(&token("later", &key), Refusal::UnknownKey).await;
    gateway.refuses(&token("k", &key), Refusal::UnknownKey).await;
}
