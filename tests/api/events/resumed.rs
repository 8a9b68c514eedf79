//! A client that was away hears of everything, or that it must load anew.

use std::time::Duration;

use astria_gateway::store::KeepEvents;
use astria_gateway::streams::trim;

use super::{EVENTS, change_prompt, import_prompt};
use crate::harness::{Client, Listener, TestGateway, spawn_gateway};

const PROMPT: u64 = 4_000_001;

async fn from(user: &Client, last_id: &str) -> Listener {
    user.header("last-event-id", last_id).listen(EVENTS).await
}

async fn with_changes(gw: &TestGateway, count: u64) {
    import_prompt(gw, "first", PROMPT).await;
    for version in 1..=count {
        change_prompt(gw, PROMPT, version).await;
    }
}

/// Forgets all but so many, as the gateway does once a minute.
async fn keep_only(gw: &TestGateway, max_each: u64, keep_s: u64) {
    let keep = KeepEvents { keep: Duration::from_secs(keep_s), max_each };
    trim(&gw.state().store, keep, &mut 0).await.unwrap();
}

/// The ids of the next messages of objects.
async fn numbers(page: &mut Listener, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let told = page.next().await.unwrap();
        if told.event == "prompt.updated" {
            numbers.push(told.id.unwrap());
        }
    }
    numbers
}

#[tokio::test]
async fn a_stream_that_is_cut_at_any_point_loses_nothing_and_doubles_nothing() {
    let gw = spawn_gateway().start().await;
    import_prompt(&gw, "first", PROMPT).await;
    let user = gw.user("first");
    let (mut page, mut got, mut dice) = (user.listen(EVENTS).await, Vec::new(), 7_u64);
    page.until("stream.open").await;
    let mut last_id = page.last_id.clone().unwrap();
    let mut version = 0;
    for _ in 0..40 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (changes, read) = ((dice >> 33) % 60, usize::try_from((dice >> 40) % 45).unwrap());
        for _ in 0..changes {
            version += 1;
            change_prompt(&gw, PROMPT, version).await;
        }
        let there = usize::try_from(version).unwrap() - got.len();
        got.extend(numbers(&mut page, read.min(there)).await);
        last_id = page.last_id.clone().unwrap_or(last_id);
        drop(page);
        page = from(&user, &last_id).await;
        assert_eq!(page.next().await.unwrap().id, Some(got.last().copied().unwrap_or(0)));
    }
    got.extend(numbers(&mut page, usize::try_from(version).unwrap() - got.len()).await);
    assert_eq!(got, (1..=version).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_new_stream_begins_now_and_says_where() {
    let gw = spawn_gateway().start().await;
    with_changes(&gw, 3).await;
    let mut page = gw.user("first").listen(EVENTS).await;
    assert_eq!(page.next().await.unwrap().id, Some(3));
    change_prompt(&gw, PROMPT, 4).await;
    assert_eq!(page.until("prompt.updated").await.id, Some(4));
}

#[tokio::test]
async fn who_was_away_for_too_long_is_told_to_load_anew_and_gets_what_is_kept() {
    let gw = spawn_gateway().start().await;
    with_changes(&gw, 50).await;
    keep_only(&gw, 10, 3600).await;
    let user = gw.user("first");

    // The last that is kept comes after it: nothing is missing.
    let mut page = from(&user, "40").await;
    assert_eq!(page.next().await.unwrap().id, Some(40));
    assert_eq!(page.next().await.unwrap().id, Some(41));

    for lost in ["39", "1", "0", "4711", "18446744073709551615", "no number", "-1"] {
        let mut page = from(&user, lost).await;
        assert_eq!(page.next().await.unwrap().id, Some(0), "{lost}");
        let reset = page.next().await.unwrap();
        assert_eq!((reset.event.as_str(), reset.id), ("stream.reset", None), "{lost}");
        assert_eq!(numbers(&mut page, 10).await, (41..=50).collect::<Vec<_>>(), "{lost}");
    }
}

#[tokio::test]
async fn an_empty_last_event_id_is_none() {
    let gw = spawn_gateway().start().await;
    with_changes(&gw, 3).await;
    let mut page = from(&gw.user("first"), "").await;
    assert_eq!(page.next().await.unwrap().id, Some(3));
    assert_eq!(page.next().await.unwrap().event, "quota.changed");
}

#[tokio::test]
async fn events_are_forgotten_by_age_but_not_those_that_somebody_has_to_pass_on() {
    let gw = spawn_gateway().manual_clock().start().await;
    with_changes(&gw, 5).await;
    gw.clock.advance(Duration::from_secs(100));
    for version in 6..=8 {
        change_prompt(&gw, PROMPT, version).await;
    }
    let user = gw.user("first");

    keep_only(&gw, 1000, 100).await;
    let mut page = from(&user, "0").await;
    assert_eq!(numbers(&mut page, 8).await.len(), 8, "not a moment before");

    gw.clock.advance(Duration::from_millis(1));
    keep_only(&gw, 1000, 100).await;
    let mut page = from(&user, "5").await;
    assert_eq!(page.next().await.unwrap().id, Some(5));
    assert_eq!(numbers(&mut page, 3).await, [6, 7, 8]);
    let mut page = from(&user, "4").await;
    page.until("stream.reset").await;

    // Who has heard of all of them misses none, however long ago that was.
    gw.clock.advance(Duration::from_secs(1000));
    keep_only(&gw, 1000, 100).await;
    let mut page = from(&user, "8").await;
    assert_eq!(page.next().await.unwrap().id, Some(8));
    assert_eq!(page.next().await.unwrap().event, "quota.changed");
}
