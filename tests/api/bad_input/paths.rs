//! Paths, methods and heads that are not as they should be.

use serde_json::json;

use super::super::harness::{finished, raw, spawn_gateway};
use super::on_shared;

#[tokio::test]
async fn path_03_a_path_in_another_spelling_is_refused_and_nothing_is_asked_upstream() {
    let gw = spawn_gateway().start().await;
    let headers = format!("Authorization: Bearer {}\r\n", gw.token("first", "free"));
    for target in [
        "//packs",
        "/packs/",
        "/packs//",
        "/./packs",
        "/packs/.",
        "/packs/../packs",
        "/gallery/../packs",
        "/..",
        "/%70acks",
        "/%2e%2e/packs",
        "/gallery%2Fpacks",
        "/gallery%5Cpacks",
        "/p/%2e%2e%2fusers",
        "/p/1%2F..%2F..%2Fusers",
        "/packs;x=1",
        "/packs%00",
        "/packs%20",
        "/packs%0d%0aX-Evil:1",
        "/p/260%0a",
        "/p/%c0%ae%c0%ae",
        "/p/%FF",
        "/tunes/1%2Fprompts",
        "/prompts/1%3Fx=1",
        "/prompts/1%23",
        "/p/a:b",
        "/p/a,b",
    ] {
        let reply = raw::request(gw.host(), "GET", target, &headers, "").await;
        assert_eq!(raw::status(&reply), 400, "{target}: {reply}");
        assert!(reply.contains("\"code\":\"bad_path\""), "{target}: {reply}");
    }
    for target in [
        "/tunes/1504944%2Fprompts",
        "/tunes//1504944/prompts",
        "/tunes/1504944/prompts/",
        "/tunes/x/../1504944/prompts",
    ] {
        let headers = format!("{headers}Content-Type: application/json\r\n");
        let reply = raw::request(gw.host(), "POST", target, &headers, r#"{"text":"a cat"}"#).await;
        assert_eq!(raw::status(&reply), 400, "{target}: {reply}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn a_target_that_is_no_path_reaches_nothing() {
    let gw = spawn_gateway().start().await;
    let headers = format!("Authorization: Bearer {}\r\n", gw.token("first", "free"));
    for (method, target) in [
        ("GET", "packs"),
        ("GET", "/pa cks"),
        ("GET", "\\packs"),
        ("GET", ""),
        ("CONNECT", "evil.example:443"),
        ("OPTIONS", "*"),
    ] {
        let reply = raw::request(gw.host(), method, target, &headers, "").await;
        let status = raw::status(&reply);
        assert!((400..500).contains(&status), "{method} {target}: {reply}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn an_unknown_path_is_not_found_and_a_wrong_method_names_the_right_ones_without_a_token() {
    let gw = spawn_gateway().start().await;
    let anonymous = gw.anonymous();
    for path in
        ["/", "/nothing", "/PACKS", "/packs/1", "/tunes", "/prompts/1/2", "/gateway", "/p", "/healthz/x"]
    {
        anonymous.get(path).await.problem(404, "not_found");
        anonymous.post(path, "application/json", "{").await.problem(404, "not_found");
    }
    for (method, path, allowed) in [
        ("POST", "/packs", vec!["GET", "HEAD"]),
        ("DELETE", "/packs", vec!["GET", "HEAD"]),
        ("PUT", "/prompts", vec!["GET", "HEAD", "POST"]),
        ("PATCH", "/prompts/1", vec!["DELETE", "GET", "HEAD"]),
        ("PUT", "/tunes/1504944/prompts", vec!["GET", "HEAD", "POST"]),
        ("GET", "/images/inspect", vec!["POST"]),
        ("PATCH", "/gateway/account", vec!["GET", "HEAD"]),
        ("TRACE", "/packs", vec!["GET", "HEAD"]),
        ("OPTIONS", "/packs", vec!["GET", "HEAD"]),
        ("BREW", "/packs", vec!["GET", "HEAD"]),
        ("POST", "/healthz", vec!["GET", "HEAD"]),
    ] {
        let reply = anonymous.method(method.parse().unwrap(), path).await;
        reply.problem(405, "method_not_allowed");
        let mut named: Vec<_> = reply.header("allow").unwrap().split(',').map(str::trim).collect();
        named.sort_unstable();
        assert_eq!(named, allowed, "{method} {path}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn smug_10_a_body_on_a_read_goes_nowhere() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let id = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok()["id"].clone();
    finished(&user, &format!("/prompts/{id}")).await;
    let headers = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        gw.token("first", "free")
    );
    for path in [format!("/prompts/{id}"), "/packs".to_owned()] {
        let reply = raw::request(gw.host(), "GET", &path, &headers, "id=7&_method=delete&public=true").await;
        assert_eq!(raw::status(&reply), 200, "{reply}");
    }
    for sent in gw.mock.requests().iter().filter(|sent| sent.method == "GET") {
        assert!(!sent.headers.contains_key("content-length") && !sent.headers.contains_key("content-type"));
        assert!(sent.params.get("_method").is_none() && sent.params["id"] != "7", "{}", sent.params);
    }
    let too_large = raw::request(gw.host(), "GET", "/packs", &headers, &"x".repeat(65 * 1024)).await;
    assert_eq!(raw::status(&too_large), 413, "{too_large}");
}

#[tokio::test]
async fn an_oversized_head_is_refused_and_the_next_request_works() {
    let gw = spawn_gateway().start().await;
    let huge = format!("X-Padding: {}\r\n", "x".repeat(300_000));
    let many: String = (0..500).map(|n| format!("X-{n}: x\r\n")).collect();
    for (what, headers) in [("huge", huge), ("many", many)] {
        let reply = raw::request(gw.host(), "GET", "/packs", &headers, "").await;
        assert_eq!(raw::status(&reply), 431, "{what}: {reply}");
    }
    let long_target = format!("/packs?{}", "x".repeat(300_000));
    let reply = raw::request(gw.host(), "GET", &long_target, "", "").await;
    assert!(matches!(raw::status(&reply), 414 | 431), "{reply}");

    gw.user("first").get("/packs").await.ok();
    let metrics = gw.operator("/metrics").await;
    assert!(metrics.contains("astria_gateway_unparsed_connections_total 3"), "{metrics}");
}
