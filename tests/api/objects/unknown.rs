//! Creates whose answer is lost: what they made is found where it can be, and is nobody else's until then.

use mock_astria::{Fault, FaultRule};
use reqwest::Method;
use serde_json::json;

use super::super::harness::SHARED_TUNE;
use super::super::ids::a_tune;
use super::super::lists::listed;
use super::super::prompts::on_shared;
use super::{open, prompt_on, tune_of, until_listed};

const LOST: [Fault; 4] =
    [Fault::Status504AfterProcessing, Fault::CutBeforeReply, Fault::CutMidReply, Fault::BrokenJson];

#[tokio::test]
async fn a_prompt_of_a_lost_answer_is_found_on_its_tune() {
    let gw = open().start().await;
    gw.expect_unknown();
    let (a, b) = (gw.user("a"), gw.user("b"));
    let tune = tune_of(&a, "1").await;
    let original = prompt_on(&a, SHARED_TUNE, "original").await;
    let moved = prompt_on(&a, tune, "on the tune").await;
    for (n, fault) in LOST.into_iter().enumerate() {
        gw.mock.inject(FaultRule::new(fault).method("POST"));
        let lost = a.post_json(&format!("/tunes/{tune}/prompts"), &json!({"prompt": {"text": "lost"}})).await;
        assert!(lost.status.is_server_error(), "{fault:?}");
        assert_eq!(lost.json()["spent"], "unknown", "{fault:?}");

        let found = until_listed(&a, &format!("/tunes/{tune}/prompts"), n + 2).await;

        a.get(&format!("/prompts/{}", found[0])).await.ok();
        b.get(&format!("/prompts/{}", found[0])).await.problem(404, "not_found");
    }
    gw.mock.inject(FaultRule::new(Fault::Status504AfterProcessing).method("POST"));
    a.post_json(&format!("/prompts/{moved}/duplicate"), &json!({})).await.problem(504, "upstream_timeout");
    until_listed(&a, &format!("/tunes/{tune}/prompts"), LOST.len() + 2).await;
    assert!(listed(&b, "/prompts").await.is_empty());
    assert!(listed(&a, "/prompts").await.contains(&original));
}

#[tokio::test]
async fn what_a_lost_answer_made_elsewhere_is_invisible_and_nobodys() {
    let gw = open().start().await;
    gw.expect_unknown();
    let (a, b) = (gw.user("a"), gw.user("b"));
    for fault in LOST {
        gw.mock.inject(FaultRule::new(fault).method("POST"));
        let lost = a.post_json("/tunes", &a_tune("lost")).await;
        assert!(lost.status.is_server_error(), "{fault:?}");
        gw.mock.inject(FaultRule::new(fault).method("POST"));
        a.post_json(&on_shared(), &json!({"prompt": {"text": "lost"}})).await;
    }
    let ids = |objects: Vec<serde_json::Value>, lowest: u64| -> Vec<u64> {
        objects.iter().filter_map(|one| one["id"].as_u64()).filter(|id| *id > lowest).collect()
    };
    let (tunes, prompts) = (ids(gw.mock.tunes(), 3_000_000), ids(gw.mock.prompts(), 0));
    assert_eq!((tunes.len(), prompts.len()), (4, 4), "they were made");
    for user in [&a, &b] {
        for tune in &tunes {
            user.get(&format!("/tunes/{tune}")).await.problem(404, "not_found");
            user.get(&format!("/tunes/{tune}/prompts")).await.problem(404, "not_found");
            user.method(Method::DELETE, &format!("/tunes/{tune}")).await.problem(404, "not_found");
            let text = json!({"prompt": {"text": format!("a <lora:{tune}:1> cat")}});
            user.post_json(&on_shared(), &text).await.problem(404, "not_found");
        }
        for prompt in &prompts {
            user.get(&format!("/prompts/{prompt}")).await.problem(404, "not_found");
        }
        assert!(listed(user, "/tunes").await.is_empty());
        assert!(listed(user, "/prompts").await.is_empty());
    }
}

#[tokio::test]
async fn a_theme_or_a_run_of_a_lost_answer_is_found_on_its_tune() {
    let gw = open().start().await;
    gw.expect_unknown();
    let a = gw.user("a");
    let tune = tune_of(&a, "1").await;
    let path = format!("/tunes/{tune}/prompts");
    // Prices are looked up first.
    a.get("/p/260").await.ok();
    for (create, body, count) in [
        ("/themes", json!({"theme": {"theme": "Corporate", "tune_ids": [tune]}}), 10),
        ("/p/260/tunes", json!({"tune": {"tune_ids": [tune]}}), 14),
    ] {
        gw.mock.inject(FaultRule::new(Fault::Status504AfterProcessing).method("POST"));
        a.post_json(create, &body).await.problem(504, "upstream_timeout");
        until_listed(&a, &path, count).await;
    }
}

#[tokio::test]
async fn a_theme_or_a_run_of_a_lost_answer_is_found_on_every_tune_that_it_names() {
    let gw = open().start().await;
    gw.expect_unknown();
    let a = gw.user("a");
    let tunes = [tune_of(&a, "1").await, tune_of(&a, "2").await];
    a.get("/p/260").await.ok();
    for (create, body, count) in [
        ("/themes", json!({"theme": {"theme": "Corporate", "tune_ids": tunes}}), 10),
        ("/p/260/tunes", json!({"tune": {"tune_ids": tunes}}), 14),
    ] {
        gw.mock.inject(FaultRule::new(Fault::Status504AfterProcessing).method("POST"));
        a.post_json(create, &body).await.problem(504, "upstream_timeout");
        for tune in tunes {
            until_listed(&a, &format!("/tunes/{tune}/prompts"), count).await;
        }
    }
}
