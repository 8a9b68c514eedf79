//! `GET` and `DELETE /gateway/account/data`: what is held of an end user, and their wish to be forgotten.

mod erasure;
mod export;

use std::path::PathBuf;
use std::time::Duration;

use astria_gateway::config::Tenant;
use astria_gateway::operation::Operation;
use astria_gateway::principal::EndUserId;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use super::harness::{Client, ISSUER, Reply, Spawn, TestGateway, spawn_gateway, tokens};
use super::ownership::{everything, neighbour};

const DATA: &str = "/gateway/account/data";

/// A gateway on a file, with a second account, whose plans allow everything.
struct OnFile {
    gw: TestGateway,
    folder: TempDir,
}

impl OnFile {
    async fn start(change: impl FnOnce(Spawn) -> Spawn) -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}/gateway.db", folder.path().display());
        let spawn = spawn_gateway().config(|config| {
            config.store.url = url;
            let workspace_id = "workspace-of-acme".into();
            config.tenants.insert("acme".into(), Tenant { workspace_id, ..Tenant::default() });
            for plan in config.plans.values_mut() {
                plan.allow = Operation::ALL.into_iter().filter(|op| op.creates_cost()).collect();
                plan.quotas.iter_mut().for_each(|quota| quota.limit = 1_000);
            }
        });
        Self { gw: change(spawn).start().await, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("gateway.db")
    }

    /// What is in the file, a row a line.
    fn rows(&self) -> String {
        everything(&neighbour(&self.file()))
    }
}

/// The same person of the same issuer on another account.
fn at_acme(gw: &TestGateway, name: &str) -> Client {
    let mut claims = tokens::claims(gw.clock.now(), name, "free");
    claims["tenant"] = json!("acme");
    gw.with_token(&tokens::hs256(gw.signing.as_bytes(), &claims))
}

fn id_of(name: &str) -> EndUserId {
    EndUserId { issuer: ISSUER.into(), subject: name.into() }
}

async fn erase(user: &Client) -> Reply {
    user.header("gateway-confirm", "erase").method(Method::DELETE, DATA).await
}

/// Waits until nobody's data is being erased.
async fn erased(gw: &TestGateway) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !gw.state().subjects.erasing().await.unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the erasure does not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
