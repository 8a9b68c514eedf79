//! What the operator's app is told, whatever becomes of it, of the gateway, and of the network between them.

mod addresses;
mod app;
mod commands;
mod delivered;
mod failing;
mod given_up;
mod killed;
mod verified;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Client, SHARED_TUNE, Spawn, TestGateway, eventually, finished, spawn_gateway};
use app::{Answer, App, Received, SECRET};

/// A gateway that tells this app.
fn telling(app: &App) -> Spawn {
    let private = |config: &mut astria_gateway::config::Config| {
        config.notifications.allow_private_hosts = true;
        config.notifications.timeout_ms = 500;
        // Only what a test itself asks for makes an event.
        config.reconcile.requests_per_s = 1000.0;
    };
    spawn_gateway().config(private).endpoint("app", app.endpoint(), SECRET)
}

/// A prompt with its pictures; its id. Two events: it is there, it has finished.
async fn a_prompt(user: &Client) -> u64 {
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    let made = user.post_json(&path, &json!({"prompt": {"text": "a cat"}})).await.ok();
    let id = made["id"].as_u64().unwrap();
    finished(user, &format!("/prompts/{id}")).await;
    id
}

/// Every event of an end user's, as (number, object, name), by the gateway's own record.
async fn events(gw: &TestGateway, name: &str) -> Vec<(u64, u64, &'static str)> {
    use astria_gateway::events::EventLog as _;
    let (state, account) = (gw.state(), gw.own_account());
    let who =
        astria_gateway::principal::EndUserId { issuer: super::harness::ISSUER.into(), subject: name.into() };
    let kept = state.store.events_after(&who, &account.key, 0, 1000).await.unwrap();
    let shown = |event: &astria_gateway::events::Event| {
        (event.number, event.object.id, event.kind.name(event.object.kind))
    };
    kept.events.iter().map(shown).collect()
}

/// Has the gateway look now, not at its next tick.
fn hurry(gw: &TestGateway) {
    gw.state().notify_soon.notify_one();
}

/// Each notification has one id of its own, whatever was sent again under it.
fn each_event_has_one_id(received: &[Received]) {
    let (mut of_event, mut of_id) = (BTreeMap::new(), BTreeMap::new());
    for one in received {
        let event = (one.body["data"]["end_user"]["subject"].as_str().unwrap().to_owned(), one.event());
        let id = one.id().to_owned();
        assert_eq!(of_event.entry(event.clone()).or_insert(id.clone()), &id, "{event:?} has two ids");
        assert_eq!(of_id.entry(id).or_insert(event.clone()), &event);
    }
}

/// Of each object, what came first is what happened first.
fn each_objects_order_is_kept(taken: &[Received]) {
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    for one in taken {
        let before = last.insert(one.object(), one.event());
        assert!(before.is_none_or(|before| before <= one.event()), "{} came late", one.text);
    }
}

/// What is left, once it has settled.
async fn waiting(gw: &TestGateway) -> u64 {
    let standing = gw.state().store.outbox_standing().await.unwrap();
    standing.iter().map(|one| one.waiting).sum()
}

async fn so_many_wait(gw: &TestGateway, count: u64) {
    let started = tokio::time::Instant::now();
    while waiting(gw).await != count {
        assert!(started.elapsed().as_secs() < 10, "{} wait", waiting(gw).await);
        tokio::task::yield_now().await;
    }
}

async fn nothing_waits(gw: &TestGateway) {
    so_many_wait(gw, 0).await;
}

/// Moves the clock on, step by step, until something has happened: each step after the gateway had time to look.
async fn in_time(gw: &TestGateway, step: Duration, what: &str, mut happened: impl FnMut() -> bool) {
    let started = tokio::time::Instant::now();
    while !happened() {
        assert!(started.elapsed().as_secs() < 10, "{what} did not happen");
        gw.clock.advance(step);
        hurry(gw);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Every attempt that came is recorded, and the gateway has looked again since.
async fn settled(gw: &TestGateway, app: &App) {
    let sum = |metrics: &str, name: &str, word: &str| -> u64 {
        let lines = metrics.lines().filter(|line| line.starts_with(name) && line.contains(word));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
    };
    let looks = |metrics: &str| sum(metrics, "astria_gateway_store_lookups_total", "outbox_behind");
    let (started, mut goal) = (tokio::time::Instant::now(), None);
    loop {
        assert!(started.elapsed().as_secs() < 10, "it does not settle");
        let metrics = gw.operator("/metrics").await;
        let attempts = sum(&metrics, "astria_gateway_notifications_total", "endpoint");
        if goal.is_some_and(|goal| looks(&metrics) >= goal) {
            return;
        }
        if goal.is_none() && attempts == app.received().len() as u64 {
            goal = Some(looks(&metrics) + 3);
        }
        hurry(gw);
    }
}

fn names(events: &[(u64, u64, &'static str)]) -> Vec<(u64, String)> {
    events.iter().map(|(_, object, name)| (*object, (*name).to_owned())).collect()
}

/// In an order of their own.
fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
