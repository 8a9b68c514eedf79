//! What happens to end users' objects, told to their browsers.

mod ended;
mod limits;
mod processes;
mod resumed;
mod tickets;
mod told;

use astria_gateway::clock::Timestamp;
use astria_gateway::ids::TuneId;
use astria_gateway::ownership::{AccountKey, Counts, ObjectId, ObjectKind, Seen, Sighting, Traits};
use astria_gateway::principal::EndUserId;

use crate::harness::{Client, ISSUER, Reply, SHARED_TUNE, TestGateway, spawn_gateway};

pub const EVENTS: &str = "/gateway/events";

pub fn who(name: &str) -> EndUserId {
    EndUserId { issuer: ISSUER.into(), subject: name.into() }
}

/// What an end user is told who has as many streams as there may be.
pub async fn one_too_many() -> Reply {
    let gw = spawn_gateway().config(|config| config.events.max_streams_per_user = 1).start().await;
    let _one = gw.user("first").listen(EVENTS).await;
    gw.user("first").get(EVENTS).await
}

/// A prompt that is not finished.
pub async fn a_prompt(user: &Client) -> u64 {
    let body = serde_json::json!({"prompt": {"text": "a cat"}});
    user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.ok()["id"].as_u64().unwrap()
}

/// A prompt as Astria shows it, with something in it that is different each time.
fn prompt_in(id: u64, version: u64, text: &str) -> Seen {
    Seen {
        object: ObjectId { kind: ObjectKind::Prompt, id },
        tune: Some(TuneId::from_u64(SHARED_TUNE)),
        pack: None,
        base_pack: None,
        created_at: None,
        finished_at: None,
        expires_at: None,
        eta: None,
        // So that nobody looks for it at Astria.
        is_finished: true,
        traits: Traits::default(),
        counts: Counts::default(),
        reservation: None,
        members: format!(r#"{{"id":{id},"steps":{version},"text":"{text}","tune_id":{SHARED_TUNE}}}"#),
    }
}

/// An end user's prompt that came from nowhere: to be changed without Astria.
pub async fn import_prompt(gw: &TestGateway, name: &str, id: u64) {
    let (state, account) = (gw.state(), gw.own_account().key.clone());
    let at = gw.clock.now();
    state.ownership.index().import(&account, &who(name), vec![prompt_in(id, 0, "a cat")], at).await.unwrap();
}

/// It is seen to have changed: one event.
pub async fn change_prompt(gw: &TestGateway, id: u64, version: u64) {
    see(gw, &gw.own_account().key.clone(), prompt_in(id, version, "a cat"), gw.clock.now()).await;
}

/// The same with a text of so many letters.
pub async fn change_prompt_to(gw: &TestGateway, id: u64, version: u64, letters: usize) {
    see(gw, &gw.own_account().key.clone(), prompt_in(id, version, &"x".repeat(letters)), gw.clock.now())
        .await;
}

async fn see(gw: &TestGateway, account: &AccountKey, seen: Seen, at: Timestamp) {
    let sighting = Sighting { account: account.clone(), objects: vec![seen], found_on: None, at };
    gw.state().ownership.index().see(sighting).await.unwrap();
}
