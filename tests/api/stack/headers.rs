//! Headers at both borders: the upstream sees seven of ours, and nothing that a client sent.

use serde_json::json;

use crate::harness::{Client, Reply, SHARED_TUNE, photos, raw, spawn_gateway};
use crate::prompts::on_shared;
use crate::upstream::before;
use crate::upstream::raw::{Answer, RawUpstream, json as raw_prompt};

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
    X-Forwarded-Port: 203.0.113.9\r\n\
    X-Forwarded-Prefix: /of-the-client\r\n\
    X-Forwarded-User: of-the-client\r\n\
    X-Forwarded-Server: evil.example\r\n\
    X-Forwarded-SSL: of-the-client\r\n\
    X_Forwarded_For: 203.0.113.9\r\n\
    X-Client-IP: 203.0.113.9\r\n\
    True-Client-IP: 203.0.113.9\r\n\
    X-Sendfile: /of-the-client\r\n\
    X-CSRF-Token: of-the-client\r\n\
    Proxy-Authorization: Basic of-the-client\r\n\
    If-Match: \"of-the-client\"\r\n\
    If-Range: \"of-the-client\"\r\n\
    If-Unmodified-Since: Sat, 21 Nov 2026 00:00:00 GMT\r\n\
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

fn with_the_clients_headers(user: &Client) -> Client {
    let lines = OF_THE_CLIENT.split("\r\n").filter_map(|line| line.trim().split_once(": "));
    // One key is one create's: this caller makes many.
    let lines = lines.filter(|(name, _)| *name != "Idempotency-Key");
    lines.fold(user.clone(), |user, (name, value)| user.header(name, value))
}

#[tokio::test]
async fn hdr_05_no_call_of_any_operation_carries_a_header_of_the_clients() {
    let gw = spawn_gateway().start().await;
    let user = with_the_clients_headers(&gw.user("first"));
    let cat = json!({"prompt": {"text": "a cat"}});
    let photo: &[u8] = photos::SAMPLES[0].1;

    let id = user.post_json(&on_shared(), &cat).await.ok()["id"].clone();
    user.post_form("/prompts", &[("prompt[text]", "x"), ("prompt[tune_id]", &SHARED_TUNE.to_string())])
        .await
        .ok();
    user.post_multipart(&on_shared(), &[("prompt[text]", "x")], &[("prompt[input_image]", photo)]).await.ok();
    user.post_multipart("/images/inspect", &[("name", "man")], &[("file", photo)]).await.ok();
    user.get(&format!("/prompts/{id}")).await.ok();
    for path in ["/packs", "/gallery/packs", "/p/260"] {
        assert_eq!(user.get(path).await.status, 200, "{path}");
    }

    let seen = gw.mock.requests();
    assert_eq!(seen.len(), 8);
    let allowed =
        ["accept", "authorization", "content-length", "content-type", "host", "user-agent", "x-workspace-id"];
    for request in seen {
        for (name, value) in &request.headers {
            assert!(allowed.contains(&name.as_str()), "{} carried {name}", request.path);
            for mine in ["of-the-client", "203.0.113.9", "evil.example", "0123456789abcdef", "DELETE", "gzip"]
            {
                assert!(!value.contains(mine), "{} carried {name}: {value}", request.path);
            }
        }
    }
}

#[tokio::test]
async fn hdr_03_key_and_workspace_stand_once_on_every_call_also_on_one_that_is_tried_again() {
    let broken = Answer::text("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    let upstream = RawUpstream::start(vec![vec![Answer::good(), broken]]).await;
    let url = upstream.url.clone();
    let gw = spawn_gateway().config(|config| config.upstream.base_url = url).start().await;
    let user = gw.user("first");
    let user = ["X-Workspace-Id", "x-workspace-id", "X_Workspace_Id", "X-WORKSPACE-ID"]
        .iter()
        .fold(user, |user, name| user.header(name, "7"))
        .header("proxy-authorization", "Bearer of-the-client")
        .header("connection", "authorization, x-workspace-id");

    user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 1}})).await.ok();
    user.get("/prompts/7000000").await.ok();

    let seen = upstream.seen();
    assert_eq!(seen.len(), 3, "a create, and a read that was tried twice");
    for (_, request) in seen {
        let lines = |name: &str| {
            let head = request.split("\r\n\r\n").next().unwrap().lines().map(str::to_owned);
            head.filter(|line| line.to_ascii_lowercase().replace('_', "-").starts_with(name))
                .collect::<Vec<_>>()
        };
        assert_eq!(lines("authorization:"), [format!("authorization: Bearer {}", gw.api_key)]);
        assert_eq!(lines("x-workspace-id:"), [format!("x-workspace-id: {}", gw.workspace)]);
        assert!(!request.contains("of-the-client"));
    }
}

