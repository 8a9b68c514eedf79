//! Headers at both borders: the upstream sees seven of ours, and nothing that a client sent.

use serde_json::json;

use crate::harness::{SHARED_TUNE, raw, spawn_gateway};

/// What clients, their proxies and attackers send.
const OF_THE_CLIENT: &str = "X-Forwarded-For: 203.0.113.9\r\n\
    X-Forwarded-Host: evil.example\r\n\
    X-Forwarded-Proto: https\r\n\
    X-Forwarded-Uri: /users\r\n\
    Forwarded: for=203.0.113.9\r\n\
    X-Real-IP: 203.0.113.9\r\n\
    X-Original-URL: /users\r\n\
    X-Rewrite-URL: /users\r\n\
    X-HTTP-Method-Override: DELETE\r\n\
    X-HTTP-Method: DELETE\r\n\
    X-Method-Override: DELETE\r\n\
    X_Workspace_Id: 7\r\n\
    X-Workspace-Id: 7\r\n\
    X-Accel-Mapping: /=/\r\n\
    X-Sendfile-Type: X-Accel-Redirect\r\n\
    X-Requested-With: XMLHttpRequest\r\n\
    X-Request-Id: 0123456789abcdef0123456789abcdef\r\n\
    X-Anything: else\r\n\
    Idempotency-Key: one\r\n\
    Referer: https://app.example/page\r\n\
    Origin: https://app.example\r\n\
    User-Agent: of-the-client\r\n\
    Cookie: session=of-the-client\r\n\
    Accept: text/html\r\n\
    Accept-Language: de\r\n\
    Accept-Encoding: gzip, br\r\n\
    Range: bytes=0-1\r\n\
    If-None-Match: \"of-the-client\"\r\n\
    If-Modified-Since: Sat, 21 Nov 2026 00:00:00 GMT\r\n\
    Via: 1.1 of-the-client\r\n\
    Traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01\r\n\
    TE: trailers\r\n\
    Expect-CT: of-the-client\r\n";

#[tokio::test]
async fn hdr_01_the_upstream_sees_seven_headers_and_none_of_the_clients() {
    let gw = spawn_gateway().start().await;
    let headers = format!(
        "Authorization: Bearer {}\r\nContent-Type: APPLICATION/json; charset=utf-8\r\n{OF_THE_CLIENT}",
        gw.token("first", "free")
    );
    let body = json!({"prompt": {"text": "a cat"}}).to_string();
    let target = format!("/tunes/{SHARED_TUNE}/prompts");

    let created = raw::request(gw.host(), "POST", &target, &headers, &body).await;
    let listed = raw::request(gw.host(), "GET", "/packs", &headers, "").await;

    assert_eq!((raw::status(&created), raw::status(&listed)), (201, 200), "{created}\n{listed}");
    let seen = gw.mock.requests();
    let [create, list] = seen.as_slice() else { panic!("{} requests", seen.len()) };
    let names = |request: &mock_astria::RecordedRequest| request.headers.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(create),
        ["accept", "authorization", "content-length", "content-type", "host", "user-agent", "x-workspace-id"]
    );
    assert_eq!(names(list), ["accept", "authorization", "host", "user-agent", "x-workspace-id"]);
    for request in [create, list] {
        assert_eq!(request.headers["accept"], "application/json");
        assert_eq!(request.headers["x-workspace-id"], gw.workspace);
        assert_eq!(request.headers["host"], gw.mock.addr().to_string());
        assert!(request.headers["user-agent"].starts_with("astria-gateway/"));
        let values: Vec<&str> = request.headers.values().map(String::as_str).collect();
        for mine in ["of-the-client", "203.0.113.9", "evil.example", "0123456789abcdef0123456789abcdef"] {
            assert!(values.iter().all(|value| !value.contains(mine)), "{mine} arrived: {values:?}");
        }
    }
    assert_eq!(create.method, "POST");
    assert_eq!(create.headers["content-type"], "application/json", "ours, not the client's spelling of it");
}

#[tokio::test]
async fn hdr_05_a_reply_is_not_shortened_or_withheld_on_a_creates_conditional_headers() {
    let gw = spawn_gateway().start().await;
    let user = gw
        .user("first")
        .header("range", "bytes=0-1")
        .header("if-modified-since", "Sat, 21 Nov 2026 00:00:00 GMT");
    let reply =
        user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &json!({"prompt": {"text": "a cat"}})).await;
    assert_eq!(reply.status, 201);
    assert!(reply.ok()["id"].is_u64());
}

#[tokio::test]
async fn hdr_06_none_of_the_upstreams_own_headers_come_through() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let made =
        user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &json!({"prompt": {"text": "a cat"}})).await;
    let path = format!("/prompts/{}", made.ok()["id"]);
    for reply in [made, user.get(&path).await, user.get("/packs").await] {
        reply.ok();
        for name in ["set-cookie", "server", "via", "x-runtime", "link", "location", "alt-svc"] {
            assert_eq!(reply.header(name), None);
        }
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}
