//! Every job ends: whatever becomes of its callback, whoever looks, however many there are.

mod callbacks;
mod crashes;
mod ends;
mod looks;
mod several;

use std::time::Duration;

use astria_gateway::events::{Event, EventKind, EventLog as _};
use astria_gateway::operation::Operation;
use astria_gateway::ownership::ObjectKind;
use astria_gateway::principal::EndUserId;
use astria_gateway::quota::{Measure, Period, QuotaRule, SharedBy};
use serde_json::{Value, json};

use super::harness::{ISSUER, SHARED_TUNE, Spawn, TestGateway, eventually_async, spawn_gateway};

/// Jobs go on until the test ends them, and every plan allows and counts everything.
fn running() -> Spawn {
    let rule = |of| QuotaRule { of, per: Period::Total, limit: 1_000_000_000, shared_by: SharedBy::EndUser };
    let spawn = spawn_gateway().config(move |config| {
        config.reconcile.requests_per_s = 500.0;
        config.reconcile.poll_fresh_ms = 2_000;
        for plan in config.plans.values_mut() {
            plan.allow = Operation::ALL.into_iter().filter(|op| op.creates_cost()).collect();
            plan.quotas = Measure::ALL.map(rule).to_vec();
        }
    });
    spawn.mock(|mock| {
        (mock.generate_ms, mock.train_ms) = (86_400_000, 86_400_000);
        mock.callbacks = true;
    })
}

fn on_shared() -> String {
    format!("/tunes/{SHARED_TUNE}/prompts")
}

fn a_prompt() -> Value {
    json!({"prompt": {"text": "a cat", "num_images": 2}})
}

async fn made(gw: &TestGateway, who: &str) -> u64 {
    gw.user(who).post_json(&on_shared(), &a_prompt()).await.ok()["id"].as_u64().unwrap()
}

/// What an end user was told so far.
async fn told(gw: &TestGateway, who: &str) -> Vec<Event> {
    let who = EndUserId { issuer: ISSUER.into(), subject: who.into() };
    let account = gw.own_account().key.clone();
    gw.state().store.events_after(&who, &account, 0, 10_000).await.unwrap().events
}

/// (kind, which) of the jobs' ends that an end user was told, in order.
async fn ends(gw: &TestGateway, who: &str) -> Vec<(EventKind, ObjectKind, u64)> {
    let told = told(gw, who).await.into_iter();
    let is_end =
        |event: &Event| matches!(event.kind, EventKind::Finished | EventKind::Failed | EventKind::Lost);
    told.filter(is_end).map(|event| (event.kind, event.object.kind, event.object.id)).collect()
}

async fn until_ended(gw: &TestGateway, who: &str, count: usize) {
    eventually_async("the end of all jobs", async || ends(gw, who).await.len() >= count).await;
}

/// Lets time go by until so many jobs have ended.
async fn as_time_goes_by(gw: &TestGateway, who: &str, count: usize) {
    eventually_async("the end of all jobs", async || {
        gw.clock.advance(Duration::from_secs(1));
        ends(gw, who).await.len() >= count
    })
    .await;
}

/// The path of an object's callback.
fn callback_of(gw: &TestGateway, id: u64) -> String {
    let object = gw.mock.object(id).unwrap();
    object["callback"].as_str().unwrap().strip_prefix(&gw.url).unwrap().to_owned()
}
