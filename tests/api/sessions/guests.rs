//! Guests of their own: try, sign in, and what was made becomes the end user's.

use std::time::Duration;

use astria_gateway::config::Plan;
use astria_gateway::operation::Operation;
use astria_gateway::quota::{Measure, Period, QuotaRule, SharedBy};
use reqwest::Method;
use serde_json::json;

use crate::harness::{Browser, SHARED_TUNE, Spawn, TestGateway, spawn_gateway};

const COOKIE: &str = "__Host-astria_guest";

pub fn with_guests() -> Spawn {
    let rule = |limit, shared_by| QuotaRule { of: Measure::Images, per: Period::Total, limit, shared_by };
    spawn_gateway().config(|config| {
        config.guest.trial = true;
        config.guest.max_per_network_per_day = 3;
        let trial = Plan {
            requests_per_s: 1000.0,
            burst: 10_000,
            allow: vec![Operation::CreatePrompt],
            quotas: vec![rule(2, SharedBy::EndUser), rule(100, SharedBy::Guests)],
            ..Plan::default()
        };
        config.plans.insert("trial".into(), trial);
    })
}

async fn guest(gw: &TestGateway) -> Browser {
    let browser = gw.browser();
    let reply = browser.with_cookies().method(Method::POST, "/gateway/guest").await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    browser.keep(&reply);
    browser.note(&reply.json());
    browser
}

async fn prompt(browser: &Browser) -> crate::harness::Reply {
    let body = json!({ "prompt": { "text": "a lighthouse", "num_images": 1 } });
    browser.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await
}

#[tokio::test]
async fn a_guest_has_a_small_plan_and_objects_of_its_own() {
    let gw = with_guests().start().await;
    let (one, other) = (guest(&gw).await, guest(&gw).await);
    let seen = one.get("/gateway/session").await.ok();
    assert_eq!((&seen["kind"], &seen["plan"]), (&json!("guest"), &json!("trial")));
    let made = prompt(&one).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let path = format!("/prompts/{}", made.json()["id"]);
    one.get(&path).await.ok();
    other.get(&path).await.problem(404, "not_found");
    assert_eq!(prompt(&one).await.status, 201);
    prompt(&one).await.problem(402, "quota_exhausted");
    assert_eq!(prompt(&other).await.status, 201);
    // A guest's cookie is a cookie: another site's page cannot spend with it.
    let body = json!({ "prompt": { "text": "x" } });
    let without = one.with_cookies().post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await;
    without.problem(403, "csrf_refused");
}

#[tokio::test]
async fn what_a_guest_made_becomes_the_end_users_at_sign_in_once_and_with_its_usage() {
    let gw = with_guests().start().await;
    let browser = guest(&gw).await;
    let cookie = browser.cookie(COOKIE).unwrap();
    let made = prompt(&browser).await.json();
    prompt(&browser).await.ok();
    browser.sign_in(&gw.token("alice", "free")).await;
    assert_eq!(browser.cookie(COOKIE), None, "the browser forgets that it was a guest");
    browser.get(&format!("/prompts/{}", made["id"])).await.ok();
    assert_eq!(browser.get("/prompts").await.ok().as_array().unwrap().len(), 2);
    let account = browser.get("/gateway/account").await.ok();
    assert_eq!(account["quotas"][0]["used"], 2, "{account}");
    // Whoever kept the cookie is nobody, and signs nobody in with it again.
    let old = gw.anonymous().header("cookie", &format!("{COOKIE}={cookie}"));
    old.get("/prompts").await.problem(401, "unauthenticated");
    let thief = gw.browser();
    thief.set_cookie(COOKIE, &cookie);
    thief.sign_in(&gw.token("mallory", "free")).await;
    assert_eq!(thief.get("/prompts").await.ok(), json!([]));
}

#[tokio::test]
async fn guests_are_capped_by_network_and_all_together() {
    let gw = with_guests().config(|config| config.guest.max_per_day = 5).start().await;
    for _ in 0..3 {
        guest(&gw).await;
    }
    let refused = gw.anonymous().method(Method::POST, "/gateway/guest").await;
    let problem = refused.problem(429, "too_many_guests");
    assert!(problem["retry_after_s"].as_u64().unwrap() > 80_000);
}

#[tokio::test]
async fn a_browser_that_is_a_guest_stays_the_one_that_it_is() {
    let gw = with_guests().start().await;
    let browser = guest(&gw).await;
    let before = browser.get("/gateway/session").await.ok()["subject"].clone();
    let again = browser.with_cookies().method(Method::POST, "/gateway/guest").await;
    assert_eq!((again.status.as_u16(), &again.json()["subject"]), (200, &before));
    assert!(again.cookies().is_empty());
}

#[tokio::test]
async fn a_guests_time_ends_and_a_forged_cookie_proves_nobody() {
    let gw = with_guests().config(|config| config.guest.valid_s = 3600).manual_clock().start().await;
    let browser = guest(&gw).await;
    let cookie = browser.cookie(COOKIE).unwrap();
    let forged = format!("{}A", &cookie[..cookie.len() - 1]);
    for value in [&*forged, "v1.x.y.z", ""] {
        let client = gw.anonymous().header("cookie", &format!("{COOKIE}={value}"));
        client.get("/prompts").await.problem(401, "unauthenticated");
    }
    browser.get("/prompts").await.ok();
    gw.clock.advance(Duration::from_secs(3601));
    browser.get("/prompts").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_foreign_page_begins_no_guest_and_without_guests_there_are_none() {
    let gw = with_guests().start().await;
    let foreign = gw.anonymous().header("origin", "https://evil.example");
    foreign.method(Method::POST, "/gateway/guest").await.problem(403, "csrf_refused");
    let none = spawn_gateway().start().await;
    none.anonymous().method(Method::POST, "/gateway/guest").await.problem(404, "not_found");
}
