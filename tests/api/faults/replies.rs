//! Replies that mean trouble, one by one: what the client, the ledger and the cache make of each.

use mock_astria::{Fault, FaultRule};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::create;
use crate::harness::{SHARED_TUNE, eventually, spawn_gateway};

#[tokio::test]
async fn f05_a_500_leaves_a_create_unknown_and_only_reads_are_tried_again() {
    let gw = spawn_gateway().start().await;
    gw.expect_unknown();
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Status500));

    let problem = create(&user).await.problem(504, "outcome_unknown");

    assert_eq!(problem["spent"], "unknown");
    assert_eq!(gw.mock.requests().len(), 1);
    assert_eq!(gw.quota(&user, "images").await, (0, 4, 16));
    gw.mock.inject(FaultRule::new(Fault::Status500).times(2));
    user.get("/packs").await.ok();
    assert_eq!(gw.mock.requests().len(), 4, "a read is tried twice more");
}

#[tokio::test]
async fn f06_a_504_was_probably_carried_out_so_what_it_held_stays_held() {
    let gw = spawn_gateway().start().await;
    gw.expect_unknown();
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Status504AfterProcessing));

    let reply = create(&user).await;

    let problem = reply.problem(504, "upstream_timeout");
    assert_eq!(problem["spent"], "unknown");
    assert!(problem["detail"].as_str().unwrap().contains("do not repeat"));
    assert_eq!((gw.mock.requests().len(), gw.mock.prompts().len()), (1, 1), "it was carried out, once");
    assert_eq!(gw.quota(&user, "images").await, (0, 4, 16));
    assert_eq!(gw.standing().unknown, 1);
}

#[tokio::test]
async fn f09_a_422_names_the_fields_and_gives_back_what_was_held() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");

    gw.mock.inject(FaultRule::new(Fault::Status422));

    let problem = create(&user).await.problem(422, "validation_failed");

    assert_eq!(problem["spent"], "no");
    assert_eq!(problem["errors"], json!({"text": ["is too short"], "num_images": ["must be less than 9"]}));
    assert!(problem.get("trace").is_none());
    assert_eq!(gw.mock.requests().len(), 1);
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn f10_a_reply_that_is_cut_is_never_kept_and_leaves_a_create_unknown() {
    let gw = spawn_gateway().config(|config| config.upstream.read_retries = 0).start().await;
    gw.expect_unknown();
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::CutMidReply).times(2));

    let problem = create(&user).await.problem(504, "outcome_unknown");
    user.get("/packs").await.problem(502, "upstream_reply_invalid");

    assert_eq!(problem["spent"], "unknown");
    assert_eq!(gw.quota(&user, "images").await, (0, 4, 16));
    let connections = gw.mock.connections();
    user.get("/packs").await.ok();
    assert!(gw.mock.connections() > connections, "a cut connection was used again");
}

#[tokio::test]
async fn f13_heads_beyond_all_measure_are_refused() {
    let gw = spawn_gateway().start().await;
    gw.expect_unknown();
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::HugeHeaders));

    let problem = create(&user).await.problem(504, "outcome_unknown");

    assert_eq!(problem["spent"], "unknown");
    assert_eq!(gw.quota(&user, "images").await, (0, 4, 16));
    create(&user).await.ok();
    assert_eq!(gw.mock.connections(), 2, "the connection was used again");
}

#[tokio::test]
async fn f12_a_page_instead_of_json_is_refused() {
    let gw = spawn_gateway().start().await;
    gw.expect_unknown();
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Page200).times(2));

    let problem = create(&user).await.problem(504, "outcome_unknown");
    user.get("/packs").await.problem(502, "upstream_reply_invalid");

    assert_eq!(problem["spent"], "unknown");
    assert_eq!(gw.quota(&user, "images").await, (0, 4, 16));
    user.get("/packs").await.ok();
}

#[tokio::test]
async fn f08_after_a_401_everybody_waits_briefly_and_nothing_is_held() {
    let gw = spawn_gateway().manual_clock().start().await;
    let (first, second) = (gw.user("first"), gw.user("second"));
    gw.mock.inject(FaultRule::new(Fault::Status401));
    create(&first).await.problem(502, "upstream_credential_rejected");

    let paused = create(&second).await;

    assert_eq!(paused.problem(503, "upstream_paused")["spent"], "no");
    assert_eq!(paused.header("retry-after"), Some("2"));
    assert_eq!(gw.mock.requests().len(), 1);
    gw.clock.advance(std::time::Duration::from_secs(2));
    create(&second).await.ok();
    assert_eq!(gw.quota(&first, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn f08_a_403_pauses_nobody_and_nothing_is_held() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Status403));

    let problem = create(&user).await.problem(502, "upstream_credential_rejected");

    assert_eq!(problem["spent"], "no");
    create(&gw.user("second")).await.ok();
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn f08_after_a_402_creates_wait_and_reads_go_on() {
    let gw = spawn_gateway().manual_clock().start().await;
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Status402));
    create(&user).await.problem(503, "upstream_account_exhausted");

    let paused = create(&gw.user("second")).await;

    assert_eq!(paused.problem(503, "upstream_account_exhausted")["spent"], "no");
    assert_eq!(paused.header("retry-after"), Some("30"));
    user.get("/packs").await.ok();
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn f16_a_client_that_leaves_while_it_sends_causes_no_call_and_no_cost() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let head = format!(
        "POST /tunes/{SHARED_TUNE}/prompts HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{\"prompt\":",
        gw.host(),
        gw.token("first", "free"),
    );
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // It arrived: the server has taken it from its socket.
    eventually("the request in flight", || gw.state().in_flight.count() > 0).await;

    drop(stream);

    eventually("the end of the request", || gw.state().in_flight.count() == 0).await;
    assert_eq!(gw.mock.requests().len(), 0);
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}
