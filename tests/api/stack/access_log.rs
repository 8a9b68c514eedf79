//! The access log: one event a request whatever became of it, and nothing in it that the client chose.

use astria_gateway::routes::Route;
use reqwest::Method;
use serde_json::json;

use super::boom;
use crate::harness::{Reply, SHARED_TUNE, logs, raw, spawn_gateway};

/// The one access-log line of a reply.
fn line_of(reply: &Reply) -> String {
    line_of_id(reply.header("x-request-id").unwrap())
}

fn line_of_id(id: &str) -> String {
    let [line] = logs::access_lines(id).try_into().expect("one line a request");
    line
}

fn assert_says(line: &str, facts: &[&str]) {
    for fact in facts {
        assert!(line.contains(fact), "{fact} is missing: {line}");
    }
}

#[tokio::test]
async fn every_request_leaves_one_line_with_its_route_status_and_code() {
    let gw = spawn_gateway()
        .manual_clock()
        .route(Route::get("/boom", boom))
        .config(|config| config.plans.get_mut("pro").unwrap().burst = 1)
        .start()
        .await;
    let (nobody, user, pro) = (gw.anonymous(), gw.user("first"), gw.pro_user("first"));
    pro.get("/packs").await.ok();
    let rejections = [
        (nobody.get("/nowhere").await, "none", "status=404", "not_found"),
        (nobody.get("/packs/").await, "none", "status=400", "bad_path"),
        (nobody.get("/packs").await, "/packs", "status=401", "unauthenticated"),
        (gw.with_token("x").get("/packs").await, "/packs", "status=401", "invalid_token"),
        (user.get("/boom").await, "/boom", "status=500", "internal"),
        (user.get("/prompts/77").await, "/prompts/{id}", "status=404", "not_found"),
        (pro.get("/packs").await, "/packs", "status=429", "rate_limited"),
    ];
    for (reply, route, status, code) in rejections {
        let line = line_of(&reply);
        assert_says(
            &line,
            &[&format!("route=\"{route}\""), status, &format!("code=\"{code}\""), "method=\"GET\""],
        );
    }
    let wrong_method = line_of(&nobody.method(Method::PATCH, "/packs").await);
    assert_says(&wrong_method, &["status=405", "code=\"method_not_allowed\"", "method=\"PATCH\""]);
    let made =
        user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &json!({"prompt": {"text": "a cat"}})).await;
    let line = line_of(&made);
    assert_says(&line, &["route=\"/tunes/{tune_id}/prompts\"", "status=201", "operation=\"create_prompt\""]);
}

#[tokio::test]
async fn a_line_holds_nothing_that_the_client_wrote() {
    let gw = spawn_gateway().start().await;
    let token = gw.token("subject-of-the-token", "free");
    let user = gw
        .with_token(&token)
        .header("referer", "https://referer.example/written-by-client")
        .header("cookie", "a=written-by-client")
        .header("x-request-id", "written-by-client");
    let replies = [
        user.get("/p/written-by-client?q=written-by-client").await,
        user.get("/written-by-client").await,
        user.post("/gateway/callbacks/1.k.written-by-client", "text/plain", "written-by-client").await,
        user.post_json("/prompts?written-by-client", &json!({"prompt": {"text": "written-by-client"}})).await,
    ];
    for reply in replies {
        let line = line_of(&reply);
        assert!(!line.contains("written-by-client"), "{line}");
        assert!(!line.contains("subject-of-the-token") && !line.contains(&token), "{line}");
    }
    assert!(!logs::text().contains(&token));
}

#[tokio::test]
async fn a_clients_request_id_is_not_taken_over() {
    let gw = spawn_gateway().start().await;
    let chosen = "0123456789abcdef0123456789abcdef";
    let user = gw.user("first").header("x-request-id", chosen);
    let (one, two) = (user.get("/packs").await, user.get("/packs").await);

    assert_ne!(one.header("x-request-id"), Some(chosen));
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    assert_eq!(one.headers.get_all("x-request-id").iter().count(), 1);
}

#[tokio::test]
async fn the_same_user_has_the_same_mark_in_each_line_and_another_one_has_another() {
    let gw = spawn_gateway().start().await;
    let mark = |reply: Reply| {
        let line = line_of(&reply);
        line.split("principal=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let one = mark(gw.user("first").get("/packs").await);
    let again = mark(gw.user("first").get("/gateway/account").await);
    let other = mark(gw.user("second").get("/packs").await);
    let nobody = mark(gw.anonymous().get("/packs").await);

    assert_eq!((one.len(), nobody.as_str()), (12, ""));
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[tokio::test]
async fn requests_of_one_connection_have_ids_and_lines_of_their_own() {
    let gw = spawn_gateway().start().await;
    let head = |last: &str| format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n{last}\r\n", gw.host());
    let replies = raw::exchange(gw.host(), (head("") + &head("Connection: close\r\n")).as_bytes()).await;
    let ids: Vec<&str> = replies.lines().filter_map(|line| line.strip_prefix("x-request-id: ")).collect();

    let [one, two] = ids.as_slice() else { panic!("{replies}") };
    assert_ne!(one, two);
    for id in [one, two] {
        assert_says(&line_of_id(id), &["route=\"/healthz\"", "status=200"]);
    }
}
