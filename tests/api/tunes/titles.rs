//! Titles carry their owner's prefix at Astria, and nobody here ever sees one.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::harness::{Client, TestGateway};
use super::super::ids::{a_tune, open_gateway};
use super::super::lists::{adopt, listed};
use super::super::objects::open;

/// The title as Astria has it.
fn at_astria(gw: &TestGateway, id: u64) -> String {
    gw.mock.object(id).unwrap()["title"].as_str().unwrap().to_owned()
}

async fn made(user: &Client, title: &str) -> Value {
    user.post_json("/tunes", &a_tune(title)).await.ok()
}

#[tokio::test]
async fn l_04_a_title_has_its_owners_prefix_at_astria_and_loses_it_everywhere_here() {
    let gw = open_gateway().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let (first, other) = (made(&a, "My \"cat\" ü").await, made(&b, "My \"cat\" ü").await);
    let id = first["id"].as_u64().unwrap();
    let sent = at_astria(&gw, id);

    let (prefix, rest) = sent.split_once('-').unwrap();
    assert_eq!((prefix.len(), rest), (24, "My \"cat\" ü"));
    assert_ne!(sent, at_astria(&gw, other["id"].as_u64().unwrap()), "another end user, another title");
    assert_eq!(first["title"], "My \"cat\" ü");
    let path = format!("/tunes/{id}");
    assert_eq!(a.get(&path).await.ok()["title"], "My \"cat\" ü");
    assert_eq!(a.get("/tunes").await.ok()[0]["title"], "My \"cat\" ü");

    for (method, body) in
        [(Method::PATCH, json!({"tune": {"title": "Rex"}})), (Method::PUT, json!({"title": "Rex - the dog"}))]
    {
        let title = body["tune"]["title"].as_str().or(body["title"].as_str()).unwrap().to_owned();
        let changed = a.method_with(method, &path, "application/json", body.to_string()).await.ok();
        assert_eq!(changed["title"], *title);
        assert_eq!(at_astria(&gw, id), format!("{prefix}-{title}"));
        assert_eq!(listed(&a, &format!("/tunes?title={}", title.replace(' ', "+"))).await, [id]);
        assert!(listed(&a, "/tunes?title=My+%22cat%22+%C3%BC").await.is_empty(), "its old name");
        assert_eq!(a.get("/tunes.json").await.ok()[0]["title"], *title);
    }
    assert!(listed(&b, "/tunes?title=Rex").await.is_empty());
}

#[tokio::test]
async fn an_adopted_tune_keeps_its_title_until_its_owner_changes_it() {
    let gw = open_gateway().await;
    let a = gw.user("a");
    let [id] = gw.mock.seed_tunes(1).try_into().unwrap();
    adopt(&gw, "a", &[id]).await;
    let (path, seeded) = (format!("/tunes/{id}"), format!("seeded {id}"));
    assert_eq!(a.get(&path).await.ok()["title"], *seeded);
    assert_eq!(listed(&a, &format!("/tunes?title=seeded+{id}")).await, [id]);

    let body = json!({"tune": {"name": "woman"}}).to_string();
    a.method_with(Method::PATCH, &path, "application/json", body).await.ok();
    assert_eq!(at_astria(&gw, id), seeded, "another member's change leaves it alone");

    let body = json!({"tune": {"title": "mine"}}).to_string();
    a.method_with(Method::PATCH, &path, "application/json", body).await.ok();
    assert!(at_astria(&gw, id).ends_with("-mine") && at_astria(&gw, id).len() == 29);
    assert_eq!(a.get(&path).await.ok()["title"], "mine");
}

#[tokio::test]
async fn l_04_with_idempotency_equal_titles_of_two_end_users_are_two_tunes_and_of_one_the_same() {
    let gw = open()
        .config(|config| {
            let rule = astria_gateway::quota::QuotaRule {
                of: astria_gateway::quota::Measure::Tunes,
                per: astria_gateway::quota::Period::Day,
                limit: 5,
                shared_by: astria_gateway::quota::SharedBy::EndUser,
            };
            config.plans.get_mut("free").unwrap().quotas = vec![rule];
        })
        .mock(|mock| mock.idempotent = true)
        .start()
        .await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let (first, theirs) = (made(&a, "cat").await, made(&b, "cat").await);
    assert_ne!(first["id"], theirs["id"]);
    assert_eq!(gw.quota(&a, "tunes").await, (1, 0, 4));

    let again = made(&a, "cat").await;

    assert_eq!(again["id"], first["id"]);
    assert_eq!(gw.quota(&a, "tunes").await, (1, 0, 4), "nothing new was made");
    assert_eq!(gw.quota(&b, "tunes").await, (1, 0, 4));
    assert_eq!(listed(&a, "/tunes").await, [first["id"].as_u64().unwrap()]);
    assert_ne!(made(&a, "dog").await["id"], first["id"]);
    // A rename must not lead into somebody else's either.
    let path = format!("/tunes/{}", theirs["id"]);
    let body = json!({"tune": {"title": "dog"}}).to_string();
    b.method_with(Method::PATCH, &path, "application/json", body).await.ok();
    assert_eq!(gw.quota(&a, "tunes").await, (2, 0, 3));
}

/// The callback is one of the attributes that Astria compares, and each create has its own.
#[tokio::test]
async fn l_04_with_idempotency_equal_prompts_are_each_made_and_each_its_makers() {
    let gw = open().mock(|mock| mock.idempotent = true).start().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let body = json!({"prompt": {"text": "a cat", "seed": 7}});
    let mut made = Vec::new();
    for user in [&a, &a, &b] {
        made.push(
            user.post_json(&super::super::prompts::on_shared(), &body).await.ok()["id"].as_u64().unwrap(),
        );
    }
    assert_eq!(listed(&a, "/prompts").await, [made[1], made[0]]);
    assert_eq!(listed(&b, "/prompts").await, [made[2]]);
}
