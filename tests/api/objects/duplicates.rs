//! A copy of a prompt is judged as what it will be: the original with its changes.

use reqwest::Method;
use serde_json::json;

use super::super::harness::SHARED_TUNE;
use super::super::lists::{adopt, listed};
use super::{open, prompt_on, tune_of};

fn copy_of(id: u64) -> String {
    format!("/prompts/{id}/duplicate")
}

#[tokio::test]
async fn l_09_a_copy_has_a_callback_of_its_own_and_stays_on_its_tune() {
    let gw = open().start().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let tune = tune_of(&a, "1").await;
    let original = prompt_on(&a, tune, "a cat").await;
    let evil = json!({"prompt": {
        "callback": "https://evil.example", "tune_id": SHARED_TUNE, "text": "a dog", "num_images": 2,
    }, "image_index": 0});

    let copy = a.post_json(&copy_of(original), &evil).await;

    assert_eq!(copy.status, 201);
    let dropped = copy.header("gateway-dropped-params").unwrap();
    assert!(dropped.contains("prompt[callback]") && dropped.contains("prompt[tune_id]"), "{dropped}");
    let copy = copy.json();
    let id = copy["id"].as_u64().unwrap();
    assert_eq!(
        (&copy["tune_id"], &copy["text"], &copy["num_images"]),
        (&json!(tune), &json!("a dog"), &json!(2))
    );
    let callback = |id| gw.mock.object(id).unwrap()["callback"].as_str().unwrap().to_owned();
    assert_ne!(callback(id), callback(original));
    assert!(callback(id).starts_with(&format!("{}/gateway/callbacks/1.", gw.url)));
    assert_eq!(listed(&a, "/prompts").await, [id, original]);
    b.get(&format!("/prompts/{id}")).await.problem(404, "not_found");
    let bare = a.post_json(&copy_of(id), &json!({})).await.ok();
    assert_eq!((&bare["text"], &bare["num_images"]), (&json!("a dog"), &json!(2)));
}

#[tokio::test]
async fn l_09_a_copy_needs_everything_that_its_original_names() {
    let gw = open().start().await;
    let a = gw.user("a");
    let (base, lora) = (tune_of(&a, "1").await, tune_of(&a, "2").await);
    let with_own = prompt_on(&a, base, &format!("a <lora:{lora}:1> cat")).await;
    let with_shared = prompt_on(&a, base, "a <lora:666678:1> cat").await;
    let on_shared = prompt_on(&a, 690_204, "a cat").await;
    for id in [with_own, with_shared, on_shared] {
        a.post_json(&copy_of(id), &json!({})).await.ok();
    }

    assert_eq!(a.method(Method::DELETE, &format!("/tunes/{lora}")).await.status, 200);
    gw.reload(|configured| configured.config.upstream.shared_tunes = vec![SHARED_TUNE]);

    let seen = gw.mock.count("POST", "/prompts/:id/duplicate");
    for id in [with_own, with_shared, on_shared] {
        a.post_json(&copy_of(id), &json!({})).await.problem(404, "not_found");
        a.post_json(&copy_of(id), &json!({"prompt": {"num_images": 1}})).await.problem(404, "not_found");
    }
    assert_eq!(gw.mock.count("POST", "/prompts/:id/duplicate"), seen);
    // A text that replaces the one that names it may be sent.
    let other = json!({"prompt": {"text": "a dog"}});
    for id in [with_own, with_shared] {
        a.post_json(&copy_of(id), &other).await.ok();
    }
    a.post_json(&copy_of(on_shared), &other).await.problem(404, "not_found");
}

#[tokio::test]
async fn l_09_an_original_that_was_never_seen_is_looked_at_first() {
    let gw = open().start().await;
    let a = gw.user("a");
    let tune = tune_of(&a, "1").await;
    let run = a.post_json("/p/260/tunes", &json!({"tune": {"tune_ids": [tune]}})).await.ok();
    let id = run["prompt_ids"][0].as_u64().unwrap();
    assert_eq!(gw.mock.count("GET", "/prompts/:id"), 0);

    let copy = a.post_json(&copy_of(id), &json!({})).await.ok();

    assert_eq!(gw.mock.count("GET", "/prompts/:id"), 1);
    assert_eq!(copy["text"], gw.mock.object(id).unwrap()["text"]);
    a.post_json(&copy_of(id), &json!({})).await.ok();
    assert_eq!(gw.mock.count("GET", "/prompts/:id"), 1, "it is known now");
}

#[tokio::test]
async fn l_09_what_a_copy_costs_is_the_originals_number_unless_it_says_otherwise() {
    let gw = open()
        .config(|config| {
            let rule = |of| astria_gateway::quota::QuotaRule {
                of,
                per: astria_gateway::quota::Period::Day,
                limit: 10,
                shared_by: astria_gateway::quota::SharedBy::EndUser,
            };
            config.plans.get_mut("free").unwrap().quotas = vec![rule(astria_gateway::quota::Measure::Images)];
        })
        .start()
        .await;
    let a = gw.user("a");
    let [original] = gw.mock.seed_prompts(SHARED_TUNE, 1).try_into().unwrap();
    gw.mock.set_member(original, "num_images", json!(6));
    adopt(&gw, "a", &[original]).await;
    a.post_json(&copy_of(original), &json!({})).await.ok();
    assert_eq!(gw.quota(&a, "images").await, (6, 0, 4));

    a.post_json(&copy_of(original), &json!({})).await.problem(429, "quota_exhausted");
    a.post_json(&copy_of(original), &json!({"prompt": {"num_images": 4}})).await.ok();

    assert_eq!(gw.quota(&a, "images").await, (10, 0, 0));
    assert_eq!(gw.mock.count("POST", "/prompts/:id/duplicate"), 2);
}
