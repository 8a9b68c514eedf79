//! Streams end when their proof does, and say why.

use std::time::{Duration, Instant};

use astria_gateway::auth::new_service_key;
use astria_gateway::config::ServiceKey;
use serde_json::json;

use super::{EVENTS, a_prompt};
use crate::harness::{Client, ISSUER, Listener, eventually, spawn_gateway};
use crate::operator::{put, with_token};

/// Open, with its quotas told.
async fn opened(user: &Client) -> Listener {
    let mut page = user.listen(EVENTS).await;
    page.until("quota.changed").await;
    page
}

/// The end, and what was said of it.
async fn ended(page: &mut Listener) -> String {
    let rest = page.rest().await;
    let last = rest.last().expect("it ended without a word");
    assert_eq!((last.event.as_str(), last.id), ("stream.end", None), "{rest:?}");
    last.data["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_silent_stream_has_a_heartbeat() {
    let gw = spawn_gateway().config(|config| config.events.heartbeat_s = 1).start().await;
    let mut page = opened(&gw.user("first")).await;
    let since = Instant::now();
    page.comment().await;
    page.comment().await;
    assert!(since.elapsed() >= Duration::from_millis(1900), "{:?}", since.elapsed());
    a_prompt(&gw.user("first")).await;
    page.until("prompt.updated").await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let gw = spawn_gateway().manual_clock().config(|config| config.events.heartbeat_s = 1).start().await;
    let mut page = opened(&gw.user("first")).await;
    gw.clock.advance(Duration::from_secs(86_399));
    page.comment().await;

    gw.clock.advance(Duration::from_secs(1));

    assert_eq!(ended(&mut page).await, "token_expired");
    eventually("its place is free", || gw.state().streams.count() == 0).await;
    opened(&gw.user("first")).await;
}

#[tokio::test]
async fn a_services_stream_ends_after_its_time() {
    let (key, hash) = new_service_key().unwrap();
    let backend = ServiceKey {
        name: "backend".into(),
        sha256: vec![hash],
        issuer: ISSUER.into(),
        ..ServiceKey::default()
    };
    let gw = spawn_gateway()
        .manual_clock()
        .config(|config| {
            config.auth.service_keys.push(backend);
            config.events.heartbeat_s = 1;
            config.events.max_stream_s = 100;
        })
        .start()
        .await;
    let mut page = opened(&gw.with_token(&key).header("gateway-end-user", "first")).await;
    a_prompt(&gw.user("first")).await;
    page.until("prompt.updated").await;

    gw.clock.advance(Duration::from_secs(100));

    assert_eq!(ended(&mut page).await, "token_expired");
}

#[tokio::test]
async fn a_block_ends_a_stream_within_a_second_and_a_grant_is_told() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let operator = gw.at_operator(Some(&token));
    let (mut first, mut second) = (opened(&gw.user("first")).await, opened(&gw.user("second")).await);
    let grant = json!({"subject": "second", "of": "images", "per": "day", "amount": 5, "reason": "sorry"});
    operator.post_json("/operator/user/grants", &grant).await.ok();
    let told = second.until("quota.changed").await;
    assert_eq!(told.data["quotas"][0]["left"], 25);
    let since = Instant::now();

    let body = json!({"subject": "first", "blocked": true, "reason": "sells our pictures"});
    put(&operator, "/operator/user/block", &body).await.ok();

    assert_eq!(ended(&mut first).await, "blocked");
    assert!(since.elapsed() < Duration::from_millis(1500), "{:?}", since.elapsed());
    gw.user("first").get(EVENTS).await.problem(403, "blocked");
    a_prompt(&gw.user("second")).await;
    second.until("prompt.updated").await;
}

#[tokio::test]
async fn a_stop_ends_streams_at_once_and_they_do_not_hold_it_up() {
    let mut gw = spawn_gateway().start().await;
    let mut pages = Vec::new();
    for name in ["first", "second", "third"] {
        pages.push(opened(&gw.user(name)).await);
    }
    let since = Instant::now();

    assert!(gw.stop().await, "something did not finish");

    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    for mut page in pages {
        assert_eq!(ended(&mut page).await, "restarting");
    }
}

#[tokio::test]
async fn at_a_reload_streams_end_and_their_clients_meet_the_new_configuration() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let mut page = opened(&user).await;

    gw.reload(|configured| configured.config.plans.get_mut("free").unwrap().quotas[0].limit = 77);

    assert_eq!(ended(&mut page).await, "restarting");
    let told = user.listen(EVENTS).await.until("quota.changed").await;
    assert_eq!(told.data["quotas"][0]["limit"], 77);
}
