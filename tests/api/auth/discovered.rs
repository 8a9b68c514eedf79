//! An issuer whose keys are found by OpenID discovery.

use std::time::Duration;

use astria_gateway::config::{Issuer, IssuerKeys};
use serde_json::{Value, json};

use super::{accepts, refuses};
use crate::harness::{AUDIENCE, KeyServer, Signer, TestGateway, spawn_gateway, tokens};

async fn gateway_with(server: &KeyServer) -> TestGateway {
    let issuer = Issuer {
        issuer: server.issuer(),
        audiences: vec![AUDIENCE.into()],
        discover: true,
        ..Issuer::default()
    };
    spawn_gateway().manual_clock().issuer(issuer, IssuerKeys::Discovery).start().await
}

fn claims(gw: &TestGateway, server: &KeyServer) -> Value {
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    claims["iss"] = json!(server.issuer());
    claims
}

#[tokio::test]
async fn jwks_05_tokens_get_in_by_discovered_keys() {
    let (key, stranger) = (Signer::es256(), Signer::es256());
    let server = KeyServer::start(&[key.jwk("k")]).await;
    server.describe(&server.issuer());
    let gw = gateway_with(&server).await;
    accepts(&gw, &key.token("k", &claims(&gw, &server))).await;
    refuses(&gw, &stranger.token("k", &claims(&gw, &server))).await;
    assert_eq!(server.fetches(), 1);
}

#[tokio::test]
async fn jwks_05_a_document_of_another_issuer_lets_nobody_in_until_it_is_mended() {
    let key = Signer::es256();
    let server = KeyServer::start(&[key.jwk("k")]).await;
    server.describe(&format!("{}/", server.issuer()));
    let gw = gateway_with(&server).await;
    let user = gw.with_token(&key.token("k", &claims(&gw, &server)));
    user.get("/gateway/account").await.problem(503, "auth_unavailable");
    assert_eq!(server.fetches(), 0, "its keys are not even asked for");

    server.describe(&server.issuer());
    gw.clock.advance(Duration::from_secs(10));
    user.get("/gateway/account").await.ok();
}
