//! Plans that may make only what is free, and plans that bound what one prompt makes.

use astria_gateway::config::Plan;
use astria_gateway::policy::Resolution;
use serde_json::{Value, json};

use super::super::harness::{Client, SHARED_TUNE, TestGateway};
use super::super::ids::a_tune;
use super::super::lists::adopt;
use super::super::objects::open;

async fn with_plan(name: &str, change: impl FnOnce(&mut Plan)) -> TestGateway {
    let spawn = open().config(|config| {
        let mut plan = config.plans["free"].clone();
        change(&mut plan);
        config.plans.insert(name.to_owned(), plan);
    });
    spawn.start().await
}

fn of_plan(gw: &TestGateway, user: &str, plan: &str) -> Client {
    gw.with_token(&gw.token(user, plan))
}

fn last_sent(gw: &TestGateway) -> Value {
    gw.mock.requests().pop().unwrap().params
}

#[tokio::test]
async fn a_sandbox_trains_on_the_free_branch_whatever_it_asks_for_and_prompts_there_alone() {
    let gw = with_plan("trial", |plan| plan.sandbox = true).await;
    let user = of_plan(&gw, "a", "trial");
    for branch in [Value::Null, json!("flux1"), json!("fast")] {
        let mut body = a_tune(&format!("a {branch}"));
        body["tune"]["branch"] = branch.clone();
        let reply = user.post_json("/tunes", &body).await;
        assert_eq!(reply.ok()["branch"], "fast");
        assert_eq!(last_sent(&gw)["tune"]["branch"], "fast");
        let named = reply.header("gateway-dropped-params").unwrap_or_default();
        assert_eq!(named.contains("tune[branch]"), branch == "flux1", "{named}");
    }
    let tune = user.get("/tunes").await.ok()[0]["id"].clone();
    let prompt = json!({"prompt": {"text": "a cat", "num_images": 3}});
    let made = user.post_json(&format!("/tunes/{tune}/prompts"), &prompt).await.ok();
    user.post_json(&format!("/prompts/{}/duplicate", made["id"]), &json!({})).await.ok();
    user.post_json("/prompts", &json!({"prompt": {"text": "a cat", "tune_id": tune}})).await.ok();
    let theme = json!({"theme": {"theme": "Corporate", "tune_ids": [tune]}});
    assert_eq!(user.post_json("/themes", &theme).await.status, 201);
    user.post_json("/p/260/tunes", &json!({"tune": {"tune_ids": [tune]}})).await.ok();
}

#[tokio::test]
async fn a_sandbox_refuses_what_has_no_free_form_and_sends_nothing() {
    let gw = with_plan("trial", |plan| plan.sandbox = true).await;
    let user = of_plan(&gw, "a", "trial");
    let [paid, free] = gw.mock.seed_tunes(2).try_into().unwrap();
    gw.mock.set_member(free, "branch", json!("fast"));
    let [old] = gw.mock.seed_prompts(paid, 1).try_into().unwrap();
    adopt(&gw, "a", &[paid, free, old]).await;
    // A pack's price is looked up once.
    user.get("/p/260").await.ok();
    let seen = gw.mock.requests().len();
    let prompt = json!({"prompt": {"text": "a cat"}});
    let training =
        json!({"tune": {"title": "x", "name": "man", "image_urls": ["https://images.example.com/1.jpg"]}});
    for (path, body) in [
        ("/images/inspect", json!({"name": "man", "file_url": "https://images.example.com/1.jpg"})),
        ("/p/260/tunes", training),
        ("/p/260/tunes", json!({"tune": {"tune_ids": [free, paid]}})),
        ("/themes", json!({"theme": {"theme": "Corporate", "tune_ids": [free, paid]}})),
        (&format!("/tunes/{SHARED_TUNE}/prompts"), prompt.clone()),
        (&format!("/tunes/{paid}/prompts"), prompt.clone()),
        ("/prompts", json!({"prompt": {"text": "a cat", "tune_id": paid}})),
        (&format!("/prompts/{old}/duplicate"), json!({})),
    ] {
        user.post_json(path, &body).await.problem(403, "operation_not_allowed");
    }
    assert_eq!(gw.mock.requests().len(), seen);
    // Free is not everybody's: somebody else's free tune is not there.
    let [theirs] = gw.mock.seed_tunes(1).try_into().unwrap();
    gw.mock.set_member(theirs, "branch", json!("fast"));
    adopt(&gw, "b", &[theirs]).await;
    user.post_json(&format!("/tunes/{theirs}/prompts"), &prompt).await.problem(404, "not_found");
}

