//! Callers without a token, where the operator lets them in.

use astria_gateway::config::Plan;
use reqwest::Method;
use serde_json::json;

use crate::harness::{SHARED_TUNE, Spawn, spawn_gateway};

/// A gateway that lets guests in, three requests at once for all of them.
fn open() -> Spawn {
    let plan = Plan { requests_per_s: 0.1, burst: 3, allow: Vec::new(), ..Plan::default() };
    spawn_gateway().manual_clock().config(|config| {
        config.plans.insert("guest".into(), plan);
        config.guest.enabled = true;
    })
}

#[tokio::test]
async fn guests_stay_outside_unless_config_lets_them_in() {
    let gw = spawn_gateway().start().await;
    gw.anonymous().get("/packs").await.problem(401, "unauthenticated");
    let gw = open().start().await;
    gw.anonymous().get("/packs").await.ok();
    let account = gw.anonymous().get("/gateway/account").await.ok();
    assert_eq!(account["principal"], json!({"kind": "guest", "issuer": "gateway", "subject": "guest"}));
    assert_eq!(account["plan"], "guest");
}

#[tokio::test]
async fn a_guest_cannot_spend() {
    let gw = open().start().await;
    let body = json!({"prompt": {"text": "a cat", "num_images": 1}});
    for path in ["/prompts".to_owned(), format!("/tunes/{SHARED_TUNE}/prompts"), "/images/inspect".to_owned()]
    {
        let refused = gw.anonymous().post_json(&path, &body).await;
        refused.problem(401, "unauthenticated");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn a_guest_owns_nothing_and_sees_nobodys() {
    let gw = open().start().await;
    let body = json!({"prompt": {"text": "a cat", "num_images": 1}});
    let made = gw.user("first").post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.ok();
    gw.anonymous().get(&format!("/prompts/{}", made["id"])).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_bad_token_does_not_make_a_guest() {
    let gw = open().start().await;
    gw.with_token("a.b.c").get("/packs").await.problem(401, "invalid_token");
    let basic = gw.anonymous().header("authorization", "Basic YTpi");
    basic.method(Method::GET, "/packs").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn rl_05_all_guests_share_one_limit_and_leave_end_users_alone() {
    let gw = open().config(|c| c.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).start().await;
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        gw.anonymous().header("x-forwarded-for", address).get("/gateway/account").await.ok();
    }
    let fourth = gw.anonymous().header("x-forwarded-for", "192.0.2.4");
    fourth.get("/gateway/account").await.problem(429, "rate_limited");
    gw.user("first").get("/gateway/account").await.ok();
}
