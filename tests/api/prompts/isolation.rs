//! Nobody sees or uses what is not theirs, and nobody can tell it from what does not exist.

use astria_gateway::config::{Issuer, IssuerKeys};
use astria_gateway::secret::Secret;
use serde_json::{Value, json};

use super::super::harness::{AUDIENCE, Reply, SHARED_TUNE, TestGateway, finished, spawn_gateway, tokens};
use super::on_shared;

const OTHER_ISSUER: &str = "https://other-issuer.test";
const OTHER_SECRET: &str = "another-issuer's-secret-of-more-than-32-bytes";
/// Exists at the upstream, is on no list of ours.
const UNSHARED_TUNE: u64 = mock_astria::SEEDREAM_TUNE_ID;
const MISSING: u64 = 999_999_999;

/// Status, header names and body of a reply, without what is the request's own.
fn masked(reply: &Reply) -> (u16, Vec<String>, Value) {
    let mut headers: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    let mut body = reply.json();
    for own in ["request_id", "instance"] {
        body[own] = Value::Null;
    }
    (reply.status.as_u16(), headers, body)
}

async fn two_issuers() -> TestGateway {
    let issuer = Issuer {
        issuer: OTHER_ISSUER.into(),
        audiences: vec![AUDIENCE.into()],
        hs256_secret_file: "in-the-test".into(),
        ..Issuer::default()
    };
    let keys = IssuerKeys::Hs256 { current: Secret::from(OTHER_SECRET.to_owned()), previous: None };
    spawn_gateway().issuer(issuer, keys).start().await
}

#[tokio::test]
async fn iso_01_anothers_prompt_looks_exactly_like_one_that_does_not_exist() {
    let gw = two_issuers().await;
    let owner = gw.user("first");
    let created = owner.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok();
    let id = &created["id"];
    finished(&owner, &format!("/prompts/{id}")).await;
    let seen = gw.mock.requests().len();
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    claims["iss"] = json!(OTHER_ISSUER);
    let namesake = gw.with_token(&tokens::hs256(OTHER_SECRET.as_bytes(), &claims));
    assert_eq!(namesake.get("/gateway/account").await.ok()["principal"]["subject"], "first");

    for stranger in [gw.user("second"), namesake] {
        for (theirs, nobodys) in [
            (format!("/prompts/{id}"), format!("/prompts/{MISSING}")),
            (format!("/prompts/{id}.json"), format!("/prompts/{MISSING}.json")),
            (format!("/tunes/{SHARED_TUNE}/prompts/{id}"), format!("/tunes/{SHARED_TUNE}/prompts/{MISSING}")),
        ] {
            let (theirs, nobodys) = (stranger.get(&theirs).await, stranger.get(&nobodys).await);
            theirs.problem(404, "not_found");
            assert_eq!(masked(&theirs), masked(&nobodys));
        }
        // PATH-05: HEAD is judged as GET is.
        let path = format!("/prompts/{id}");
        assert_eq!(stranger.method(reqwest::Method::HEAD, &path).await.status, 404);
    }
    assert_eq!(gw.mock.requests().len(), seen, "nothing was asked upstream");
    owner.get(&format!("/prompts/{id}")).await.ok();
    assert_eq!(owner.method(reqwest::Method::HEAD, &format!("/prompts/{id}")).await.status, 200);
}

#[tokio::test]
async fn iso_01_ones_own_prompt_under_a_wrong_tune_is_not_found() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let id = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok()["id"].clone();
    let seen = gw.mock.requests().len();
    let nobodys = user.get(&format!("/prompts/{MISSING}")).await;

    for tune in ["666678", "1", "gemini", "@gemini", "0", "x", "99999999999999999999999"] {
        let reply = user.get(&format!("/tunes/{tune}/prompts/{id}")).await;
        assert_eq!(masked(&reply), masked(&nobodys), "{tune}");
    }
    for id in ["0", "01", "-1", "1abc", "1.json.json", "x.json", "99999999999999999999999", ".json"] {
        let reply = user.get(&format!("/prompts/{id}")).await;
        assert_eq!(masked(&reply), masked(&nobodys), "{id}");
    }
    assert_eq!(gw.mock.requests().len(), seen);
}

