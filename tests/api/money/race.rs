//! Many at once, and exactly what fits.

use astria_gateway::quota::{Measure, Period, QuotaRule, SharedBy};
use futures_util::future::join_all;
use serde_json::json;

use super::{a_prompt, in_total, on_shared};
use crate::harness::spawn_gateway;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quota_01_two_hundred_creates_at_once_of_a_newcomer_make_exactly_what_fits() {
    let gw = spawn_gateway()
        .config(|config| {
            config.plans.get_mut("free").unwrap().quotas = vec![in_total(Measure::Images, 7)];
        })
        .start()
        .await;
    let user = gw.user("newcomer");

    let creates = (0..200_u64).map(|n| {
        let user = user.clone();
        async move {
            let images = [1, 3, 2, 4][usize::try_from(n % 4).unwrap()];
            (images, user.post_json(&on_shared(), &a_prompt(images)).await)
        }
    });
    let replies = join_all(creates).await;

    let made: u64 = replies.iter().filter(|(_, reply)| reply.status == 201).map(|(images, _)| images).sum();
    assert_eq!(made, 7, "a single image always fits in the end");
    for (_, reply) in replies.iter().filter(|(_, reply)| reply.status != 201) {
        let problem = reply.problem(402, "quota_exhausted");
        assert_eq!((&problem["quota"]["of"], &problem["quota"]["limit"]), (&json!("images"), &json!(7)));
        assert_eq!(problem["spent"], "no");
    }
    let at_astria: u64 = gw.mock.prompts().iter().map(|prompt| prompt["num_images"].as_u64().unwrap()).sum();
    assert_eq!(at_astria, 7);
    assert_eq!(gw.quota(&user, "images").await, (7, 0, 0));
}

#[tokio::test]
async fn quota_10_a_tenants_quota_and_the_accounts_ceiling_hold_for_everybody_together() {
    let gw = spawn_gateway()
        .config(|config| {
            let shared = QuotaRule { shared_by: SharedBy::Tenant, ..in_total(Measure::Images, 5) };
            config.plans.get_mut("free").unwrap().quotas = vec![shared, in_total(Measure::Images, 4)];
            config.upstream.quotas = vec![in_total(Measure::Images, 8)];
        })
        .start()
        .await;
    let (a, b, c) = (gw.user("a"), gw.user("b"), gw.pro_user("c"));
    a.post_json(&on_shared(), &a_prompt(4)).await.ok();
    let refused = b.post_json(&on_shared(), &a_prompt(2)).await.problem(402, "quota_exhausted");
    assert_eq!(refused["quota"]["shared_by"], "tenant");
    let left = b.post_json(&on_shared(), &a_prompt(1)).await;
    assert_eq!(left.status, 201);
    assert_eq!(
        left.header("gateway-quota-left"),
        Some("\"images\";per=total;left=0, \"images\";per=total;left=3")
    );

    c.post_json(&on_shared(), &a_prompt(3)).await.ok();
    let refused = c.post_json(&on_shared(), &a_prompt(1)).await.problem(402, "quota_exhausted");
    assert_eq!(refused["quota"], serde_json::Value::Null, "the operator's figures are the operator's");
    assert_eq!(gw.mock.prompts().len(), 3);
}

#[tokio::test]
async fn a_daily_quota_is_refused_with_its_reset_and_begins_anew() {
    let gw = spawn_gateway()
        .manual_clock()
        .config(|config| {
            let rule = QuotaRule { per: Period::Day, ..in_total(Measure::Images, 4) };
            config.plans.get_mut("free").unwrap().quotas = vec![rule];
        })
        .start()
        .await;
    let user = gw.user("first");
    user.post_json(&on_shared(), &a_prompt(4)).await.ok();
    let refused = user.post_json(&on_shared(), &a_prompt(1)).await;
    let problem = refused.problem(429, "quota_exhausted");
    let wait_s = problem["retry_after_s"].as_u64().unwrap();
    assert_eq!(refused.header("retry-after"), Some(wait_s.to_string().as_str()));
    assert_eq!(problem["quota"]["used"], 4);
    assert!(problem["quota"]["resets_at"].is_string());
    gw.clock.advance(std::time::Duration::from_secs(wait_s));
    gw.user("first").post_json(&on_shared(), &a_prompt(4)).await.ok();
}

#[tokio::test]
async fn no_more_jobs_are_in_flight_than_the_plan_says() {
    let gw = spawn_gateway()
        .config(|config| config.plans.get_mut("free").unwrap().max_jobs_in_flight = 2)
        .mock(|mock| mock.generate_ms = 600_000)
        .start()
        .await;
    let user = gw.user("first");
    let first = user.post_json(&on_shared(), &a_prompt(1)).await.ok()["id"].as_u64().unwrap();
    user.post_json(&on_shared(), &a_prompt(1)).await.ok();
    let refused = user.post_json(&on_shared(), &a_prompt(1)).await;
    assert_eq!(refused.problem(429, "too_many_jobs")["spent"], "no");
    gw.user("second").post_json(&on_shared(), &a_prompt(1)).await.ok();
    gw.mock.finish(first);
    user.get(&format!("/prompts/{first}")).await.ok();
    user.post_json(&on_shared(), &a_prompt(1)).await.ok();
}
