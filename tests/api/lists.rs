//! Lists of tunes and prompts: whose they are, which part of them, and how fresh.

mod filters;
mod fresh;
mod known;
mod paging;
mod scale;

use astria_gateway::objects::{Prompt, Tune};
use astria_gateway::ownership::Seen;
use astria_gateway::principal::EndUserId;
use serde_json::{Value, json};

use super::harness::{Client, ISSUER, TestGateway};

/// Records objects of the imitation as an end user's, as it shows them now: faster than as many creates.
pub async fn adopt(gw: &TestGateway, user: &str, ids: &[u64]) {
    let (state, account) = (gw.state(), gw.own_account());
    let owner = EndUserId { issuer: ISSUER.into(), subject: user.into() };
    for part in ids.chunks(1000) {
        let objects: Vec<Seen> = part.iter().map(|id| seen(gw, *id)).collect();
        let known = state.ownership.index().import(&account.key, &owner, objects, gw.clock.now()).await;
        assert_eq!(known.unwrap(), part.len() as u64);
    }
}

fn seen(gw: &TestGateway, id: u64) -> Seen {
    let object = gw.mock.object(id).unwrap().to_string();
    match Prompt::find(object.as_bytes()) {
        Some(prompt) => prompt.seen(),
        None => Tune::find(object.as_bytes()).unwrap().seen(),
    }
}

/// Makes an object of the imitation unfinished again.
pub fn begin_again(gw: &TestGateway, id: u64) {
    assert!(gw.mock.set_member(id, "trained_at", Value::Null));
    gw.mock.set_member(id, "images", json!([]));
}

pub fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|object| object["id"].as_u64().unwrap()).collect()
}

/// The ids of a list.
pub async fn listed(user: &Client, path: &str) -> Vec<u64> {
    ids(&user.get(path).await.ok())
}

pub fn newest_first(mut ids: Vec<u64>) -> Vec<u64> {
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}
