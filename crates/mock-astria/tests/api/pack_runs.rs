//! A pack's prompts, on a new tune or on tunes that exist.

use mock_astria::{FLUX_TUNE_ID, MockAstria, PackRunReply, Settings};
use serde_json::{Value, json};

use crate::client::{Receiver, get, instant, post_json, post_parts, start, until};

fn tune(title: &str, class: &str) -> Value {
    json!({"title": title, "name": class, "image_urls": ["https://a.invalid/1.jpg"]})
}

#[tokio::test]
async fn a_new_tune_gets_the_packs_prompts_unfinished_and_pays_for_them() {
    let mock = MockAstria::start(Settings { train_ms: 60_000, ..instant() }).await.unwrap();
    let parts: [(&str, &[u8]); 7] = [
        ("name=\"tune[title]\"", b"op-1"),
        ("name=\"tune[name]\"", b"man"),
        ("name=\"tune[characteristics][eye_color]\"", b"blue eyes"),
        ("name=\"tune[prompt_attributes][callback]\"", b"http://127.0.0.1:9/each"),
        ("name=\"tune[prompt_attributes][num_images]\"", b"2"),
        ("name=\"tune[base_tune_id]\"", b"1"),
        ("name=\"tune[images][]\"; filename=\"1.jpg\"", b"one"),
    ];

    let answer = post_parts(&mock, "/p/corporate-headshots/tunes", &parts).await;

    let made = answer.json();
    assert_eq!((answer.status, &made["cost_mc"], &made["title"]), (201, &json!(450_000), &json!("op-1")));
    assert_eq!(made["base_tune_id"], json!(FLUX_TUNE_ID), "the pack's, not the client's");
    assert!(made.get("prompts").is_none());
    let prompts = get(&mock, &format!("/tunes/{}/prompts", made["id"])).await.json();
    assert_eq!(prompts.as_array().unwrap().len(), 4);
    for prompt in prompts.as_array().unwrap() {
        assert_eq!((&prompt["pack_id"], &prompt["num_images"]), (&json!(260), &json!(2)));
        assert_eq!((&prompt["callback"], &prompt["cost_mc"]), (&json!("http://127.0.0.1:9/each"), &json!(0)));
        assert_eq!((&prompt["images"], &prompt["trained_at"]), (&json!([]), &Value::Null));
        assert!(!prompt["text"].as_str().unwrap().contains("{{"));
    }
    assert_eq!(
        prompts[2]["text"],
        "ohwx man, blue eyes, navy blazer, glass office behind, late morning light"
    );
}

#[tokio::test]
async fn the_prompts_of_a_run_call_back_one_by_one_and_then_together() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;
    let mut tune = tune("t", "man");
    tune["prompt_attributes"] = json!({"callback": format!("{}/each", receiver.url)});
    tune["prompts_callback"] = json!(format!("{}/all", receiver.url));

    post_json(&mock, "/p/311/tunes", &json!({ "tune": tune })).await;

    let mut paths = Vec::new();
    for _ in 0..4 {
        let (path, body) = receiver.next().await;
        assert_eq!(path == "/all", body.is_array());
        if let Some(prompts) = body.as_array() {
            assert_eq!(prompts.len(), 3);
            assert!(prompts.iter().all(|prompt| prompt["trained_at"].is_string()), "all are done");
        }
        paths.push(path);
    }
    paths.sort();
    assert_eq!(paths, ["/all", "/each", "/each", "/each"]);
}

#[tokio::test]
async fn a_class_that_the_pack_does_not_support_is_refused() {
    let mock = start().await;
    let cat = mock.seed_tunes(1)[0];
    mock.set_member(cat, "name", json!("cat"));

    for body in [tune("t", "cat"), json!({"tune_ids": [cat]})] {
        let answer = post_json(&mock, "/p/260/tunes", &json!({ "tune": body })).await;
        assert_eq!((answer.status, answer.json()["name"][0].is_string()), (422, true), "{body}");
    }
    assert_eq!(post_json(&mock, "/p/1/tunes", &json!({ "tune": tune("t", "man") })).await.status, 404);
    assert_eq!(post_json(&mock, "/p/260/tunes", &json!({})).await.status, 422);
    assert_eq!((mock.tunes().len(), mock.prompts().len()), (1, 0));
}

