//! A session is confirmed at its provider again and again, by one request at a time.

use futures_util::future::join_all;
use serde_json::json;

use super::super::harness::eventually_async;
use super::{LIFETIME_S, Scene, session};
use std::time::Duration;

#[tokio::test]
async fn fifty_requests_at_the_moment_when_the_token_is_over_cause_one_refresh_and_none_fails() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("alice").await;
    for round in 1..=3 {
        scene.tokens_expire();
        let all = join_all((0..50).map(|_| alice.browser.get("/gateway/account"))).await;
        assert!(all.iter().all(|reply| reply.status == 200), "round {round}");
        assert_eq!(
            scene.provider.refreshes().await,
            (round, 0),
            "the provider rotates: a second use ends all"
        );
    }
}

#[tokio::test]
async fn before_the_token_is_over_nobody_waits_for_its_renewal() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("alice").await;
    scene.provider.gives_plan("alice", "pro").await;
    scene.provider.fails("/token", "slow").await;
    scene.gw.clock.advance(Duration::from_secs(LIFETIME_S - 20));
    for _ in 0..5 {
        assert_eq!(session(&alice.browser).await["plan"], "free");
    }
    eventually_async("one request", async || scene.provider.seen().await["held"] == 1).await;
    scene.provider.recovers("/token").await;
    scene.provider.releases().await;
    eventually_async("the new plan", async || session(&alice.browser).await["plan"] == "pro").await;
    assert_eq!(scene.provider.refreshes().await, (1, 0));
}

#[tokio::test]
async fn a_plan_that_the_provider_changed_counts_from_the_next_refresh_on() {
    let scene = Scene::new().await;
    scene.provider.gives_plan("alice", "pro").await;
    let alice = scene.signed_in("alice").await;
    assert_eq!(session(&alice.browser).await["plan"], "pro");
    scene.provider.gives_plan("alice", "free").await;
    scene.tokens_expire();
    assert_eq!(session(&alice.browser).await["plan"], "free");
}

#[tokio::test]
async fn a_refresh_token_that_somebody_else_has_used_ends_this_session_and_no_other() {
    let scene = Scene::new().await;
    let (alice, phone) = (scene.signed_in("alice").await, scene.signed_in("alice").await);
    // Stolen: it is used, and then comes a second time.
    let seen = scene.provider.seen().await;
    let refresh_token = seen["tokens"][1].as_str().unwrap();
    let stolen = scene
        .provider
        .http()
        .post(format!("{}/token", scene.provider.url))
        .basic_auth("gateway", Some(scene.gw.login_secret()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("grant_type=refresh_token&refresh_token={refresh_token}"));
    assert_eq!(stolen.send().await.unwrap().status(), 200);

    scene.tokens_expire();
    let reply = alice.browser.get("/gateway/account").await;
    reply.problem(401, "unauthenticated");
    assert!(reply.cookies().iter().any(|(_, value)| value.is_empty()), "the browser is told to forget it");
    phone.browser.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn keys_that_are_rotated_during_a_session_end_nothing() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("alice").await;
    scene.provider.rotates_keys().await;
    scene.provider.gives_plan("alice", "pro").await;
    scene.tokens_expire();
    assert_eq!(session(&alice.browser).await["plan"], "pro", "the new keys are fetched");
    assert_eq!(session(&scene.signed_in("bob").await.browser).await["subject"], json!("bob"));
}
