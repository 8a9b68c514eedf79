//! The order of the layers, proven by what a request with two faults is told, and what each layer promises.

mod access_log;
mod afterwards;
mod headers;
mod lifetime;
mod panics;

use astria_gateway::call::{Answer, Call};
use astria_gateway::routes::Route;
use reqwest::Method;
use serde_json::json;

use super::harness::{Reply, SHARED_TUNE, Spawn, logs, raw, spawn_gateway};

const ORIGIN: &str = "https://app.example";

fn with_cors() -> Spawn {
    spawn_gateway().config(|config| config.cors.allowed_origins = vec![ORIGIN.into()])
}

/// One request of an address, and no further one.
fn once() -> Spawn {
    with_cors().config(|config| {
        config.limits.ip.requests_per_s = 0.001;
        config.limits.ip.burst = 1;
    })
}

/// A rejection from anywhere below carries what the outermost layers add. (The client checks the id.)
fn rejected(reply: &Reply, status: u16, code: &str) {
    reply.problem(status, code);
    assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN), "{code}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{code}");
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{code}");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{code}");
}

fn too_large() -> String {
    "x".repeat(64 * 1024 + 1)
}

async fn boom(_: Call) -> Answer {
    panic!("the payload of this panic is nobody's business")
}

#[tokio::test]
async fn request_id_and_cors_stand_above_every_rejection() {
    let gw = with_cors()
        .manual_clock()
        .config(|config| config.plans.get_mut("pro").unwrap().burst = 1)
        .start()
        .await;
    let nobody = gw.anonymous().header("origin", ORIGIN);
    let user = gw.user("first").header("origin", ORIGIN);
    let pro = gw.pro_user("first").header("origin", ORIGIN);
    rejected(&nobody.get("/packs/").await, 400, "bad_path");
    rejected(&nobody.get("/nowhere").await, 404, "not_found");
    rejected(&nobody.method(Method::PATCH, "/packs").await, 405, "method_not_allowed");
    rejected(&nobody.post("/gateway/callbacks/x", "application/json", "{}").await, 404, "not_found");
    rejected(&nobody.get("/packs").await, 401, "unauthenticated");
    rejected(&user.header("authorization", "Bearer b").get("/packs").await, 400, "bad_request");
    rejected(&user.post("/prompts", "text/plain", "a cat").await, 415, "unsupported_media_type");
    rejected(&user.get("/prompts/1").await, 404, "not_found");
    pro.get("/packs").await.ok();
    rejected(&pro.get("/packs").await, 429, "rate_limited");
}

