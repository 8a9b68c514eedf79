//! Callbacks: once, in the envelope, never again.

use mock_astria::{Envelope, FLUX_TUNE_ID, MockAstria, Settings};
use serde_json::json;

use crate::client::{Receiver, instant, post_json, start};

fn path() -> String {
    format!("/tunes/{FLUX_TUNE_ID}/prompts")
}

#[tokio::test]
async fn a_callback_carries_the_bare_object_and_keeps_its_query() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    let callback = format!("{}/done?op=1", receiver.url);

    let made =
        post_json(&mock, &path(), &json!({"prompt": {"text": "x", "callback": callback}})).await.json();

    let (path, body) = receiver.next().await;
    assert_eq!((path.as_str(), &body["id"]), ("/done?op=1", &made["id"]));
    assert_eq!(body["images"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_wrapped_callback_names_its_object() {
    let mock = MockAstria::start(Settings { envelope: Envelope::Wrapped, ..instant() }).await.unwrap();
    let mut receiver = Receiver::start(200).await;
    let tune =
        json!({"title": "t", "name": "cat", "callback": receiver.url, "image_urls": ["https://a.invalid/1"]});

    let made = post_json(&mock, "/tunes", &json!({ "tune": tune })).await.json();
    assert_eq!(receiver.next().await.1["tune"]["id"], made["id"]);

    let made =
        post_json(&mock, &path(), &json!({"prompt": {"text": "x", "callback": receiver.url}})).await.json();
    assert_eq!(receiver.next().await.1["prompt"]["id"], made["id"]);
}

#[tokio::test]
async fn a_refused_callback_is_not_repeated() {
    let mock = start().await;
    let mut receiver = Receiver::start(500).await;
    for n in 0..3 {
        let callback = format!("{}/{n}", receiver.url);
        post_json(&mock, &path(), &json!({"prompt": {"text": "x", "callback": callback}})).await;
        assert_eq!(receiver.next().await.0, format!("/{n}"));
    }

    // A repeated one would have come in the place of the next.
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn the_callback_for_all_prompts_comes_once_with_an_array() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    let tune = json!({"title": "t", "name": "cat", "prompts_callback": receiver.url,
        "image_urls": ["https://a.invalid/1"], "prompts_attributes": [{"text": "a"}, {"text": "b"}]});

    post_json(&mock, "/tunes", &json!({ "tune": tune })).await;

    let (_, body) = receiver.next().await;
    let texts: Vec<_> = body.as_array().unwrap().iter().map(|prompt| prompt["text"].clone()).collect();
    assert_eq!(texts, ["a", "b"]);
    mock.stop().await;
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn a_free_tune_and_its_prompts_call_back_and_show_pictures() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    let tune = json!({"title": "t", "name": "cat", "branch": "fast", "callback": format!("{}/tune", receiver.url),
        "image_urls": ["https://a.invalid/1"]});

    let id = post_json(&mock, "/tunes", &json!({ "tune": tune })).await.json()["id"].clone();
    assert_eq!(receiver.next().await.0, "/tune");
    let prompt = json!({"prompt": {"text": "x", "callback": format!("{}/prompt", receiver.url)}});
    post_json(&mock, &format!("/tunes/{id}/prompts"), &prompt).await;

    let (path, body) = receiver.next().await;
    assert_eq!((path.as_str(), &body["cost_mc"]), ("/prompt", &json!(0)));
    assert_eq!(body["images"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_reset_cancels_callbacks_that_are_due() {
    let mock = MockAstria::start(Settings { generate_ms: 30, ..instant() }).await.unwrap();
    let mut receiver = Receiver::start(200).await;
    let body = |name: &str| json!({"prompt": {"text": "x", "callback": format!("{}/{name}", receiver.url)}});
    let (before, after) = (body("before"), body("after"));
    post_json(&mock, &path(), &before).await;

    mock.reset();
    assert!(mock.prompts().is_empty() && mock.requests().is_empty());
    post_json(&mock, &path(), &after).await;

    assert_eq!(receiver.next().await.0, "/after");
}
