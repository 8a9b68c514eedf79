//! How jobs are looked at: once for everybody, those first that somebody told of, many at a time.

use std::time::Duration;

use astria_gateway::clock::Clock;
use astria_gateway::events::EventKind;
use futures_util::future::join_all;
use mock_astria::{Fault, FaultRule};
use serde_json::json;

use super::{as_time_goes_by, ends, made, on_shared, running, until_ended};
use crate::harness::{eventually, eventually_async};
use crate::ids::a_tune;

#[tokio::test]
async fn a_thousand_browsers_that_poll_one_prompt_cost_astria_one_request() {
    let gw = running().config(|config| config.server.max_connections_per_ip = 4_096);
    let gw = gw.manual_clock().start().await;
    let id = made(&gw, "first").await;
    let user = gw.user("first");
    for round in 1..=3 {
        gw.clock.advance(Duration::from_millis(2_100));
        let path = format!("/prompts/{id}");
        let polls = (0..1_000).map(|_| user.get(&path));
        for reply in join_all(polls).await {
            reply.ok();
        }
        let asked = gw.mock.count("GET", "/prompts/:id");
        // The gateway looks by itself, too.
        assert!(asked <= 2 * round, "{asked} requests in {round} times two seconds");
    }
}

#[tokio::test]
async fn hundreds_of_jobs_are_looked_at_by_pages() {
    const JOBS: usize = 300;
    let gw = running().manual_clock().start().await;
    gw.mock.inject(FaultRule::new(Fault::NoCallback).method("POST").times(JOBS as u64));
    for _ in 0..JOBS {
        made(&gw, "first").await;
    }
    let ids: Vec<u64> = gw.mock.prompts().iter().map(|prompt| prompt["id"].as_u64().unwrap()).collect();
    for id in ids.iter().step_by(2) {
        gw.mock.finish(*id);
    }
    as_time_goes_by(&gw, "first", JOBS / 2).await;
    let (pages, single) = (gw.mock.count("GET", "/prompts"), gw.mock.count("GET", "/prompts/:id"));
    assert!(pages >= 3 && single < 30, "{pages} pages and {single} single looks at {JOBS} jobs");
    // One that is missing from its page is asked for by itself, and is gone.
    let gone = ids[1];
    gw.mock.remove(gone);
    eventually_async("its end", async || {
        gw.clock.advance(Duration::from_secs(1));
        super::told(&gw, "first").await.iter().any(|event| event.kind == EventKind::Deleted)
    })
    .await;
    assert_eq!(ends(&gw, "first").await.len(), JOBS / 2);
}

#[tokio::test]
async fn a_callback_is_acted_on_before_everything_that_is_due_by_its_age() {
    const OTHERS: usize = 40;
    let gw = running().config(|config| config.reconcile.requests_per_s = 2.0).manual_clock().start().await;
    gw.mock.inject(FaultRule::new(Fault::NoCallback).method("POST").times(OTHERS as u64));
    // Tunes of the one, in pages of few: prompts of the other must not wait for them.
    for _ in 0..OTHERS {
        made(&gw, "others").await;
    }
    let id = made(&gw, "first").await;
    gw.mock.inject(FaultRule::new(Fault::Status500).method("GET").times(1_000));
    gw.clock.advance(Duration::from_secs(30));
    eventually("a look at the others", || gw.mock.count("GET", "/prompts") > 0).await;
    gw.mock.clear_faults();
    gw.mock.finish(id);
    until_ended(&gw, "first", 1).await;
}

#[tokio::test]
async fn a_tune_is_looked_at_when_astria_thinks_that_it_is_done() {
    let gw = running().manual_clock().start().await;
    gw.mock.inject(FaultRule::new(Fault::NoCallback).method("POST"));
    let tune = gw.user("first").post_json("/tunes", &a_tune("mine")).await.ok()["id"].as_u64().unwrap();
    // Looked at so often that its next look is minutes away.
    let looks = || gw.mock.count("GET", "/tunes/:id");
    let look_after = async |pause: Duration| {
        let before = looks();
        gw.clock.advance(pause);
        gw.state().jobs_soon.notify_one();
        eventually("a look", || looks() > before).await;
        // Until it is recorded when the next one is.
        eventually_async("its record", async || {
            let due = gw.state().ledger.books().due(gw.clock.now(), 9).await.unwrap();
            due.objects.is_empty()
        })
        .await;
    };
    for _ in 0..10 {
        look_after(Duration::from_secs(400)).await;
    }
    let eta = gw.clock.now().plus(Duration::from_secs(420)).unix_ms();
    let eta = jiff::Timestamp::from_millisecond(i64::try_from(eta).unwrap()).unwrap();
    gw.mock.set_member(tune, "eta", json!(eta.to_string()));
    look_after(Duration::from_secs(400)).await;
    gw.mock.finish(tune);
    look_after(Duration::from_secs(24)).await;
    until_ended(&gw, "first", 1).await;
}

#[tokio::test]
async fn the_looks_stay_under_their_rate_however_many_jobs_there_are() {
    let gw = running().config(|config| config.reconcile.requests_per_s = 20.0).start().await;
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::NoCallback).method("POST").times(1_000));
    // On pages of the list they would be few requests: so the list fails, and they are looked at one by one.
    gw.mock.inject(FaultRule::new(Fault::Status500).method("GET").path("/prompts").times(1_000));
    for _ in 0..60 {
        user.post_json(&on_shared(), &super::a_prompt()).await.ok();
    }
    let clock = Clock::system();
    let began = clock.monotonic();
    eventually("looks", || gw.mock.count("GET", "/prompts/:id") >= 30).await;
    let asked = gw.mock.count("GET", "/prompts") + gw.mock.count("GET", "/prompts/:id");
    let took = (clock.monotonic() - began).as_secs_f64();
    assert!(asked as f64 <= 20.0 * took + 21.0, "{asked} requests in {took} s");
}
