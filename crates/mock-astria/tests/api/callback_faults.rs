//! Callbacks that do not come, come late, several times, in the wrong order, or before the reply to their create.

use std::time::{Duration, Instant};

use mock_astria::{FLUX_TUNE_ID, Fault, FaultRule, MockAstria, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, Receiver, instant, post_json, start, until};

/// A prompt that calls back to a path of that name.
async fn create(mock: &MockAstria, receiver: &Receiver, name: &str) -> Answer {
    let body = json!({"prompt": {"text": name, "callback": format!("{}/{name}", receiver.url)}});
    post_json(mock, &format!("/tunes/{FLUX_TUNE_ID}/prompts"), &body).await
}

/// A tune with two prompts, all of which call back, and a callback for the set.
async fn create_tune(mock: &MockAstria, receiver: &Receiver) -> Answer {
    let url = |name: &str| format!("{}/{name}", receiver.url);
    let tune = json!({"title": "t", "name": "cat", "callback": url("tune"), "prompts_callback": url("set"),
        "image_urls": ["https://a.invalid/1"], "prompts_attributes": [
            {"text": "a", "callback": url("first")}, {"text": "b", "callback": url("second")}]});
    post_json(mock, "/tunes", &json!({ "tune": tune })).await
}

async fn next_four(receiver: &mut Receiver) -> Vec<String> {
    let mut paths = Vec::new();
    for _ in 0..4 {
        paths.push(receiver.next().await.0);
    }
    paths
}

#[tokio::test]
async fn a_fault_takes_the_callback_away_and_nothing_else() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    mock.inject(FaultRule::new(Fault::NoCallback));

    assert_eq!(create(&mock, &receiver, "silent").await.status, 201);
    until(|| mock.prompts()[0]["images"] != json!([])).await;
    create(&mock, &receiver, "loud").await;

    assert_eq!(receiver.next().await.0, "/loud");
}

#[tokio::test]
async fn a_fault_takes_every_callback_of_a_tune_away() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    mock.inject(FaultRule::new(Fault::NoCallback));

    assert_eq!(create_tune(&mock, &receiver).await.status, 201);
    until(|| mock.prompts().iter().all(|prompt| !prompt["trained_at"].is_null())).await;
    create(&mock, &receiver, "loud").await;

    assert_eq!(receiver.next().await.0, "/loud");
}

#[tokio::test]
async fn a_delayed_callback_comes_after_those_of_later_creates() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    mock.inject(FaultRule::new(Fault::DelayCallback(Duration::from_millis(300))));
    let before = Instant::now();

    create(&mock, &receiver, "late").await;
    until(|| mock.prompts()[0]["images"] != json!([])).await;
    create(&mock, &receiver, "usual").await;

    assert_eq!(receiver.next().await.0, "/usual");
    assert_eq!(receiver.next().await.0, "/late");
    assert!(before.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_doubled_callback_is_the_same_several_times() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    mock.inject(FaultRule::new(Fault::DoubleCallback { copies: 3 }));

    create(&mock, &receiver, "again").await;

    let first = receiver.next().await;
    for _ in 1..3 {
        assert_eq!(receiver.next().await, first);
    }
    mock.stop().await;
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn reordered_callbacks_come_in_reverse_when_everything_is_done() {
    let settings = [instant(), Settings { train_ms: 20, generate_ms: 20, ..instant() }];
    for settings in settings {
        let mock = MockAstria::start(settings).await.unwrap();
        let mut receiver = Receiver::start(200).await;
        mock.inject(FaultRule::new(Fault::ReorderCallbacks).path("/tunes"));

        create_tune(&mock, &receiver).await;

        assert_eq!(next_four(&mut receiver).await, ["/set", "/second", "/first", "/tune"]);
        mock.stop().await;
        assert!(receiver.is_empty());
    }
}

#[tokio::test]
async fn the_callbacks_of_a_pack_run_can_be_reordered() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    mock.inject(FaultRule::new(Fault::ReorderCallbacks));
    let url = |name: &str| format!("{}/{name}", receiver.url);
    let tune = json!({"title": "t", "name": "man", "callback": url("tune"), "prompts_callback": url("set"),
        "image_urls": ["https://a.invalid/1"], "prompt_attributes": {"callback": url("prompt")}});

    assert_eq!(post_json(&mock, "/p/260/tunes", &json!({ "tune": tune })).await.status, 201);

    assert_eq!(receiver.next().await.0, "/set");
    let mut ids: Vec<Value> = Vec::new();
    for _ in 0..mock.prompts().len() {
        ids.push(receiver.next().await.1["id"].clone());
    }
    let newest_first: Vec<Value> = mock.prompts().iter().rev().map(|prompt| prompt["id"].clone()).collect();
    assert_eq!(ids, newest_first);
    assert_eq!(receiver.next().await.0, "/tune");
}

#[tokio::test]
async fn callbacks_can_be_answered_before_the_reply_to_their_create() {
    let mock =
        MockAstria::start(Settings { generate_ms: 60_000, train_ms: 60_000, ..instant() }).await.unwrap();
    let mut receiver = Receiver::start(200).await;
    mock.inject(FaultRule::new(Fault::CallbackBeforeReply).times(2));

    let made = create(&mock, &receiver, "early").await.json();
    assert!(!receiver.is_empty(), "it has come already");
    let (_, body) = receiver.next().await;
    create_tune(&mock, &receiver).await;

    assert_eq!((&body["id"], body["images"].as_array().unwrap().len()), (&made["id"], 4));
    assert!(made["trained_at"].is_null(), "the reply is that of a create");
    assert_eq!(next_four(&mut receiver).await, ["/tune", "/first", "/second", "/set"]);
    mock.stop().await;
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn a_create_waits_for_the_answers_of_its_early_callbacks_only_so_long() {
    let settings = Settings { callback_timeout_ms: 50, ..instant() };
    let mock = MockAstria::start(settings).await.unwrap();
    // Takes connections and never answers.
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", deaf.local_addr().unwrap());
    mock.inject(FaultRule::new(Fault::CallbackBeforeReply));

    let body = json!({"prompt": {"text": "x", "callback": url}});
    let made = post_json(&mock, &format!("/tunes/{FLUX_TUNE_ID}/prompts"), &body).await;

    assert_eq!(made.status, 201);
}
