//! The operator's API and commands: who may use them, what they change, what they show.

mod access;
mod changes;
mod commands;
mod shown;

use astria_gateway::auth::new_service_key;
use astria_gateway::config::OperatorToken;
use reqwest::Method;
use serde_json::Value;

use super::harness::{Client, Reply, Spawn, spawn_gateway};

/// A gateway with one token of the operator's, `support`; and the token.
pub fn with_token() -> (Spawn, String) {
    let (token, sha256) = new_service_key().unwrap();
    let tokens = vec![OperatorToken { name: "support".into(), sha256: vec![sha256] }];
    (spawn_gateway().config(|config| config.operator.tokens = tokens), token)
}

/// What an end user is told whom the operator blocked.
pub async fn blocked() -> Reply {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let body = serde_json::json!({"subject": "first", "blocked": true, "reason": "a test"});
    put(&gw.at_operator(Some(&token)), "/operator/user/block", &body).await.ok();
    gw.user("first").get("/packs").await
}

pub async fn put(operator: &Client, path: &str, body: &Value) -> Reply {
    operator.method_with(Method::PUT, path, "application/json", body.to_string()).await
}
