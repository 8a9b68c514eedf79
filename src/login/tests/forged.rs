//! ID tokens that prove nothing.

use aws_lc_rs::hmac;

use super::super::TokenFault;
use super::*;
use crate::auth::Refusal;
use fake::KEYS;

async fn fault_of(test: &Fixture, changes: Value) -> Option<TokenFault> {
    fault(test.sign_in(changes).await)
}

async fn fault_with(test: &Fixture, token: impl FnOnce(&Pending) -> String) -> Option<TokenFault> {
    let begun = test.begin().await;
    let token = token(&begun.pending);
    fault(test.sign_in_with(&begun, &token).await)
}

fn fault(outcome: Result<SignedIn, LoginError>) -> Option<TokenFault> {
    match outcome {
        Ok(_) => None,
        Err(LoginError::Token(fault)) => Some(fault),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn jwt_02_03_04_an_id_token_without_a_signature_of_the_providers_key_is_refused() {
    let test = Fixture::new().await;
    let other = Key::new("first");
    let found = fault_with(&test, |pending| other.token(&test.claims(pending, json!({})))).await;
    assert_eq!(found, Some(TokenFault::Signature(Refusal::Signature)), "another key of the same id");

    for algorithm in ["none", "None", "nOnE", "HS256", "HS512", "ES999", ""] {
        for kid in [json!("first"), Value::Null] {
            let found = fault_with(&test, |pending| {
                let header = merged(json!({ "alg": algorithm }), json!({ "kid": kid }));
                let claims = test.claims(pending, json!({}));
                let input = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
                // With what anybody knows as the secret: the published key, and the client's own name.
                let key = hmac::Key::new(hmac::HMAC_SHA256, test.key.pair.public_key().as_ref());
                format!("{input}.{}", encode(hmac::sign(&key, input.as_bytes())))
            });
            let found = found.await;
            let is_refused = matches!(found, Some(TokenFault::Signature(_)));
            assert!(is_refused, "{algorithm}: {found:?}");
        }
    }
    let unsigned = fault_with(&test, |pending| {
        let token = test.key.token(&test.claims(pending, json!({})));
        token[..=token.rfind('.').unwrap()].to_owned()
    });
    assert_eq!(unsigned.await, Some(TokenFault::Signature(Refusal::Form)));
}

#[tokio::test]
async fn jwt_16_17_a_doubled_claim_and_a_token_beyond_8_kib_are_refused() {
    let test = Fixture::new().await;
    let doubled = fault_with(&test, |pending| {
        let claims = test.claims(pending, json!({})).to_string();
        let claims = claims.replacen('{', r#"{"sub":"somebody-else","#, 1);
        let input = format!(r#"{}.{}"#, encode(r#"{"alg":"ES256","kid":"first"}"#), encode(claims));
        let signature = test.key.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", encode(signature))
    });
    assert_eq!(doubled.await, Some(TokenFault::Signature(Refusal::Json)));
    assert_eq!(fault_of(&test, json!({ "x": "x".repeat(8192) })).await, Some(TokenFault::TooLong));
}

#[tokio::test]
async fn a_token_of_another_sign_in_is_refused() {
    let test = Fixture::new().await;
    let other = test.begin().await.pending;
    for nonce in [json!(other.nonce), json!(""), Value::Null] {
        assert_eq!(fault_of(&test, json!({ "nonce": nonce })).await, Some(TokenFault::Nonce));
    }
}

#[tokio::test]
async fn jwt_09_a_token_of_another_issuer_is_refused() {
    let test = Fixture::new().await;
    for issuer in ["https://evil.example".to_owned(), format!("{}/", test.fake.address)] {
        assert_eq!(fault_of(&test, json!({ "iss": issuer })).await, Some(TokenFault::Issuer));
    }
    assert_eq!(fault_of(&test, json!({ "iss": null })).await, Some(TokenFault::Issuer));
}

#[tokio::test]
async fn jwt_10_a_token_for_another_client_is_refused() {
    let test = Fixture::new().await;
    for changes in [
        json!({ "aud": "another" }),
        json!({ "aud": ["another"] }),
        json!({ "aud": [] }),
        json!({ "aud": null }),
        json!({ "azp": "another" }),
        json!({ "aud": [CLIENT, "another"] }),
        json!({ "aud": [CLIENT, "another"], "azp": "another" }),
    ] {
        assert_eq!(fault_of(&test, changes.clone()).await, Some(TokenFault::Audience), "{changes}");
    }
    for good in [
        json!({ "aud": [CLIENT] }),
        json!({ "azp": CLIENT }),
        json!({ "aud": [CLIENT, "another"], "azp": CLIENT }),
    ] {
        assert_eq!(fault_of(&test, good.clone()).await, None, "{good}");
    }
}

#[tokio::test]
async fn jwt_11_a_token_of_another_kind_is_refused() {
    let test = Fixture::new().await;
    let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    assert_eq!(fault_of(&test, json!({ "events": events })).await, Some(TokenFault::Type));
    for kind in ["at+jwt", "logout+jwt", "dpop+jwt"] {
        let found = fault_with(&test, |pending| {
            let header = json!({ "alg": "ES256", "kid": "first", "typ": kind });
            test.key.token_with(&header, &test.claims(pending, json!({})))
        });
        assert_eq!(found.await, Some(TokenFault::Type), "{kind}");
    }
}

#[tokio::test]
async fn an_access_token_that_was_exchanged_for_another_is_noticed() {
    let test = Fixture::new().await;
    assert_eq!(fault_of(&test, json!({ "at_hash": at_hash(ACCESS_TOKEN) })).await, None);
    for hash in [json!(at_hash("another")), json!(""), json!(1)] {
        let found = fault_of(&test, json!({ "at_hash": hash })).await;
        assert!(matches!(found, Some(TokenFault::AccessToken | TokenFault::Claims)), "{found:?}");
    }
}

#[tokio::test]
async fn a_token_that_names_nobody_or_an_unfit_plan_is_refused() {
    let test = Fixture::new().await;
    for subject in [json!(""), json!("a\u{0}b"), json!("x".repeat(256))] {
        assert_eq!(fault_of(&test, json!({ "sub": subject })).await, Some(TokenFault::Subject));
    }
    for subject in [json!(1), Value::Null] {
        assert_eq!(fault_of(&test, json!({ "sub": subject })).await, Some(TokenFault::Claims));
    }
    for plan in [json!(["pro"]), json!(""), json!(1)] {
        assert_eq!(fault_of(&test, json!({ "plan": plan })).await, Some(TokenFault::Attribute));
        assert_eq!(fault_of(&test, json!({ "tenant": plan })).await, Some(TokenFault::Attribute));
    }
}

#[tokio::test]
async fn clocks_may_differ_by_two_minutes_either_way() {
    let test = Fixture::new().await;
    let of = |iat: i64, exp: i64| {
        let at = |by: i64| NOW_S.checked_add_signed(by).unwrap();
        json!({ "iat": at(iat), "exp": at(exp) })
    };
    // The provider's clock goes before ours, then after it.
    for good in [of(120, 180), of(-120, 60), of(-180, -119), of(-720, 60)] {
        assert_eq!(fault_of(&test, good.clone()).await, None, "{good}");
    }
    for bad in [of(121, 300), of(-300, -120), of(-721, 60)] {
        assert_eq!(fault_of(&test, bad.clone()).await, Some(TokenFault::Time), "{bad}");
    }
    assert_eq!(fault_of(&test, json!({ "nbf": NOW_S + 120 })).await, None);
    for from in [json!(NOW_S + 121), json!("now")] {
        assert_eq!(fault_of(&test, json!({ "nbf": from })).await, Some(TokenFault::Time));
    }
    for claim in ["iat", "exp"] {
        let mut none = json!({});
        none[claim] = Value::Null;
        assert_eq!(fault_of(&test, none).await, Some(TokenFault::Claims), "{claim}");
    }
}

#[tokio::test]
async fn jwks_01_03_rotated_keys_work_at_once_and_unknown_ids_cause_one_fetch_in_ten_seconds() {
    let test = Fixture::new().await;
    assert_eq!(fault_of(&test, json!({})).await, None);
    let new = Key::new("second");
    test.fake.publishes(&[test.key.jwk(), new.jwk()]);
    test.advance_s(11);
    assert_eq!(fault_with(&test, |pending| new.token(&test.claims(pending, json!({})))).await, None);
    let fetched = test.fake.count(KEYS);
    test.advance_s(11);
    let unknown = Key::new("third");
    for _ in 0..20 {
        let found = fault_with(&test, |pending| unknown.token(&test.claims(pending, json!({})))).await;
        assert_eq!(found, Some(TokenFault::Signature(Refusal::UnknownKey)));
    }
    assert_eq!(test.fake.count(KEYS), fetched + 1);
}

#[tokio::test]
async fn what_providers_write_against_the_standard_into_other_claims_is_let_pass() {
    let test = Fixture::new().await;
    let odd = json!({ "email_verified": "true", "updated_at": "2026-11-22T00:00:00.000Z", "acr": "1" });
    assert_eq!(fault_of(&test, odd).await, None);
}
