//! ERR-01 to ERR-03: every error has one form, none is blamed on the wrong one, and none tells what is inside.

use std::collections::BTreeSet;
use std::time::Duration;

use astria_gateway::call::{Answer as Answered, Call};
use astria_gateway::config::{Issuer, IssuerKeys, Plan, Tenant};
use astria_gateway::problem::Code;
use astria_gateway::routes::Route;
use bytes::Bytes;
use mock_astria::{Fault, FaultRule};
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::harness::{
    AUDIENCE, Client, KeyServer, Reply, SHARED_TUNE, Signer, Spawn, TestGateway, logs, photos, raw,
    spawn_gateway, tokens,
};
use super::prompts::on_shared;
use super::upstream::before;
use super::upstream::raw::{Answer, RawUpstream};

async fn create(user: &Client) -> Reply {
    user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 1}})).await
}

/// Every member as its code says; the client's own checks ran before.
fn whole(reply: &Reply) -> &'static str {
    let problem = reply.json();
    let code =
        Code::ALL.iter().find(|code| problem["code"] == code.name()).unwrap_or_else(|| panic!("{problem}"));
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{problem}");
    assert_eq!(problem["type"], code.uri(), "{problem}");
    assert_eq!(problem["title"], code.title(), "{problem}");
    assert_eq!(
        (reply.status, problem["status"].clone()),
        (code.status(), json!(code.status().as_u16())),
        "{problem}"
    );
    let id = reply.header("x-request-id").unwrap();
    assert_eq!(problem["request_id"], id, "{problem}");
    assert_eq!(problem["instance"], format!("urn:uuid:{id}"), "{problem}");
    for words in ["detail", "error"] {
        assert!(problem[words].as_str().is_some_and(|text| text.len() > 5), "{words}: {problem}");
    }
    assert!(problem["base"].as_array().is_some_and(|list| !list.is_empty()), "{problem}");
    assert_eq!(
        problem["retry_after_s"].as_u64().map(|s| s.to_string()).as_deref(),
        reply.header("retry-after")
    );
    if problem.get("spent").is_some() {
        assert!(["no", "yes", "unknown"].contains(&problem["spent"].as_str().unwrap()), "{problem}");
    }
    code.name()
}

/// A reply read from bytes.
fn parsed(text: &str) -> Reply {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers: HeaderMap =
        lines.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
    let status = StatusCode::from_u16(raw::status(text)).unwrap();
    Reply { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

async fn boom(_: Call) -> Answered {
    panic!("a bug")
}

async fn of_the_client(seen: &mut BTreeSet<&'static str>) {
    let gw = spawn_gateway()
        .manual_clock()
        .route(Route::get("/boom", boom))
        .config(|config| {
            let free = config.plans["free"].clone();
            config.plans.insert("looker".into(), Plan { allow: Vec::new(), ..free.clone() });
            config.plans.insert("once".into(), Plan { burst: 1, requests_per_s: 0.1, ..free.clone() });
            let mut poor = free;
            poor.quotas[0].limit = 1;
            config.plans.insert("poor".into(), poor);
            config.tenants.insert("acme".into(), Tenant { workspace_id: "7".into(), ..Tenant::default() });
            config.photos.max_bytes = 1024 * 1024;
        })
        .start()
        .await;
    let (user, nobody) = (gw.user("first"), gw.anonymous());
    let with_plan = |plan: &str| gw.with_token(&gw.token("first", plan));
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    claims["tenant"] = json!("nobody");
    let stranger = gw.with_token(&tokens::hs256(gw.signing.as_bytes(), &claims));
    let (once, poor) = (with_plan("once"), with_plan("poor"));
    once.get("/packs").await.ok();
    create(&poor).await.ok();
    let video = json!({"prompt": {"text": "a cat", "video_model": "kling", "video_prompt": "a cat"}});
    for reply in [
        nobody.get("/packs/").await,
        nobody.get("/nowhere").await,
        nobody.method(Method::PATCH, "/packs").await,
        nobody.get("/packs").await,
        nobody.post("/gateway/callbacks/x", "application/json", "{}").await,
        gw.with_token("nonsense").get("/packs").await,
        stranger.get("/packs").await,
        user.header("authorization", "Bearer b").get("/packs").await,
        user.post(&on_shared(), "application/json", "{").await,
        user.post(&on_shared(), "text/plain", "a cat").await,
        user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 99}})).await,
        user.post_json("/tunes/1/prompts", &json!({"prompt": {"text": "a cat"}})).await,
        user.post_json(&on_shared(), &video).await,
        user.post_multipart("/images/inspect", &[("name", "man")], &[("file", b"no photo")]).await,
        user.post_multipart("/images/inspect", &[("name", "man")], &[("file", &[0; 1024 * 1024 + 1])]).await,
        user.get("/boom").await,
        create(&with_plan("looker")).await,
        once.get("/packs").await,
        create(&poor).await,
    ] {
        assert!(reply.status.is_client_error() || reply.status.is_server_error(), "{}", reply.text());
        seen.insert(whole(&reply));
    }
}