#[tokio::test]
async fn iso_02_a_tune_that_is_not_shared_is_not_found_wherever_its_id_stands() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let prompt = |text: String| json!({"prompt": {"text": text}});
    let mut replies = Vec::new();
    for tune in [UNSHARED_TUNE, MISSING, 1] {
        let path = format!("/tunes/{tune}/prompts");
        replies.push(user.post_json(&path, &prompt("a cat".into())).await);
        let body = json!({"prompt": {"text": "a cat", "tune_id": tune}});
        replies.push(user.post_json("/prompts", &body).await);
        let id = tune.to_string();
        replies.push(user.post_form("/prompts", &[("prompt[text]", "x"), ("prompt[tune_id]", &id)]).await);
        for kind in ["lora", "faceid"] {
            let text = format!("a <{kind}:{tune}:1> cat");
            replies.push(user.post_json(&on_shared(), &prompt(text.clone())).await);
            let negative = json!({"prompt": {"text": "a cat", "negative_prompt": text}});
            replies.push(user.post_json(&on_shared(), &negative).await);
            let beside_shared = format!("<lora:{SHARED_TUNE}:1> {text}");
            replies.push(user.post_form(&on_shared(), &[("prompt[text]", &beside_shared)]).await);
        }
    }
    for name in ["nobody", "@nobody", "0", "1abc"] {
        replies.push(user.post_json(&format!("/tunes/{name}/prompts"), &prompt("a cat".into())).await);
    }

    let expected = masked(&user.get(&format!("/prompts/{MISSING}")).await);
    assert_eq!(expected.0, 404);
    for (n, reply) in replies.iter().enumerate() {
        assert_eq!(masked(reply), expected, "reply {n}");
    }
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn l_03_a_shared_tune_may_be_named_in_the_text() {
    let gw = spawn_gateway().start().await;
    let text = "a <lora:666678:0.8> cat <faceid:690204:1>";

    gw.user("first").post_json(&on_shared(), &json!({"prompt": {"text": text}})).await.ok();

    assert_eq!(gw.mock.requests()[0].params["prompt"]["text"], text);
}

#[tokio::test]
async fn iso_03_what_is_the_operators_or_nobodys_is_not_there() {
    let gw = spawn_gateway().start().await;
    let user = gw.pro_user("first");
    let id = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok()["id"].clone();
    let seen = gw.mock.requests().len();
    let expected = masked(&user.get(&format!("/prompts/{MISSING}")).await);
    let owned = format!("/prompts/{id}");
    let on_tune = format!("/tunes/{SHARED_TUNE}/prompts/{id}");
    let tune = format!("/tunes/{SHARED_TUNE}");
    for (method, path) in [
        ("PATCH", owned.as_str()),
        ("PUT", &owned),
        ("PATCH", &on_tune),
        ("DELETE", "/prompts/1"),
        ("DELETE", &tune),
        ("PATCH", &tune),
        ("PUT", &tune),
        ("POST", "/packs"),
        ("GET", "/cli/models"),
        ("GET", "/users"),
        ("GET", "/users/edit/api"),
        ("GET", "/workspaces.json"),
        ("GET", "/workspaces"),
        ("PATCH", "/workspaces/1"),
        ("POST", &format!("{on_tune}/like")),
        ("GET", "/"),
        ("GET", "/metrics"),
        ("GET", "/__mock__/requests"),
    ] {
        let reply = user.method(method.parse().unwrap(), path).await;
        assert_eq!(reply.status, 404, "{method} {path}");
        assert_eq!(masked(&reply).2, expected.2, "{method} {path}");
    }
    assert_eq!(gw.mock.requests().len(), seen, "nothing of this reached the upstream");
    user.get(&owned).await.ok();
}
