//! A session that is refreshed, and one that cannot be.

use super::super::{ProviderFault, RefreshError, Refreshed, TokenFault};
use super::*;
use fake::{KEYS, REVOKE};

fn old() -> Secret {
    Secret::from("refresh-1".to_owned())
}

async fn refresh(test: &Fixture, reply: Reply) -> Result<Refreshed, RefreshError> {
    test.fake.reply(TOKEN, reply);
    test.provider.refresh(&old(), "user-1").await
}

/// What a provider answers with a new ID token.
fn with_token(test: &Fixture, changes: Value) -> Reply {
    let nobody = Pending { state: String::new(), nonce: String::new(), pkce_verifier: String::new() };
    let claims = merged(test.claims(&nobody, json!({ "nonce": null })), changes);
    let token = test.key.token(&claims);
    Reply::Json(200, tokens(json!({ "id_token": token, "refresh_token": "refresh-2" })))
}

#[tokio::test]
async fn a_refresh_brings_a_new_token_and_what_the_id_token_says_now() {
    let test = Fixture::new().await;
    let refreshed = refresh(&test, with_token(&test, json!({ "plan": "team" }))).await.ok().unwrap();
    assert_eq!(refreshed.refresh_token.as_ref().map(text), Some("refresh-2"));
    assert_eq!(refreshed.refresh_due_at, Some(Timestamp::from_unix_s(NOW_S + 300)));
    assert_eq!(refreshed.claims.unwrap().plan.as_deref(), Some("team"));
    let seen = &test.fake.seen(TOKEN)[0];
    assert_eq!(
        (seen.form["grant_type"].as_str(), seen.form["refresh_token"].as_str()),
        ("refresh_token", "refresh-1")
    );
}

#[tokio::test]
async fn without_a_new_refresh_token_or_id_token_the_old_ones_count_on() {
    let test = Fixture::new().await;
    let refreshed =
        refresh(&test, Reply::Json(200, tokens(json!({ "refresh_token": null })))).await.ok().unwrap();
    assert!(refreshed.refresh_token.is_none() && refreshed.claims.is_none());
}

#[tokio::test]
async fn a_refresh_token_that_is_taken_no_more_ends_the_session() {
    let test = Fixture::new().await;
    for error in ["invalid_grant", "interaction_required", "login_required"] {
        let said = refresh(&test, Reply::Json(400, json!({ "error": error }))).await.err();
        assert!(matches!(said, Some(RefreshError::Refused)), "{error}");
    }
}

#[tokio::test]
async fn everything_else_is_to_be_tried_again_later() {
    let test = Fixture::with(|settings| settings.timeout = Duration::from_millis(300)).await;
    for reply in [
        Reply::Json(400, json!({ "error": "invalid_client" })),
        Reply::Json(400, json!({ "error": "invalid_request" })),
        Reply::Json(400, json!({ "error": "temporarily_unavailable" })),
        Reply::Json(400, json!({ "error": "a word that nobody knows" })),
        Reply::Json(500, json!({ "error": "invalid_grant" })),
        Reply::Json(503, json!({})),
        Reply::Body(200, "text/html", b"<html>".to_vec()),
        Reply::Body(400, "text/html", b"<html>".to_vec()),
        Reply::Body(200, "application/json", vec![b' '; 2 * 1024 * 1024]),
        Reply::Redirect("http://127.0.0.1:1/".into()),
        Reply::Never,
    ] {
        let said = refresh(&test, reply).await.err();
        assert!(matches!(said, Some(RefreshError::Unavailable(_))), "{said:?}");
    }
    let mut test = test;
    test.fake.stop().await;
    let said = test.provider.refresh(&old(), "user-1").await.err();
    assert!(matches!(said, Some(RefreshError::Unavailable(ProviderFault::Connection(_)))));
}

#[tokio::test]
async fn an_id_token_of_another_person_ends_the_session() {
    let test = Fixture::new().await;
    let said = refresh(&test, with_token(&test, json!({ "sub": "user-2" }))).await.err();
    assert!(matches!(said, Some(RefreshError::Refused)));
}

#[tokio::test]
async fn a_forged_id_token_changes_nothing_and_loses_no_rotated_refresh_token() {
    let test = Fixture::new().await;
    let forged = Key::new("first").token(&json!({ "iss": test.fake.address, "aud": CLIENT, "sub": "user-1",
        "iat": NOW_S, "exp": NOW_S + 60, "plan": "enterprise" }));
    let reply = Reply::Json(200, tokens(json!({ "id_token": forged, "refresh_token": "refresh-2" })));
    let refreshed = refresh(&test, reply).await.ok().unwrap();
    assert!(matches!(refreshed.unproven, Some(TokenFault::Signature(_))) && refreshed.claims.is_none());
    assert_eq!(refreshed.refresh_token.as_ref().map(text), Some("refresh-2"));
    let refreshed = refresh(&test, with_token(&test, json!({ "aud": "another" }))).await.ok().unwrap();
    assert!(refreshed.unproven == Some(TokenFault::Audience) && refreshed.claims.is_none());
}

#[tokio::test]
async fn an_id_token_that_was_made_at_the_sign_in_counts_while_it_lasts() {
    let test = Fixture::new().await;
    let day_old = json!({ "iat": NOW_S - 86_400, "nonce": "of the sign-in" });
    assert!(refresh(&test, with_token(&test, day_old)).await.ok().unwrap().claims.is_some());
    let refreshed = refresh(&test, with_token(&test, json!({ "exp": NOW_S - 121 }))).await.ok().unwrap();
    assert_eq!(refreshed.unproven, Some(TokenFault::Time));
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_do_not_lose_a_rotated_refresh_token() {
    let test = Fixture::new().await;
    test.fake.reply(KEYS, Reply::Json(503, json!({})));
    let refreshed = refresh(&test, with_token(&test, json!({ "plan": "team" }))).await.ok().unwrap();
    assert_eq!(refreshed.refresh_token.as_ref().map(text), Some("refresh-2"));
    assert!(refreshed.claims.is_none(), "what cannot be proven is not believed");
}

#[tokio::test]
async fn keys_rotated_during_a_session_do_not_end_it() {
    let mut test = Fixture::new().await;
    assert!(test.sign_in(json!({})).await.is_ok());
    test.key = Key::new("second");
    test.fake.publishes(&[test.key.jwk()]);
    test.advance_s(11);
    let refreshed = refresh(&test, with_token(&test, json!({ "plan": "team" }))).await.ok().unwrap();
    assert_eq!(refreshed.claims.unwrap().plan.as_deref(), Some("team"));
}

#[tokio::test]
async fn a_refresh_token_that_is_used_no_more_is_taken_back() {
    let test = Fixture::new().await;
    test.provider.revoke(&old()).await;
    assert_eq!(test.fake.count(REVOKE), 0, "nobody has signed in there yet");
    test.begin().await;
    for reply in [Reply::Json(200, json!({})), Reply::Json(503, json!({}))] {
        test.fake.reply(REVOKE, reply);
        test.provider.revoke(&old()).await;
    }
    let seen = &test.fake.seen(REVOKE)[0];
    assert_eq!(
        (seen.form["token"].as_str(), seen.form["token_type_hint"].as_str()),
        ("refresh-1", "refresh_token")
    );
    let basic = base64::engine::general_purpose::STANDARD.encode("gate%3Away:s%26cret");
    assert_eq!(seen.authorization.as_deref(), Some(format!("Basic {basic}").as_str()));
}
