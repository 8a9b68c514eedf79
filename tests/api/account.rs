//! Who am I, under which plan, with how much left.

use serde_json::json;

use super::harness::{SHARED_TUNE, spawn_gateway};

#[tokio::test]
async fn the_account_page_says_who_which_plan_and_how_much_is_left() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    user.post_json(
        &format!("/tunes/{SHARED_TUNE}/prompts"),
        &json!({"prompt": {"text": "a cat", "num_images": 3}}),
    )
    .await
    .ok();

    let account = user.get("/gateway/account").await.ok();

    assert_eq!(account["principal"]["subject"], "first");
    assert_eq!(account["plan"], "free");
    let images = &account["quotas"][0];
    assert_eq!((&images["of"], &images["per"]), (&json!("images"), &json!("day")));
    let numbers = ["limit", "used", "held", "left"].map(|name| images[name].as_u64().unwrap());
    assert_eq!(numbers, [20, 3, 0, 17]);
    assert!(images["resets_at"].as_str().unwrap().ends_with("T00:00:00Z"));
}

#[tokio::test]
async fn a_token_with_an_unknown_plan_gets_the_default_plan_and_is_counted() {
    let gw = spawn_gateway().start().await;

    let account = gw.with_token(&gw.token("first", "platinum")).get("/gateway/account").await.ok();

    assert_eq!(account["plan"], "free");
    assert!(gw.operator("/metrics").await.contains("astria_gateway_unknown_plans_total 1"));
}

#[tokio::test]
async fn two_users_have_quotas_of_their_own() {
    let gw = spawn_gateway().start().await;
    let body = json!({"prompt": {"text": "a cat", "num_images": 8}});
    gw.user("first").post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.ok();

    assert_eq!(gw.quota(&gw.user("first"), "images").await, (8, 0, 12));
    assert_eq!(gw.quota(&gw.user("second"), "images").await, (0, 0, 20));
}
