//! Keys that an issuer publishes: rotation, floods of unknown key ids, and a provider that is away.

use std::sync::Arc;
use std::time::Duration;

use astria_gateway::config::{Issuer, IssuerKeys};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{OTHER_ISSUER, accepts, other_claims, refuses, with_jwks};
use crate::harness::{KeyServer, Signer, TestGateway, eventually, spawn_gateway, tokens};

/// Longer than the cool-down of 10 s and the time that a verified token is believed, shorter than a refresh.
const A_MINUTE: Duration = Duration::from_secs(61);

async fn gateway_with(server: &KeyServer) -> TestGateway {
    let (issuer, keys): (Issuer, IssuerKeys) = with_jwks(server.url());
    spawn_gateway()
        .manual_clock()
        .issuer(issuer, keys)
        .config(|config| {
            (config.auth.jwks_cooldown_s, config.auth.jwks_refresh_s) = (10, 300);
            (config.auth.jwks_max_stale_s, config.auth.token_cache_s) = (3_600, 60);
        })
        .start()
        .await
}

#[tokio::test]
async fn rs256_tokens_get_in_by_a_published_key() {
    let (key, stranger) = (Signer::rs256(), Signer::rs256());
    let server = KeyServer::start(&[key.jwk("k")]).await;
    let gw = gateway_with(&server).await;
    assert_eq!(server.fetches(), 0, "the first token asks for keys, not the start");

    accepts(&gw, &key.token("k", &other_claims(&gw))).await;
    refuses(&gw, &stranger.token("k", &other_claims(&gw))).await;
    assert_eq!(server.fetches(), 1);
}

#[tokio::test]
async fn jwks_03_a_new_key_works_after_one_refresh_and_the_old_one_beside_it() {
    let (old, new) = (Signer::rs256(), Signer::rs256());
    let server = KeyServer::start(&[old.jwk("old")]).await;
    let gw = gateway_with(&server).await;
    accepts(&gw, &old.token("old", &other_claims(&gw))).await;

    server.publish(&[old.jwk("old"), new.jwk("new")]);
    gw.clock.advance(A_MINUTE);
    accepts(&gw, &new.token("new", &other_claims(&gw))).await;
    accepts(&gw, &old.token("old", &other_claims(&gw))).await;

    assert_eq!(server.fetches(), 2);
}

#[tokio::test]
async fn jwks_03_a_removed_key_is_refused_after_the_next_refresh_even_for_a_remembered_token() {
    let (old, new) = (Signer::rs256(), Signer::rs256());
    let server = KeyServer::start(&[old.jwk("old"), new.jwk("new")]).await;
    let gw = gateway_with(&server).await;
    let remembered = old.token("old", &other_claims(&gw));
    accepts(&gw, &remembered).await;

    server.publish(&[new.jwk("new")]);
    gw.clock.advance(Duration::from_secs(301));
    accepts(&gw, &new.token("new", &other_claims(&gw))).await;
    let fresh = vec![(Arc::from(OTHER_ISSUER), Some(0))];
    eventually("the refresh in the background", || gw.state().authenticator.jwks_age_s() == fresh).await;

    refuses(&gw, &remembered).await;
    refuses(&gw, &old.token("old", &other_claims(&gw))).await;
    accepts(&gw, &new.token("new", &other_claims(&gw))).await;
    assert_eq!(server.fetches(), 2, "the removed key id asks nobody within the cool-down");
}

#[tokio::test]
async fn jwks_01_a_thousand_unknown_key_ids_cause_one_fetch_a_cool_down() {
    let key = Signer::es256();
    let server = KeyServer::start(&[key.jwk("k")]).await;
    let gw = gateway_with(&server).await;
    accepts(&gw, &key.token("k", &other_claims(&gw))).await;
    assert_eq!(server.fetches(), 1);

    flood(&gw, &key).await;
    assert_eq!(server.fetches(), 2, "one fetch after the first set, for everybody");

    gw.clock.advance(Duration::from_secs(9));
    flood(&gw, &key).await;
    assert_eq!(server.fetches(), 2, "within the cool-down nobody is asked");

    gw.clock.advance(Duration::from_secs(1));
    flood(&gw, &key).await;
    assert_eq!(server.fetches(), 3, "after it one fetch is for everybody");
}

/// 1000 tokens with key ids that nobody has, 50 at a time.
async fn flood(gw: &TestGateway, key: &Signer) {
    let claims = other_claims(gw);
    for _ in 0..20 {
        join_all((0..50).map(|_| async {
            let token = key.token(&uuid::Uuid::new_v4().to_string(), &claims);
            refuses(gw, &token).await;
        }))
        .await;
    }
}

#[tokio::test]
async fn jwks_02_when_the_provider_is_gone_known_keys_go_on_for_a_bounded_time() {
    let key = Signer::es256();
    let server = KeyServer::start(&[key.jwk("k")]).await;
    let gw = gateway_with(&server).await;
    accepts(&gw, &key.token("k", &other_claims(&gw))).await;

    drop(server);
    for _ in 0..6 {
        gw.clock.advance(Duration::from_secs(600));
        accepts(&gw, &key.token("k", &other_claims(&gw))).await;
        gw.anonymous().get("/readyz").await.ok();
    }

    gw.clock.advance(A_MINUTE);
    let late = gw.with_token(&key.token("k", &other_claims(&gw)));
    late.get("/gateway/account").await.problem(503, "auth_unavailable");
    gw.anonymous().get("/readyz").await.ok();
}

#[tokio::test]
async fn f27_a_provider_that_is_down_at_start_closes_only_its_own_issuers_private_routes() {
    let key = Signer::es256();
    let server = KeyServer::start_broken().await;
    let gw = gateway_with(&server).await;
    let user = gw.with_token(&key.token("k", &other_claims(&gw)));

    for (method, path) in
        [(Method::GET, "/gateway/account"), (Method::GET, "/packs"), (Method::POST, "/prompts")]
    {
        let reply = user.method(method, path).await;
        reply.problem(503, "auth_unavailable");
        assert!(reply.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert_eq!(reply.header("www-authenticate"), None, "the token is not to blame");
    }
    assert_eq!(server.fetches(), 1);
    accepts(&gw, &gw.token("first", "free")).await;
    gw.anonymous().get("/healthz").await.ok();
    gw.anonymous().get("/readyz").await.ok();
    user.get("/nowhere").await.problem(404, "not_found");
    let forged =
        tokens::hs256(b"a secret that nobody knows of, long", &json!({ "iss": "https://nobody.test" }));
    refuses(&gw, &forged).await;
    assert!(gw.mock.requests().is_empty());

    server.publish(&[key.jwk("k")]);
    gw.clock.advance(Duration::from_secs(10));
    user.get("/gateway/account").await.ok();
}
