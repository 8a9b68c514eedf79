//! Answers that are lost: what they made is found, Operation by Operation, and what they did not make is given back.

use std::time::Duration;

use astria_gateway::quota::Measure;
use mock_astria::{Fault, FaultRule};
use serde_json::{Value, json};

use super::{a_prompt, generous, in_total, on_shared};
use crate::harness::{Client, Reply, Spawn, TestGateway, eventually, spawn_gateway};
use crate::ids::a_tune;

fn manual() -> Spawn {
    generous().manual_clock()
}

/// Loses the answer to the next create.
fn lose(gw: &TestGateway, fault: Fault) {
    gw.mock.inject(FaultRule::new(fault).method("POST"));
}

async fn unknown(reply: Reply) -> Value {
    let problem = reply.problem(504, reply.json()["code"].as_str().unwrap());
    assert_eq!(problem["spent"], "unknown");
    assert!(reply.header("retry-after").is_some());
    problem
}

/// Where the outcome is told.
async fn told(gw: &TestGateway, user: &Client, problem: &Value) -> Value {
    let path = problem["status_url"].as_str().unwrap().strip_prefix(&gw.url).unwrap().to_owned();
    user.get(&path).await.ok()
}

/// Until nobody has to look for anything any more, with time going by.
async fn reconciled(gw: &TestGateway) {
    let is_done = || {
        gw.clock.advance(Duration::from_secs(5));
        gw.state().reconcile_soon.notify_one();
        let standing = gw.standing();
        standing.open + standing.unknown + standing.presumed == 0
    };
    eventually("the end of everything", is_done).await;
}

