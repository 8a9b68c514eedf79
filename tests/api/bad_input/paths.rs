//! Paths, methods and heads that are not as they should be.

use astria_gateway::routes::{Access, table};
use reqwest::Method;
use serde_json::json;

use super::super::harness::{SHARED_TUNE, finished, raw, spawn_gateway};
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
        ["/", "/nothing", "/PACKS", "/packs/1", "/Tunes", "/prompts/1/2", "/gateway", "/p", "/healthz/x"]
    {
        anonymous.get(path).await.problem(404, "not_found");
        anonymous.post(path, "application/json", "{").await.problem(404, "not_found");
    }
    for (method, path, allowed) in [
        ("PATCH", "/packs", vec!["GET", "HEAD", "POST"]),
        ("DELETE", "/packs", vec!["GET", "HEAD", "POST"]),
        ("PUT", "/prompts", vec!["GET", "HEAD", "POST"]),
        ("POST", "/prompts/1", vec!["DELETE", "GET", "HEAD", "PATCH", "PUT"]),
        ("PUT", "/tunes/1504944/prompts", vec!["GET", "HEAD", "POST"]),
        ("GET", "/images/inspect", vec!["POST"]),
        ("PATCH", "/gateway/account", vec!["GET", "HEAD"]),
        ("TRACE", "/packs", vec!["GET", "HEAD", "POST"]),
        ("OPTIONS", "/packs", vec!["GET", "HEAD", "POST"]),
        ("BREW", "/packs", vec!["GET", "HEAD", "POST"]),
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

/// What Astria has, or an application like it, and the gateway does not serve: none of it may be reachable.
const NOT_OURS: [&str; 34] = [
    "/",
    "/users",
    "/users/1",
    "/users/edit",
    "/users/edit/api",
    "/users/sign_in",
    "/users/sign_out",
    "/users/password",
    "/workspaces",
    "/workspaces.json",
    "/workspaces/1",
    "/workspaces/1.json",
    "/workspaces/1/packs",
    "/cli",
    "/cli/login",
    "/cli/sessions",
    "/cli/sessions/1",
    "/themes/1",
    "/gallery",
    "/tunes.xml",
    "/tunes/1/duplicate",
    "/prompts/1/images",
    "/gallery",
    "/gallery/prompts",
    "/tunes/1/prompts/2/duplicate",
    "/tunes/1/prompts/2/like",
    "/tunes/1/prompts/2/images",
    "/packs/260",
    "/images",
    "/admin",
    "/sidekiq",
    "/rails/info/routes",
    "/rails/active_storage/representations/redirect/1/a.png",
    "/metrics",
];

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "LINK"];