async fn of_astrias(seen: &mut BTreeSet<&'static str>) {
    for fault in [
        Fault::Status401,
        Fault::Status402,
        Fault::Status403,
        Fault::Status422,
        Fault::Status429,
        Fault::Status500,
        Fault::Status504AfterProcessing,
        Fault::BrokenJson,
        Fault::Page200,
        Fault::Redirect,
    ] {
        let gw = spawn_gateway().start().await;
        gw.expect_unknown();
        gw.mock.inject(FaultRule::new(fault).times(10));
        let user = gw.user("first");
        seen.insert(whole(&create(&user).await));
        // A second one may meet a pause.
        seen.insert(whole(&create(&user).await));
        seen.insert(whole(&user.get("/p/260").await));
    }
    for status in ["400 Bad Request", "426 Upgrade Required"] {
        let refusal = Answer::text(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        let upstream = RawUpstream::start(vec![vec![refusal]]).await;
        let gw = before(&upstream).start().await;
        seen.insert(whole(&create(&gw.user("first")).await));
    }
    let nobody_there =
        spawn_gateway().config(|config| config.upstream.base_url = "http://127.0.0.1:1".into());
    seen.insert(whole(&create(&nobody_there.start().await.user("first")).await));
}

fn with_broken_keys(server: &KeyServer) -> Spawn {
    let name = "https://published.test";
    let issuer = Issuer {
        issuer: name.into(),
        audiences: vec![AUDIENCE.into()],
        jwks_url: server.url(),
        ..Issuer::default()
    };
    spawn_gateway().issuer(issuer, IssuerKeys::Jwks)
}

async fn of_ours(seen: &mut BTreeSet<&'static str>) {
    let server = KeyServer::start_broken().await;
    let gw = with_broken_keys(&server)
        .config(|config| {
            (config.limits.upload_grace_ms, config.limits.upload_min_bytes_per_s) = (50, 1_000_000);
            config.server.max_in_flight = 1;
        })
        .start()
        .await;
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    claims["iss"] = json!("https://published.test");
    let user = gw.with_token(&Signer::es256().token("k", &claims));
    seen.insert(whole(&user.get("/packs").await));
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 1000\r\n\r\n{{",
        on_shared(),
        gw.host(),
        gw.token("first", "free")
    );
    let slow = raw::exchange(gw.host(), head.as_bytes());
    let shed = async {
        super::harness::eventually("the slow one", || gw.state().in_flight.count() == 1).await;
        gw.user("second").get("/packs").await
    };
    let (slow, shed) = tokio::join!(slow, shed);
    seen.insert(whole(&parsed(&slow)));
    seen.insert(whole(&shed));

    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    seen.insert(whole(&user.method(Method::DELETE, "/gateway/account/data").await));
    // What is being erased is not finished while Astria cannot be reached.
    create(&user).await.ok();
    gw.mock.inject(FaultRule::new(Fault::Status500).times(1000));
    let erased =
        user.header("gateway-confirm", "erase").method(Method::DELETE, "/gateway/account/data").await;
    assert_eq!(erased.status, 202);
    seen.insert(whole(&create(&user).await));
    gw.state().store.close().await;
    seen.insert(whole(&user.get("/prompts").await));
}

/// Of creates that are sent twice, too many, or cannot be written down.
async fn of_money(seen: &mut BTreeSet<&'static str>) {
    let gw = super::ids::open_gateway().await;
    let user = gw.user("first");
    let key = |key: &str| user.header("idempotency-key", key);
    create(&key("one")).await.ok();
    let other = json!({"prompt": {"text": "another"}});
    seen.insert(whole(&key("one").post_json(&on_shared(), &other).await));
    seen.insert(whole(&create(&key("")).await));
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(300))).method("POST"));
    let two = key("two");
    let (first, second) = tokio::join!(create(&two), create(&two));
    let late = if first.status == 409 { first } else { second };
    seen.insert(whole(&late));
    let tune = super::ids::things_of(&user).await.tune;
    let theme = json!({"theme": {"theme": "x", "tune_ids": [tune]}});
    assert_eq!(user.post_json("/themes", &theme).await.status, 201);
    seen.insert(whole(&user.post_json("/themes", &theme).await));

    let gw = spawn_gateway().config(|config| config.idempotency.required = true).start().await;
    seen.insert(whole(&create(&gw.user("first")).await));
    let limited = |config: &mut astria_gateway::config::Config| {
        config.plans.get_mut("free").unwrap().max_jobs_in_flight = 1;
    };
    let gw = spawn_gateway().config(limited).mock(|mock| mock.generate_ms = 600_000).start().await;
    let user = gw.user("first");
    create(&user).await.ok();
    seen.insert(whole(&create(&user).await));
    gw.state().store.close().await;
    seen.insert(whole(&create(&user).await));
}

