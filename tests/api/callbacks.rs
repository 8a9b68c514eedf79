//! Callbacks: Astria's one call back is let in by its address alone, and nobody else's is.

use std::time::Duration;

use mock_astria::{Envelope, Fault, FaultRule};
use serde_json::{Value, json};

use super::harness::{Spawn, TestGateway, eventually, eventually_async, logs, spawn_gateway};
use super::prompts::on_shared;

const CREATE: fn() -> Value = || json!({"prompt": {"text": "a cat"}});

/// Jobs that end call back.
fn calling_back() -> Spawn {
    spawn_gateway().mock(|mock| mock.callbacks = true)
}

/// The path of the callback that the first create carried.
async fn callback_path(gw: &TestGateway) -> String {
    // The imitation must not use it up before the test does.
    gw.mock.inject(FaultRule::new(Fault::NoCallback).method("POST"));
    gw.user("first").post_json(&on_shared(), &CREATE()).await.ok();
    let url = sent_callback(gw);
    url.strip_prefix(&gw.url).unwrap().to_owned()
}

fn sent_callback(gw: &TestGateway) -> String {
    let requests = gw.mock.requests();
    let create = requests.iter().find(|request| request.method == "POST").unwrap();
    create.params["prompt"]["callback"].as_str().unwrap().to_owned()
}

async fn counted(gw: &TestGateway, outcome: &str) -> u64 {
    let name = format!("astria_gateway_callbacks_total{{outcome=\"{outcome}\"}} ");
    let metrics = gw.operator("/metrics").await;
    metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
}

/// One callback was let in.
async fn came(gw: &TestGateway) {
    eventually_async("the callback", async || {
        counted(gw, "due").await + counted(gw, "early").await + counted(gw, "repeated").await == 1
    })
    .await;
}

#[tokio::test]
async fn a_job_that_ends_calls_back_once() {
    for envelope in [Envelope::Bare, Envelope::Wrapped] {
        let gw = calling_back().mock(|mock| mock.envelope = envelope).start().await;

        gw.user("first").post_json(&on_shared(), &CREATE()).await.ok();

        came(&gw).await;
        assert_eq!(counted(&gw, "refused").await, 0);
    }
}

#[tokio::test]
async fn a_job_that_failed_calls_back_too() {
    let gw = calling_back().start().await;
    let body = json!({"prompt": {"text": "a user_error"}});

    gw.user("first").post_json(&on_shared(), &body).await.ok();

    came(&gw).await;
}

#[tokio::test]
async fn cb_02_the_address_is_ours_and_names_nobody() {
    let gw = spawn_gateway()
        .config(|c| {
            c.server.public_url = "https://app.example.com".into();
            c.server.base_path = "/api".into();
        })
        .start()
        .await;
    let user = gw.user("somebody-with-a-name");
    user.post_json(&format!("/api{}", on_shared()), &CREATE()).await.ok();
    user.post_form(&format!("/api{}", on_shared()), &[("prompt[text]", "x")]).await.ok();

    let urls: Vec<String> = gw
        .mock
        .requests()
        .iter()
        .map(|request| request.params["prompt"]["callback"].as_str().unwrap().to_owned())
        .collect();

    assert_ne!(urls[0], urls[1], "every create has its own");
    for url in urls {
        let token = url.strip_prefix("https://app.example.com/api/gateway/callbacks/").unwrap();
        let parts: Vec<_> = token.split('.').collect();
        let [version, key_id, reservation, slot, expiry, mac] = parts.as_slice() else { panic!("{url}") };
        assert_eq!((*version, *slot), ("1", "p0"));
        assert!(reservation.len() == 32 && key_id.len() <= 16 && mac.len() == 32, "{url}");
        let lasts = expiry.parse::<u64>().unwrap() - gw.clock.now().unix_s();
        assert!((600_000..=604_800).contains(&lasts), "{lasts}");
        assert!(!url.contains("somebody") && !url.contains("free") && !url.contains("issuer"), "{url}");
    }
}

