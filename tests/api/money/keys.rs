//! `Idempotency-Key`: a create that is sent twice is made once.

use std::time::Duration;

use futures_util::future::join_all;
use mock_astria::{Fault, FaultRule};
use serde_json::json;

use super::{a_prompt, generous, on_shared};
use crate::harness::{Client, Reply, spawn_gateway};
use crate::ids::a_tune;

fn keyed(user: &Client, key: &str) -> Client {
    user.header("idempotency-key", key)
}

fn masked(reply: &Reply) -> (u16, Vec<u8>) {
    (reply.status.as_u16(), reply.body.to_vec())
}

#[tokio::test]
async fn idem_02_the_same_key_and_request_give_the_same_bytes_and_make_one() {
    let gw = spawn_gateway().start().await;
    let user = keyed(&gw.user("first"), "\"one\"");
    let first = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "foo": 1}})).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotent-replayed"), None);
    // Another spelling of the same.
    let again = keyed(&gw.user("first"), "one");
    let again = again.post_json(&on_shared(), &json!({"prompt": {"foo": "1", "text": "a cat"}})).await;
    assert_eq!(masked(&again), masked(&first));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("gateway-dropped-params"), Some("prompt[foo]"));
    assert_eq!(gw.mock.prompts().len(), 1);
    assert_eq!(gw.quota(&gw.user("first"), "images").await, (1, 0, 19));
}

#[tokio::test]
async fn idem_01_a_key_is_one_end_users_and_one_routes() {
    let gw = generous().start().await;
    for name in ["first", "second"] {
        keyed(&gw.user(name), "k").post_json(&on_shared(), &a_prompt(1)).await.ok();
        keyed(&gw.user(name), "k").post_json("/tunes", &a_tune("mine")).await.ok();
    }
    assert_eq!((gw.mock.prompts().len(), gw.mock.tunes().len()), (2, 2));
}

#[tokio::test]
async fn idem_03_another_request_under_the_key_is_refused() {
    let gw = spawn_gateway().start().await;
    let user = keyed(&gw.user("first"), "k");
    user.post_json(&on_shared(), &a_prompt(1)).await.ok();
    user.post_json(&on_shared(), &a_prompt(2)).await.problem(422, "idempotency_key_reused");
    let elsewhere = format!("/tunes/{}/prompts", 666_678);
    user.post_json(&elsewhere, &a_prompt(1)).await.problem(422, "idempotency_key_reused");
    assert_eq!(gw.mock.prompts().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idem_06_of_a_hundred_racing_copies_one_is_made_and_idem_04_the_others_wait() {
    let gw = spawn_gateway().start().await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(400))).method("POST"));
    let user = keyed(&gw.user("first"), "k");
    let copies = (0..100).map(|_| {
        let user = user.clone();
        async move { user.post_json(&on_shared(), &a_prompt(2)).await }
    });
    let replies = join_all(copies).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert!(made >= 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.problem(409, "idempotency_key_in_use");
        assert!(reply.header("retry-after").is_some());
    }
    assert_eq!((gw.mock.prompts().len(), gw.mock.requests().len()), (1, 1));
    let after = user.post_json(&on_shared(), &a_prompt(2)).await;
    assert_eq!((after.status.as_u16(), after.header("idempotent-replayed")), (201, Some("true")));
}

#[tokio::test]
async fn idem_05_what_was_not_carried_out_frees_the_key_and_what_astria_said_of_it_does_not() {
    let seedream = mock_astria::SEEDREAM_TUNE_ID;
    let gw = spawn_gateway()
        .manual_clock()
        .config(|config| config.upstream.shared_tunes.push(seedream))
        .start()
        .await;
    let user = keyed(&gw.user("first"), "k");
    user.post_json(&on_shared(), &json!({"prompt": {"text": ""}})).await.problem(422, "validation_failed");
    gw.mock.inject(FaultRule::new(Fault::Status402).method("POST"));
    user.post_json(&on_shared(), &a_prompt(1)).await.problem(503, "upstream_account_exhausted");
    assert_eq!(gw.quota(&gw.user("first"), "images").await, (0, 0, 20));
    gw.clock.advance(Duration::from_secs(31));
    user.post_json(&on_shared(), &a_prompt(1)).await.ok();

    // Astria makes four at most of these.
    let user = keyed(&gw.user("first"), "other");
    let seedream = format!("/tunes/{}/prompts", mock_astria::SEEDREAM_TUNE_ID);
    let refused = user.post_json(&seedream, &a_prompt(8)).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let before = gw.mock.requests().len();
    let again = user.post_json(&seedream, &a_prompt(8)).await;
    assert_eq!(masked(&again), masked(&refused));
    assert_eq!(gw.mock.requests().len(), before, "it would say the same again");
}

#[tokio::test]
async fn idem_06_a_reply_is_kept_for_a_day_and_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("gateway.db").display());
    let mut first = spawn_gateway().config(|config| config.store.url.clone_from(&url)).start().await;
    let made = keyed(&first.user("first"), "k").post_json(&on_shared(), &a_prompt(1)).await;
    assert_eq!(made.status, 201);
    assert!(first.stop().await);
    let second = spawn_gateway().config(|config| config.store.url.clone_from(&url)).start().await;
    let again = keyed(&second.user("first"), "k").post_json(&on_shared(), &a_prompt(1)).await;
    assert_eq!(masked(&again), masked(&made));
    assert!(second.mock.requests().is_empty());
}

#[tokio::test]
async fn idem_06_an_expired_key_is_free() {
    let gw = spawn_gateway().manual_clock().start().await;
    keyed(&gw.user("first"), "k").post_json(&on_shared(), &a_prompt(1)).await.ok();
    gw.clock.advance(Duration::from_secs(86_401));
    keyed(&gw.user("first"), "k").post_json(&on_shared(), &a_prompt(2)).await.ok();
    assert_eq!(gw.mock.prompts().len(), 2);
}

#[tokio::test]
async fn idem_07_keys_can_be_required_or_made_of_the_request() {
    let gw = spawn_gateway().config(|config| config.idempotency.required = true).start().await;
    gw.user("first").post_json(&on_shared(), &a_prompt(1)).await.problem(400, "idempotency_key_required");
    assert!(gw.mock.requests().is_empty());

    let gw = spawn_gateway().manual_clock().config(|config| config.idempotency.derive = true).start().await;
    let user = gw.user("first");
    let (one, two) = (a_prompt(1), a_prompt(2));
    user.post_json(&on_shared(), &one).await.ok();
    assert_eq!(user.post_json(&on_shared(), &one).await.header("idempotent-replayed"), Some("true"));
    user.post_json(&on_shared(), &two).await.ok();
    gw.user("second").post_json(&on_shared(), &one).await.ok();
    gw.clock.advance(Duration::from_secs(61));
    user.post_json(&on_shared(), &one).await.ok();
    assert_eq!(gw.mock.prompts().len(), 4);
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_refused_before_anything() {
    let gw = spawn_gateway().start().await;
    for key in ["\"", "a b", "", "derived:1"] {
        let reply = keyed(&gw.user("first"), key).post_json(&on_shared(), &a_prompt(1)).await;
        reply.problem(400, "idempotency_key_invalid");
    }
    assert!(gw.mock.requests().is_empty());
}
