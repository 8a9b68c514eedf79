//! A shared tune may be used and looked at in part; it is nobody's.

use reqwest::Method;
use serde_json::json;

use super::super::harness::{SHARED_TUNE, TestGateway};
use super::super::ids::{a_tune, open_gateway};
use super::super::lists::listed;
use super::super::prompts::names;

/// A tune that end user `a` made and the operator then shares.
async fn made_and_shared(gw: &TestGateway) -> u64 {
    let id = gw.user("a").post_json("/tunes", &a_tune("words of a")).await.ok()["id"].as_u64().unwrap();
    gw.reload(|configured| configured.config.upstream.shared_tunes.push(id));
    id
}

#[tokio::test]
async fn a_shared_tune_is_shown_in_part_and_only_read() {
    let gw = open_gateway().await;
    let user = gw.user("b");
    for path in
        [format!("/tunes/{SHARED_TUNE}"), format!("/tunes/{SHARED_TUNE}.json"), "/tunes/@gemini".into()]
    {
        let shown = user.get(&path).await.ok();
        let allowed =
            ["base_tune_id", "branch", "id", "model_type", "name", "title", "token", "trained_at", "url"];
        assert!(names(&shown).iter().all(|name| allowed.contains(name)), "{shown}");
        assert!(shown["url"].as_str().unwrap().starts_with(&gw.url));
    }
    assert!(listed(&user, "/tunes").await.is_empty(), "it is nobody's");
    let seen = gw.mock.requests().len();

    let path = format!("/tunes/{SHARED_TUNE}");
    let title = json!({"tune": {"title": "mine"}}).to_string();
    for method in [Method::PATCH, Method::PUT] {
        user.method_with(method, &path, "application/json", title.clone()).await.problem(404, "not_found");
    }
    user.method(Method::DELETE, &path).await.problem(404, "not_found");
    for tune in [json!(SHARED_TUNE), json!("gemini"), json!("@gemini")] {
        let theme = json!({"theme": {"theme": "Corporate", "tune_ids": [tune]}});
        user.post_json("/themes", &theme).await.problem(404, "not_found");
        let run = json!({"tune": {"tune_ids": [tune]}});
        user.post_json("/p/260/tunes", &run).await.problem(404, "not_found");
    }
    let asked: Vec<_> = gw.mock.requests().into_iter().skip(seen).map(|request| request.path).collect();
    assert!(asked.iter().all(|path| path.starts_with("/p/")), "{asked:?}");
}

#[tokio::test]
async fn a_shared_tune_may_be_trained_upon_and_loaded_in_texts_of_every_kind() {
    let gw = open_gateway().await;
    let user = gw.user("b");
    let mut based = a_tune("based");
    based["tune"]["base_tune_id"] = json!(SHARED_TUNE);
    based["tune"]["prompts_attributes"] = json!([{"text": "a <lora:690204:1> cat"}]);
    let tune = user.post_json("/tunes", &based).await.ok();
    assert_eq!(tune["base_tune_id"], SHARED_TUNE);
    for body in [
        json!({"text": "a <lora:666678:0.5> cat"}),
        json!({"text": "a cat", "negative_prompt": "<faceid:690204:1>"}),
    ] {
        for path in [format!("/tunes/{}/prompts", tune["id"]), "/tunes/gemini/prompts".to_owned()] {
            user.post_json(&path, &json!({"prompt": body})).await.ok();
        }
    }
}

#[tokio::test]
async fn iso_03_the_list_of_a_shared_tunes_prompts_holds_the_callers_own() {
    let gw = open_gateway().await;
    let made = made_and_shared(&gw).await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    for tune in [SHARED_TUNE, made] {
        let path = format!("/tunes/{tune}/prompts");
        // Somebody who is not of this gateway.
        gw.mock.seed_prompts(tune, 2);
        let mut own = Vec::new();
        for user in [&a, &b, &a] {
            let id = user.post_json(&path, &json!({"prompt": {"text": "a cat"}})).await.ok()["id"].clone();
            own.push(id.as_u64().unwrap());
        }
        assert_eq!(listed(&a, &path).await, [own[2], own[0]]);
        assert_eq!(listed(&b, &path).await, [own[1]]);
        assert!(listed(&gw.user("c"), &path).await.is_empty());
        assert_eq!(gw.mock.count("GET", "/tunes/:tune_id/prompts"), 0, "nothing is looked for there");
    }
}

#[tokio::test]
async fn a_tune_that_its_maker_shares_shows_others_nothing_of_its_maker() {
    let gw = open_gateway().await;
    let id = made_and_shared(&gw).await;
    let path = format!("/tunes/{id}");

    let theirs = gw.user("b").get(&path).await;
    let own = gw.user("a").get(&path).await.ok();

    assert_eq!((&own["title"], own["orig_images"].as_array().unwrap().len()), (&json!("words of a"), 4));
    let shown = theirs.ok();
    assert_eq!(shown["id"], id);
    for member in ["orig_images", "cost_mc", "characteristics", "args", "expires_at"] {
        assert!(shown.get(member).is_none(), "{member}");
    }
    let stored = gw.mock.object(id).unwrap()["title"].as_str().unwrap().to_owned();
    let (prefix, _) = stored.split_once('-').unwrap();
    assert!(!theirs.text().contains(prefix) && !theirs.text().contains("words of a"), "{shown}");
    // Sharing gives nobody more than that.
    let body = json!({"tune": {"title": "x"}}).to_string();
    let change = gw.user("b").method_with(Method::PATCH, &path, "application/json", body).await;
    change.problem(404, "not_found");
    gw.user("b").method(Method::DELETE, &path).await.problem(404, "not_found");
    assert_eq!(gw.user("a").method(Method::DELETE, &path).await.status, 200);
}
