//! What a test does behind everybody's back.

use mock_astria::{FLUX_TUNE_ID, MockAstria, Settings};
use serde_json::{Value, json};

use crate::client::{Receiver, get, instant, post_json, start};

async fn slow() -> MockAstria {
    MockAstria::start(Settings { generate_ms: 60_000, train_ms: 60_000, ..instant() })
        .await
        .expect("a free port")
}

#[tokio::test]
async fn seeded_objects_are_finished_and_can_be_read() {
    let mock = start().await;

    let tunes = mock.seed_tunes(3);
    let prompts = mock.seed_prompts(tunes[1], 2);

    assert_eq!((tunes[1], prompts[1]), (tunes[0] + 1, prompts[0] + 1));
    let tune = get(&mock, &format!("/tunes/{}", tunes[1])).await.json();
    let prompt = get(&mock, &format!("/tunes/{}/prompts/{}", tunes[1], prompts[0])).await.json();
    assert!(tune["trained_at"].is_string() && tune["title"].is_string());
    assert_eq!((prompt["images"].as_array().unwrap().len(), &prompt["callback"]), (1, &Value::Null));
    assert!(mock.seed_tune_at(1) && !mock.seed_tune_at(1) && mock.seed_prompt_at(1, 7));
    assert_eq!(get(&mock, "/tunes/1/prompts").await.json()[0]["id"], 7);
}

#[tokio::test]
async fn prompts_can_be_seeded_unfinished() {
    let mock = start().await;

    let prompts = mock.seed_unfinished_prompts(FLUX_TUNE_ID, 2, None);

    assert!(prompts.iter().all(|id| mock.object(*id).unwrap()["trained_at"].is_null()));
    assert!(mock.finish(prompts[1]));
    assert!(mock.object(prompts[0]).unwrap()["trained_at"].is_null());
    assert!(mock.object(prompts[1]).unwrap()["trained_at"].is_string());
}

#[tokio::test]
async fn an_object_vanishes_as_its_expiry_would_let_it() {
    let mock = start().await;
    let tune = mock.seed_tunes(1)[0];
    let prompt = mock.seed_prompts(tune, 1)[0];

    assert!(mock.remove(tune) && !mock.remove(tune));

    assert_eq!(get(&mock, &format!("/tunes/{tune}")).await.status, 404);
    assert_eq!(get(&mock, &format!("/prompts/{prompt}")).await.status, 200);
    assert!(mock.remove(prompt) && mock.object(prompt).is_none());
}

#[tokio::test]
async fn an_object_finishes_when_a_test_says_so_and_calls_back_once() {
    let mock = slow().await;
    let mut receiver = Receiver::start(200).await;
    let body = json!({"prompt": {"text": "x", "callback": "http://127.0.0.1:9/"}});
    let path = format!("/tunes/{FLUX_TUNE_ID}/prompts");
    let done = post_json(&mock, &path, &body).await.json()["id"].as_u64().unwrap();
    let failed = post_json(&mock, &path, &body).await.json()["id"].as_u64().unwrap();

    assert!(mock.set_callback(done, &format!("{}/token", receiver.url)));
    assert!(mock.finish(done) && !mock.finish(done));
    assert_eq!(receiver.next().await.0, "/token");
    assert!(mock.set_callback(failed, &receiver.url) && mock.fail(failed, "no face found"));

    let (_, body) = receiver.next().await;
    assert_eq!((&body["user_error"], &body["images"]), (&json!("no face found"), &json!([])));
    assert!(body["trained_at"].is_string());
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn what_a_test_has_finished_is_left_alone_when_its_time_comes() {
    let mock = MockAstria::start(Settings { generate_ms: 30, ..instant() }).await.unwrap();
    let mut receiver = Receiver::start(200).await;
    let create = async |name: &str| {
        let body = json!({"prompt": {"text": "x", "callback": format!("{}/{name}", receiver.url)}});
        post_json(&mock, &format!("/tunes/{FLUX_TUNE_ID}/prompts"), &body).await.json()["id"]
            .as_u64()
            .unwrap()
    };
    let first = create("first").await;
    assert!(mock.fail(first, "no face found"));
    create("second").await;

    assert_eq!(receiver.next().await.0, "/first");
    assert_eq!(receiver.next().await.0, "/second", "the first one's own time has passed before");
    assert_eq!(mock.object(first).unwrap()["images"], json!([]));
}

#[tokio::test]
async fn a_tune_finishes_and_fails_on_request() {
    let mock = slow().await;
    let mut receiver = Receiver::start(200).await;
    let create = async |title: &str| {
        let tune = json!({"title": title, "name": "cat", "callback": receiver.url,
            "image_urls": ["https://a.invalid/1"]});
        post_json(&mock, "/tunes", &json!({ "tune": tune })).await.json()["id"].as_u64().unwrap()
    };
    let (good, bad, silent) = (create("a").await, create("b").await, create("c").await);

    assert!(mock.finish(good));
    let body = receiver.next().await.1;
    assert_eq!((&body["id"], body["ckpt_url"].is_string()), (&json!(good), true));
    assert!(mock.clear_callback(silent) && mock.finish(silent));
    assert!(mock.fail(bad, "no face found"));
    assert_eq!(receiver.next().await.1["user_error"], "no face found");
}

#[tokio::test]
async fn members_change_and_unknown_objects_do_not() {
    let mock = start().await;
    let tune = mock.seed_tunes(1)[0];
    let prompt = mock.seed_prompts(tune, 1)[0];

    assert!(mock.set_text(tune, "mine") && mock.set_text(prompt, "<lora:1:1>"));
    assert!(mock.set_member(prompt, "trained_at", Value::Null));

    assert_eq!(mock.object(tune).unwrap()["title"], "mine");
    assert_eq!(mock.object(prompt).unwrap()["text"], "<lora:1:1>");
    assert!(mock.finish(prompt), "unfinished again");
    assert!(!mock.set_text(9, "x") && !mock.finish(9) && !mock.clear_callback(9));
}

#[tokio::test]
async fn requests_are_counted_by_route() {
    let mock = start().await;
    let tune = mock.seed_tunes(1)[0];

    for path in
        [format!("/tunes/{tune}"), "/tunes/9.json".to_owned(), "/tunes".to_owned(), "/workspaces".to_owned()]
    {
        get(&mock, &path).await;
    }

    assert_eq!((mock.count("GET", "/tunes/:id"), mock.count("GET", "/tunes")), (2, 1));
    assert_eq!((mock.count("GET", ""), mock.count("POST", "/tunes")), (1, 0));
    assert_eq!(mock.counts().values().sum::<u64>(), 4);
    mock.reset();
    assert!(mock.counts().is_empty());
}

#[tokio::test]
async fn a_pack_can_be_added() {
    let mock = start().await;
    let mut pack = get(&mock, "/p/260").await.json();
    pack["id"] = json!(43);
    pack["slug"] = json!("forty-three");

    mock.add_pack(pack);

    assert_eq!(get(&mock, "/p/43").await.json()["slug"], "forty-three");
}
