//! Callbacks: what they do, and what nobody can do with one.

use std::collections::BTreeSet;
use std::time::Duration;

use astria_gateway::events::EventKind;
use astria_gateway::ownership::ObjectKind;
use mock_astria::{Envelope, Fault, FaultRule};
use serde_json::{Value, json};

use super::{a_prompt, as_time_goes_by, callback_of, ends, made, on_shared, running, told, until_ended};
use crate::harness::{Configured, TestGateway, spawn_gateway};
use crate::ids::a_tune;

#[tokio::test]
async fn a_callback_ends_its_job_within_seconds_and_before_its_next_look() {
    for envelope in [Envelope::Bare, Envelope::Wrapped] {
        // No time goes by: no look is due.
        let gw = running().manual_clock().mock(|mock| mock.envelope = envelope).start().await;
        let (first, other) = (made(&gw, "first").await, made(&gw, "first").await);
        assert!(gw.mock.finish(first));
        until_ended(&gw, "first", 1).await;
        assert_eq!(ends(&gw, "first").await, [(EventKind::Finished, ObjectKind::Prompt, first)]);
        let prompt = gw.user("first").get(&format!("/prompts/{first}")).await.ok();
        assert_eq!(prompt["images"].as_array().unwrap().len(), 2);
        gw.user("first").get(&format!("/prompts/{other}")).await.ok();
        let asked = gw.mock.count("GET", "/prompts/:id");
        assert_eq!(asked, 2, "a look at what was told of and its owner's; none at the other");
    }
}

/// What Astria has, what the gateway knows, what was told and what was booked are equal.
async fn assert_right(gw: &TestGateway, objects: usize) {
    let all: Vec<Value> = gw.mock.tunes().into_iter().chain(gw.mock.prompts()).collect();
    assert_eq!(all.len(), objects);
    let ids: BTreeSet<u64> = all.iter().map(|object| object["id"].as_u64().unwrap()).collect();
    let ends = ends(gw, "first").await;
    let told: BTreeSet<u64> = ends.iter().map(|(.., id)| *id).collect();
    assert_eq!((ends.len(), told), (objects, ids), "each end once");
    for (kind, _, id) in ends {
        let is_failed = !gw.mock.object(id).unwrap()["user_error"].is_null();
        assert_eq!(kind, if is_failed { EventKind::Failed } else { EventKind::Finished });
    }
    let is_well = |object: &&Value| object["user_error"].is_null();
    let cost: u64 = all.iter().filter(is_well).map(|object| object["cost_mc"].as_u64().unwrap()).sum();
    let images: usize =
        all.iter().filter(is_well).map(|object| object["images"].as_array().map_or(0, Vec::len)).sum();
    let user = gw.user("first");
    for (of, used) in [("cost_mc", cost), ("images", images as u64)] {
        let (said, held, _) = gw.quota(&user, of).await;
        assert_eq!((said, held), (used, 0), "{of}");
    }
}

#[tokio::test]
async fn cb_05_cb_06_f32_f34_f35_every_job_ends_right_and_once_whatever_becomes_of_its_callback() {
    let faults = [
        None,
        Some(Fault::NoCallback),
        Some(Fault::DelayCallback(Duration::from_millis(300))),
        Some(Fault::DoubleCallback { copies: 10 }),
        Some(Fault::ReorderCallbacks),
        Some(Fault::CallbackBeforeReply),
    ];
    for fault in faults {
        let gw =
            running().manual_clock().mock(|mock| (mock.generate_ms, mock.train_ms) = (50, 100)).start().await;
        let user = gw.user("first");
        if let Some(fault) = fault {
            gw.mock.inject(FaultRule::new(fault).method("POST").times(10));
        }
        let mut tune = a_tune("with two prompts");
        tune["tune"]["prompts_attributes"] =
            json!([{"text": "ohwx man on a bench", "num_images": 2}, {"text": "ohwx man, user_error"}]);
        user.post_json("/tunes", &tune).await.ok();
        user.post_json(&on_shared(), &a_prompt()).await.ok();
        user.post_json(&on_shared(), &json!({"prompt": {"text": "a user_error"}})).await.ok();
        as_time_goes_by(&gw, "first", 5).await;
        assert_right(&gw, 5).await;
        // Whatever comes now changes nothing.
        let before = told(&gw, "first").await.len();
        for prompt in gw.mock.prompts() {
            let path = callback_of(&gw, prompt["id"].as_u64().unwrap());
            gw.anonymous().post_json(&path, &prompt).await.ok();
        }
        assert_right(&gw, 5).await;
        assert_eq!(told(&gw, "first").await.len(), before, "{fault:?}");
    }
}

#[tokio::test]
async fn cb_08_a_pack_run_calls_back_for_all_of_its_prompts_as_a_list() {
    let gw = running().manual_clock().start().await;
    let user = gw.user("first");
    user.post_json("/p/corporate-headshots/tunes", &a_tune("pack")).await.ok();
    let run = gw.mock.requests().into_iter().find(|request| request.method == "POST").unwrap();
    let attributes = &run.params["tune"];
    for at in ["/callback", "/prompt_attributes/callback", "/prompts_callback"] {
        let url =
            attributes.pointer(at).and_then(Value::as_str).unwrap_or_else(|| panic!("{at}: {attributes}"));
        assert!(url.starts_with(&gw.url), "{at}");
    }
    let objects: Vec<u64> = gw
        .mock
        .tunes()
        .iter()
        .chain(&gw.mock.prompts())
        .map(|object| object["id"].as_u64().unwrap())
        .collect();
    for id in &objects {
        gw.mock.finish(*id);
    }
    as_time_goes_by(&gw, "first", objects.len()).await;
    assert_right(&gw, objects.len()).await;
}

