//! Places in flight, turns, and a breaker, as end users meet them.

use std::time::Duration;

use futures_util::future::join_all;
use mock_astria::{Fault, FaultRule};
use serde_json::json;

use super::create;
use crate::harness::{eventually, spawn_gateway};

const PHOTO: &str = "https://a.example.com/b.jpg";

#[tokio::test]
async fn f30_a_slow_create_does_not_starve_inspections() {
    let gw = spawn_gateway()
        .config(|config| {
            config.upstream.max_in_flight = 2;
            config.upstream.max_in_flight_creates = 1;
        })
        .start()
        .await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_secs(3))).path("/tunes/:tune_id/prompts"));
    let (first, second, third) = (gw.user("first"), gw.user("second"), gw.user("third"));
    let others = async {
        eventually("the slow create", || gw.mock.requests().len() == 1).await;
        let inspecting = async {
            for _ in 0..5 {
                second.post_json("/images/inspect", &json!({"name": "man", "file_url": PHOTO})).await.ok();
            }
            assert_eq!(
                gw.own_account().upstream.reading().in_flight_creates,
                1,
                "the create was answered too soon"
            );
        };
        tokio::join!(create(&third), inspecting).0
    };

    let (slow, waited) = tokio::join!(create(&first), others);

    slow.ok();
    // It waited for the one place of creates, and was not refused.
    waited.ok();
    assert_eq!(gw.own_account().upstream.reading().in_flight, 0);
}

#[tokio::test]
async fn up_04_beyond_places_and_queue_a_create_is_refused_and_nothing_is_spent() {
    let gw = spawn_gateway()
        .config(|config| {
            config.upstream.max_in_flight = 1;
            config.upstream.max_in_flight_creates = 1;
            config.upstream.max_queue = 1;
            config.upstream.max_queue_per_user = 1;
        })
        .start()
        .await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(800))));
    let (first, second, third) = (gw.user("first"), gw.user("second"), gw.user("third"));
    let reading = || gw.own_account().upstream.reading();
    let shed = async {
        eventually("a full queue", || reading().queued == 1).await;
        let reply = create(&third).await;
        assert_eq!((reading().in_flight, reading().queued), (1, 1), "the others had gone on: it waited");
        reply
    };
    let waiting = async {
        eventually("the first create", || gw.mock.requests().len() == 1).await;
        create(&second).await
    };

    let (served, waited, refused) = tokio::join!(create(&first), waiting, shed);

    served.ok();
    waited.ok();
    assert_eq!(refused.problem(503, "overloaded")["spent"], "no");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(gw.quota(&third, "images").await, (0, 0, 20));
    assert_eq!(gw.mock.requests().len(), 2);
}

#[tokio::test]
async fn f30_a_wait_for_a_place_is_bounded_and_costs_nothing() {
    let gw = spawn_gateway()
        .config(|config| {
            config.upstream.max_in_flight = 1;
            config.upstream.max_in_flight_creates = 1;
            config.upstream.queue_timeout_ms = 50;
        })
        .start()
        .await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(800))));
    let (first, second) = (gw.user("first"), gw.user("second"));
    let late = async {
        eventually("the first create", || gw.mock.requests().len() == 1).await;
        create(&second).await
    };

    let (served, late) = tokio::join!(create(&first), late);

    served.ok();
    assert_eq!(late.problem(503, "overloaded")["spent"], "no");
    assert_eq!(gw.quota(&second, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn up_05_an_upstream_that_fails_is_left_alone_until_one_call_finds_it_well() {
    let gw = spawn_gateway()
        .config(|config| {
            config.upstream.breaker.consecutive_failures = 3;
            config.upstream.read_retries = 0;
        })
        .manual_clock()
        .start()
        .await;
    let users: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(|name| gw.user(name)).into();
    gw.mock.inject(FaultRule::new(Fault::CutBeforeReply).times(3));
    gw.expect_unknown();
    for user in &users[..3] {
        create(user).await.problem(504, "outcome_unknown");
    }

    let paused = create(&users[3]).await;

    assert_eq!(paused.problem(503, "upstream_paused")["spent"], "no");
    assert_eq!(paused.header("retry-after"), Some("5"));
    assert_eq!(gw.quota(&users[3], "images").await, (0, 0, 20));
    assert_eq!(gw.mock.requests().len(), 3, "nothing is sent meanwhile");

    gw.clock.advance(Duration::from_secs(5));
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(500))));
    let at_once = async {
        eventually("the probe", || gw.mock.requests().len() == 4).await;
        join_all(users[4..].iter().map(create)).await
    };
    let (probe, others) = tokio::join!(create(&users[3]), at_once);

    probe.ok();
    for other in others {
        assert_eq!(other.problem(503, "upstream_paused")["spent"], "no");
    }
    assert_eq!(gw.mock.requests().len(), 4);
    create(&users[4]).await.ok();
}
