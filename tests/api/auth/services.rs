//! Servers of the operator's that act for end users with a static key.

use astria_gateway::auth::new_service_key;
use astria_gateway::config::{Config, ServiceKey};
use serde_json::json;

use crate::harness::{Client, ISSUER, SHARED_TUNE, Spawn, TestGateway, spawn_gateway};

/// A gateway that knows this key as `backend`, acting for end users of the harness's own issuer on plan `pro`.
fn knowing(hash: &str) -> Spawn {
    let key = ServiceKey {
        name: "backend".into(),
        sha256: vec![hash.into()],
        issuer: ISSUER.into(),
        plan: "pro".into(),
        ..ServiceKey::default()
    };
    spawn_gateway().config(|config| config.auth.service_keys.push(key))
}

fn one_request_an_address(config: &mut Config) {
    (config.limits.ip.requests_per_s, config.limits.ip.burst) = (0.001, 1);
}

fn service(gw: &TestGateway, key: &str, end_user: &str) -> Client {
    gw.with_token(key).header("gateway-end-user", end_user)
}

#[tokio::test]
async fn a_service_is_the_end_user_that_it_names() {
    let (key, hash) = new_service_key().unwrap();
    let gw = knowing(&hash).start().await;

    let account = service(&gw, &key, "first").get("/gateway/account").await.ok();
    assert_eq!(account["principal"], json!({"kind": "service", "issuer": ISSUER, "subject": "first"}));
    assert_eq!(account["plan"], "pro");

    let body = json!({"prompt": {"text": "a cat", "num_images": 1}});
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    let made = service(&gw, &key, "first").post_json(&path, &body).await.ok();
    let prompt = format!("/prompts/{}", made["id"]);
    gw.user("first").get(&prompt).await.ok();
    gw.user("second").get(&prompt).await.problem(404, "not_found");
    service(&gw, &key, "second").get(&prompt).await.problem(404, "not_found");
    for request in gw.mock.requests() {
        assert!(!request.headers.contains_key("gateway-end-user"), "{}", request.path);
    }
}

#[tokio::test]
async fn a_service_that_names_nobody_or_two_is_told_so() {
    let (key, hash) = new_service_key().unwrap();
    let gw = knowing(&hash).start().await;
    let long = "x".repeat(256);
    for odd in ["", "a b", "\u{e9}", long.as_str()] {
        service(&gw, &key, odd).get("/gateway/account").await.problem(400, "bad_request");
    }
    gw.with_token(&key).get("/gateway/account").await.problem(400, "bad_request");
    let two = service(&gw, &key, "first").header("gateway-end-user", "second");
    two.get("/gateway/account").await.problem(400, "bad_request");
}

#[tokio::test]
async fn only_a_service_may_name_an_end_user() {
    let gw = spawn_gateway().start().await;
    let other = |client: Client| client.header("gateway-end-user", "second");
    other(gw.user("first")).get("/gateway/account").await.problem(400, "bad_request");
    other(gw.anonymous()).get("/gateway/account").await.problem(400, "bad_request");
    other(gw.with_token("no.such.token")).get("/packs").await.problem(400, "bad_request");
}

#[tokio::test]
async fn rl_05_a_service_is_exempt_from_the_address_limit_and_a_wrong_key_is_not() {
    let (key, hash) = new_service_key().unwrap();
    let (wrong, _) = new_service_key().unwrap();
    let gw = knowing(&hash).config(one_request_an_address).start().await;
    for _ in 0..5 {
        service(&gw, &key, "first").get("/gateway/account").await.ok();
    }

    let refused = service(&gw, &wrong, "first").get("/gateway/account").await;
    refused.problem(401, "invalid_token");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    service(&gw, &wrong, "first").get("/gateway/account").await.problem(429, "rate_limited");
    gw.user("first").get("/gateway/account").await.problem(429, "rate_limited");
    service(&gw, &key, "first").get("/gateway/account").await.ok();
}

#[tokio::test]
async fn rl_05_a_service_shares_the_limit_of_its_end_user() {
    let (key, hash) = new_service_key().unwrap();
    let gw = knowing(&hash)
        .manual_clock()
        .config(|config| {
            for plan in config.plans.values_mut() {
                (plan.requests_per_s, plan.burst) = (0.1, 2);
            }
        })
        .start()
        .await;
    for _ in 0..2 {
        service(&gw, &key, "first").get("/gateway/account").await.ok();
    }
    service(&gw, &key, "first").get("/gateway/account").await.problem(429, "rate_limited");
    service(&gw, &key, "second").get("/gateway/account").await.ok();
}
