//! What a reply does not show, and what turns up later, has the right owner.

use serde_json::{Value, json};

use super::super::harness::{Client, SHARED_TUNE, finished};
use super::super::ids::a_tune;
use super::super::lists::{listed, newest_first};
use super::{open, prompt_on, tune_of, until_listed};

/// All of them are this end user's, and the other's are none of them.
async fn assert_owned(owner: &Client, stranger: &Client, prompts: &[u64]) {
    let others = listed(stranger, "/prompts?limit=120").await;
    for id in prompts {
        owner.get(&format!("/prompts/{id}")).await.ok();
        stranger.get(&format!("/prompts/{id}")).await.problem(404, "not_found");
        assert!(!others.contains(id));
    }
}

#[tokio::test]
async fn the_ten_prompts_of_a_theme_appear_later_on_each_tune_and_are_its_owners() {
    let gw = open().mock(|mock| mock.theme_ms = 50).start().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let (first, second, theirs) = (tune_of(&a, "1").await, tune_of(&a, "2").await, tune_of(&b, "3").await);
    for (user, tunes) in [(&a, json!([first, second])), (&b, json!([theirs]))] {
        let theme = json!({"theme": {"theme": "Corporate", "tune_ids": tunes}});
        let reply = user.post_json("/themes", &theme).await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (201, 0));
    }

    let on_first = until_listed(&a, &format!("/tunes/{first}/prompts"), 10).await;
    let all = until_listed(&a, "/prompts", 20).await;
    let of_b = until_listed(&b, "/prompts", 10).await;

    assert!(on_first.iter().all(|id| all.contains(id)));
    assert_owned(&a, &b, &all).await;
    assert_owned(&b, &a, &of_b).await;
    finished(&a, &format!("/prompts/{}", on_first[0])).await;
}