/// What servers and their proxies add, and no client of ours may see.
const OF_THE_UPSTREAM: &str = "Set-Cookie: _session=1\r\nSet-Cookie: other=2\r\nLocation: https://up.example/\r\n\
    Server: Cowboy\r\nVia: 1.1 vegur\r\nX-Runtime: 0.1\r\nX-Request-Id: of-the-upstream\r\nLink: </x>; rel=next\r\n\
    Content-Disposition: attachment\r\nAlt-Svc: h3=\":443\"\r\nStrict-Transport-Security: max-age=1\r\n\
    ETag: \"of-the-upstream\"\r\nCache-Control: public, max-age=99\r\nX-Powered-By: Rails\r\nAge: 9\r\n\
    X-Accel-Redirect: /etc/passwd\r\nX-RateLimit-Limit: 77\r\nRetry-After: 77\r\nVary: Origin\r\n\
    Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nWWW-Authenticate: Basic\r\n\
    Content-Language: xx\r\nContent-Security-Policy: none\r\nX-Frame-Options: ALLOWALL\r\n";

fn noisy(status: &str, kind: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::text(&format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{OF_THE_UPSTREAM}\r\n{body}"
    ))
}

fn names(reply: &Reply) -> Vec<&str> {
    let mut names: Vec<_> = reply.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

const ON_EVERY_REPLY: [&str; 12] = [
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "ratelimit",
    "ratelimit-policy",
    "content-security-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

#[tokio::test]
async fn hdr_06_a_reply_carries_our_own_headers_and_not_one_of_the_upstreams() {
    let json = "application/json";
    let upstream = RawUpstream::start(vec![vec![
        noisy("201 Created", json, &raw_prompt()),
        noisy("200 OK", json, &raw_prompt()),
        noisy("422 Unprocessable", json, r#"{"text":["is bad"]}"#),
        noisy("500 Internal", "text/html", "<h1>500</h1>"),
        noisy("200 OK", json, "[]"),
    ]])
    .await;
    let gw = before(&upstream).start().await;
    gw.expect_unknown();
    let user = gw.user("first");
    let (path, body) = (on_shared(), json!({"prompt": {"text": "a cat", "num_images": 1}}));
    let create = || user.post_json(&path, &body);

    let replies = [
        create().await,
        user.get("/prompts/7000000").await,
        create().await,
        create().await,
        user.get("/packs").await,
    ];

    assert_eq!(replies.each_ref().map(|reply| reply.status.as_u16()), [201, 200, 422, 504, 200]);
    let with = |more: &[&'static str]| {
        let mut names = [ON_EVERY_REPLY.as_slice(), &["x-request-id"], more].concat();
        names.sort_unstable();
        names
    };
    let packs = with(&["cache-status", "etag", "vary"]);
    for (at, reply) in replies.iter().enumerate() {
        let expected = match at {
            0 => with(&["gateway-quota-left"]),
            4 => packs.clone(),
            // What is not known yet and what was refused for good say when to come again, or nothing.
            3 => with(&["retry-after"]),
            _ => with(&[]),
        };
        assert_eq!(names(reply), expected, "reply {at}");
        for (name, value) in &reply.headers {
            let value = value.to_str().unwrap();
            assert!(!value.contains("of-the-upstream") && value != "77", "{name}: {value}");
            assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{name}");
        }
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn hdr_07_what_is_ones_own_is_never_stored_never_guessed_at_and_always_json() {
    let gw = spawn_gateway().start().await;
    let (user, nobody) = (gw.user("first"), gw.anonymous());
    let made = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await;
    let id = made.ok()["id"].clone();
    let inspected =
        user.post_multipart("/images/inspect", &[("name", "man")], &[("file", photos::SAMPLES[0].1)]).await;
    let replies = [
        made,
        inspected,
        user.get(&format!("/prompts/{id}")).await,
        user.get("/gateway/account").await,
        user.get("/prompts/1").await,
        nobody.get("/gateway/account").await,
        nobody.get("/packs/").await,
        nobody.get("/nowhere").await,
        user.post_json(&on_shared(), &json!({})).await,
        nobody.get("/healthz").await,
    ];
    for reply in replies {
        let what = reply.text();
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{what}");
        let kind = if reply.status.is_success() { "application/json" } else { "application/problem+json" };
        assert_eq!(reply.header("content-type"), Some(kind), "{what}");
    }
    // Packs are the same for everybody, but a token stands before them.
    assert_eq!(user.get("/packs").await.header("cache-control"), Some("private, no-cache"));
}

#[tokio::test]
async fn hdr_07_whatever_type_the_upstream_claims_a_reply_is_our_own_json() {
    for kind in
        ["text/html; charset=utf-8", "image/svg+xml", "application/json\r\nContent-Encoding: identity"]
    {
        let upstream = RawUpstream::start(vec![vec![noisy("200 OK", kind, &raw_prompt())]]).await;
        let gw = before(&upstream).start().await;
        let made = gw
            .user("first")
            .post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 1}}))
            .await;
        made.ok();
        assert_eq!(made.header("content-type"), Some("application/json"), "{kind}");
        assert_eq!(made.header("content-encoding"), None, "{kind}");
    }
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
