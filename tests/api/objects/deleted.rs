//! What is deleted is gone for its owner at once; what may outlive it is forgotten only when Astria says so.

use mock_astria::{Fault, FaultRule};
use reqwest::Method;
use serde_json::{Value, json};

use super::super::harness::SHARED_TUNE;
use super::super::lists::listed;
use super::{open, prompt_on, tune_of};

#[tokio::test]
async fn a_deleted_loras_prompts_stay_within_reach() {
    let gw = open().start().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let tune = tune_of(&a, "1").await;
    let prompts = [prompt_on(&a, tune, "1").await, prompt_on(&a, tune, "2").await];

    assert_eq!(a.method(Method::DELETE, &format!("/tunes/{tune}")).await.status, 200);

    a.get(&format!("/tunes/{tune}")).await.problem(404, "not_found");
    a.get(&format!("/tunes/{tune}/prompts")).await.problem(404, "not_found");
    assert!(listed(&a, "/tunes").await.is_empty());
    assert_eq!(listed(&a, "/prompts").await, [prompts[1], prompts[0]]);
    for path in [format!("/prompts/{}", prompts[0]), format!("/tunes/{tune}/prompts/{}", prompts[0])] {
        a.get(&path).await.ok();
        b.get(&path).await.problem(404, "not_found");
    }
    assert_eq!(a.post_json(&format!("/prompts/{}/like", prompts[0]), &json!({})).await.status, 201);
    a.post_json(&format!("/tunes/{tune}/prompts"), &json!({"prompt": {"text": "x"}}))
        .await
        .problem(404, "not_found");
    let path = format!("/tunes/{tune}/prompts/{}", prompts[0]);
    assert_eq!(a.method(Method::DELETE, &path).await.status, 200);
    assert_eq!(listed(&a, "/prompts").await, [prompts[1]]);
}

#[tokio::test]
async fn a_deleted_checkpoints_prompts_are_forgotten_one_by_one_when_astria_says_so() {
    let gw = open().config(|config| config.upstream.read_retries = 0).start().await;
    let a = gw.user("a");
    let tune = tune_of(&a, "1").await;
    gw.mock.set_member(tune, "model_type", Value::Null);
    let prompts = [prompt_on(&a, tune, "1").await, prompt_on(&a, tune, "2").await];
    let kept = prompt_on(&a, SHARED_TUNE, "kept").await;

    assert_eq!(a.method(Method::DELETE, &format!("/tunes/{tune}")).await.status, 200);
    assert!(gw.mock.object(prompts[0]).is_none(), "Astria took them along");

    // Who cannot say that they are gone has not said so.
    gw.mock.inject(FaultRule::new(Fault::Status500).path("/prompts/:id").times(2));
    assert_eq!(listed(&a, "/prompts").await, [kept, prompts[1], prompts[0]]);
    a.get(&format!("/prompts/{}", prompts[0])).await.problem(404, "not_found");
    let looks = gw.mock.count("GET", "/prompts/:id");
    a.get(&format!("/prompts/{}", prompts[0])).await.problem(404, "not_found");
    assert_eq!(gw.mock.count("GET", "/prompts/:id"), looks, "it is not asked for again");
    assert_eq!(listed(&a, "/prompts").await, [kept]);
}

#[tokio::test]
async fn what_is_gone_at_astria_is_forgotten_by_whoever_hears_of_it() {
    let gw = open().start().await;
    let a = gw.user("a");
    let mut made = Vec::new();
    for n in 0..5 {
        made.push((tune_of(&a, &n.to_string()).await, prompt_on(&a, SHARED_TUNE, "x").await));
    }
    for (tune, prompt) in &made {
        assert!(gw.mock.remove(*tune) && gw.mock.remove(*prompt));
    }
    let body = json!({"tune": {"title": "x"}}).to_string();
    let like = |id: u64| format!("/prompts/{id}/likes");
    a.get(&format!("/tunes/{}", made[0].0)).await.problem(404, "not_found");
    a.method(Method::DELETE, &format!("/tunes/{}", made[1].0)).await.problem(404, "not_found");
    let path = format!("/tunes/{}", made[2].0);
    a.method_with(Method::PATCH, &path, "application/json", body).await.problem(404, "not_found");
    a.get(&format!("/prompts/{}", made[0].1)).await.problem(404, "not_found");
    a.method(Method::DELETE, &format!("/prompts/{}", made[1].1)).await.problem(404, "not_found");
    a.post_json(&like(made[2].1), &json!({})).await.problem(404, "not_found");
    a.method(Method::DELETE, &like(made[3].1)).await.problem(404, "not_found");

    assert_eq!(listed(&a, "/tunes").await, [made[4].0, made[3].0]);
    assert_eq!(listed(&a, "/prompts").await, [made[4].1]);
}

#[tokio::test]
async fn what_could_not_be_deleted_is_still_there() {
    let gw = open().start().await;
    let a = gw.user("a");
    let (tune, prompt) = (tune_of(&a, "1").await, prompt_on(&a, SHARED_TUNE, "x").await);
    for (path, list) in [(format!("/tunes/{tune}"), "/tunes"), (format!("/prompts/{prompt}"), "/prompts")] {
        for fault in [Fault::Status500, Fault::Status422, Fault::Status403] {
            gw.mock.inject(FaultRule::new(fault).method("DELETE"));
            let reply = a.method(Method::DELETE, &path).await;
            assert!(!reply.status.is_success() && reply.status != 404, "{fault:?}");
            assert_eq!(listed(&a, list).await.len(), 1, "{fault:?}");
        }
        a.get(&path).await.ok();
    }
}
