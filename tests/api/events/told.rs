//! What is told, to whom, and how it looks.

use astria_gateway::config::Plan;
use serde_json::json;

use super::{EVENTS, a_prompt, change_prompt, import_prompt};
use crate::harness::{eventually, finished, logs, spawn_gateway};

#[tokio::test]
async fn a_page_hears_of_its_prompts_end_with_the_prompt_as_get_shows_it() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let mut page = user.listen(EVENTS).await;
    let open = page.next().await.unwrap();
    assert_eq!((open.event.as_str(), open.id), ("stream.open", Some(0)));
    assert!((2000..3000).contains(&page.retry_ms.unwrap()));

    let id = a_prompt(&user).await;
    let shown = finished(&user, &format!("/prompts/{id}")).await.json();

    let told = page.until("prompt.finished").await;
    assert_eq!(
        told.data["object"],
        json!({"kind": "prompt", "id": id, "tune_id": crate::harness::SHARED_TUNE})
    );
    assert_eq!(told.data["prompt"], shown);
    assert!(told.data["at"].as_str().unwrap().ends_with('Z'));
    assert!(told.data["reason"].is_null());
}

#[tokio::test]
async fn quotas_are_told_at_the_beginning_and_whenever_something_is_spent() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let mut page = user.listen(EVENTS).await;
    let first = page.until("quota.changed").await;
    assert_eq!(first.id, None);
    assert_eq!(first.data["quotas"], user.get("/gateway/account").await.ok()["quotas"]);

    a_prompt(&user).await;

    let then = page.until("quota.changed").await;
    let images = &then.data["quotas"][0];
    assert_eq!((&images["of"], images["left"].as_u64()), (&json!("images"), Some(19)));
}

#[tokio::test]
async fn nobody_hears_of_anybody_elses() {
    let gw = spawn_gateway().start().await;
    for (name, id) in [("first", 4_000_001), ("second", 4_000_002)] {
        import_prompt(&gw, name, id).await;
    }
    let (mut first, mut second) =
        (gw.user("first").listen(EVENTS).await, gw.user("second").listen(EVENTS).await);

    for version in 1..=20 {
        change_prompt(&gw, 4_000_001, version).await;
        change_prompt(&gw, 4_000_002, version).await;
    }

    for (page, id) in [(&mut first, 4_000_001), (&mut second, 4_000_002)] {
        for number in 1..=20 {
            let told = page.until("prompt.updated").await;
            assert_eq!((told.id, told.data["object"]["id"].as_u64()), (Some(number), Some(id)));
        }
    }
}

#[tokio::test]
async fn a_deleted_object_is_named_and_not_shown() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let id = a_prompt(&user).await;
    let mut page = user.listen(EVENTS).await;

    user.method(reqwest::Method::DELETE, &format!("/prompts/{id}")).await;

    let told = page.until("prompt.deleted").await;
    assert_eq!(told.data["object"]["id"], id);
    assert!(told.data["prompt"].is_null());
}

#[tokio::test]
async fn a_stream_needs_somebody_and_guests_are_nobody_in_particular() {
    let plan = Plan { requests_per_s: 10.0, burst: 30, allow: Vec::new(), ..Plan::default() };
    let gw = spawn_gateway()
        .config(|config| {
            config.plans.insert("guest".into(), plan);
            config.guest.enabled = true;
        })
        .start()
        .await;
    gw.anonymous().get("/gateway/account").await.ok();
    gw.anonymous().get(EVENTS).await.problem(401, "unauthenticated");
    gw.anonymous().post_json("/gateway/events/ticket", &json!({})).await.problem(401, "unauthenticated");
    assert_eq!(gw.state().streams.count(), 0);
}

#[tokio::test]
async fn head_says_what_get_would_and_opens_nothing() {
    let gw = spawn_gateway().start().await;
    let reply = gw.user("first").method(reqwest::Method::HEAD, EVENTS).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(gw.state().streams.count(), 0);
}

#[tokio::test]
async fn a_stream_that_its_client_leaves_is_over_and_written_down_as_a_success() {
    let gw = spawn_gateway().start().await;
    let mut page = gw.user("first").listen(EVENTS).await;
    page.until("quota.changed").await;
    assert_eq!(gw.state().streams.count(), 1);

    drop(page);

    eventually("the stream's end", || gw.state().streams.count() == 0).await;
    eventually("its line", || !logs::access_lines("route=\"/gateway/events\"").is_empty()).await;
    let lines = logs::access_lines("route=\"/gateway/events\"");
    assert!(lines[0].contains("status=200") && !lines[0].contains("sent_bytes=0 "), "{lines:?}");
    let metrics = gw.operator("/metrics").await;
    assert!(metrics.contains(r#"astria_gateway_event_streams_ended_total{reason="left"} 1"#), "{metrics}");
    assert!(metrics.contains("astria_gateway_event_streams 0"), "{metrics}");
    assert!(metrics.contains(r#"astria_gateway_events_sent_total{event="stream.open"} 1"#), "{metrics}");
}