#[tokio::test]
async fn a_run_that_trains_gives_the_tune_and_later_the_packs_prompts() {
    let gw = open().start().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let mut run = a_tune("from a pack");
    run["tune"]["characteristics"] = json!({"eye_color": "green eyes"});
    run["tune"].as_object_mut().unwrap().remove("model_type");

    let tune = a.post_json("/p/corporate-headshots/tunes", &run).await.ok();

    assert_eq!(tune["title"], "from a pack");
    let prompts = until_listed(&a, &format!("/tunes/{}/prompts", tune["id"]), 4).await;
    assert_owned(&a, &b, &prompts).await;
    assert_eq!(listed(&a, "/prompts?pack_id=260").await, prompts);
    b.get(&format!("/tunes/{}", tune["id"])).await.problem(404, "not_found");
    b.get(&format!("/tunes/{}/prompts", tune["id"])).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_prompts_of_a_run_on_own_tunes_are_usable_at_once() {
    for count in [1, 2] {
        let gw = open().start().await;
        let (a, b) = (gw.user("a"), gw.user("b"));
        let mut tunes = Vec::new();
        for n in 0..count {
            tunes.push(tune_of(&a, &format!("{n}")).await);
        }

        let run = a.post_json("/p/260/tunes", &json!({"tune": {"tune_ids": tunes}})).await;

        assert_eq!(run.status, 201);
        let run = run.json();
        assert_eq!((&run["status"], &run["order"]["tune_ids"]), (&json!("created"), &json!(tunes)));
        let prompts: Vec<u64> =
            run["prompt_ids"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        assert_eq!(prompts.len(), 4 * count);
        assert_owned(&a, &b, &prompts).await;
        assert_eq!(listed(&a, "/prompts").await, newest_first(prompts.clone()));
        let of_last = listed(&a, &format!("/tunes/{}/prompts", tunes[count - 1])).await;
        assert_eq!(of_last, newest_first(prompts[prompts.len() - 4..].to_vec()));
    }
}

#[tokio::test]
async fn a_prompt_of_a_run_on_two_tunes_may_be_liked_copied_and_deleted_before_it_was_ever_seen() {
    let gw = open().start().await;
    let a = gw.user("a");
    let tunes = [tune_of(&a, "1").await, tune_of(&a, "2").await];
    let run = a.post_json("/p/260/tunes", &json!({"tune": {"tune_ids": tunes}})).await.ok();
    let path = |n: usize| format!("/prompts/{}", run["prompt_ids"][n]);

    assert_eq!(a.post_json(&format!("{}/likes", path(0)), &json!({})).await.status, 201);
    a.post_json(&format!("{}/duplicate", path(1)), &json!({})).await.ok();
    assert_eq!(a.method(reqwest::Method::DELETE, &path(2)).await.status, 200);

    assert_eq!(listed(&a, "/prompts?liked=true").await, [run["prompt_ids"][0].as_u64().unwrap()]);
    assert_eq!(listed(&a, "/prompts").await.len(), 8);
}

#[tokio::test]
async fn nested_prompts_are_found_on_their_tune() {
    let gw = open().start().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let mut body = a_tune("with prompts");
    body["tune"]["prompts_attributes"] = json!([{"text": "first"}, {"text": "second", "num_images": 2}]);

    let tune = a.post_json("/tunes", &body).await.ok()["id"].as_u64().unwrap();

    let prompts = until_listed(&a, &format!("/tunes/{tune}/prompts"), 2).await;
    assert_owned(&a, &b, &prompts).await;
    // Each has a callback of its own, of that create.
    let callback = |id| gw.mock.object(id).unwrap()["callback"].as_str().unwrap().to_owned();
    assert_ne!(callback(prompts[0]), callback(prompts[1]));
    assert!(callback(prompts[0]).starts_with(&gw.url));
}

#[tokio::test]
async fn a_prompt_without_a_callback_is_its_tunes_owners_and_one_with_anothers_is_theirs() {
    let gw = open().start().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let tune = tune_of(&a, "1").await;
    let theirs = prompt_on(&b, SHARED_TUNE, "b's").await;
    let token_of_b = gw.mock.object(theirs).unwrap()["callback"].as_str().unwrap().to_owned();
    // Somebody looks for what a theme leaves there.
    a.post_json("/themes", &json!({"theme": {"theme": "x", "tune_ids": [tune]}})).await;
    let [bare, marked, elsewhere, forged] = gw.mock.seed_prompts(tune, 4).try_into().unwrap();
    gw.mock.set_callback(marked, &token_of_b);
    gw.mock.set_callback(elsewhere, "https://app.example.com/hook?x=1");
    // Another host, and expired: who made it counts.
    let (_, path) = token_of_b.split_once("/gateway/").unwrap();
    gw.mock.set_callback(forged, &format!("https://elsewhere.example/gateway/{path}"));

    let all = until_listed(&a, &format!("/tunes/{tune}/prompts"), 12).await;

    assert!(all.contains(&bare) && all.contains(&elsewhere));
    assert_owned(&b, &a, &[theirs, marked, forged]).await;
    assert_owned(&a, &b, &[bare, elsewhere]).await;
    assert_eq!(listed(&b, "/prompts").await, newest_first(vec![theirs, marked, forged]));
}

/// What nobody of this gateway made on a tune that awaits nothing is not looked for: a list asks the index.
#[tokio::test]
async fn a_tune_that_awaits_nothing_is_not_looked_through() {
    let gw = open().start().await;
    let a = gw.user("a");
    let tune = tune_of(&a, "1").await;
    gw.mock.seed_prompts(tune, 3);
    let own = prompt_on(&a, tune, "mine").await;

    assert_eq!(listed(&a, &format!("/tunes/{tune}/prompts")).await, [own]);
    assert_eq!(listed(&a, "/prompts").await, [own]);

    assert_eq!(gw.mock.count("GET", "/tunes/:tune_id/prompts"), 0);
}