#[tokio::test]
async fn err_01_every_error_is_a_problem_with_all_its_members() {
    let mut seen = BTreeSet::new();
    of_the_client(&mut seen).await;
    of_astrias(&mut seen).await;
    of_ours(&mut seen).await;
    seen.insert(whole(&super::images::out_of_range().await));
    of_money(&mut seen).await;
    seen.insert(whole(&super::balance::paused().await));
    seen.insert(whole(&super::operator::blocked().await));
    seen.insert(whole(&super::events::one_too_many().await));
    seen.extend(super::sessions::refusals().await.iter().map(whole));

    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    let unseen: Vec<_> = all.difference(&seen).collect();
    assert!(unseen.is_empty(), "{unseen:?}: a code that this walk never meets");
}

#[tokio::test]
async fn err_02_a_refusal_of_the_operators_key_is_the_operators_trouble_and_never_the_end_users() {
    for fault in [Fault::Status401, Fault::Status403] {
        for at in 0..4 {
            let gw = spawn_gateway().start().await;
            let user = gw.user("first");
            let id = create(&user).await.ok()["id"].clone();
            gw.mock.inject(FaultRule::new(fault).times(10));

            let refused = match at {
                0 => create(&user).await,
                1 => user.get(&format!("/prompts/{id}")).await,
                2 => user.get("/packs").await,
                _ => {
                    user.post_multipart(
                        "/images/inspect",
                        &[("name", "man")],
                        &[("file", photos::SAMPLES[0].1)],
                    )
                    .await
                }
            };

            refused.problem(502, "upstream_credential_rejected");
            assert_eq!(refused.header("www-authenticate"), None, "the token is not to blame");
            assert!(!refused.text().contains("access denied") && !refused.text().contains("Forbidden"));
            let told = logs::text();
            assert!(told.lines().any(|line| line.contains("ERROR") && line.contains("credential_rejected")));
            let page = gw.operator("/metrics").await;
            assert!(page.contains("code=\"upstream_credential_rejected\""), "{page}");
            // One's own sign-in goes on.
            user.get("/gateway/account").await.ok();
        }
    }
}

/// What a framework shows when its debug pages are on, and what must never be read outside.
const INSIDE: [&str; 8] = [
    "NoMethodError",
    "prompts_controller.rb",
    "activerecord-7.1",
    "PG::UndefinedColumn",
    "SELECT ",
    "ip-10-0-3-7.ec2.internal",
    "postgres://",
    "DATABASE_URL",
];

/// Parts of the key, as a careless page might shorten it.
fn parts(key: &str) -> [String; 2] {
    [key[..key.len() - 6].to_owned(), key[key.len() - 16..].to_owned()]
}

