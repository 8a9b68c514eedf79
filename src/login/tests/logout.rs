//! Signing out at the provider, and being told that somebody has.

use std::collections::HashMap;

use super::super::{LoggedOut, TokenFault};
use super::*;
use crate::auth::Refusal;
use fake::DISCOVERY;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims(test: &Fixture, changes: Value) -> Value {
    let claims = json!({
        "iss": test.fake.address, "aud": CLIENT, "iat": NOW_S, "exp": NOW_S + 120, "jti": "jti-1",
        "sub": "user-1", "sid": "session-1", "events": { EVENT: {} },
    });
    merged(claims, changes)
}

async fn told(test: &Fixture, changes: Value) -> Result<LoggedOut, TokenFault> {
    told_with(test, &test.key.token(&claims(test, changes))).await
}

async fn told_with(test: &Fixture, token: &str) -> Result<LoggedOut, TokenFault> {
    test.provider.verify_logout_token(token).await.map_err(|error| match error {
        LoginError::Token(fault) => fault,
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn the_address_to_sign_out_at_holds_no_token() {
    let test = Fixture::new().await;
    assert!(test.provider.logout_url("state-1").is_none(), "not known yet");
    test.begin().await;
    let url = test.provider.logout_url("state-1").unwrap();
    let asked: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let expected =
        [("client_id", CLIENT), ("post_logout_redirect_uri", "https://app.example/"), ("state", "state-1")];
    assert_eq!(asked, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn a_provider_without_a_place_to_sign_out_at_has_no_address() {
    for place in [Value::Null, json!("http://elsewhere.example/logout")] {
        let test = Fixture::new().await;
        let document = test.fake.document(json!({ "end_session_endpoint": place }));
        test.fake.reply(DISCOVERY, Reply::Json(200, document));
        test.begin().await;
        assert!(test.provider.logout_url("state-1").is_none());
    }
}

#[tokio::test]
async fn a_logout_token_names_a_person_or_a_session_or_both() {
    let test = Fixture::new().await;
    let both = told(&test, json!({})).await.ok().unwrap();
    assert_eq!(*both.issuer, *test.fake.address);
    assert_eq!(
        (both.subject.as_deref(), both.provider_session.as_deref()),
        (Some("user-1"), Some("session-1"))
    );
    let person = told(&test, json!({ "sid": null, "jti": "jti-2" })).await.ok().unwrap();
    assert_eq!((person.subject.as_deref(), person.provider_session), (Some("user-1"), None));
    let session = told(&test, json!({ "sub": null, "jti": "jti-3" })).await.ok().unwrap();
    assert_eq!((session.subject, session.provider_session.as_deref()), (None, Some("session-1")));
}

#[tokio::test]
async fn a_logout_token_calls_itself_one_or_a_jwt_or_nothing() {
    let test = Fixture::new().await;
    for (kind, is_good) in [
        (json!("logout+jwt"), true),
        (json!("application/logout+jwt"), true),
        (json!("JWT"), true),
        (Value::Null, true),
        (json!("at+jwt"), false),
        (json!("id"), false),
    ] {
        let header = merged(json!({ "alg": "ES256", "kid": "first" }), json!({ "typ": kind }));
        let told = told_with(&test, &test.key.token_with(&header, &claims(&test, json!({})))).await;
        assert_eq!(told.is_ok(), is_good, "{kind}");
    }
}

#[tokio::test]
async fn jwt_11_what_is_no_logout_token_for_this_gateway_signs_nobody_out() {
    let test = Fixture::new().await;
    for (changes, fault) in [
        (json!({ "iss": "https://evil.example" }), TokenFault::Issuer),
        (json!({ "aud": "another" }), TokenFault::Audience),
        (json!({ "aud": null }), TokenFault::Audience),
        (json!({ "events": null }), TokenFault::Type),
        (json!({ "events": {} }), TokenFault::Type),
        (json!({ "events": { EVENT: true } }), TokenFault::Type),
        (json!({ "events": [EVENT] }), TokenFault::Type),
        (json!({ "nonce": "n" }), TokenFault::Nonce),
        (json!({ "iat": null }), TokenFault::Time),
        (json!({ "iat": NOW_S + 121 }), TokenFault::Time),
        (json!({ "iat": NOW_S - 721, "exp": NOW_S + 60 }), TokenFault::Time),
        (json!({ "exp": NOW_S - 120 }), TokenFault::Time),
        (json!({ "exp": "soon" }), TokenFault::Time),
        (json!({ "jti": null }), TokenFault::Claims),
        (json!({ "jti": "" }), TokenFault::Claims),
        (json!({ "sub": null, "sid": null }), TokenFault::Claims),
        (json!({ "sub": 1 }), TokenFault::Claims),
        (json!({ "sub": "", "sid": null }), TokenFault::Claims),
        (json!({ "sid": 1 }), TokenFault::Claims),
    ] {
        assert_eq!(told(&test, changes.clone()).await.err(), Some(fault), "{changes}");
    }
    // Clocks that differ, and the older form without `exp`.
    for good in [json!({ "iat": NOW_S + 120 }), json!({ "exp": NOW_S - 119 }), json!({ "exp": null })] {
        assert!(told(&test, good.clone()).await.is_ok(), "{good}");
    }
}

#[tokio::test]
async fn jwt_02_a_forged_logout_token_signs_nobody_out() {
    let test = Fixture::new().await;
    let good = claims(&test, json!({}));
    let forged = Key::new("first").token(&good);
    assert_eq!(told_with(&test, &forged).await.err(), Some(TokenFault::Signature(Refusal::Signature)));
    for algorithm in ["none", "HS256"] {
        let token = test.key.token_with(&json!({ "alg": algorithm, "kid": "first" }), &good);
        let fault = told_with(&test, &token).await.err();
        assert_eq!(fault, Some(TokenFault::Signature(Refusal::Algorithm)), "{algorithm}");
    }
    assert_eq!(told_with(&test, "x").await.err(), Some(TokenFault::Signature(Refusal::Form)));
    assert_eq!(told_with(&test, &"x".repeat(8193)).await.err(), Some(TokenFault::TooLong));
    let id_token = test.key.token(&json!({ "iss": test.fake.address, "aud": CLIENT, "sub": "user-1",
        "iat": NOW_S, "exp": NOW_S + 60, "sid": "session-1", "jti": "x" }));
    assert_eq!(told_with(&test, &id_token).await.err(), Some(TokenFault::Type));
}

#[tokio::test]
async fn a_logout_token_does_its_work_once_and_may_be_tried_again_until_then() {
    let test = Fixture::new().await;
    let first = told(&test, json!({})).await.ok().unwrap();
    assert!(told(&test, json!({})).await.is_ok(), "the first attempt came to nothing");
    test.provider.logged_out(&first);
    assert_eq!(told(&test, json!({})).await.err(), Some(TokenFault::Replayed));
    assert!(told(&test, json!({ "jti": "jti-2" })).await.is_ok());
}