#[tokio::test]
async fn cb_03_f33_a_leaked_address_forges_no_result() {
    let gw = running().manual_clock().start().await;
    let id = made(&gw, "first").await;
    let path = callback_of(&gw, id);
    let before = (told(&gw, "first").await, gw.quota(&gw.user("first"), "cost_mc").await);
    for forged in [
        json!({"prompt": {"id": id, "tune_id": 1, "images": ["https://evil.example/1.jpg"], "trained_at": "2026-11-22T00:00:00Z", "cost_mc": 0}}),
        json!({"id": id, "tune_id": 1, "user_error": "no"}),
        json!([{"id": id, "tune_id": 1, "images": ["https://evil.example/1.jpg"]}]),
    ] {
        gw.anonymous().post_json(&path, &forged).await.ok();
    }
    crate::harness::eventually("a look", || gw.mock.count("GET", "/prompts/:id") > 0).await;
    let prompt = gw.user("first").get(&format!("/prompts/{id}")).await.ok();
    assert!(
        prompt["images"].as_array().is_none_or(Vec::is_empty) && prompt["user_error"].is_null(),
        "{prompt}"
    );
    assert_eq!((told(&gw, "first").await, gw.quota(&gw.user("first"), "cost_mc").await), before);
    gw.mock.finish(id);
    until_ended(&gw, "first", 1).await;
    assert_right(&gw, 1).await;
}

#[tokio::test]
async fn cb_04_a_callback_about_another_end_users_object_touches_neither() {
    let gw = running().manual_clock().start().await;
    let (mine, theirs) = (made(&gw, "first").await, made(&gw, "second").await);
    gw.mock.set_callback(theirs, "");
    gw.mock.finish(theirs);
    let path = callback_of(&gw, mine);
    gw.anonymous().post_json(&path, &gw.mock.object(theirs).unwrap()).await.ok();
    gw.anonymous().post_json(&path, &json!({"prompt": {"id": 987_654_321}})).await.ok();
    let metrics = gw.operator("/metrics").await;
    assert!(metrics.contains("callbacks_total{outcome=\"wrong_object\"} 2"), "{metrics}");
    assert_eq!((ends(&gw, "first").await, ends(&gw, "second").await), (vec![], vec![]));
    gw.user("first").get(&format!("/prompts/{theirs}")).await.problem(404, "not_found");
    assert_eq!(gw.mock.count("GET", "/prompts/:id"), 0, "nobody is asked about it");
}

#[tokio::test]
async fn cb_07_a_body_of_ten_megabytes_is_refused_and_the_job_ends_all_the_same() {
    let gw = running().manual_clock().start().await;
    let id = made(&gw, "first").await;
    let path = callback_of(&gw, id);
    gw.mock.set_callback(id, "");
    gw.mock.finish(id);
    let large = format!("{{\"prompt\":{{\"id\":{id},\"text\":\"{}\"}}}}", "x".repeat(10 << 20));
    gw.anonymous().post(&path, "application/json", large).await.problem(413, "body_too_large");
    as_time_goes_by(&gw, "first", 1).await;
    assert_eq!(ends(&gw, "first").await.len(), 1);
    // What is small and unreadable still says that something happened.
    let other = made(&gw, "first").await;
    let path = callback_of(&gw, other);
    gw.mock.set_callback(other, "");
    gw.mock.finish(other);
    gw.anonymous().post(&path, "application/json", "{\"prompt\":".to_owned()).await.ok();
    until_ended(&gw, "first", 2).await;
}

#[tokio::test]
async fn an_address_that_has_expired_does_nothing_and_the_job_ends_all_the_same() {
    let gw = running().config(|config| config.callbacks.valid_s = 60).manual_clock().start().await;
    let id = made(&gw, "first").await;
    let path = callback_of(&gw, id);
    gw.mock.set_callback(id, "");
    gw.mock.finish(id);
    gw.clock.advance(Duration::from_secs(61));
    gw.anonymous().post_json(&path, &json!({})).await.problem(404, "not_found");
    as_time_goes_by(&gw, "first", 1).await;
}

#[tokio::test]
async fn callbacks_signed_before_a_rotation_or_by_the_gateways_own_key_go_on_working() {
    let gw = spawn_gateway().start().await;
    gw.mock.inject(FaultRule::new(Fault::NoCallback).method("POST"));
    gw.user("first").post_json(&on_shared(), &a_prompt()).await.ok();
    let path = callback_of(&gw, gw.mock.prompts()[0]["id"].as_u64().unwrap());
    gw.reload(Configured::rotate_callback);
    gw.anonymous().post_json(&path, &json!({})).await.ok();
    gw.reload(Configured::rotate_callback);
    gw.anonymous().post_json(&path, &json!({})).await.problem(404, "not_found");
}