#[tokio::test]
async fn quota_04_a_prompt_whose_answer_is_lost_is_adopted_with_owner_and_price() {
    for fault in
        [Fault::Status504AfterProcessing, Fault::CutBeforeReply, Fault::CutMidReply, Fault::BrokenJson]
    {
        let gw = manual().start().await;
        let user = gw.user("first");
        lose(&gw, fault);
        let problem = unknown(user.post_json(&on_shared(), &a_prompt(3)).await).await;
        assert_eq!(gw.quota(&user, "images").await.1, 3, "held");
        assert_eq!(told(&gw, &user, &problem).await["state"], "unknown");

        reconciled(&gw).await;

        let user = gw.user("first");
        let (used, held, _) = gw.quota(&user, "images").await;
        assert_eq!((used, held), (3, 0), "{fault:?}");
        let [prompt] = gw.mock.prompts().try_into().unwrap();
        let id = prompt["id"].as_u64().unwrap();
        assert_eq!(gw.quota(&user, "cost_mc").await.0, prompt["cost_mc"].as_u64().unwrap());
        user.get(&format!("/prompts/{id}")).await.ok();
        gw.user("second").get(&format!("/prompts/{id}")).await.problem(404, "not_found");
        let told = told(&gw, &user, &problem).await;
        assert_eq!((&told["state"], &told["objects"][0]["id"]), (&json!("made"), &json!(id)));
        let path = problem["status_url"].as_str().unwrap().strip_prefix(&gw.url).unwrap();
        gw.user("second").get(path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn quota_05_a_create_that_was_not_carried_out_is_given_back_but_never_before_its_time() {
    let gw = manual().start().await;
    let user = gw.user("first");
    lose(&gw, Fault::Status500);
    let problem = unknown(user.post_json(&on_shared(), &a_prompt(3)).await).await;
    assert_eq!(problem["code"], "outcome_unknown");
    // Looked for, but Astria may still be at work.
    gw.clock.advance(Duration::from_secs(30));
    gw.state().reconcile_soon.notify_one();
    eventually("a look", || gw.mock.count("GET", "/prompts") > 0).await;
    assert_eq!(gw.quota(&gw.user("first"), "images").await.1, 3);

    reconciled(&gw).await;

    let user = gw.user("first");
    assert_eq!((gw.quota(&user, "images").await.0, gw.quota(&user, "images").await.1), (0, 0));
    assert_eq!(told(&gw, &user, &problem).await["state"], "nothing");
    assert_eq!(gw.mock.requests().iter().filter(|request| request.method == "POST").count(), 1, "once");
}

#[tokio::test]
async fn idem_09_a_retry_under_the_key_is_answered_with_what_was_adopted_and_one_that_was_missed_is_made() {
    for (fault, made) in [(Fault::Status504AfterProcessing, true), (Fault::Status500, false)] {
        let gw = manual().start().await;
        let user = gw.user("first").header("idempotency-key", "k");
        lose(&gw, fault);
        unknown(user.post_json(&on_shared(), &a_prompt(2)).await).await;
        unknown(user.post_json(&on_shared(), &a_prompt(2)).await).await;
        assert_eq!(gw.mock.requests().iter().filter(|request| request.method == "POST").count(), 1);

        reconciled(&gw).await;

        let user = gw.user("first").header("idempotency-key", "k");
        let again = user.post_json(&on_shared(), &a_prompt(2)).await;
        assert_eq!(again.status, 201);
        let [prompt] = gw.mock.prompts().try_into().unwrap();
        assert_eq!(again.json()["id"], prompt["id"]);
        assert_eq!(again.header("idempotent-replayed"), made.then_some("true"));
        assert_eq!(gw.quota(&gw.user("first"), "images").await.0, 2);
    }
}

#[tokio::test]
async fn a_tune_and_its_prompts_are_found_by_title_and_name_and_only_the_new_one() {
    let gw = manual().mock(|mock| mock.idempotent = false).start().await;
    let user = gw.user("first");
    let before = user.post_json("/tunes", &a_tune("twice")).await.ok()["id"].as_u64().unwrap();
    let mut body = a_tune("twice");
    body["tune"]["prompts_attributes"] =
        json!([{"text": "ohwx man on a bench", "num_images": 2}, {"text": "ohwx man"}]);
    lose(&gw, Fault::CutBeforeReply);
    let problem = unknown(user.post_json("/tunes", &body).await).await;

    reconciled(&gw).await;

    let user = gw.user("first");
    let told = told(&gw, &user, &problem).await;
    assert_eq!(told["objects"].as_array().unwrap().len(), 3, "{told}");
    assert!(told["objects"].as_array().unwrap().iter().all(|object| object["id"] != before));
    assert_eq!((gw.quota(&user, "tunes").await.0, gw.quota(&user, "prompts").await.0), (2, 2));
    assert_eq!((gw.quota(&user, "images").await.0, gw.quota(&user, "images").await.1), (3, 0));
}

#[tokio::test]
async fn a_theme_is_counted_as_its_prompts_appear_and_closed_in_time() {
    let gw = manual().mock(|mock| mock.theme_ms = 0).start().await;
    let user = gw.user("first");
    let tune = user.post_json("/tunes", &a_tune("mine")).await.ok()["id"].as_u64().unwrap();
    let theme = json!({"theme": {"theme": "on the moon", "tune_ids": [tune], "prompt_attributes": {"num_images": 2}}});
    assert_eq!(user.post_json("/themes", &theme).await.status, 201);
    user.post_json("/themes", &theme).await.problem(409, "theme_open");
    assert_eq!(gw.quota(&user, "prompts").await.1, 10, "held");
    eventually("the theme's prompts", || gw.mock.prompts().len() == 10).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while gw.quota(&gw.user("first"), "prompts").await != (10, 0, 1_000_000_000 - 10) {
        assert!(tokio::time::Instant::now() < deadline, "its prompts were not found");
        gw.clock.advance(Duration::from_secs(1));
        gw.state().reconcile_soon.notify_one();
    }
    let user = gw.user("first");
    assert_eq!((gw.quota(&user, "prompts").await.0, gw.quota(&user, "images").await.0), (10, 20));
    assert_eq!((gw.quota(&user, "images").await.1, gw.quota(&user, "cost_mc").await.1), (0, 0));
    // All ten are there, so the next one may begin.
    assert_eq!(user.post_json("/themes", &theme).await.status, 201);
}

#[tokio::test]
async fn an_inspection_that_is_lost_counts_as_spent() {
    let gw = manual().start().await;
    let user = gw.user("first");
    lose(&gw, Fault::CutBeforeReply);
    let ask = json!({"name": "man", "file_url": "https://a.example.com/b.jpg"});
    unknown(user.post_json("/images/inspect", &ask).await).await;
    assert_eq!(gw.quota(&user, "inspections").await.0, 1);
    assert_eq!(gw.quota(&user, "inspections").await.1, 0);
}

#[tokio::test]
async fn while_astria_is_out_of_reach_for_long_it_counts_as_spent_and_is_set_right_later() {
    for is_made in [true, false] {
        let gw = manual().config(|config| config.upstream.read_retries = 0).start().await;
        gw.expect_unknown();
        let user = gw.user("first");
        lose(&gw, if is_made { Fault::Status504AfterProcessing } else { Fault::Status500 });
        unknown(user.post_json(&on_shared(), &a_prompt(3)).await).await;
        gw.mock.inject(FaultRule::new(Fault::Status500).method("GET").times(100_000));
        gw.clock.advance(Duration::from_secs(86_400));
        let is_presumed = || {
            gw.clock.advance(Duration::from_secs(5));
            gw.state().reconcile_soon.notify_one();
            gw.standing().presumed == 1
        };
        eventually("the presumption", is_presumed).await;
        assert_eq!(gw.quota(&gw.user("first"), "images").await.0, 3);

        gw.mock.clear_faults();
        reconciled(&gw).await;
        let expected = if is_made { 3 } else { 0 };
        let user = gw.user("first");
        assert_eq!((gw.quota(&user, "images").await.0, gw.quota(&user, "images").await.1), (expected, 0));
    }
}

#[tokio::test]
async fn a_job_that_fails_is_given_back_or_kept_as_the_plan_says() {
    for (keeps, used) in [(false, 0), (true, 2)] {
        let gw = spawn_gateway()
            .config(|config| {
                let plan = config.plans.get_mut("free").unwrap();
                plan.quotas = vec![in_total(Measure::Images, 20)];
                if keeps {
                    plan.failed_jobs = astria_gateway::config::FailedJobs::Keep;
                }
            })
            .start()
            .await;
        let user = gw.user("first");
        let body = json!({"prompt": {"text": "user_error", "num_images": 2}});
        let id = user.post_json(&on_shared(), &body).await.ok()["id"].as_u64().unwrap();
        assert_eq!(gw.quota(&user, "images").await.0, 2);
        gw.mock.fail(id, "too bad");
        user.get(&format!("/prompts/{id}")).await.ok();
        assert_eq!(gw.quota(&user, "images").await, (used, 0, 20 - used));
        // However often it is looked at.
        user.get(&format!("/prompts/{id}")).await.ok();
        assert_eq!(gw.quota(&user, "images").await, (used, 0, 20 - used));
    }
}
