//! Every form of Astria's answers is understood, and the operator chooses the statuses on which documents disagree.

use mock_astria::{DeleteReply, PackRunReply, PromptReply};
use reqwest::Method;
use serde_json::json;

use super::super::harness::{Client, SHARED_TUNE};
use super::{open, prompt_on, tune_of, until_listed};

/// Statuses and bodies of everything that is answered without an object.
async fn answers(user: &Client) -> Vec<(u16, String)> {
    let tune = tune_of(user, "1").await;
    let prompt = prompt_on(user, SHARED_TUNE, "x").await;
    let mut answers = Vec::new();
    for (method, path) in [
        (Method::POST, format!("/prompts/{prompt}/likes")),
        (Method::POST, format!("/prompts/{prompt}/like")),
        (Method::DELETE, format!("/prompts/{prompt}/likes")),
        (Method::DELETE, format!("/prompts/{prompt}/like")),
        (Method::DELETE, format!("/prompts/{prompt}")),
        (Method::DELETE, format!("/tunes/{tune}")),
    ] {
        let reply = user.method(method, &path).await;
        assert_eq!(reply.header("content-type").is_some(), !reply.body.is_empty(), "{path}");
        answers.push((reply.status.as_u16(), reply.text()));
    }
    let tune = tune_of(user, "2").await;
    let reply = user.post_json("/themes", &json!({"theme": {"theme": "x", "tune_ids": [tune]}})).await;
    answers.push((reply.status.as_u16(), reply.text()));
    answers
}

#[tokio::test]
async fn the_documented_statuses_stand_whatever_astria_answers() {
    let message = |what: &str| (200, format!("{{\"message\":\"{what} successfully deleted\"}}"));
    let bare = |status: u16| (status, String::new());
    let expected =
        vec![bare(201), bare(201), bare(201), bare(201), message("Prompt"), message("Tune"), bare(201)];
    let documented = open().start().await;
    assert_eq!(answers(&documented.user("a")).await, expected);
    let current = open()
        .mock(|mock| {
            mock.delete_tune_reply = DeleteReply::NoContent;
            mock.delete_prompt_reply = DeleteReply::NoContent;
            (mock.like_status, mock.unlike_status, mock.theme_status) = (200, 204, 200);
        })
        .start()
        .await;
    assert_eq!(answers(&current.user("a")).await, expected);
}

#[tokio::test]
async fn the_operator_may_choose_the_statuses_that_clients_expect() {
    let gw = open()
        .config(|config| {
            config.replies.delete_tune_status = 204;
            config.replies.delete_prompt_status = 204;
            config.replies.like_status = 200;
            config.replies.theme_status = 200;
        })
        .start()
        .await;
    let statuses = [200, 200, 200, 200, 204, 204, 200].map(|status| (status, String::new()));
    assert_eq!(answers(&gw.user("a")).await, statuses);
}

#[tokio::test]
async fn a_prompt_in_a_list_of_one_is_a_prompt() {
    let gw = open().mock(|mock| mock.prompt_reply = PromptReply::Array).start().await;
    let user = gw.user("a");
    let prompt =
        user.post_json(&super::super::prompts::on_shared(), &json!({"prompt": {"text": "x"}})).await.ok();
    assert!(prompt.is_object(), "{prompt}");
    user.get(&format!("/prompts/{}", prompt["id"])).await.ok();
}

#[tokio::test]
async fn a_run_on_one_tune_may_be_answered_with_the_tune() {
    let gw = open().mock(|mock| mock.pack_run_reply = PackRunReply::TuneIfSingle).start().await;
    let user = gw.user("a");
    let tune = tune_of(&user, "mine").await;

    let run = user.post_json("/p/260/tunes", &json!({"tune": {"tune_ids": [tune]}})).await.ok();

    assert_eq!((&run["id"], &run["title"]), (&json!(tune), &json!("mine")));
    until_listed(&user, &format!("/tunes/{tune}/prompts"), 4).await;
}

#[tokio::test]
async fn l_06_an_object_shows_the_same_members_however_it_is_reached() {
    let gw = open().start().await;
    let user = gw.user("a");
    let tune = user.post_json("/tunes", &super::super::ids::a_tune("1")).await.ok();
    let prompt = prompt_on(&user, tune["id"].as_u64().unwrap(), "x").await;
    let copy = user.post_json(&format!("/prompts/{prompt}/duplicate"), &json!({})).await.ok();
    let path = format!("/tunes/{}", tune["id"]);
    let title = json!({"tune": {"title": "2"}}).to_string();
    let patched = user.method_with(Method::PATCH, &path, "application/json", title).await.ok();
    let tunes = [tune, patched, user.get(&path).await.ok(), user.get("/tunes").await.ok()[0].clone()];
    let prompts = [
        copy,
        user.get(&format!("/prompts/{prompt}")).await.ok(),
        user.get("/prompts").await.ok()[0].clone(),
        user.get(&format!("{path}/prompts")).await.ok()[1].clone(),
    ];
    for objects in [&tunes[..], &prompts[..]] {
        let shown = super::super::prompts::names(&objects[0]);
        for object in objects {
            assert_eq!(super::super::prompts::names(object), shown);
            assert!(object["url"].as_str().unwrap().starts_with(&gw.url), "{object}");
        }
        for hidden in ["callback", "ckpt_url", "ckpt_urls", "user_id", "workspace_id"] {
            assert!(!shown.contains(&hidden), "{hidden}");
        }
    }
}
