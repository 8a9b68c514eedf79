//! A change of what an end user may do gives their browser a new cookie; the old one goes soon, and nobody is signed out
//! by it.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Browser, Client, TestGateway};
use crate::operator::{put, with_token};

const COOKIE: &str = "__Host-astria_session";

async fn with_operator() -> (TestGateway, Client) {
    let (spawn, token) = with_token();
    let gw = spawn.manual_clock().start().await;
    let operator = gw.at_operator(Some(&token));
    (gw, operator)
}

async fn signed_in(gw: &TestGateway) -> Browser {
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    gw.clock.advance(Duration::from_secs(15));
    browser
}

async fn promote(operator: &Client) {
    let body = json!({"subject": "alice", "plan": "pro", "reason": "a test"});
    put(operator, "/operator/user/plan", &body).await.ok();
}

#[tokio::test]
async fn another_plan_gives_a_new_cookie_once_and_the_old_one_ends_when_the_new_one_was_shown() {
    let (gw, operator) = with_operator().await;
    let browser = signed_in(&gw).await;
    let old = browser.cookie(COOKIE).unwrap();
    assert!(browser.get("/gateway/account").await.cookies().is_empty(), "nothing has changed");
    promote(&operator).await;
    let renewed = browser.get("/gateway/account").await;
    assert_eq!(renewed.ok()["plan"], "pro");
    let new = browser.cookie(COOKIE).unwrap();
    assert_ne!(new, old);
    let by_old = gw.anonymous().header("cookie", &format!("{COOKIE}={old}"));
    assert!(by_old.get("/gateway/account").await.cookies().is_empty(), "one of many requests gets it");
    // The browser shows the new one: requests that were under way have half a minute.
    let shown = browser.get("/gateway/account").await;
    shown.ok();
    assert!(shown.cookies().is_empty());
    by_old.get("/gateway/account").await.ok();
    gw.clock.advance(Duration::from_secs(31));
    by_old.get("/gateway/account").await.problem(401, "unauthenticated");
    browser.get("/gateway/account").await.ok();
    assert_eq!(
        browser.post_json("/gateway/session", &json!({})).await.status,
        400,
        "the CSRF token is the same"
    );
}

#[tokio::test]
async fn a_new_cookie_that_is_lost_on_its_way_signs_nobody_out() {
    let (gw, operator) = with_operator().await;
    let browser = signed_in(&gw).await;
    promote(&operator).await;
    let lost = browser.with_cookies().get("/gateway/account").await;
    assert_eq!(lost.cookies().len(), 1);
    for _ in 0..3 {
        gw.clock.advance(Duration::from_secs(60));
        browser.with_cookies().get("/gateway/account").await.ok();
    }
    // The next one comes, and the lost one proves nobody.
    let reply = browser.get("/gateway/account").await;
    reply.ok();
    let by_lost = gw.anonymous().header("cookie", &format!("{COOKIE}={}", lost.cookies()[0].1));
    gw.clock.advance(Duration::from_secs(60));
    browser.get("/gateway/account").await.ok();
    by_lost.get("/gateway/account").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn fifty_requests_at_the_moment_of_a_change_get_one_new_cookie_and_none_fails() {
    let (gw, operator) = with_operator().await;
    let browser = signed_in(&gw).await;
    promote(&operator).await;
    let replies = futures_util::future::join_all((0..50).map(|_| {
        let client = browser.with_cookies();
        async move { client.get("/gateway/account").await }
    }))
    .await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(replies.iter().filter(|reply| !reply.cookies().is_empty()).count(), 1);
}
