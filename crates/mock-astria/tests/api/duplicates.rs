//! A prompt once more.

use mock_astria::{FLUX_TUNE_ID, SDXL_TUNE_ID};
use serde_json::json;

use crate::client::{Receiver, post, post_json, post_parts, start};

#[tokio::test]
async fn a_duplicate_has_everything_of_its_original_the_callback_too() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    let parts: [(&str, &[u8]); 4] = [
        ("name=\"prompt[text]\"", b"a fox"),
        ("name=\"prompt[num_images]\"", b"2"),
        ("name=\"prompt[callback]\"", receiver.url.as_bytes()),
        ("name=\"prompt[input_image]\"; filename=\"a.jpg\"", b"JPEG"),
    ];
    let original = post_parts(&mock, &format!("/tunes/{FLUX_TUNE_ID}/prompts"), &parts).await.json();
    receiver.next().await;

    let answer = post(&mock, &format!("/prompts/{}/duplicate?image_index=1", original["id"])).await;

    let copy = answer.json();
    assert_eq!(answer.status, 201);
    assert_ne!(copy["id"], original["id"]);
    for name in ["text", "num_images", "callback", "tune_id", "cost_mc"] {
        assert_eq!(copy[name], original[name], "{name}");
    }
    assert!(copy["input_image"].is_string() && copy["images"] == json!([]));
    assert_eq!(receiver.next().await.1["id"], copy["id"]);
}

#[tokio::test]
async fn a_duplicate_takes_changes_another_tune_among_them() {
    let mock = start().await;
    let body = json!({"prompt": {"text": "a fox", "callback": "http://127.0.0.1:9/1", "seed": 5}});
    let id = post_json(&mock, &format!("/tunes/{FLUX_TUNE_ID}/prompts"), &body).await.json()["id"].clone();
    let path = format!("/prompts/{id}/duplicate");

    let changes =
        json!({"prompt": {"text": "a hare", "num_images": 1, "callback": null, "tune_id": SDXL_TUNE_ID}});
    let copy = post_json(&mock, &path, &changes).await.json();

    assert_eq!((&copy["text"], &copy["num_images"], &copy["seed"]), (&json!("a hare"), &json!(1), &json!(5)));
    assert_eq!(copy["tune_id"], SDXL_TUNE_ID);
    assert_eq!(post_json(&mock, &path, &json!({"text": "wrapped"})).await.json()["text"], "wrapped");
    for (wrong, status) in
        [(json!({"prompt": {"num_images": 9}}), 422), (json!({"prompt": {"tune_id": 9}}), 422)]
    {
        assert_eq!(post_json(&mock, &path, &wrong).await.status, status, "{wrong}");
    }
    assert_eq!(post(&mock, "/prompts/9/duplicate").await.status, 404);
}