#[tokio::test]
async fn path_01_what_is_on_no_line_of_the_table_is_not_there_by_any_method() {
    let gw = spawn_gateway().start().await;
    for client in [gw.anonymous(), gw.pro_user("first")] {
        for path in NOT_OURS {
            for method in METHODS {
                let reply = client.method(method.parse().unwrap(), path).await;
                assert_eq!(reply.status, 404, "{method} {path}");
            }
        }
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn path_01_a_path_has_the_methods_of_its_lines_and_no_other() {
    let gw = spawn_gateway().start().await;
    let (user, nobody) = (gw.pro_user("first"), gw.anonymous());
    let named = |path: &str| {
        ["{token}", "{id}", "{tune_id}", "{pack_id}", "{provider}", "{*rest}"]
            .iter()
            .fold(path.to_owned(), |p, n| p.replace(n, "1"))
    };
    let routes = table();
    for path in routes.iter().map(|route| route.path) {
        for method in METHODS {
            let wanted = if method == "HEAD" { "GET" } else { method };
            let line = routes.iter().find(|route| route.path == path && route.method.as_str() == wanted);
            let method: Method = method.parse().unwrap();
            if let Some(route) = line {
                let open = !matches!(route.access(), Access::EndUser | Access::Listener);
                let reply = nobody.method(method.clone(), &named(path)).await;
                assert_ne!(reply.status, 405, "{method} {path}");
                if route.access() == Access::Visitor {
                    continue;
                }
                assert_eq!(reply.status == 401, !open, "{method} {path}");
            } else {
                for client in [&user, &nobody] {
                    let reply = client.method(method.clone(), &named(path)).await;
                    assert_eq!(reply.status, 405, "{method} {path}");
                }
            }
        }
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn path_02_an_id_is_digits_without_a_zero_before_them_or_nothing_is_found() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let id = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok()["id"].clone();
    let seen = gw.mock.requests().len();
    let spellings = |id: &str| {
        [
            "0".to_owned(),
            format!("0{id}"),
            format!("-{id}"),
            format!("{id}abc"),
            format!("{id}-a-slug"),
            format!("{id}.0"),
            format!("{id}_0"),
            format!("{id}."),
            format!("{id}~"),
            format!("@{id}"),
            format!("{id}.xml"),
            format!("{id}.html"),
            format!("{id}.JSON"),
            format!("{id}.json.json"),
            "0x10".into(),
            "1e3".into(),
            "10000000000000000000".into(),
            "18446744073709551616".into(),
            "99999999999999999999999999".into(),
            "nil".into(),
            "all".into(),
        ]
    };
    for odd in spellings(&id.to_string()) {
        for path in [format!("/prompts/{odd}"), format!("/tunes/{SHARED_TUNE}/prompts/{odd}")] {
            user.get(&path).await.problem(404, "not_found");
            user.method(Method::DELETE, &path).await.problem(404, "not_found");
        }
    }
    for odd in spellings(&SHARED_TUNE.to_string()) {
        user.get(&format!("/tunes/{odd}/prompts/{id}")).await.problem(404, "not_found");
        let made =
            user.post_json(&format!("/tunes/{odd}/prompts"), &json!({"prompt": {"text": "a cat"}})).await;
        made.problem(404, "not_found");
        let at_root = json!({"prompt": {"text": "a cat", "tune_id": odd}});
        let made = user.post_json("/prompts", &at_root).await;
        assert!([404, 422].contains(&made.status.as_u16()), "{odd}: {}", made.text());
    }
    // What must be decoded first is not even looked at: one spelling of a path is canonical.
    let bearer = format!("Authorization: Bearer {}\r\n", gw.token("first", "free"));
    for escaped in [
        format!("{id}%0a2"),
        format!("{id}%2Fprompts"),
        format!("%3{id}"),
        format!("{id}%00"),
        format!("{id}+0"),
    ] {
        let reply = raw::request(gw.host(), "GET", &format!("/prompts/{escaped}"), &bearer, "").await;
        assert_eq!(raw::status(&reply), 400, "{escaped}: {reply}");
    }
    assert_eq!(gw.mock.requests().len(), seen, "nothing was asked upstream");
    user.get(&format!("/prompts/{id}")).await.ok();
}

#[tokio::test]
async fn path_04_a_format_is_taken_off_or_refused_and_never_forwarded() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let (create, body) =
        (format!("{}?format=html", on_shared()), json!({"prompt": {"text": "a cat"}, "format": "xml"}));
    let id = user.post_json(&create, &body).await.ok()["id"].clone();
    let prompt = format!("/tunes/{SHARED_TUNE}/prompts/{id}");
    let short = format!("/prompts/{id}");
    let before = gw.mock.requests().len();
    for path in [
        format!("/prompts/{id}.json?format=html"),
        format!("{prompt}.json?format=xml"),
        format!("{prompt}?format=html"),
    ] {
        let shown = user.header("accept", "text/html").get(&path).await;
        assert_eq!(shown.ok()["id"], id, "{path}");
        assert_eq!(shown.header("content-type"), Some("application/json"), "{path}");
    }
    user.get("/p/260.json?format=html").await.ok();
    assert_eq!(user.get("/packs?format=html").await.header("gateway-dropped-params"), Some("format"));
    let asked = gw.mock.requests().split_off(before);
    let paths: Vec<&str> = asked.iter().map(|sent| sent.path.as_str()).collect();
    assert_eq!(paths, [&short, &short, &short, "/p/260", "/packs"]);
    for sent in gw.mock.requests() {
        assert_eq!(
            (sent.query.as_str(), sent.headers["accept"].as_str()),
            ("", "application/json"),
            "{}",
            sent.path
        );
        assert!(sent.params.get("format").is_none(), "{}", sent.params);
    }
    let seen = gw.mock.requests().len();
    for suffix in ["html", "xml", "js", "csv", "JSON", "json.html"] {
        user.get(&format!("/prompts/{id}.{suffix}")).await.problem(404, "not_found");
        user.get(&format!("{prompt}.{suffix}")).await.problem(404, "not_found");
        user.get(&format!("/packs.{suffix}")).await.problem(404, "not_found");
    }
    assert_eq!(gw.mock.requests().len(), seen);
}

#[tokio::test]
async fn path_05_head_and_options_are_judged_as_get_and_ask_astria_nothing_else() {
    let gw =
        spawn_gateway().config(|c| c.cors.allowed_origins = vec!["https://app.example".into()]).start().await;
    let (owner, other, nobody) = (gw.user("first"), gw.user("second"), gw.anonymous());
    let id = owner.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok()["id"].clone();
    let mine = format!("/prompts/{id}");
    let status = async |client: &super::super::harness::Client, method: Method, path: &str| {
        client.method(method, path).await.status.as_u16()
    };
    let seen = gw.mock.requests().len();

    assert_eq!(status(&other, Method::HEAD, &mine).await, 404);
    for path in [mine.as_str(), "/packs", "/gateway/account", "/prompts", "/p/260"] {
        assert_eq!(status(&nobody, Method::HEAD, path).await, 401, "{path}");
    }
    for path in ["/images/inspect", "/gateway/callbacks/1"] {
        assert_eq!(status(&owner, Method::HEAD, path).await, 405, "{path}");
    }
    let page = owner.header("origin", "https://app.example");
    let preflight = page.header("access-control-request-method", "POST");
    for path in [mine.as_str(), &on_shared(), "/packs"] {
        assert_eq!(status(&owner, Method::OPTIONS, path).await, 405, "{path}");
        assert_eq!(status(&preflight, Method::OPTIONS, path).await, 200, "{path}");
    }
    assert_eq!(gw.mock.requests().len(), seen, "nothing of this was asked upstream");

    // A HEAD fills the cache with the whole answer, not with its own empty one.
    assert_eq!(status(&owner, Method::HEAD, "/packs").await, 200);
    let listed = other.get("/packs").await;
    assert!(listed.header("cache-status").unwrap().contains("hit"));
    assert!(!listed.ok().as_array().unwrap().is_empty());
    assert_eq!(status(&owner, Method::HEAD, &mine).await, 200);
    assert!(gw.mock.requests()[seen..].iter().all(|sent| sent.method == "GET"));
}
