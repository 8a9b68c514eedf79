//! Creating and reading tunes.

use mock_astria::{
    FLUX_TUNE_ID, GEMINI_TUNE_ID, MockAstria, REALISTIC_VISION_TUNE_ID, SDXL_TUNE_ID, SEEDREAM_TUNE_ID,
    Settings,
};
use serde_json::{Value, json};

use crate::client::{delete, get, instant, post_json, post_parts, start, until};

#[tokio::test]
async fn the_shared_tunes_exist_and_are_not_the_accounts() {
    let mock = start().await;

    for id in [FLUX_TUNE_ID, SDXL_TUNE_ID, REALISTIC_VISION_TUNE_ID, GEMINI_TUNE_ID, SEEDREAM_TUNE_ID] {
        assert_eq!(get(&mock, &format!("/tunes/{id}")).await.json()["id"], id);
        assert_eq!(delete(&mock, &format!("/tunes/{id}")).await.status, 404);
    }
    assert_eq!(get(&mock, "/tunes").await.json(), json!([]));
    assert_eq!(get(&mock, "/gallery/tunes").await.json().as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_tune_with_nested_prompts_is_made_from_a_form() {
    let mock = start().await;
    let parts: [(&str, &[u8]); 6] = [
        ("name=\"tune[title]\"", b"op-1"),
        ("name=\"tune[name]\"", b"man"),
        ("name=\"tune[images][]\"; filename=\"1.jpg\"", b"one"),
        ("name=\"tune[images][]\"; filename=\"2.jpg\"", b"two"),
        ("name=\"tune[prompts_attributes][0][text]\"", b"a"),
        ("name=\"tune[prompts_attributes][zzz][text]\"", b"b"),
    ];

    let answer = post_parts(&mock, "/tunes", &parts).await;

    let made = answer.json();
    assert_eq!(answer.status, 201);
    assert_eq!(made["orig_images"].as_array().unwrap().len(), 2);
    assert_eq!((&made["trained_at"], &made["ckpt_url"]), (&Value::Null, &Value::Null));
    until(|| mock.prompts().iter().all(|prompt| prompt["images"] != json!([]))).await;
    assert_eq!(mock.prompts().len(), 2);
    until(|| mock.tunes()[0]["trained_at"].is_string()).await;
    assert!(mock.tunes()[0]["ckpt_url"].is_string());
}

#[tokio::test]
async fn a_tune_says_when_it_will_be_trained_and_then_when_it_was_and_until_when_it_is_kept() {
    let mock = MockAstria::start(Settings { train_ms: 60_000, ..instant() }).await.unwrap();
    let tune = json!({"title": "t", "name": "cat", "image_urls": ["https://a.invalid/1.jpg"]});

    let made = post_json(&mock, "/tunes", &json!({ "tune": tune })).await.json();
    let id = made["id"].as_u64().unwrap();
    assert!(mock.finish(id));
    let trained = get(&mock, &format!("/tunes/{id}")).await.json();

    let text = |object: &Value, name: &str| object[name].as_str().map(str::to_owned);
    assert!(text(&made, "eta") > text(&made, "created_at"));
    assert_eq!((text(&made, "trained_at"), text(&made, "expires_at")), (None, None));
    assert_eq!(text(&trained, "eta"), text(&trained, "trained_at"));
    assert!(text(&trained, "expires_at") > text(&trained, "trained_at"));
}

#[tokio::test]
async fn a_tune_of_the_fast_branch_is_free_and_so_are_its_prompts() {
    let mock = start().await;
    let tune =
        json!({"title": "t", "name": "cat", "branch": "fast", "image_urls": ["https://a.invalid/1.jpg"]});

    let made = post_json(&mock, "/tunes", &json!({ "tune": tune })).await.json();
    let prompt =
        post_json(&mock, &format!("/tunes/{}/prompts", made["id"]), &json!({"prompt": {"text": "x"}}))
            .await
            .json();

    assert_eq!((&made["cost_mc"], &prompt["cost_mc"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_tune_needs_a_title_a_class_and_images() {
    let mock = start().await;

    let answer = post_json(&mock, "/tunes", &json!({"tune": {"token": "ohwx"}})).await;

    assert_eq!(answer.status, 422);
    for field in ["title", "name", "images"] {
        assert!(answer.json()[field][0].is_string(), "{field}");
    }
    let nested = json!({"tune": {
        "title": "t", "name": "cat", "image_urls": ["https://a.invalid/1.jpg"], "prompts_attributes": [{"text": ""}],
    }});
    assert_eq!(post_json(&mock, "/tunes", &nested).await.status, 422);
    assert!(mock.tunes().is_empty());
}

#[tokio::test]
async fn a_deleted_checkpoint_takes_its_prompts_along_and_any_other_tune_leaves_them() {
    let mock = start().await;
    let create = async |model_type: Value| {
        let tune = json!({"title": "t", "name": "cat", "image_urls": ["https://a.invalid/1.jpg"],
            "model_type": model_type, "prompts_attributes": [{"text": "x"}]});
        post_json(&mock, "/tunes", &json!({ "tune": tune })).await.json()["id"].clone()
    };
    let (checkpoint, lora) = (create(Value::Null).await, create(json!("lora")).await);

    for id in [&checkpoint, &lora] {
        assert_eq!(delete(&mock, &format!("/tunes/{id}")).await.status, 200);
    }

    let left = mock.prompts();
    assert_eq!((mock.tunes().len(), left.len()), (0, 1));
    assert_eq!(left[0]["tune_id"], lora);
    let id = &left[0]["id"];
    assert_eq!(get(&mock, &format!("/prompts/{id}")).await.status, 200);
    assert_eq!(get(&mock, &format!("/tunes/{lora}/prompts/{id}")).await.status, 404);
    assert_eq!(get(&mock, &format!("/tunes/{lora}/prompts")).await.status, 404);
    assert_eq!(get(&mock, &format!("/prompts?tune_id={lora}")).await.json()[0]["id"], *id);
    assert_eq!(delete(&mock, &format!("/prompts/{id}")).await.status, 200);
}

#[tokio::test]
async fn with_idempotency_on_the_same_title_is_the_same_tune() {
    let mock = MockAstria::start(Settings { idempotent: true, ..instant() }).await.unwrap();
    let tune = json!({"title": "t", "name": "man", "image_urls": ["https://a.invalid/1.jpg"]});

    let first = post_json(&mock, "/tunes", &json!({ "tune": tune })).await;
    let again = post_json(&mock, "/p/260/tunes", &json!({ "tune": tune })).await;

    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!((mock.tunes().len(), mock.prompts().len()), (1, 0));
}