/// Whether a tune is free is what Astria says, not what was asked for.
#[tokio::test]
async fn a_sandbox_sees_a_tune_that_is_not_free_any_more() {
    let gw = with_plan("trial", |plan| plan.sandbox = true).await;
    let user = of_plan(&gw, "a", "trial");
    let tune = user.post_json("/tunes", &a_tune("x")).await.ok()["id"].as_u64().unwrap();
    gw.mock.set_member(tune, "branch", json!("flux1"));
    user.get(&format!("/tunes/{tune}")).await.ok();

    let reply =
        user.post_json(&format!("/tunes/{tune}/prompts"), &json!({"prompt": {"text": "a cat"}})).await;

    reply.problem(403, "operation_not_allowed");
}

#[tokio::test]
async fn images_and_resolution_are_lowered_to_the_plans_bounds_wherever_a_prompt_is_described() {
    let gw = with_plan("small", |plan| {
        plan.max_num_images = 2;
        plan.max_resolution = Resolution::OneK;
    })
    .await;
    let user = of_plan(&gw, "a", "small");
    let on_shared = super::super::prompts::on_shared();
    let large = json!({"text": "a cat", "num_images": 8, "resolution": "4K", "nonsense": 1});

    let prompt = user.post_json(&on_shared, &json!({"prompt": large})).await;
    assert_eq!(prompt.ok()["num_images"], 2);
    assert_eq!(prompt.header("gateway-dropped-params"), Some("prompt[nonsense]"));
    let sent = last_sent(&gw);
    assert_eq!((&sent["prompt"]["num_images"], &sent["prompt"]["resolution"]), (&json!(2), &json!("1K")));

    let mut tune = a_tune("x");
    tune["tune"]["prompts_attributes"] = json!([large, {"text": "a dog", "num_images": 1}]);
    let reply = user.post_json("/tunes", &tune).await;
    assert_eq!(reply.header("gateway-dropped-params"), Some("tune[prompts_attributes][0][nonsense]"));
    let tune = reply.ok()["id"].clone();
    let sent = last_sent(&gw);
    let nested: Vec<_> = sent["tune"]["prompts_attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["num_images"].clone(), one["resolution"].clone()))
        .collect();
    assert_eq!(nested, [(json!(2), json!("1K")), (json!(1), json!("1K"))]);

    let theme =
        json!({"theme": {"theme": "x", "tune_ids": [tune], "prompt_attributes": {"num_images": 123}}});
    user.post_json("/themes", &theme).await;
    assert_eq!(last_sent(&gw)["theme"]["prompt_attributes"]["num_images"], 2);

    let run = json!({"tune": {"tune_ids": [tune], "prompt_attributes": {"num_images": 4}}});
    user.post_json("/p/260/tunes", &run).await.ok();
    assert_eq!(last_sent(&gw)["tune"]["prompt_attributes"]["num_images"], 2);

    // What exists already has more than the plan: the copy says otherwise.
    let [old] = gw.mock.seed_prompts(SHARED_TUNE, 1).try_into().unwrap();
    gw.mock.set_member(old, "num_images", json!(8));
    gw.mock.set_member(old, "resolution", json!("4K"));
    adopt(&gw, "a", &[old]).await;
    let copy = user.post_json(&format!("/prompts/{old}/duplicate"), &json!({})).await.ok();
    assert_eq!((&copy["num_images"], &copy["resolution"]), (&json!(2), &json!("1K")));
}
