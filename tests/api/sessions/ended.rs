//! How sessions end: by their end user, by time, by the operator, by an erasure; everywhere, and at once.

use std::time::Duration;

use reqwest::Method;

use serde_json::json;

use crate::command::Site;
use crate::harness::{Browser, eventually_async, spawn_gateway};
use crate::operator::{put, with_token};
use crate::ownership::token;

const COOKIE: &str = "__Host-astria_session";

#[tokio::test]
async fn sign_out_ends_this_session_and_no_other() {
    let gw = spawn_gateway().start().await;
    let (here, there) = (gw.browser(), gw.browser());
    here.sign_in(&gw.token("alice", "free")).await;
    there.sign_in(&gw.token("alice", "free")).await;
    let id = here.cookie(COOKIE).unwrap();
    assert_eq!(here.method(Method::DELETE, "/gateway/session").await.status, 204);
    assert_eq!(here.cookie(COOKIE), None, "the browser forgets it");
    let again = gw.anonymous().header("cookie", &format!("{COOKIE}={id}"));
    again.get("/gateway/account").await.problem(401, "unauthenticated");
    there.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn sign_out_everywhere_ends_all_of_ones_own_and_nobody_elses() {
    let gw = spawn_gateway().start().await;
    let browsers = [gw.browser(), gw.browser(), gw.browser()];
    for browser in &browsers {
        browser.sign_in(&gw.token("alice", "free")).await;
    }
    let bob = gw.browser();
    bob.sign_in(&gw.token("bob", "free")).await;
    assert_eq!(browsers[0].method(Method::DELETE, "/gateway/sessions").await.status, 204);
    for browser in &browsers {
        browser.get("/gateway/account").await.problem(401, "unauthenticated");
    }
    bob.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn one_session_is_ended_by_its_name_and_somebody_elses_is_404() {
    let gw = spawn_gateway().start().await;
    let (here, there, bob) = (gw.browser(), gw.browser(), gw.browser());
    here.sign_in(&gw.token("alice", "free")).await;
    let name = there.sign_in(&gw.token("alice", "free")).await["session"]["id"].as_str().unwrap().to_owned();
    bob.sign_in(&gw.token("bob", "free")).await;
    let path = format!("/gateway/sessions/{name}");
    bob.method(Method::DELETE, &path).await.problem(404, "not_found");
    there.get("/gateway/account").await.ok();
    assert_eq!(here.method(Method::DELETE, &path).await.status, 204);
    there.get("/gateway/account").await.problem(401, "unauthenticated");
    here.method(Method::DELETE, &path).await.problem(404, "not_found");
    here.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_for_too_long_and_at_the_latest_after_its_whole_time() {
    let gw = spawn_gateway()
        .config(|config| (config.sessions.idle_s, config.sessions.max_s) = (600, 2_000))
        .manual_clock()
        .start()
        .await;
    let (idle, used) = (gw.browser(), gw.browser());
    let begun = idle.sign_in(&gw.token("alice", "free")).await;
    used.sign_in(&gw.token("alice", "free")).await;
    assert!(begun["session"]["idle_expires_at"].as_str() < begun["session"]["expires_at"].as_str());
    for _ in 0..4 {
        gw.clock.advance(Duration::from_secs(450));
        used.get("/gateway/account").await.ok();
    }
    idle.get("/gateway/account").await.problem(401, "unauthenticated");
    assert_eq!(used.get("/gateway/sessions").await.ok()["sessions"].as_array().unwrap().len(), 1);
    gw.clock.advance(Duration::from_secs(250));
    used.get("/gateway/account").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_stream_ends_when_its_session_does() {
    let gw = spawn_gateway().start().await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    let mut stream = browser.listen("/gateway/events").await;
    stream.until("stream.open").await;
    assert_eq!(browser.method(Method::DELETE, "/gateway/sessions").await.status, 204);
    let end = stream.until("stream.end").await;
    assert_eq!(end.data["reason"], "signed_out");
}

#[tokio::test]
async fn who_is_blocked_is_refused_by_cookie_too_and_let_in_again_afterwards() {
    let (spawn, operator_token) = with_token();
    let gw = spawn.start().await;
    let operator = gw.at_operator(Some(&operator_token));
    let block = async |blocked: bool| {
        let body = json!({"subject": "alice", "blocked": blocked, "reason": "a test"});
        put(&operator, "/operator/user/block", &body).await.ok();
    };
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    block(true).await;
    browser.get("/gateway/account").await.problem(403, "blocked");
    block(false).await;
    browser.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn who_is_forgotten_is_signed_out() {
    let gw = spawn_gateway().start().await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    let erase = browser.page().header("gateway-confirm", "erase");
    assert_eq!(erase.method(Method::DELETE, "/gateway/account/data").await.status, 202);
    eventually_async("the session ends", async || {
        browser.with_cookies().get("/gateway/session").await.status == 401
    })
    .await;
}

#[tokio::test]
async fn a_sign_out_counts_at_another_process_within_a_second_and_sessions_outlive_a_restart() {
    let site = Site::new().await;
    let config = site.config();
    let (first, second) = (site.serve(&config, &[]).await, site.serve(&config, &[]).await);
    let browser = Browser::new(first.anonymous());
    browser.sign_in(&token(&site, "alice")).await;
    let cookie = format!("{COOKIE}={}", browser.cookie(COOKIE).unwrap());
    let elsewhere = second.anonymous().header("cookie", &cookie);
    elsewhere.get("/gateway/account").await.ok();
    first.process.terminate();
    first.process.ended().await;
    let third = site.serve(&config, &[]).await;
    let page = third.anonymous().header("cookie", &cookie).header("x-csrf-token", &browser.csrf_token());
    page.get("/gateway/account").await.ok();
    assert_eq!(page.method(Method::DELETE, "/gateway/session").await.status, 204);
    eventually_async("the other process has heard", async || {
        elsewhere.get("/gateway/account").await.status == 401
    })
    .await;
}
