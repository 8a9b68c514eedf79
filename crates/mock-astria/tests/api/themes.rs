//! Themes: prompts that appear later, on tunes that the account has.

use mock_astria::{MockAstria, Settings};
use serde_json::{Value, json};

use crate::client::{get, instant, post_json, post_parts, send, start, until};

fn unwrapped(tune_ids: &Value) -> Value {
    json!({"theme": "Corporate headshots", "tune_ids": tune_ids, "prompt_attributes": {"num_images": 123}})
}

#[tokio::test]
async fn a_theme_makes_ten_prompts_for_each_tune_without_callbacks() {
    let mock = start().await;
    let tunes = mock.seed_tunes(2);
    let (first, second) = (tunes[0].to_string(), tunes[1].to_string());
    let parts: [(&str, &[u8]); 5] = [
        ("name=\"theme[theme]\"", b"Corporate headshots"),
        ("name=\"theme[tune_ids][]\"", first.as_bytes()),
        ("name=\"theme[tune_ids][]\"", second.as_bytes()),
        ("name=\"theme[prompt_attributes][num_images]\"", b"3"),
        ("name=\"theme[prompt_attributes][callback]\"", b"http://127.0.0.1:9/x"),
    ];

    let answer = post_parts(&mock, "/themes", &parts).await;

    assert_eq!((answer.status, answer.body.len()), (201, 0));
    until(|| mock.prompts().len() == 20).await;
    let shown = get(&mock, &format!("/tunes/{first}/prompts")).await.json();
    assert_eq!(shown.as_array().unwrap().len(), 10);
    for prompt in mock.prompts() {
        assert_eq!((&prompt["callback"], &prompt["num_images"]), (&Value::Null, &json!(3)));
    }
    until(|| mock.prompts().iter().all(|prompt| prompt["images"] != json!([]))).await;
}

#[tokio::test]
async fn an_unwrapped_json_theme_is_read_and_an_unwrapped_form_is_not() {
    let mock = MockAstria::start(Settings { theme_status: 200, theme_ms: 0, ..instant() }).await.unwrap();
    let tunes = mock.seed_tunes(1);

    assert_eq!(post_json(&mock, "/themes", &unwrapped(&json!(tunes))).await.status, 200);
    until(|| mock.prompts().len() == 10).await;
    assert_eq!(mock.prompts()[0]["num_images"], 8, "what the model takes");

    let key = format!("Bearer {}", crate::client::KEY);
    let headers = [("Authorization", key.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let form = format!("theme=x&tune_ids[]={}", tunes[0]);
    assert_eq!(send(&mock, "POST /themes", &headers, form.as_bytes()).await.status, 422);
}

#[tokio::test]
async fn a_theme_needs_a_text_and_tunes_that_exist() {
    let mock = start().await;
    let tune = mock.seed_tunes(1)[0];

    for (theme, field) in [
        (json!({"theme": "", "tune_ids": [tune]}), "theme"),
        (json!({"theme": "x", "tune_ids": []}), "tune_ids"),
        (json!({"theme": "x", "tune_ids": [tune], "prompt_attributes": {"w": 7}}), "prompts.w"),
        (json!({"theme": "x", "tune_ids": [tune, 9]}), "error"),
    ] {
        let answer = post_json(&mock, "/themes", &json!({ "theme": theme })).await;
        assert_eq!(answer.status, 422, "{theme}");
        assert!(answer.json().get(field).is_some(), "{theme}: {}", answer.text());
    }
    assert_eq!(post_json(&mock, "/themes", &json!({})).await.status, 422);
}

#[tokio::test]
async fn the_prompts_of_a_theme_come_late_and_not_at_all_for_a_tune_that_is_gone() {
    let mock = MockAstria::start(Settings { theme_ms: 20, ..instant() }).await.unwrap();
    let tunes = mock.seed_tunes(2);

    post_json(&mock, "/themes", &unwrapped(&json!(tunes))).await;
    assert!(mock.remove(tunes[0]));

    until(|| mock.prompts().len() == 10).await;
    assert!(mock.prompts().iter().all(|prompt| prompt["tune_id"] == tunes[1]));
}
