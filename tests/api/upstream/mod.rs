//! The way to Astria, seen from its other end: connections, replies that break the rules, turns.

mod framing;
pub mod raw;
mod reuse;
mod trust;
mod turns;

use serde_json::json;

use super::harness::{Client, Reply, Spawn, TestGateway, spawn_gateway};
use super::prompts::on_shared;
use raw::{Answer, RawUpstream};

/// A gateway before this upstream that tries nothing twice.
pub fn before(upstream: &RawUpstream) -> Spawn {
    let url = upstream.url.clone();
    spawn_gateway().config(|config| {
        config.upstream.base_url = url;
        config.upstream.read_retries = 0;
    })
}

async fn create(user: &Client) -> Reply {
    user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 1}})).await
}

/// A gateway and an end user who owns prompt 7.
async fn with_a_prompt(script: Vec<Vec<Answer>>) -> (RawUpstream, TestGateway, Client) {
    let upstream = RawUpstream::start(script).await;
    let gw = before(&upstream).start().await;
    let user = gw.user("first");
    create(&user).await.ok();
    (upstream, gw, user)
}
