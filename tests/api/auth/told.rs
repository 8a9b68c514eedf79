//! What a refused caller is told: which header was wrong, and never why a token was.

use serde_json::{Value, json};

use super::{other_claims, with_jwks};
use crate::harness::{KeyServer, Reply, Signer, spawn_gateway, tokens};

#[tokio::test]
async fn jwt_17_two_authorization_headers_are_a_bad_request_even_if_both_are_good() {
    let gw = spawn_gateway().start().await;
    let good = format!("Bearer {}", gw.token("first", "free"));
    for second in [good.as_str(), "Bearer other", "Basic dXNlcjpwYXNz"] {
        let user = gw.anonymous().header("authorization", &good).header("authorization", second);
        user.get("/gateway/account").await.problem(400, "bad_request");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn jwt_17_a_token_in_the_query_or_the_body_is_not_accepted() {
    let gw = spawn_gateway().start().await;
    let token = gw.token("first", "free");
    for name in ["access_token", "token", "authorization", "jwt"] {
        let reply = gw.anonymous().get(&format!("/gateway/account?{name}={token}")).await;
        reply.problem(401, "unauthenticated");
        assert!(!reply.text().contains(&token));
    }
    let form = [("access_token", token.as_str()), ("prompt[text]", "a cat")];
    gw.anonymous().post_form("/prompts", &form).await.problem(401, "unauthenticated");
    assert!(gw.mock.requests().is_empty());
}

/// Everything that a reply tells, without what differs from request to request.
fn told(reply: &Reply) -> (u16, Vec<(String, String)>, Value) {
    let mut headers: Vec<_> = reply
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body = reply.json();
    for member in ["request_id", "instance"] {
        body[member] = json!("masked");
    }
    (reply.status.as_u16(), headers, body)
}

#[tokio::test]
async fn jwt_18_every_bad_token_gets_the_same_answer_whatever_is_wrong_with_it() {
    let (key, stranger) = (Signer::es256(), Signer::es256());
    let server = KeyServer::start(&[key.jwk("k")]).await;
    let (issuer, keys) = with_jwks(server.url());
    let gw = spawn_gateway().issuer(issuer, keys).start().await;
    let claims = other_claims(&gw);
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        key.token("k", &claims)
    };
    let now_s = gw.clock.now().unix_s();
    let good = key.token("k", &claims);
    gw.with_token(&good).get("/gateway/account").await.ok();
    let bad = [
        ("a bad signature", stranger.token("k", &claims)),
        ("an unknown key id", key.token("unknown", &claims)),
        ("an expired token", changed("exp", json!(now_s - 3600))),
        ("another audience", changed("aud", json!("other"))),
        ("an unknown issuer", changed("iss", json!("https://nobody.test"))),
        ("no subject", changed("sub", json!(""))),
        ("another algorithm", tokens::hs256(gw.signing.as_bytes(), &claims)),
        ("no token at all", "nonsense".to_owned()),
        ("four segments", format!("{good}.{good}")),
        ("a long token", good.repeat(40)),
    ];

    let mut answers = Vec::new();
    for (what, token) in bad {
        let reply = gw.with_token(&token).get("/gateway/account").await;
        reply.problem(401, "invalid_token");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{what}");
        answers.push((what, told(&reply)));
    }
    for (what, answer) in &answers {
        assert_eq!(answer, &answers[0].1, "{what} is told apart from {}", answers[0].0);
    }
}
