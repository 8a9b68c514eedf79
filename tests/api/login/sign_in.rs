//! Signing in, and what keeps others from signing in somebody else.

use astria_gateway::config::{Issuer, IssuerKeys};
use astria_gateway::secret::Secret;
use serde_json::json;
use url::Url;

use super::super::harness::{AUDIENCE, SHARED_TUNE, logs, tokens};
use super::person::Does;
use super::{COOKIE, Scene, session, signs_nobody_in};

#[tokio::test]
async fn a_person_signs_in_and_their_browser_has_a_cookie_and_no_token() {
    let scene = Scene::new().await;
    scene.provider.gives_plan("alice", "pro").await;
    let listed = scene.gw.anonymous().get("/gateway/login").await.ok();
    let url = format!("{}/gateway/login/test", scene.gw.url);
    assert_eq!(listed["providers"], json!([{ "name": "test", "title": "Test", "url": url }]));
    assert_eq!(scene.provider.requests("/.well-known/openid-configuration").await, 0);

    let alice = scene.signed_in("alice").await;

    let told = session(&alice.browser).await;
    assert_eq!(told["kind"], "end_user");
    assert_eq!((&told["issuer"], &told["subject"]), (&json!(scene.provider.url), &json!("alice")));
    assert_eq!((&told["plan"], &told["session"]["provider"]), (&json!("pro"), &json!("test")));
    let body = json!({ "prompt": { "text": "a lighthouse" } });
    let made = alice.browser.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    // Only its own cookies are left: none of the way there.
    let cookies = alice.browser.get("/gateway/session").await.cookies();
    assert!(cookies.is_empty() && alice.browser.cookie(COOKIE).is_some());

    let seen = scene.provider.seen().await;
    let issued = seen["tokens"].as_array().unwrap();
    assert_eq!(issued.len(), 3, "access token, refresh token, ID token");
    let logged = logs::text();
    let account = alice.browser.get("/gateway/account/data").await.text();
    for token in issued.iter().map(|token| token.as_str().unwrap()) {
        assert!(!logged.contains(token), "a token is in the log");
        assert!(!account.contains(token) && !told.to_string().contains(token));
    }
}

#[tokio::test]
async fn jwt_12_who_signs_in_is_the_end_user_of_the_same_issuers_bearer_tokens() {
    let secret = "a secret of thirty-two bytes or more".to_owned();
    let keys = IssuerKeys::Hs256 { current: Secret::from(secret.clone()), previous: None };
    let scene = Scene::spawned(
        |spawn, issuer| {
            let issuer = Issuer {
                issuer: issuer.into(),
                audiences: vec![AUDIENCE.into()],
                hs256_secret_file: "in-the-test".into(),
                ..Issuer::default()
            };
            spawn.issuer(issuer, keys)
        },
        0,
    )
    .await;
    let mut claims = tokens::claims(scene.gw.clock.now(), "alice", "pro");
    claims["iss"] = json!(scene.provider.url);
    let by_token = scene.gw.with_token(&tokens::hs256(secret.as_bytes(), &claims));
    let body = json!({ "prompt": { "text": "a lighthouse" } });
    let made = by_token.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await;
    let path = format!("/prompts/{}", made.ok()["id"]);

    scene.signed_in("alice").await.browser.get(&path).await.ok();
    scene.signed_in("bob").await.browser.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn login_csrf_an_answer_counts_in_the_browser_that_began_and_once() {
    let scene = Scene::new().await;
    let mallory = scene.person();
    let back = mallory.at_provider(&mallory.begins().await, Does::SignsIn("mallory")).await;

    let victim = scene.person();
    signs_nobody_in(&victim.returns(&back).await, "login_failed");
    victim.begins().await;
    signs_nobody_in(&victim.returns(&back).await, "login_failed");
    assert_eq!(scene.provider.requests("/token").await, 0, "the code is not even tried");

    assert_eq!(mallory.returns(&back).await.status, 303);
    signs_nobody_in(&mallory.returns(&back).await, "login_failed");
    assert_eq!(scene.provider.requests("/token").await, 1);
}

#[tokio::test]
async fn an_answer_with_another_issuer_or_none_is_refused_before_its_code_is_given_away() {
    let scene = Scene::new().await;
    for issuer in [Some("https://evil.example"), Some(""), None] {
        let person = scene.person();
        let back = person.at_provider(&person.begins().await, Does::SignsIn("alice")).await;
        signs_nobody_in(&person.returns(&with_issuer(&back, issuer)).await, "login_failed");
    }
    assert_eq!(scene.provider.requests("/token").await, 0);
}

fn with_issuer(back: &Url, issuer: Option<&str>) -> Url {
    let mut other = back.clone();
    let others = back.query_pairs().filter(|(name, _)| name != "iss");
    other.query_pairs_mut().clear().extend_pairs(others).extend_pairs(issuer.map(|issuer| ("iss", issuer)));
    other
}

#[tokio::test]
async fn who_would_rather_not_is_not_signed_in() {
    let scene = Scene::new().await;
    let person = scene.person();
    let back = person.at_provider(&person.begins().await, Does::Aborts).await;
    assert!(back.query().unwrap().contains("error=access_denied"));
    let reply = person.returns(&back).await;
    signs_nobody_in(&reply, "login_failed");
    assert!(!reply.text().contains("End-User aborted"), "the provider is not quoted");
}

#[tokio::test]
async fn a_sign_in_begins_with_a_link_and_ends_on_this_origin() {
    let scene = Scene::new().await;
    let person = scene.person();
    let at = |to: &str| format!("/gateway/login/test?return_to={to}");
    for to in ["https://evil.example", "//evil.example", "/%5Cevil.example", "app"] {
        person.browser.get(&at(to)).await.problem(400, "bad_request");
    }
    for (name, value) in [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "iframe")] {
        let client = person.browser.with_cookies().header(name, value);
        client.get(&at("/")).await.problem(400, "bad_request");
    }
    person.browser.get("/gateway/login/other").await.problem(404, "not_found");
}

#[tokio::test]
async fn clocks_that_differ_by_almost_two_minutes_sign_people_in_and_those_that_differ_by_more_do_not() {
    for ahead_s in [-115, 115] {
        Scene::with(|_, _| {}, ahead_s).await.signed_in("alice").await;
    }
    // The provider's tokens of a day are not over for a gateway that is ahead: `iat` says how far it is.
    for ahead_s in [-300, 900] {
        let scene = Scene::with(|_, _| {}, ahead_s).await;
        let person = scene.person();
        let back = person.at_provider(&person.begins().await, Does::SignsIn("alice")).await;
        signs_nobody_in(&person.returns(&back).await, "login_failed");
    }
}
