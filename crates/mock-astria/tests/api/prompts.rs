//! Creating and reading prompts.

use mock_astria::{FLUX_TUNE_ID, MockAstria, SEEDREAM_TUNE_ID, Settings};
use serde_json::{Value, json};

use crate::client::{delete, get, instant, post_json, post_parts, start, until};

fn path() -> String {
    format!("/tunes/{FLUX_TUNE_ID}/prompts")
}

#[tokio::test]
async fn a_prompt_is_made_and_gets_its_images() {
    let mock = start().await;

    let answer =
        post_json(&mock, &path(), &json!({"prompt": {"text": "a fox", "num_images": "2x", "seed": 5}})).await;

    let made = answer.json();
    assert_eq!(answer.status, 201);
    assert_eq!((&made["num_images"], &made["seed"], &made["cost_mc"]), (&json!(2), &json!(5), &json!(8_000)));
    assert_eq!((&made["images"], &made["trained_at"]), (&json!([]), &Value::Null));
    until(|| mock.prompts()[0]["images"] != json!([])).await;
    let done = get(&mock, &format!("/prompts/{}", made["id"])).await.json();
    assert_eq!(done["images"].as_array().unwrap().len(), 2);
    assert!(done["trained_at"].is_string());

    let picture = done["images"][1].as_str().unwrap().strip_prefix(&mock.url()).unwrap().to_owned();
    let png = get(&mock, &picture).await;
    assert_eq!((png.status, png.header("content-type")), (200, Some("image/png")));
    assert!(png.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(&png.body[16..24], [0, 0, 2, 0, 0, 0, 2, 0], "512 by 512");
}

#[tokio::test]
async fn a_missing_number_of_images_is_the_accounts_default() {
    let mock = start().await;

    let made =
        post_json(&mock, "/prompts", &json!({"prompt": {"text": "x", "tune_id": FLUX_TUNE_ID}})).await.json();

    assert_eq!((&made["num_images"], &made["tune_id"]), (&json!(4), &json!(FLUX_TUNE_ID)));
}

#[tokio::test]
async fn an_unwrapped_json_body_is_wrapped() {
    let mock = start().await;

    let made = post_json(&mock, &path(), &json!({"text": "x", "num_images": 1})).await.json();

    assert_eq!((&made["text"], &made["num_images"]), (&json!("x"), &json!(1)));
    assert_eq!(mock.requests()[0].params["prompt"], Value::Null, "recorded as it came");
}

#[tokio::test]
async fn a_callback_is_echoed_and_an_upload_recorded() {
    let mock = start().await;
    let parts: [(&str, &[u8]); 4] = [
        ("name=\"prompt[text]\"", b"x"),
        ("name=\"prompt[callback]\"", b"http://127.0.0.1:9/cb"),
        ("name=\"prompt[controlnet]\"", b"pose"),
        ("name=\"prompt[input_image]\"; filename=\"C:\\dir\\a.jpg\"", b"JPEG"),
    ];

    let made = post_parts(&mock, &path(), &parts).await.json();

    assert_eq!(made["callback"], "http://127.0.0.1:9/cb");
    assert!(made["input_image"].is_string());
    let file = &mock.requests()[0].files[0];
    assert_eq!((file.name.as_str(), file.filename.as_str()), ("prompt[input_image]", "a.jpg"));
    assert_eq!((file.size_bytes, file.base64.as_str()), (4, "SlBFRw=="));
    assert_eq!(file.sha256.len(), 64);
}

#[tokio::test]
async fn each_rule_refuses_in_the_shape_of_its_kind() {
    let mock = start().await;
    let fields = [
        (json!({"text": "  "}), "text"),
        (json!({"text": "x", "num_images": 9}), "num_images"),
        (json!({"text": "x", "num_images": "abc"}), "num_images"),
        (json!({"text": "x", "w": 511}), "w"),
        (json!({"text": "x", "h": 12}), "h"),
        (json!({"text": "x", "hires_fix": true}), "hires_fix"),
        (json!({"text": "x", "inpaint_faces": "1"}), "inpaint_faces"),
        (json!({"text": "x", "controlnet": "pose"}), "base"),
        (json!({"text": "x", "cfg_scale": 15.5}), "cfg_scale"),
        (json!({"text": "x", "steps": 51}), "steps"),
        (json!({"text": "x", "seed": -1}), "seed"),
        (json!({"text": "x", "denoising_strength": 1.1}), "denoising_strength"),
        (json!({"text": "x", "aspect_ratio": "7:3"}), "aspect_ratio"),
        (json!({"text": "x", "scheduler": "magic"}), "scheduler"),
    ];
    for (prompt, field) in fields {
        let answer = post_json(&mock, &path(), &json!({ "prompt": prompt })).await;
        assert_eq!(answer.status, 422, "{prompt}");
        assert!(answer.json()[field][0].is_string(), "{prompt}: {}", answer.text());
    }
    let seedream = format!("/tunes/{SEEDREAM_TUNE_ID}/prompts");
    assert_eq!(
        post_json(&mock, &seedream, &json!({"prompt": {"text": "x", "num_images": 5}})).await.status,
        422
    );

    for (path, body) in
        [(path(), json!({})), ("/tunes/99/prompts".to_owned(), json!({"prompt": {"text": "x"}}))]
    {
        let answer = post_json(&mock, &path, &body).await;
        assert_eq!(answer.status, 422, "{body}");
        assert!(answer.json()["error"].is_string(), "{body}");
    }
    assert!(mock.prompts().is_empty());
}

#[tokio::test]
async fn a_text_with_the_word_makes_the_job_fail() {
    let mock = start().await;

    post_json(&mock, &path(), &json!({"prompt": {"text": "please user_error"}})).await;

    until(|| mock.prompts()[0]["trained_at"].is_string()).await;
    let failed = &mock.prompts()[0];
    assert!(failed["user_error"].is_string());
    assert_eq!(failed["images"], json!([]));
}

#[tokio::test]
async fn an_array_is_no_number_and_falls_to_the_default() {
    let mock = start().await;

    let made = post_json(&mock, &path(), &json!({"prompt": {"text": "x", "num_images": [8]}})).await.json();

    assert_eq!(made["num_images"], 4);
}

#[tokio::test]
async fn the_query_replaces_the_body() {
    let mock = start().await;
    let target = format!("{}?prompt[text]=evil&prompt[num_images]=8", path());

    let made = post_json(&mock, &target, &json!({"prompt": {"text": "good", "num_images": 1}})).await.json();

    assert_eq!((&made["text"], &made["num_images"]), (&json!("evil"), &json!(8)));
}

#[tokio::test]
async fn ids_are_read_as_ruby_reads_them() {
    let mock = start().await;
    let made = post_json(&mock, &path(), &json!({"prompt": {"text": "x"}})).await.json();
    let id = &made["id"];

    for path in [
        format!("/prompts/{id}abc"),
        format!("/prompts/{id}.json"),
        format!("//tunes//{FLUX_TUNE_ID}x/prompts/{id}/"),
        format!("/prompts/{id}%0a2"),
    ] {
        assert_eq!(get(&mock, &path).await.status, 200, "{path}");
    }
    assert_eq!(get(&mock, &format!("/tunes/1/prompts/{id}")).await.status, 404);
    let missing = get(&mock, "/prompts/1").await;
    assert_eq!((missing.status, missing.json()["error"].is_string()), (404, true));
}

#[tokio::test]
async fn a_prompt_can_be_deleted() {
    let mock = start().await;
    let id = post_json(&mock, &path(), &json!({"prompt": {"text": "x"}})).await.json()["id"].clone();

    assert_eq!(delete(&mock, &format!("/prompts/{id}")).await.status, 200);

    assert_eq!(get(&mock, &format!("/prompts/{id}")).await.status, 404);
    assert_eq!(get(&mock, &path()).await.json(), json!([]));
}

#[tokio::test]
async fn with_idempotency_on_the_same_attributes_are_the_same_prompt() {
    let mock = MockAstria::start(Settings { idempotent: true, ..instant() }).await.unwrap();
    let body = json!({"prompt": {"text": "x", "callback": "http://127.0.0.1:9/1"}});
    let other = json!({"prompt": {"text": "x", "callback": "http://127.0.0.1:9/2"}});

    let first = post_json(&mock, &path(), &body).await.json()["id"].clone();

    assert_eq!(post_json(&mock, &path(), &body).await.json()["id"], first);
    assert_ne!(post_json(&mock, &path(), &other).await.json()["id"], first);
}
