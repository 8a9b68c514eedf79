//! Which tenant a token claims, and whether there is one.

use astria_gateway::config::Tenant;
use serde_json::{Value, json};

use crate::harness::{Spawn, TestGateway, spawn_gateway, tokens};

fn with_tenant_acme() -> Spawn {
    let tenant = Tenant { workspace_id: "7".into(), ..Tenant::default() };
    spawn_gateway().config(|config| drop(config.tenants.insert("acme".into(), tenant)))
}

fn token(gw: &TestGateway, tenant: Value) -> String {
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    claims["tenant"] = tenant;
    tokens::hs256(gw.signing.as_bytes(), &claims)
}

#[tokio::test]
async fn without_tenants_in_config_the_claim_means_nothing() {
    let gw = spawn_gateway().start().await;
    gw.with_token(&token(&gw, json!("whoever"))).get("/gateway/account").await.ok();
}

#[tokio::test]
async fn a_tenant_that_is_not_in_config_is_refused() {
    let gw = with_tenant_acme().start().await;
    gw.with_token(&token(&gw, json!("acme"))).get("/gateway/account").await.ok();
    gw.user("first").get("/gateway/account").await.ok();
    for unknown in ["other", "ACME", "acme "] {
        let refused = gw.with_token(&token(&gw, json!(unknown))).get("/gateway/account").await;
        refused.problem(403, "tenant_unknown");
    }
    gw.with_token(&token(&gw, json!(7))).get("/gateway/account").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn where_a_tenant_is_required_a_token_without_one_is_refused() {
    let gw = with_tenant_acme().config(|config| config.upstream.tenant_required = true).start().await;
    gw.with_token(&token(&gw, json!("acme"))).get("/gateway/account").await.ok();
    gw.user("first").get("/gateway/account").await.problem(403, "tenant_unknown");
}
