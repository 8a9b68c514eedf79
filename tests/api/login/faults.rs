//! A provider that is down, slow or lies: nobody loses a session that they need not lose.

use std::time::Duration;

use super::person::Does;
use super::{Scene, session, signs_nobody_in};

#[tokio::test]
async fn a_provider_that_fails_loses_no_session_and_the_same_token_serves_when_it_is_back() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("alice").await;
    scene.provider.gives_plan("alice", "pro").await;
    scene.tokens_expire();
    for kind in ["down", "error", "html"] {
        scene.provider.fails("/token", kind).await;
        for _ in 0..3 {
            assert_eq!(session(&alice.browser).await["plan"], "free", "{kind}");
        }
        scene.a_moment_later();
    }
    assert_eq!(scene.provider.requests("/token").await, 4, "once each: it is left alone for a moment");
    scene.provider.recovers("/token").await;
    assert_eq!(session(&alice.browser).await["plan"], "pro");
    assert_eq!(scene.provider.refreshes().await, (1, 0));
}

#[tokio::test]
async fn a_provider_that_is_down_for_too_long_is_503_and_the_session_comes_back_with_it() {
    let scene = Scene::with(|config, _| config.login.unrefreshed_max_s = 600, 0).await;
    let alice = scene.signed_in("alice").await;
    scene.provider.fails("/token", "down").await;
    scene.tokens_expire();
    session(&alice.browser).await;
    scene.gw.clock.advance(Duration::from_secs(601));
    let reply = alice.browser.get("/gateway/session").await;
    reply.problem(503, "auth_unavailable");
    assert!(reply.cookies().is_empty(), "the cookie is kept");
    scene.provider.recovers("/token").await;
    scene.a_moment_later();
    session(&alice.browser).await;
}

#[tokio::test]
async fn a_provider_that_is_slow_holds_nobody_up_for_long() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("alice").await;
    scene.provider.fails("/token", "slow").await;
    scene.tokens_expire();
    let begun = std::time::Instant::now();
    session(&alice.browser).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    scene.provider.recovers("/token").await;
    scene.provider.releases().await;
}

#[tokio::test]
async fn a_forged_id_token_signs_nobody_in_and_gives_nobody_another_plan() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("alice").await;
    scene.provider.fails("/token", "forge").await;

    let bob = scene.person();
    let back = bob.at_provider(&bob.begins().await, Does::SignsIn("bob")).await;
    signs_nobody_in(&bob.returns(&back).await, "login_failed");

    scene.tokens_expire();
    assert_eq!(session(&alice.browser).await["plan"], "free");
    // What came with it was a rotated refresh token: the session goes on with that.
    scene.provider.recovers("/token").await;
    scene.provider.gives_plan("alice", "pro").await;
    scene.a_moment_later();
    assert_eq!(session(&alice.browser).await["plan"], "pro");
    assert_eq!(scene.provider.refreshes().await, (2, 0));
}

#[tokio::test]
async fn while_the_provider_cannot_be_reached_a_sign_in_is_503_and_then_it_goes_on() {
    let scene = Scene::new().await;
    scene.provider.fails("/.well-known/openid-configuration", "down").await;
    let person = scene.person();
    signs_nobody_in(&person.browser.get("/gateway/login/test").await, "login_unavailable");
    scene.provider.recovers("/.well-known/openid-configuration").await;
    scene.a_moment_later();
    let back = person.at_provider(&person.begins().await, Does::SignsIn("alice")).await;
    scene.provider.fails("/token", "error").await;
    signs_nobody_in(&person.returns(&back).await, "login_unavailable");
    scene.provider.recovers("/token").await;
    person.signs_in("alice").await;
}