#[tokio::test]
async fn a_path_is_judged_before_it_is_routed() {
    let gw = with_cors().start().await;
    let nobody = gw.anonymous().header("origin", ORIGIN);
    for path in ["/nowhere/", "/%70acks", "/packs/", "//packs", "/packs%2f"] {
        rejected(&nobody.get(path).await, 400, "bad_path");
        rejected(&nobody.method(Method::PATCH, path).await, 400, "bad_path");
    }
    for target in ["/p/../packs", "/./packs", "/packs/..", "/p/%2e%2e", "/packs\\"] {
        let reply = raw::request(gw.host(), "GET", target, "", "").await;
        assert_eq!(raw::status(&reply), 400, "{target}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_told_before_authentication() {
    let gw = once().start().await;
    for client in [gw.anonymous(), gw.with_token("nonsense"), gw.user("first")] {
        let client = client.header("origin", ORIGIN);
        for path in ["/", "/nowhere", "/tune", "/tunes/1/2", "/p", "/metrics", "/p/1/2", "/__mock__/requests"]
        {
            rejected(&client.get(path).await, 404, "not_found");
        }
        for (method, path, allowed) in [
            (Method::DELETE, "/packs", vec!["GET", "HEAD", "POST"]),
            (Method::DELETE, "/gateway/account", vec!["GET", "HEAD"]),
            (Method::PUT, "/prompts", vec!["GET", "HEAD", "POST"]),
            (Method::GET, "/images/inspect", vec!["POST"]),
            (Method::POST, "/tunes/1/prompts/2", vec!["DELETE", "GET", "HEAD", "PATCH", "PUT"]),
            (Method::POST, "/healthz", vec!["GET", "HEAD"]),
            (Method::GET, "/gateway/callbacks/x", vec!["POST"]),
            (Method::TRACE, "/packs", vec!["GET", "HEAD", "POST"]),
        ] {
            let reply = client.method(method.clone(), path).await;
            rejected(&reply, 405, "method_not_allowed");
            let mut told: Vec<_> = reply.header("allow").unwrap().split(',').map(str::trim).collect();
            told.sort_unstable();
            assert_eq!(told, allowed, "{method} {path}");
        }
    }
    gw.user("first").get("/gateway/account").await.ok();
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn a_wrong_method_is_told_even_for_a_body_that_is_too_large() {
    let gw = with_cors().start().await;
    let reply =
        gw.anonymous().header("origin", ORIGIN).post("/gallery/packs", "text/plain", too_large()).await;
    rejected(&reply, 405, "method_not_allowed");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_before_the_address_limit_and_authentication() {
    let gw = once().start().await;
    let nobody = gw.anonymous().header("origin", ORIGIN);
    let too_large = || async {
        let head = format!(
            "POST /prompts HTTP/1.1\r\nHost: {}\r\nOrigin: {ORIGIN}\r\nContent-Length: 999999999\r\n\r\n",
            gw.host()
        );
        raw::head(gw.host(), head.as_bytes()).await
    };

    let first = too_large().await;
    assert_eq!(raw::status(&first), 413, "before a byte of it is read: {first}");
    assert!(first.to_ascii_lowercase().contains("\r\naccess-control-allow-origin: https://app.example\r\n"));
    assert!(first.to_ascii_lowercase().contains("\r\nx-request-id: "));
    assert!(first.contains("application/problem+json"));
    rejected(&nobody.get("/packs").await, 401, "unauthenticated");
    rejected(&nobody.get("/packs").await, 429, "rate_limited");
    assert_eq!(raw::status(&too_large().await), 413);
}

#[tokio::test]
async fn a_read_has_no_room_for_a_large_body() {
    let gw = with_cors().start().await;
    let user = gw.user("first").header("origin", ORIGIN);
    let head = format!(
        "GET /packs HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: 65537\r\n\r\n{}",
        gw.host(),
        too_large()
    );
    assert_eq!(raw::status(&raw::exchange(gw.host(), head.as_bytes()).await), 413);
    user.get("/packs").await.ok();
}

#[tokio::test]
async fn authentication_stands_before_the_user_limit() {
    let gw = with_cors()
        .manual_clock()
        .config(|config| config.plans.get_mut("free").unwrap().burst = 1)
        .start()
        .await;
    let user = gw.user("first").header("origin", ORIGIN);
    user.get("/gateway/account").await.ok();
    rejected(&user.get("/gateway/account").await, 429, "rate_limited");

    let forged = gw.token("first", "free") + "A";
    let reply = gw.with_token(&forged).header("origin", ORIGIN).get("/gateway/account").await;

    rejected(&reply, 401, "invalid_token");
    assert_eq!(reply.header("ratelimit"), None);
}

#[tokio::test]
async fn the_user_limit_stands_before_the_body_is_read() {
    let gw = with_cors()
        .manual_clock()
        .config(|config| config.plans.get_mut("free").unwrap().burst = 1)
        .start()
        .await;
    let user = gw.user("first").header("origin", ORIGIN);
    let broken = || user.post("/prompts", "application/json", "{");
    rejected(&broken().await, 400, "bad_body");
    rejected(&broken().await, 429, "rate_limited");
}

#[tokio::test]
async fn up_07_a_panic_is_one_requests_misfortune() {
    let gw = with_cors().route(Route::get("/boom", boom)).start().await;
    let user = gw.user("first").header("origin", ORIGIN);
    let (reply, other) = tokio::join!(user.get("/boom"), user.get("/packs"));

    reply.problem(500, "internal");
    assert!(!reply.text().contains("payload"));
    other.ok();
    user.get("/packs").await.ok();
    rejected(&gw.anonymous().header("origin", ORIGIN).get("/boom").await, 401, "unauthenticated");
    let id = reply.header("x-request-id").unwrap();
    let text = logs::text();
    let told = text.lines().filter(|line| line.contains(id) && line.contains("panicked")).count();
    assert_eq!(told, 1);
    assert!(!text.contains("nobody's business"));
}

#[tokio::test]
async fn path_05_head_is_get_without_the_body() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    for path in ["/packs", "/gateway/account", "/healthz", "/nowhere", "/prompts/1"] {
        let (got, head) = (user.get(path).await, user.method(Method::HEAD, path).await);

        assert_eq!(head.status, got.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "cache-control", "etag", "ratelimit-policy"] {
            assert_eq!(head.header(name), got.header(name), "{path} {name}");
        }
    }
    let head = raw::request(gw.host(), "HEAD", "/nowhere", "", "").await;
    assert!(head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn options_is_a_method_like_any_other_unless_cors_is_configured() {
    let gw = spawn_gateway().start().await;
    let reply = gw.user("first").header("origin", ORIGIN).method(Method::OPTIONS, "/packs").await;
    reply.problem(405, "method_not_allowed");
    assert!(reply.header("allow").unwrap().contains("GET"));
    gw.anonymous().method(Method::OPTIONS, "/nowhere").await.problem(404, "not_found");
}

#[tokio::test]
async fn hdr_04_param_17_a_method_override_changes_nothing() {
    let gw = spawn_gateway().start().await;
    let body = json!({"prompt": {"text": "a cat"}, "_method": "delete"});
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let user = gw.user("first").header(name, "DELETE");
        user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts?_method=delete"), &body).await.ok();
        user.get("/packs").await.ok();
    }
    let made = gw.mock.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!((made, gw.mock.prompts().len()), (3, 3));
}