#[tokio::test]
async fn cb_05_a_repeated_callback_is_answered_alike_and_has_no_effect() {
    let gw = spawn_gateway().start().await;
    let path = callback_path(&gw).await;
    let anonymous = gw.anonymous();

    let first = anonymous.post_json(&path, &json!({"prompt": {"id": 1}})).await;
    let second = anonymous.post(&path, "text/plain", "anything, for it is a hint only").await;

    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn cb_01_a_forged_callback_is_not_found() {
    let gw = spawn_gateway().start().await;
    let other = spawn_gateway().start().await;
    let path = callback_path(&gw).await;
    let (start, mac) = path.rsplit_once('.').unwrap();
    let flipped = if mac.starts_with('A') { "B" } else { "A" };
    let parts: Vec<_> = path.split('.').collect();
    let mut forged = vec![
        format!("{start}.{flipped}{}", &mac[1..]),
        format!("{start}.{}", &mac[..31]),
        format!("{start}."),
        start.to_owned(),
        format!("{path}A"),
        path.replace(".p0.", ".p1."),
        path.replace(".p0.", ".all."),
        path.replace("/1.", "/2."),
        format!("{}.{}.{}.{}.9{}.{mac}", parts[0], parts[1], parts[2], parts[3], parts[4]),
        "/gateway/callbacks/x".to_owned(),
        format!("/gateway/callbacks/{}", "1.".repeat(200)),
        callback_path(&other).await,
    ];
    forged.push(path.to_ascii_uppercase().replace("/GATEWAY/CALLBACKS/", "/gateway/callbacks/"));

    for path in &forged {
        gw.anonymous().post_json(path, &json!({})).await.problem(404, "not_found");
    }

    assert_eq!(counted(&gw, "refused").await, forged.len() as u64);
    // The genuine one still works.
    gw.anonymous().post_json(&path, &json!({})).await.ok();
}

#[tokio::test]
async fn an_expired_callback_is_not_found() {
    let gw = spawn_gateway().config(|c| c.callbacks.valid_s = 100).manual_clock().start().await;
    let path = callback_path(&gw).await;
    gw.clock.advance(Duration::from_secs(99));
    gw.anonymous().post_json(&path, &json!({})).await.ok();
    gw.clock.advance(Duration::from_secs(1));

    gw.anonymous().post_json(&path, &json!({})).await.problem(404, "not_found");
}

#[tokio::test]
async fn log_03_no_part_of_a_callback_address_is_logged() {
    let gw = calling_back().start().await;
    gw.user("first").post_json(&on_shared(), &CREATE()).await.ok();
    came(&gw).await;
    let url = sent_callback(&gw);
    let path = url.strip_prefix(&gw.url).unwrap();
    gw.anonymous().get(path).await;
    gw.anonymous().post_json(&format!("{path}x"), &json!({})).await;
    gw.anonymous().get(&format!("{path}/more")).await;
    let token = path.rsplit('/').next().unwrap();
    let (named, mac) = token.rsplit_once('.').unwrap();

    let (logged, metrics) = (logs::text(), gw.operator("/metrics").await);

    assert!(logged.contains("/gateway/callbacks/{token}"), "the route's template is logged");
    for part in [mac, named, token] {
        assert!(!logged.contains(part) && !metrics.contains(part), "a callback's token was written down");
    }
}

#[tokio::test]
async fn a_genuine_callback_is_let_in_when_its_address_is_over_the_limit_and_a_forged_one_pays() {
    let gw = spawn_gateway()
        .config(|c| {
            c.limits.ip.requests_per_s = 0.001;
            c.limits.ip.burst = 5;
        })
        .start()
        .await;
    let path = callback_path(&gw).await;
    let forged = format!("{path}x");
    let anonymous = gw.anonymous();
    // One of five was spent on the create.
    for _ in 0..4 {
        anonymous.post_json(&forged, &json!({})).await.problem(404, "not_found");
    }

    let limited = anonymous.post_json(&forged, &json!({})).await;
    limited.problem(429, "rate_limited");
    assert!(limited.header("retry-after").is_some());
    gw.user("first").get("/gateway/account").await.problem(429, "rate_limited");
    for _ in 0..3 {
        anonymous.post_json(&path, &json!({})).await.ok();
    }
    let let_in = counted(&gw, "due").await + counted(&gw, "early").await + counted(&gw, "repeated").await;
    assert_eq!(let_in, 3);
}

#[tokio::test]
async fn a_genuine_callback_is_let_in_when_the_gateway_is_overloaded() {
    let gw = spawn_gateway().config(|c| c.server.max_in_flight = 1).start().await;
    let path = callback_path(&gw).await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(500))).method("POST"));
    let (user, other) = (gw.user("first"), gw.user("second"));
    let body = CREATE();
    let target = on_shared();
    let slow = user.post_json(&target, &body);
    let meanwhile = async {
        eventually("the slow create", || gw.mock.requests().len() == 2).await;
        let shed = other.get("/gateway/account").await;
        shed.problem(503, "overloaded");
        assert_eq!(shed.header("retry-after"), Some("1"));
        gw.anonymous().post_json(&path, &json!({})).await.ok();
    };

    let (created, ()) = tokio::join!(slow, meanwhile);

    created.ok();
}

#[tokio::test]
async fn cb_07_a_callbacks_body_is_bounded_and_nobody_but_post_gets_an_answer() {
    let gw = spawn_gateway().config(|config| config.callbacks.max_body_bytes = 64 * 1024).start().await;
    let path = callback_path(&gw).await;
    let anonymous = gw.anonymous();

    let large = anonymous.post(&path, "application/json", vec![b' '; 64 * 1024 + 1]).await;
    let fitting = anonymous.post(&path, "application/json", vec![b' '; 64 * 1024]).await;
    let read = anonymous.get(&path).await;

    large.problem(413, "body_too_large");
    fitting.ok();
    read.problem(405, "method_not_allowed");
    assert_eq!(read.header("allow"), Some("POST"));
    let forged = anonymous.post(&format!("{path}x"), "application/json", vec![b' '; 64 * 1024 + 1]).await;
    forged.problem(404, "not_found");
}
