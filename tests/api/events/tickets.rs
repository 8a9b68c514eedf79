//! Tickets, for an `EventSource` that can send no token.

use std::time::Duration;

use astria_gateway::auth::new_service_key;
use astria_gateway::config::ServiceKey;
use serde_json::{Value, json};

use super::{EVENTS, change_prompt, import_prompt};
use crate::harness::{Client, ISSUER, TestGateway, spawn_gateway};
use crate::operator::{put, with_token};

async fn ticket(user: &Client) -> Value {
    let reply = user.post_json("/gateway/events/ticket", &json!({})).await;
    assert_eq!(reply.status, 201);
    reply.json()
}

/// What stands in the URL behind the gateway's address.
fn path(gw: &TestGateway, ticket: &Value) -> String {
    let url = ticket["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("{EVENTS}?ticket={}", ticket["ticket"].as_str().unwrap())));
    url.strip_prefix(&gw.state().gateway_url).unwrap().to_owned()
}

#[tokio::test]
async fn a_ticket_opens_a_stream_without_a_token_and_opens_it_again_where_it_was() {
    let gw = spawn_gateway().manual_clock().start().await;
    import_prompt(&gw, "first", 4_000_001).await;
    let given = ticket(&gw.user("first")).await;
    assert_eq!(given["expires_in_s"], 60);
    let (path, browser) = (path(&gw, &given), gw.anonymous());
    let mut page = browser.listen(&path).await;
    page.until("quota.changed").await;
    change_prompt(&gw, 4_000_001, 1).await;
    assert_eq!(page.until("prompt.updated").await.id, Some(1));
    drop(page);
    change_prompt(&gw, 4_000_001, 2).await;

    // The minute is over, and so is nearly the token's day.
    gw.clock.advance(Duration::from_secs(86_000));

    let mut page = browser.header("last-event-id", "1").listen(&path).await;
    assert_eq!(page.until("prompt.updated").await.id, Some(2));
    gw.clock.advance(Duration::from_secs(401));
    browser.get(&path).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_ticket_that_was_not_used_in_its_minute_opens_nothing() {
    let gw = spawn_gateway().manual_clock().start().await;
    let path = path(&gw, &ticket(&gw.user("first")).await);
    gw.clock.advance(Duration::from_secs(60));
    gw.anonymous().get(&path).await.problem(401, "invalid_token");
    assert_eq!(gw.state().streams.count(), 0);
}

#[tokio::test]
async fn the_same_ticket_has_one_stream_and_the_later_takes_it() {
    let gw = spawn_gateway().config(|config| config.events.max_streams_per_user = 1).start().await;
    let path = path(&gw, &ticket(&gw.user("first")).await);
    let browser = gw.anonymous();
    let mut one = browser.listen(&path).await;
    one.until("quota.changed").await;

    let mut two = browser.listen(&path).await;

    let end = one.until("stream.end").await;
    assert_eq!(end.data["reason"], "replaced");
    assert!(one.next().await.is_none());
    two.until("quota.changed").await;
    assert_eq!(gw.state().streams.count(), 1);
}

#[tokio::test]
async fn what_is_no_ticket_of_ours_opens_nothing() {
    let gw = spawn_gateway().start().await;
    let given = ticket(&gw.user("first")).await;
    let (path, browser) = (path(&gw, &given), gw.anonymous());
    let text = given["ticket"].as_str().unwrap();
    let mut flipped = text.to_owned();
    let last = if flipped.pop() == Some('A') { 'B' } else { 'A' };
    flipped.push(last);
    for bad in [flipped.as_str(), "", "x", &text[1..], &format!("{text}&ticket={text}"), &"A".repeat(9000)] {
        browser.get(&format!("{EVENTS}?ticket={bad}")).await.problem(401, "invalid_token");
    }
    // Beside another proof nobody could say whose stream it is.
    gw.user("second").get(&path).await.problem(400, "bad_request");
    browser.header("gateway-end-user", "second").get(&path).await.problem(400, "bad_request");
    // It opens a stream, and nothing else.
    for other in ["/gateway/account", "/prompts", "/gateway/account/data"] {
        browser.get(&format!("{other}?ticket={text}")).await.problem(401, "unauthenticated");
    }
    gw.with_token(text).get(EVENTS).await.problem(401, "invalid_token");
    assert_eq!(gw.state().streams.count(), 0);
    gw.anonymous().post_json("/gateway/events/ticket", &json!({})).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn whoever_was_blocked_or_is_known_no_more_has_no_use_of_a_ticket() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let path = path(&gw, &ticket(&gw.user("first")).await);
    let mut page = gw.anonymous().listen(&path).await;
    page.until("quota.changed").await;
    let operator = gw.at_operator(Some(&token));
    let block = |blocked| json!({"subject": "first", "blocked": blocked, "reason": "r"});
    put(&operator, "/operator/user/block", &block(true)).await.ok();
    assert_eq!(page.until("stream.end").await.data["reason"], "blocked");
    gw.anonymous().get(&path).await.problem(403, "blocked");
    put(&operator, "/operator/user/block", &block(false)).await.ok();
    gw.anonymous().listen(&path).await.until("quota.changed").await;

    gw.reload(|configured| configured.config.auth.issuers[0].issuer = "https://other.test".into());

    gw.anonymous().get(&path).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_services_ticket_is_its_end_users_for_as_long_as_the_key_is_configured() {
    let (key, hash) = new_service_key().unwrap();
    let backend = ServiceKey {
        name: "backend".into(),
        sha256: vec![hash],
        issuer: ISSUER.into(),
        ..ServiceKey::default()
    };
    let gw = spawn_gateway().config(|config| config.auth.service_keys.push(backend)).start().await;
    import_prompt(&gw, "first", 4_000_001).await;
    let path = path(&gw, &ticket(&gw.with_token(&key).header("gateway-end-user", "first")).await);
    let mut page = gw.anonymous().listen(&path).await;
    page.until("quota.changed").await;
    change_prompt(&gw, 4_000_001, 1).await;
    assert_eq!(page.until("prompt.updated").await.id, Some(1));

    gw.reload(|configured| configured.config.auth.service_keys.clear());

    gw.anonymous().get(&path).await.problem(401, "invalid_token");
}
