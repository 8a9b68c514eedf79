//! Ends that Astria never tells: a job that goes on for ever, and an object whose time is over.

use std::time::Duration;

use astria_gateway::events::EventKind;
use astria_gateway::ownership::ObjectKind;
use serde_json::json;

use super::{as_time_goes_by, ends, made, running, told, until_ended};
use crate::harness::{TestGateway, eventually_async};
use crate::ids::a_tune;

const DAY: Duration = Duration::from_secs(86_400);

async fn wake(gw: &TestGateway) {
    gw.state().jobs_soon.notify_one();
}

#[tokio::test]
async fn a_job_that_never_ends_is_given_up_with_an_alert_and_counts_when_it_ends_after_all() {
    let gw = running().config(|config| config.plans.get_mut("free").unwrap().max_jobs_in_flight = 1);
    let gw = gw.manual_clock().start().await;
    let id = made(&gw, "first").await;
    gw.user("first").post_json(&super::on_shared(), &super::a_prompt()).await.problem(429, "too_many_jobs");
    gw.clock.advance(DAY);
    wake(&gw).await;
    until_ended(&gw, "first", 1).await;
    assert_eq!(ends(&gw, "first").await, [(EventKind::Lost, ObjectKind::Prompt, id)]);
    let metrics = gw.operator("/metrics").await;
    assert!(metrics.contains("lost_jobs_total{kind=\"prompt\"} 1"), "{metrics}");
    let looks = gw.mock.count("GET", "/prompts/:id");
    gw.clock.advance(DAY);
    // It is in nobody's way any more.
    let next = made(&gw, "first").await;
    assert_eq!(gw.mock.count("GET", "/prompts/:id"), looks, "nobody asks for it any more");
    // Somebody looks at it, and it has ended.
    gw.mock.set_callback(id, "");
    gw.mock.finish(id);
    gw.mock.finish(next);
    eventually_async("its pictures", async || {
        gw.clock.advance(Duration::from_secs(5));
        let prompt = gw.user("first").get(&format!("/prompts/{id}")).await.ok();
        !prompt["images"].as_array().unwrap().is_empty()
    })
    .await;
    until_ended(&gw, "first", 3).await;
    assert!(ends(&gw, "first").await.contains(&(EventKind::Finished, ObjectKind::Prompt, id)));
}

#[tokio::test]
async fn what_astria_deleted_ends_its_job() {
    let gw = running().manual_clock().start().await;
    let id = made(&gw, "first").await;
    gw.mock.remove(id);
    eventually_async("its end", async || {
        gw.clock.advance(Duration::from_secs(1));
        told(&gw, "first").await.iter().any(|event| event.kind == EventKind::Deleted)
    })
    .await;
    gw.user("first").get(&format!("/prompts/{id}")).await.problem(404, "not_found");
}

#[tokio::test]
async fn owners_are_told_what_expires_soon_and_what_has_expired_is_gone_and_nobody_elses() {
    let gw = running().manual_clock().start().await;
    let user = gw.user("first");
    let tune = user.post_json("/tunes", &a_tune("mine")).await.ok()["id"].as_u64().unwrap();
    let prompt = made(&gw, "first").await;
    for id in [tune, prompt] {
        let ended_at = rfc3339(&gw, Duration::ZERO);
        gw.mock.finish(id);
        gw.mock.set_member(id, "trained_at", json!(ended_at));
    }
    gw.mock.set_member(tune, "expires_at", json!(rfc3339(&gw, DAY * 30)));
    as_time_goes_by(&gw, "first", 2).await;
    // What was seen before the test set it is seen again.
    for id in [tune, prompt] {
        let path = if id == tune { format!("/tunes/{id}") } else { format!("/prompts/{id}") };
        gw.clock.advance(Duration::from_secs(4_000));
        gw.user("first").get(&path).await.ok();
    }
    let expiring = async || {
        let told = told(&gw, "first").await.into_iter();
        told.filter(|event| event.kind == EventKind::Expiring)
            .map(|event| event.object.id)
            .collect::<Vec<_>>()
    };
    gw.clock.advance(DAY * 28);
    eventually_async("a sweep", async || expiring().await.len() == 2).await;
    for id in [tune, prompt] {
        gw.mock.remove(id);
    }
    gw.clock.advance(DAY * 4);
    eventually_async("the end", async || {
        told(&gw, "first").await.iter().filter(|event| event.kind == EventKind::Deleted).count() == 2
    })
    .await;
    assert_eq!(expiring().await.len(), 2, "once each");
    let user = gw.user("first");
    user.get(&format!("/prompts/{prompt}")).await.problem(404, "not_found");
    user.get(&format!("/tunes/{tune}")).await.problem(404, "not_found");
    assert_eq!(user.get("/tunes").await.ok(), json!([]));
    let kept = gw.state().ownership.index().look_up(tune).await.unwrap();
    assert_eq!((kept.len(), &*kept[0].owner.subject), (1, "first"));
}

fn rfc3339(gw: &TestGateway, later: Duration) -> String {
    let at = i64::try_from(gw.clock.now().plus(later).unix_ms()).unwrap();
    jiff::Timestamp::from_millisecond(at).unwrap().to_string()
}
