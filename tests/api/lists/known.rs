//! While Astria is down or slow, lists show what was last seen.

use std::time::Duration;

use astria_gateway::ids::PromptId;
use mock_astria::{Fault, FaultRule};
use serde_json::json;

use super::super::harness::{SHARED_TUNE, Spawn, TestGateway, eventually, spawn_gateway};
use super::{adopt, begin_again, listed};

/// Thirty prompts and two tunes, all of which are to be looked at.
async fn all_stale(spawn: Spawn) -> (TestGateway, Vec<u64>, Vec<u64>) {
    let gw = spawn.config(|config| config.upstream.read_retries = 0).manual_clock().start().await;
    let (prompts, tunes) = (gw.mock.seed_prompts(SHARED_TUNE, 30), gw.mock.seed_tunes(2));
    prompts.iter().chain(&tunes).for_each(|id| begin_again(&gw, *id));
    adopt(&gw, "a", &prompts).await;
    adopt(&gw, "a", &tunes).await;
    for id in &prompts {
        gw.mock.set_text(*id, "changed");
    }
    gw.clock.advance(Duration::from_secs(7_200));
    (gw, prompts, tunes)
}

async fn shows_what_it_knows(gw: &TestGateway) {
    let user = gw.user("a");
    let reply = user.get("/prompts?limit=120").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let list = reply.json();
    assert_eq!(list.as_array().unwrap().len(), 30);
    assert!(list.as_array().unwrap().iter().all(|one| one["text"].as_str().unwrap().starts_with("seeded")));
    assert_eq!(listed(&user, &format!("/tunes/{SHARED_TUNE}/prompts?limit=120")).await.len(), 30);
    assert_eq!(listed(&user, "/tunes").await.len(), 2);
}

#[tokio::test]
async fn while_astria_fails_a_list_shows_what_was_last_seen() {
    let (gw, ..) = all_stale(spawn_gateway()).await;
    gw.mock.inject(FaultRule::new(Fault::Status500).times(1_000));
    shows_what_it_knows(&gw).await;
    // Also when the account is left alone for a while.
    shows_what_it_knows(&gw).await;
}

#[tokio::test]
async fn while_astria_cannot_be_reached_a_list_shows_what_was_last_seen() {
    let (gw, ..) = all_stale(spawn_gateway()).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    gw.reload(|configured| configured.config.upstream.base_url = format!("http://{closed}"));
    shows_what_it_knows(&gw).await;
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn while_some_objects_fail_the_others_are_refreshed() {
    let (gw, prompts, _) = all_stale(spawn_gateway()).await;
    let failing = prompts[29];
    // Whoever looks after unfinished jobs may not see it on a page either.
    for path in [format!("/prompts/{failing}"), "/prompts".into()] {
        gw.mock.inject(FaultRule::new(Fault::Status500).path(&path).times(1_000));
    }

    let list = gw.user("a").get("/prompts?limit=120").await.ok();

    for one in list.as_array().unwrap() {
        assert_eq!(one["text"] == json!("changed"), one["id"] != json!(failing), "{one}");
    }
}

#[tokio::test]
async fn while_astria_is_slow_a_list_answers_in_time_and_the_fetches_go_on() {
    let change = |config: &mut astria_gateway::config::Config| {
        config.lists.refresh_timeout_ms = 50;
        // Whoever looks after unfinished jobs looks at one of them meanwhile.
        config.reconcile.requests_per_s = 0.1;
    };
    let (gw, prompts, _) = all_stale(spawn_gateway().config(change)).await;
    let slow = Fault::Delay(Duration::from_millis(700));
    gw.mock.inject(FaultRule::new(slow).path("/prompts/:id").times(1_000));
    gw.mock.inject(FaultRule::new(Fault::Status500).path("/prompts").times(1_000));
    let began = tokio::time::Instant::now();

    let list = gw.user("a").get("/prompts?limit=120").await.ok();

    assert!(began.elapsed() < Duration::from_millis(600), "{:?}", began.elapsed());
    assert!(list.as_array().unwrap().iter().all(|one| one["text"] != json!("changed")), "as last seen");
    // The eight that it began are recorded when they come: the next list that has them knows.
    let (state, newest) = (gw.state(), PromptId::from_u64(prompts[29]));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let found = state.ownership.index().look_up(newest.get()).await.unwrap();
        if found[0].record.members.as_deref().unwrap().contains("changed") {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "the fetch was given up");
        tokio::task::yield_now().await;
    }
    let count = || gw.mock.count("GET", "/prompts/:id");
    eventually("eight fetches", || (8..=9).contains(&count())).await;
}

#[tokio::test]
async fn what_cannot_be_forgotten_for_sure_stays() {
    let (gw, prompts, _) = all_stale(spawn_gateway()).await;
    let user = gw.user("a");
    for fault in [Fault::Status403, Fault::Page200, Fault::BrokenJson, Fault::Redirect, Fault::Status422] {
        gw.mock.inject(FaultRule::new(fault).path(&format!("/prompts/{}", prompts[0])).times(1));
        assert_eq!(listed(&user, "/prompts?limit=120").await.len(), 30, "{fault:?}");
        gw.clock.advance(Duration::from_secs(7_200));
    }
    gw.mock.remove(prompts[0]);
    assert_eq!(listed(&user, "/prompts?limit=120").await, super::newest_first(prompts[1..].to_vec()));
}