fn debug_page(key: &str) -> String {
    let [begin, end] = parts(key);
    format!(
        "<html><body><h1>NoMethodError in PromptsController#create</h1><pre>app/controllers/prompts_controller.rb:42\n\
         activerecord-7.1/lib/x.rb:1\nPG::UndefinedColumn: ERROR: SELECT \"users\".* FROM users</pre>\
         ip-10-0-3-7.ec2.internal DATABASE_URL=postgres://u:p@10.0.3.7/db HTTP_AUTHORIZATION={begin} {end}</body></html>"
    )
}

/// As Rails answers an API's request with debug pages on. Source: ActionDispatch::DebugExceptions (read 2026-11-21).
fn debug_json(status: &str, key: &str) -> String {
    let [begin, end] = parts(key);
    json!({
        "status": status[..3].parse::<u16>().unwrap(),
        "error": status[4..],
        "exception": "#<NoMethodError: PG::UndefinedColumn: ERROR: SELECT \"users\".* FROM users>",
        "traces": {"Application Trace": [{"id": 0, "trace": "app/controllers/prompts_controller.rb:42"}],
                   "Framework Trace": [{"id": 1, "trace": "activerecord-7.1/lib/x.rb:1"}], "Full Trace": []},
        "hint": format!("DATABASE_URL=postgres://u:p@ip-10-0-3-7.ec2.internal {begin} {end}"),
    })
    .to_string()
}

#[tokio::test]
async fn err_03_a_debug_page_of_the_upstream_tells_the_client_nothing() {
    for status in [
        "200 OK",
        "302 Found",
        "400 Bad Request",
        "401 Unauthorized",
        "402 Payment Required",
        "403 Forbidden",
        "404 Not Found",
        "409 Conflict",
        "422 Unprocessable Entity",
        "426 Upgrade Required",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
    ] {
        for json in [true, false] {
            for read in [true, false] {
                let upstream = DebugUpstream::start(status, json, read).await;
                let reply =
                    if read { upstream.user.get("/prompts/7").await } else { create(&upstream.user).await };
                upstream.told_nothing(&reply, &format!("{status} json={json} read={read}"));
            }
        }
    }
}

/// A gateway before an upstream whose first answer (to a read: the second) is a debug page.
struct DebugUpstream {
    gw: TestGateway,
    user: Client,
    _upstream: RawUpstream,
}

impl DebugUpstream {
    async fn start(status: &str, json: bool, read: bool) -> Self {
        // The key is made with the gateway, the page with the key: the page's words are the spare key's.
        let key = format!("sd_{}", uuid::Uuid::new_v4().simple());
        let (kind, page) = if json {
            ("application/json", debug_json(status, &key))
        } else {
            ("text/html", debug_page(&key))
        };
        let answer = Answer::text(&format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nX-Debug: {key}\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        ));
        let script = if read { vec![Answer::good(), answer] } else { vec![answer] };
        let upstream = RawUpstream::start(vec![script]).await;
        let gw = before(&upstream).start().await;
        gw.expect_unknown();
        gw.reload(|now| now.api_key.clone_from(&key));
        let user = gw.user("first");
        if read {
            create(&user).await.ok();
        }
        Self { gw, user, _upstream: upstream }
    }

    fn told_nothing(&self, reply: &Reply, what: &str) {
        assert!(reply.status.is_client_error() || reply.status.is_server_error(), "{what}: {}", reply.text());
        whole(reply);
        let (text, logged) = (format!("{:?} {}", reply.headers, reply.text()), logs::text());
        for inside in INSIDE {
            assert!(!text.contains(inside), "{what}: {inside}: {text}");
        }
        for part in parts(&self.gw.current_key()) {
            assert!(!text.contains(&part), "{what}: a part of the key: {text}");
            assert!(!logged.contains(&part), "{what}: a part of the key was logged");
        }
    }
}

#[tokio::test]
async fn err_03_a_validation_message_is_still_relayed() {
    let gw = spawn_gateway().start().await;
    gw.mock.inject(FaultRule::new(Fault::Status422));
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    let problem = gw.user("first").post_json(&path, &json!({"prompt": {"text": "a cat"}})).await;
    assert_eq!(problem.problem(422, "validation_failed")["errors"]["text"], json!(["is too short"]));
}