#[tokio::test]
async fn a_fast_run_is_free() {
    let mock = start().await;
    let mut tune = tune("t", "man");
    tune["branch"] = json!("fast");

    let made = post_json(&mock, "/p/260/tunes", &json!({ "tune": tune })).await.json();

    assert_eq!((&made["cost_mc"], &made["branch"]), (&json!(0), &json!("fast")));
}

#[tokio::test]
async fn a_run_on_existing_tunes_is_an_order() {
    let mock = start().await;
    let tunes = mock.seed_tunes(2);
    let body = json!({"tune": {"tune_ids": [tunes[0], tunes[1].to_string()],
        "prompt_attributes": {"callback": "http://127.0.0.1:9/each"}}});

    let answer = post_json(&mock, "/p/260/tunes", &body).await;

    let order = answer.json();
    assert_eq!((answer.status, order["status"].is_string()), (201, true));
    assert_eq!(order["order"]["total_cost_mc"], 900_000);
    assert_eq!(order["order"]["tune_ids"], json!(tunes));
    assert!(order["order"]["id"].is_u64());
    let made: Vec<Value> = mock.prompts().iter().map(|prompt| prompt["id"].clone()).collect();
    assert_eq!((made.len(), &order["prompt_ids"]), (8, &json!(made)));
    assert_eq!(mock.prompts()[0]["callback"], "http://127.0.0.1:9/each");
    assert_eq!(get(&mock, &format!("/tunes/{}/prompts", tunes[1])).await.json().as_array().unwrap().len(), 4);
    until(|| mock.prompts().iter().all(|prompt| prompt["trained_at"].is_string())).await;
}

#[tokio::test]
async fn some_prompts_of_the_pack_cost_a_part_and_others_are_refused() {
    let mock = start().await;
    let tune = mock.seed_tunes(1)[0];
    let pack = get(&mock, "/p/260").await.json();
    let template = pack["template_prompts"][1]["id"].clone();
    let run = async |ids: Value| {
        let body = json!({"tune": {"tune_ids": [tune], "prompt_ids": ids}});
        post_json(&mock, "/p/260/tunes", &body).await
    };

    assert_eq!(run(json!([template, 1])).await.status, 422);
    let order = run(json!([template])).await.json();

    assert_eq!(order["order"]["total_cost_mc"], 112_500);
    assert_eq!(order["prompt_ids"].as_array().unwrap().len(), 1);
    assert!(mock.prompts()[0]["text"].as_str().unwrap().contains("navy blazer"));
    let unknown = json!({"tune": {"tune_ids": [tune, 7]}});
    assert_eq!(post_json(&mock, "/p/260/tunes", &unknown).await.status, 422);
    assert_eq!(mock.prompts().len(), 1);
}

#[tokio::test]
async fn one_tune_may_be_answered_with_the_tune() {
    let settings = Settings { pack_run_reply: PackRunReply::TuneIfSingle, ..instant() };
    let mock = MockAstria::start(settings).await.unwrap();
    let tunes = mock.seed_tunes(2);
    let run = async |ids: &[u64]| {
        post_json(&mock, "/p/260/tunes", &json!({"tune": {"tune_ids": ids}})).await.json()
    };

    assert_eq!(run(&tunes[..1]).await["id"], tunes[0]);
    assert!(run(&tunes).await["order"].is_object());
}

#[tokio::test]
async fn a_single_pack_shows_its_costs_in_full() {
    let mock = start().await;

    for (pack, class, cost_mc) in [(260, "man", 450_000), (311, "woman", 100_000), (455, "cat", 120_000)] {
        let shown = get(&mock, &format!("/p/{pack}")).await.json();
        let costs = &shown["costs"][class];
        assert_eq!((&costs["cost_mc"], &costs["cost"]), (&json!(cost_mc), &json!(cost_mc / 1_000)), "{pack}");
        assert!(costs["num_images"].is_u64() && shown["prompts_per_class"][class].is_u64(), "{pack}");
        assert!(shown["template_prompts"][0]["id"].is_u64(), "{pack}");
    }
}
