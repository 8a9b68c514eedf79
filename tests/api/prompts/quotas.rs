//! What a prompt costs, and that nobody overspends.

use std::time::Duration;

use astria_gateway::quota::{Measure, Period, QuotaRule, SharedBy};
use futures_util::future::join_all;
use mock_astria::{Fault, FaultRule};
use serde_json::{Value, json};

use super::super::harness::spawn_gateway;
use super::on_shared;

fn images(number: u64) -> Value {
    json!({"prompt": {"text": "a cat", "num_images": number}})
}

fn made(prompts: &[Value]) -> u64 {
    prompts.iter().map(|prompt| prompt["num_images"].as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn quota_01_sixty_creates_at_once_never_pass_the_quota_by_one() {
    for each in [1, 3] {
        let gw = spawn_gateway().start().await;
        let creates = (0..60).map(|_| {
            let user = gw.user("first");
            async move { user.post_json(&on_shared(), &images(each)).await }
        });

        let replies = join_all(creates).await;

        let created = replies.iter().filter(|reply| reply.status == 201).count() as u64;
        let refused = replies.iter().filter(|reply| reply.status == 429).count() as u64;
        assert_eq!((created, refused), (20 / each, 60 - 20 / each), "{each} images each");
        assert_eq!(made(&gw.mock.prompts()), created * each);
        assert_eq!(gw.mock.requests().len() as u64, created, "a refused create was sent");
        assert_eq!(gw.quota(&gw.user("first"), "images").await, (created * each, 0, 20 - created * each));
    }
}

#[tokio::test]
async fn a_used_up_quota_says_when_it_begins_anew_and_does() {
    // 2027-01-15T08:00:00Z: sixteen hours to midnight.
    let gw = spawn_gateway().manual_clock_at(1_800_000_000).start().await;
    let user = gw.user("first");
    for number in [8, 8, 4] {
        user.post_json(&on_shared(), &images(number)).await.ok();
    }
    gw.clock.advance(Duration::from_millis(99_500));

    let refused = user.post_json(&on_shared(), &images(1)).await;

    let problem = refused.problem(429, "quota_exhausted");
    assert_eq!(refused.header("retry-after"), Some("57501"));
    assert_eq!((&problem["retry_after_s"], &problem["spent"]), (&json!(57501), &json!("no")));
    assert!(problem["detail"].as_str().unwrap().contains("2027-01-16T00:00:00Z"), "{problem}");
    assert_eq!(gw.mock.requests().len(), 3);
    gw.clock.advance(Duration::from_secs(57_501));
    gw.user("first").post_json(&on_shared(), &images(8)).await.ok();
    assert_eq!(gw.quota(&gw.user("first"), "images").await, (8, 0, 12));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_whole_and_what_fits_still_fits() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    for number in [8, 8] {
        user.post_json(&on_shared(), &images(number)).await.ok();
    }

    user.post_json(&on_shared(), &images(5)).await.problem(429, "quota_exhausted");

    user.post_json(&on_shared(), &images(4)).await.ok();
    assert_eq!(gw.quota(&user, "images").await, (20, 0, 0));
}

#[tokio::test]
async fn a_quota_in_total_that_is_used_up_asks_for_payment_and_never_to_wait() {
    let gw = spawn_gateway()
        .config(|c| {
            let rule =
                QuotaRule { of: Measure::Images, per: Period::Total, limit: 2, shared_by: SharedBy::EndUser };
            c.plans.get_mut("free").unwrap().quotas = vec![rule];
        })
        .start()
        .await;
    let user = gw.user("first");
    user.post_json(&on_shared(), &images(2)).await.ok();

    let refused = user.post_json(&on_shared(), &images(1)).await;

    let problem = refused.problem(402, "quota_exhausted");
    assert_eq!(refused.header("retry-after"), None);
    assert!(problem.get("retry_after_s").is_none());
    let account = user.get("/gateway/account").await.ok();
    assert!(account["quotas"][0]["resets_at"].is_null());
}

#[tokio::test]
async fn quota_05_what_astria_finds_invalid_is_given_back_and_its_words_are_relayed() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let body = json!({"prompt": {"text": "a cat", "num_images": 8, "controlnet": "pose"}});

    let refused = user.post_json(&on_shared(), &body).await;

    let problem = refused.problem(422, "validation_failed");
    assert_eq!(problem["spent"], "no");
    assert_eq!(problem["base"], json!(["Controlnet requires an input image"]));
    assert_eq!(gw.mock.requests().len(), 1);
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn quota_04_what_nobody_knows_stays_held_and_cannot_be_spent_again() {
    let gw = spawn_gateway().start().await;
    gw.expect_unknown();
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Status504AfterProcessing).method("POST"));

    let failed = user.post_json(&on_shared(), &images(8)).await;

    assert_eq!(failed.problem(504, "upstream_timeout")["spent"], "unknown");
    assert_eq!(gw.quota(&user, "images").await, (0, 8, 12));
    user.post_json(&on_shared(), &images(8)).await.ok();
    user.post_json(&on_shared(), &images(5)).await.problem(429, "quota_exhausted");
    assert_eq!(gw.quota(&user, "images").await, (8, 8, 4));
    assert_eq!(gw.mock.requests().len(), 2, "nothing was tried again");
}

#[tokio::test]
async fn a_job_costs_more_than_was_held_and_is_booked_in_full() {
    let gw = spawn_gateway()
        .config(|c| {
            c.quota.unknown_cost_mc = astria_gateway::money::Millicents(1_000);
            let rule = QuotaRule {
                of: Measure::CostMc,
                per: Period::Month,
                limit: 5_000,
                shared_by: SharedBy::EndUser,
            };
            c.plans.get_mut("free").unwrap().quotas = vec![rule];
        })
        .start()
        .await;
    let user = gw.user("first");

    // Held: 2 × 1 000. Astria asks 2 × 4 000.
    let prompt = user.post_json(&on_shared(), &images(2)).await.ok();

    assert_eq!(prompt["cost_mc"], 8_000);
    assert_eq!(gw.quota(&user, "cost_mc").await, (8_000, 0, 0));
    user.post_json(&on_shared(), &images(1)).await.problem(429, "quota_exhausted");
    assert_eq!(gw.mock.requests().len(), 1);
}

#[tokio::test]
async fn a_job_that_costs_less_than_was_held_frees_the_rest() {
    let gw = spawn_gateway()
        .config(|c| {
            let rule = QuotaRule {
                of: Measure::CostMc,
                per: Period::Day,
                limit: 20_000,
                shared_by: SharedBy::EndUser,
            };
            c.plans.get_mut("free").unwrap().quotas.push(rule);
        })
        .start()
        .await;
    let user = gw.user("first");

    user.post_json(&on_shared(), &images(2)).await.ok();

    assert_eq!(gw.quota(&user, "cost_mc").await, (8_000, 0, 12_000));
    // Under one rule of two there is no room: nothing is held under the other either.
    user.post_json(&on_shared(), &images(4)).await.problem(429, "quota_exhausted");
    assert_eq!(gw.quota(&user, "images").await, (2, 0, 18));
}
