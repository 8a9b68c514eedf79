//! Objects, however they came about: found, shown, copied, deleted, and forgotten.

mod deleted;
mod discovery;
mod duplicates;
mod pictures;
mod proofs;
mod replies;
mod unknown;

use std::time::Duration;

use astria_gateway::operation::Operation;
use serde_json::json;

use super::harness::{Client, Spawn, spawn_gateway};
use super::ids::a_tune;
use super::lists::listed;

/// Plans that allow everything, and lists that look for what nobody told of each time.
pub fn open() -> Spawn {
    spawn_gateway().mock(|mock| mock.theme_ms = 0).config(|config| {
        config.lists.sweep_fresh_ms = 0;
        for plan in config.plans.values_mut() {
            plan.allow = Operation::ALL.into_iter().filter(|op| op.creates_cost()).collect();
            plan.quotas.clear();
        }
    })
}

pub async fn tune_of(user: &Client, title: &str) -> u64 {
    user.post_json("/tunes", &a_tune(title)).await.ok()["id"].as_u64().unwrap()
}

pub async fn prompt_on(user: &Client, tune: u64, text: &str) -> u64 {
    let body = json!({"prompt": {"text": text}});
    user.post_json(&format!("/tunes/{tune}/prompts"), &body).await.ok()["id"].as_u64().unwrap()
}

/// Lists until so many are there.
pub async fn until_listed(user: &Client, path: &str, count: usize) -> Vec<u64> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let list = listed(user, path).await;
        if list.len() >= count {
            assert_eq!(list.len(), count, "{path}");
            return list;
        }
        assert!(tokio::time::Instant::now() < deadline, "{path} has {}", list.len());
    }
}
