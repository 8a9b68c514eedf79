//! The account and its balance.

use mock_astria::{FLUX_TUNE_ID, MockAstria, Settings, UsersReply};
use serde_json::json;

use crate::client::{get, instant, post_json, send, start};

async fn balance(mock: &MockAstria) -> i64 {
    let shown = get(mock, "/users").await.json()["usd_balance_mc"].as_i64().expect("a balance");
    assert_eq!(shown, mock.balance_mc());
    shown
}

#[tokio::test]
async fn what_is_made_is_taken_off_the_balance_and_what_is_seeded_is_not() {
    let mock = MockAstria::start(Settings { balance_mc: 10_000, ..instant() }).await.unwrap();
    mock.seed_prompts(mock.seed_tunes(1)[0], 3);
    assert_eq!(balance(&mock).await, 10_000);

    let body = json!({"prompt": {"text": "a fox", "num_images": 2}});
    let prompt = post_json(&mock, &format!("/tunes/{FLUX_TUNE_ID}/prompts"), &body).await.json();
    assert_eq!(balance(&mock).await, 10_000 - prompt["cost_mc"].as_i64().unwrap());

    let before = balance(&mock).await;
    let urls = ["a", "b", "c", "d"].map(|name| format!("https://example.com/{name}.jpg"));
    let nested = json!([{"text": "ohwx", "num_images": 1}]);
    let body =
        json!({"tune": {"title": "t", "name": "man", "image_urls": urls, "prompts_attributes": nested}});
    let tune = post_json(&mock, "/tunes", &body).await;
    let costs: i64 = mock.prompts().iter().filter_map(|one| one["cost_mc"].as_i64()).sum();
    assert!(costs > prompt["cost_mc"].as_i64().unwrap(), "a nested prompt costs too: {}", tune.text());
    let made = tune.json()["cost_mc"].as_i64().unwrap() + costs - prompt["cost_mc"].as_i64().unwrap();
    assert_eq!(balance(&mock).await, before - made, "below zero too");

    mock.set_balance_mc(7);
    assert_eq!(balance(&mock).await, 7);
    mock.reset();
    assert_eq!(balance(&mock).await, 10_000);
}

#[tokio::test]
async fn a_pack_run_is_taken_off_once() {
    let mock = start().await;
    let tune = mock.seed_tunes(1)[0];
    let before = balance(&mock).await;

    let run = post_json(&mock, "/p/260/tunes", &json!({"tune": {"tune_ids": [tune]}})).await.json();

    let cost = run["order"]["total_cost_mc"].as_i64().unwrap();
    assert!(cost > 0);
    assert_eq!(balance(&mock).await, before - cost);
}

#[tokio::test]
async fn the_account_wants_the_key_and_has_the_form_that_a_test_chooses() {
    let listed =
        MockAstria::start(Settings { users_reply: UsersReply::ListOfOne, ..instant() }).await.unwrap();
    let absent = MockAstria::start(Settings { users_reply: UsersReply::Absent, ..instant() }).await.unwrap();

    assert_eq!(get(&listed, "/users.json").await.json()[0]["usd_balance_mc"], 5_000_000);
    assert_eq!(get(&absent, "/users").await.status, 404);
    assert_eq!(absent.count("GET", "/users"), 1);
    assert_eq!(send(&listed, "GET /users", &[], b"").await.status, 401);
}
