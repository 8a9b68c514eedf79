//! Signing out here, at the provider, and by somebody else's word.

use reqwest::Method;
use url::Url;

use super::super::harness::eventually_async;
use super::person::Does;
use super::{Scene, session};

#[tokio::test]
async fn signing_out_ends_the_session_takes_the_token_back_and_leads_to_the_provider() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("alice").await;
    let said = alice.browser.method(Method::POST, "/gateway/logout").await.ok();
    alice.browser.get("/gateway/session").await.problem(401, "unauthenticated");
    eventually_async("the refresh token is taken back", async || {
        scene.provider.requests("/token/revocation").await == 1
    })
    .await;

    let there = Url::parse(said["logout_url"].as_str().unwrap()).unwrap();
    assert!(there.query_pairs().all(|(name, _)| name != "id_token_hint"), "no token in an address");
    let back = alice.at_provider(&there, Does::SignsOut).await;
    assert_eq!(back.path(), "/");
    // Signed out there, too: the provider asks for a name again.
    alice.signs_in("bob").await;
    assert_eq!(session(&alice.browser).await["subject"], "bob");
}

#[tokio::test]
async fn signing_out_at_the_provider_ends_the_session_here_and_no_other() {
    let scene = Scene::new().await;
    let (alice, phone) = (scene.signed_in("alice").await, scene.signed_in("alice").await);
    let mut there = Url::parse(&format!("{}/session/end", scene.provider.url)).unwrap();
    let back = format!("{}/", scene.gw.url);
    there
        .query_pairs_mut()
        .append_pair("client_id", "gateway")
        .append_pair("post_logout_redirect_uri", &back);

    alice.at_provider(&there, Does::SignsOut).await;

    assert_eq!(scene.provider.seen().await["told"], 1, "the provider was heard");
    alice.browser.get("/gateway/session").await.problem(401, "unauthenticated");
    session(&phone.browser).await;
}

#[tokio::test]
async fn a_logout_token_that_is_none_ends_nothing() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("alice").await;
    let seen = scene.provider.seen().await;
    let id_token = seen["tokens"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
    for token in ["", "x", "a.b.c", &id_token] {
        let path = "/gateway/login/test/backchannel";
        let reply = scene.gw.anonymous().post_form(path, &[("logout_token", token)]).await;
        reply.problem(400, "login_failed");
    }
    session(&alice.browser).await;
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session() {
    let scene = Scene::new().await;
    let (alice, phone) = (scene.signed_in("alice").await, scene.signed_in("alice").await);
    let bob = scene.signed_in("bob").await;
    assert_eq!(alice.browser.method(Method::DELETE, "/gateway/sessions").await.status, 204);
    phone.browser.get("/gateway/session").await.problem(401, "unauthenticated");
    session(&bob.browser).await;
}
