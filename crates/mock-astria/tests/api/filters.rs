//! Pages and filters of lists.

use mock_astria::{FLUX_TUNE_ID, MockAstria};
use serde_json::{Value, json};

use crate::client::{get, post, post_json, start};

async fn ids(mock: &MockAstria, path: &str) -> Vec<u64> {
    let answer = get(mock, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let id = |object: &Value| object["id"].as_u64().expect("an id");
    answer.json().as_array().expect("a list").iter().map(id).collect()
}

#[tokio::test]
async fn a_page_is_twenty_and_at_most_a_hundred_and_twenty() {
    let mock = start().await;
    let mut tunes = mock.seed_tunes(130);
    tunes.reverse();

    assert_eq!(ids(&mock, "/tunes").await, tunes[..20]);
    assert_eq!(ids(&mock, "/tunes?limit=500").await, tunes[..120]);
    assert_eq!(ids(&mock, "/tunes.json?limit=2&offset=3").await, tunes[3..5]);
    assert_eq!(ids(&mock, "/tunes?page=2").await, tunes[20..40]);
    assert_eq!(ids(&mock, "/tunes?page=3&limit=5").await, tunes[10..15]);
    assert_eq!(ids(&mock, &format!("/tunes?limit=3&before_id={}", tunes[9])).await, tunes[10..13]);
    assert_eq!(get(&mock, "/tunes?limit=100&page=4").await.status, 400);
    assert_eq!(get(&mock, &format!("/tunes/{FLUX_TUNE_ID}/prompts?offset=10001")).await.status, 400);
}

#[tokio::test]
async fn the_gallery_has_two_addresses_and_pages() {
    let mock = start().await;
    let all = ids(&mock, "/gallery/tunes").await;

    assert_eq!(ids(&mock, "/gallery.json").await, all);
    assert_eq!(ids(&mock, "/gallery.json?limit=2&offset=1").await, all[1..3]);
    assert_eq!(get(&mock, "/gallery/tunes?offset=201").await.status, 400);
}

#[tokio::test]
async fn tunes_are_found_by_title_class_type_and_branch() {
    let mock = start().await;
    let tunes = mock.seed_tunes(3);
    mock.set_text(tunes[0], "a title");
    mock.set_member(tunes[1], "name", json!("cat"));
    mock.set_member(tunes[2], "name", json!("dog"));
    mock.set_member(tunes[1], "model_type", json!("faceid"));
    mock.set_member(tunes[2], "branch", json!("sd15"));

    for (query, wanted) in [
        ("title=a%20title", vec![tunes[0]]),
        ("title=a", vec![]),
        ("name[]=cat&name[]=dog", vec![tunes[2], tunes[1]]),
        ("name=man", vec![tunes[0]]),
        ("model_type=faceid", vec![tunes[1]]),
        ("branch=sd15", vec![tunes[2]]),
        ("branch=flux1&model_type=lora", vec![tunes[0]]),
    ] {
        assert_eq!(ids(&mock, &format!("/tunes?{query}")).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn prompts_are_found_by_everything_that_the_documents_name() {
    let mock = start().await;
    let tune = mock.seed_tunes(1)[0];
    let prompts = mock.seed_prompts(tune, 5);
    let other = mock.seed_prompts(FLUX_TUNE_ID, 1)[0];
    mock.set_text(prompts[0], "a fox --video kling");
    mock.set_member(prompts[1], "pack_id", json!(260));
    mock.set_member(prompts[2], "base_pack_id", json!(311));
    mock.set_member(prompts[3], "is_api", json!(false));
    mock.set_member(prompts[4], "created_at", json!("2024-01-01T00:00:00.000Z"));
    assert_eq!(post(&mock, &format!("/prompts/{}/likes", prompts[1])).await.status, 201);

    let all: Vec<u64> = prompts.iter().copied().chain([other]).rev().collect();
    let without = |left_out: u64| -> Vec<u64> { all.iter().copied().filter(|id| *id != left_out).collect() };
    for (query, wanted) in [
        ("text=fox", vec![prompts[0]]),
        ("is_video=true", vec![prompts[0]]),
        ("is_video=false", without(prompts[0])),
        ("pack_id=260", vec![prompts[1]]),
        ("liked=true", vec![prompts[1]]),
        ("liked=0", without(prompts[1])),
        ("base_pack_id=311", vec![prompts[2]]),
        ("is_api=false", vec![prompts[3]]),
        ("today=true", without(prompts[4])),
        ("user_id=1", all.clone()),
        ("user_id=2", vec![]),
        ("liked=", all.clone()),
        (&format!("tune_id={FLUX_TUNE_ID}"), vec![other]),
        ("tune_id=9", vec![]),
    ] {
        assert_eq!(ids(&mock, &format!("/prompts?{query}")).await, wanted, "{query}");
    }
    let nested = format!("/tunes/{tune}/prompts?text=fox&tune_id={FLUX_TUNE_ID}");
    assert_eq!(ids(&mock, &nested).await, [prompts[0]], "the path wins");
    assert_eq!(get(&mock, "/tunes/9/prompts").await.status, 404);
}

#[tokio::test]
async fn ids_are_sequential_over_the_account() {
    let mock = start().await;
    let seeded = mock.seed_prompts(FLUX_TUNE_ID, 2);

    let made: Value =
        post_json(&mock, "/prompts", &json!({"prompt": {"text": "x", "tune_id": FLUX_TUNE_ID}})).await.json();

    assert_eq!(made["id"], seeded[1] + 1);
}
