//! Pages of other origins: which may read, what they may read, and that asking first costs nothing.

use reqwest::Method;

use super::three_at_once;
use crate::harness::{Client, Reply, Spawn, spawn_gateway};

const ORIGIN: &str = "https://app.example";

fn with_origin() -> Spawn {
    spawn_gateway().config(|config| {
        config.cors.allowed_origins = vec!["https://first.example".into(), ORIGIN.into()];
    })
}

fn allowed(reply: &Reply) -> Option<&str> {
    reply.header("access-control-allow-origin")
}

/// The members of a header that is a list, in lower case.
fn list(reply: &Reply, name: &str) -> Vec<String> {
    let values = reply.headers.get_all(name).iter().map(|value| value.to_str().unwrap());
    values.flat_map(|value| value.split(',')).map(|member| member.trim().to_ascii_lowercase()).collect()
}

async fn preflight(client: &Client, path: &str) -> Reply {
    client
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .method(Method::OPTIONS, path)
        .await
}

#[tokio::test]
async fn bff_06_only_exact_origins_of_the_list_may_read() {
    let gw = with_origin().start().await;
    let user = gw.user("first");
    for origin in [ORIGIN, "https://first.example"] {
        let reply = user.header("origin", origin).get("/gateway/account").await;
        reply.ok();
        assert_eq!(allowed(&reply), Some(origin));
    }
    for origin in [
        "null",
        "*",
        "https://evil.example",
        "https://app.example.evil.example",
        "https://evil.example/https://app.example",
        "https://sub.app.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example/",
        "https://APP.example",
        "https://app.example https://evil.example",
    ] {
        let other = user.header("origin", origin);
        assert_eq!(allowed(&other.get("/gateway/account").await), None, "{origin}");
        assert_eq!(allowed(&preflight(&other, "/prompts").await), None, "{origin}");
    }
}

#[tokio::test]
async fn bff_06_every_reply_varies_by_origin_whoever_asks() {
    let gw = with_origin().start().await;
    let (user, nobody) = (gw.user("first"), gw.anonymous());
    let asked = [
        user.get("/gateway/account").await,
        user.header("origin", ORIGIN).get("/packs").await,
        user.header("origin", "https://evil.example").get("/packs").await,
        nobody.get("/packs").await,
        nobody.get("/nowhere").await,
        nobody.method(Method::PUT, "/packs").await,
        nobody.get("/packs/").await,
        preflight(&nobody.header("origin", ORIGIN), "/prompts").await,
    ];
    for reply in asked {
        assert!(list(&reply, "vary").contains(&"origin".to_owned()), "{} {:?}", reply.status, reply.headers);
    }
}

#[tokio::test]
async fn bff_06_a_preflight_needs_no_token_and_does_nothing() {
    let gw = with_origin()
        .config(|config| (config.limits.ip.requests_per_s, config.limits.ip.burst) = (0.001, 1))
        .start()
        .await;
    let page = gw.anonymous().header("origin", ORIGIN);
    for _ in 0..5 {
        let reply = preflight(&page, "/tunes/1/prompts").await;

        assert_eq!(reply.status, 200);
        assert_eq!(allowed(&reply), Some(ORIGIN));
        let methods = list(&reply, "access-control-allow-methods");
        assert!(["get", "post", "delete"].iter().all(|method| methods.contains(&(*method).to_owned())));
        let headers = list(&reply, "access-control-allow-headers");
        for header in ["authorization", "content-type", "idempotency-key", "if-none-match"] {
            assert!(headers.contains(&header.to_owned()), "{headers:?}");
        }
        assert!(!headers.contains(&"*".to_owned()) && !methods.contains(&"*".to_owned()));
        assert!(reply.body.is_empty());
    }
    assert!(gw.mock.requests().is_empty());
    let own = gw.user("first").header("origin", ORIGIN);
    own.get("/gateway/account").await.ok();
    own.get("/gateway/account").await.problem(429, "rate_limited");
}

#[tokio::test]
async fn bff_06_a_page_can_read_refusals_and_the_headers_that_explain_them() {
    let gw = three_at_once().config(|config| config.cors.allowed_origins = vec![ORIGIN.into()]).start().await;
    let page = gw.user("first").header("origin", ORIGIN);
    let nobody = gw.anonymous().header("origin", ORIGIN);
    let mut replies = vec![
        (401, nobody.get("/packs").await),
        (404, nobody.get("/nowhere").await),
        (405, nobody.method(Method::PUT, "/packs").await),
        (400, nobody.get("/packs/").await),
    ];
    for status in [200, 200, 200, 429] {
        replies.push((status, page.get("/gateway/account").await));
    }
    let told = [
        "cache-control",
        "cache-status",
        "etag",
        "gateway-clamped-params",
        "gateway-dropped-params",
        "gateway-quota-left",
        "idempotent-replayed",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-request-id",
    ];
    for (status, reply) in replies {
        assert_eq!(reply.status, status);
        assert_eq!(allowed(&reply), Some(ORIGIN), "{status}");
        assert_eq!(reply.header("access-control-allow-credentials"), Some("true"), "{status}");
        let mut exposed = list(&reply, "access-control-expose-headers");
        exposed.sort();
        assert_eq!(exposed, told, "{status}");
    }
}

#[tokio::test]
async fn without_configured_origins_there_is_not_one_cors_header() {
    let gw = spawn_gateway().start().await;
    let page = gw.user("first").header("origin", ORIGIN);
    let replies = [
        page.get("/gateway/account").await,
        page.get("/nowhere").await,
        gw.anonymous().header("origin", ORIGIN).get("/packs").await,
        preflight(&page, "/prompts").await,
    ];
    assert_eq!(replies[3].status, 405);
    for reply in replies {
        let cors: Vec<_> =
            reply.headers.keys().filter(|name| name.as_str().starts_with("access-control")).collect();
        assert!(cors.is_empty(), "{cors:?}");
    }
}
