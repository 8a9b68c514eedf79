//! Every way in which Astria can fail, and what the client, the ledger and the operator get of it.

mod connect;
mod replies;

use std::time::Duration;

use futures_util::future::join_all;
use mock_astria::{Fault, FaultRule};
use serde_json::{Value, json};

use crate::harness::{Client, Reply, SHARED_TUNE, TestGateway, eventually, logs, raw, spawn_gateway};
use crate::prompts::on_shared;

/// (fault, status, code, spent).
type Expected = (Fault, u16, &'static str, &'static str);

const ON_CREATE: [Expected; 11] = [
    (Fault::Status500, 504, "outcome_unknown", "unknown"),
    (Fault::Status429, 503, "upstream_busy", "no"),
    (Fault::Status401, 502, "upstream_credential_rejected", "no"),
    (Fault::Status402, 503, "upstream_account_exhausted", "no"),
    (Fault::Status504AfterProcessing, 504, "upstream_timeout", "unknown"),
    (Fault::BrokenJson, 504, "outcome_unknown", "unknown"),
    (Fault::CutBeforeReply, 504, "outcome_unknown", "unknown"),
    (Fault::CutMidReply, 504, "outcome_unknown", "unknown"),
    (Fault::KeyInBody, 504, "outcome_unknown", "unknown"),
    (Fault::HugeHeaders, 504, "outcome_unknown", "unknown"),
    (Fault::Redirect, 504, "outcome_unknown", "unknown"),
];

/// (fault, status, code, whether a read is tried again).
const ON_READ: [(Fault, u16, &str, bool); 11] = [
    (Fault::Status500, 502, "upstream_failed", true),
    (Fault::Status429, 503, "upstream_busy", false),
    (Fault::Status401, 502, "upstream_credential_rejected", false),
    (Fault::Status402, 503, "upstream_account_exhausted", false),
    (Fault::Status504AfterProcessing, 504, "upstream_timeout", true),
    (Fault::BrokenJson, 502, "upstream_reply_invalid", false),
    (Fault::CutBeforeReply, 502, "upstream_reply_invalid", true),
    (Fault::CutMidReply, 502, "upstream_reply_invalid", true),
    (Fault::KeyInBody, 502, "upstream_reply_invalid", false),
    (Fault::HugeHeaders, 502, "upstream_reply_invalid", true),
    (Fault::Redirect, 502, "upstream_failed", false),
];

fn create_body() -> Value {
    json!({"prompt": {"text": "a cat", "num_images": 4}})
}

async fn create(user: &Client) -> Reply {
    user.post_json(&on_shared(), &create_body()).await
}

fn assert_nobody_followed(gw: &TestGateway) {
    assert!(gw.mock.requests().iter().all(|request| !request.path.contains("redirect-target")));
}

#[tokio::test]
async fn each_fault_on_a_create_has_its_problem_its_place_in_the_ledger_and_one_call() {
    for (fault, status, code, spent) in ON_CREATE {
        let gw = spawn_gateway().start().await;
        let user = gw.user("first");
        // The second call goes over a connection that was used before.
        create(&user).await.ok();
        gw.mock.inject(FaultRule::new(fault).times(10));

        let reply = create(&user).await;

        let problem = reply.problem(status, code);
        assert_eq!(problem["spent"], spent, "{fault:?}");
        assert_eq!(gw.mock.requests().len(), 2, "{fault:?}: a create is sent once");
        let held = if spent == "unknown" { 4 } else { 0 };
        assert_eq!(gw.quota(&user, "images").await, (4, held, 16 - held), "{fault:?}");
        assert_eq!(gw.standing().unknown, u64::from(held > 0), "{fault:?}");
        assert_eq!(reply.header("retry-after").is_some(), status == 503 || spent == "unknown", "{fault:?}");
        assert_nobody_followed(&gw);
        if held > 0 {
            gw.expect_unknown();
        }
    }
}

#[tokio::test]
async fn each_fault_on_an_inspection_has_its_problem_and_what_is_unknown_counts_as_used() {
    for (fault, status, code, spent) in ON_CREATE {
        let gw = spawn_gateway().start().await;
        let user = gw.user("first");
        gw.mock.inject(FaultRule::new(fault).times(10));
        let ask = json!({"name": "man", "file_url": "https://a.example.com/b.jpg"});

        let problem = user.post_json("/images/inspect", &ask).await.problem(status, code);

        assert_eq!(problem["spent"], spent, "{fault:?}");
        assert_eq!(gw.mock.requests().len(), 1, "{fault:?}");
        let used = u64::from(spent == "unknown");
        assert_eq!(gw.quota(&user, "inspections").await, (used, 0, 50 - used), "{fault:?}");
        assert_nobody_followed(&gw);
    }
}

#[tokio::test]
async fn each_fault_on_a_read_has_its_problem_and_is_tried_again_where_that_may_help() {
    // Side by side, because each waits between its tries.
    join_all(ON_READ.map(each_read_fails)).await;
}

async fn each_read_fails((fault, status, code, again): (Fault, u16, &str, bool)) {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let prompt = format!("/prompts/{}", create(&user).await.ok()["id"]);
    for path in [prompt.as_str(), "/packs", "/gallery/packs", "/p/260"] {
        if matches!(fault, Fault::Status429 | Fault::Status401) && path != prompt {
            continue; // The pauses that follow have their own tests.
        }
        let seen = gw.mock.requests().len();
        let tries = if again { 3 } else { 1 };
        gw.mock.inject(FaultRule::new(fault).method("GET").times(tries));

        let reply = user.get(path).await;

        let problem = reply.problem(status, code);
        assert!(problem.get("spent").is_none(), "{fault:?} {path}: a read costs nothing");
        assert_eq!(gw.mock.requests().len() - seen, usize::try_from(tries).unwrap(), "{fault:?} {path}");
        assert_nobody_followed(&gw);
    }
}

#[tokio::test]
async fn a_read_that_fails_once_succeeds_with_its_second_try() {
    for fault in [Fault::Status500, Fault::CutBeforeReply, Fault::CutMidReply, Fault::HugeHeaders] {
        let gw = spawn_gateway().start().await;
        let user = gw.user("first");
        let id = create(&user).await.ok()["id"].clone();
        for path in [format!("/prompts/{id}"), "/packs".to_owned()] {
            let seen = gw.mock.requests().len();
            gw.mock.inject(FaultRule::new(fault).method("GET"));

            user.get(&path).await.ok();

            assert_eq!(gw.mock.requests().len(), seen + 2, "{fault:?} {path}");
        }
    }
}

#[tokio::test]
async fn f11_a_reply_that_holds_the_key_is_withheld_and_the_operator_is_told() {
    let gw = spawn_gateway().start().await;
    gw.expect_unknown();
    gw.mock.inject(FaultRule::new(Fault::KeyInBody));

    let reply = create(&gw.user("first")).await;

    // That no reply, header or log holds the key is the harness's own check.
    reply.problem(504, "outcome_unknown");
    assert!(!reply.text().contains("leaked"));
    let logged = logs::text();
    let told = logged.lines().any(|line| line.contains("ERROR") && line.contains("secret_echoed"));
    assert!(told, "the operator was not told");
}

#[tokio::test]
async fn f07_rl_06_a_429_of_astrias_is_nobodys_own_and_pauses_everybody_for_as_long_as_astria_asks() {
    let gw = spawn_gateway().manual_clock().start().await;
    let (first, second) = (gw.user("first"), gw.user("second"));
    gw.mock.inject(FaultRule::new(Fault::Status429));

    let busy = create(&first).await;

    busy.problem(503, "upstream_busy");
    assert_eq!(busy.header("retry-after"), Some("1"));
    let paused = create(&second).await;
    assert_eq!(paused.problem(503, "upstream_busy")["spent"], "no");
    assert_eq!(paused.header("retry-after"), Some("1"));
    second.get("/packs").await.problem(503, "upstream_busy");
    assert_eq!(gw.mock.requests().len(), 1, "nothing is sent while everybody waits");
    gw.clock.advance(Duration::from_secs(1));
    create(&second).await.ok();
    assert_eq!(gw.quota(&first, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn f08_the_operators_troubles_are_told_to_the_operator() {
    for (fault, outcome) in
        [(Fault::Status401, "credential_rejected"), (Fault::Status402, "account_exhausted")]
    {
        let gw = spawn_gateway().start().await;
        gw.mock.inject(FaultRule::new(fault).times(2));
        create(&gw.user("first")).await;
        gw.user("first").get("/p/260").await;
        let logged = logs::text();
        assert!(logged.lines().any(|line| line.contains("ERROR") && line.contains(outcome)), "{outcome}");
    }
}

#[tokio::test]
async fn f03_a_slow_answer_is_waited_for() {
    let gw = spawn_gateway().start().await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(300))));

    create(&gw.user("first")).await.ok();

    assert_eq!(gw.quota(&gw.user("first"), "images").await, (4, 0, 16));
}

#[tokio::test]
async fn f04_an_answer_that_does_not_come_in_time_leaves_the_outcome_unknown() {
    let gw = spawn_gateway().config(|c| c.upstream.timeout_ms = 100).start().await;
    gw.expect_unknown();
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_secs(60))));

    let reply = create(&user).await;

    assert_eq!(reply.problem(504, "upstream_timeout")["spent"], "unknown");
    assert_eq!(gw.quota(&user, "images").await, (0, 4, 16));
    assert_eq!(gw.mock.requests().len(), 1);
}

#[tokio::test]
async fn f12_a_reply_that_is_too_large_is_refused() {
    let gw = spawn_gateway().config(|c| c.upstream.max_reply_bytes = 200).start().await;
    gw.expect_unknown();
    let user = gw.user("first");

    let reply = create(&user).await;

    assert_eq!(reply.problem(504, "outcome_unknown")["spent"], "unknown");
    assert_eq!(gw.quota(&user, "images").await, (0, 4, 16));
    user.get("/packs").await.problem(502, "upstream_reply_invalid");
}

#[tokio::test]
async fn f17_a_client_that_leaves_after_sending_does_not_stop_the_work() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(200))));
    let body = create_body().to_string();
    let request = format!(
        "POST /tunes/{SHARED_TUNE}/prompts HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        gw.host(),
        gw.token("first", "free"),
        body.len()
    );
    let sending = raw::head(gw.host(), request.as_bytes());
    let leaving = eventually("the create", || gw.mock.requests().len() == 1);
    tokio::select! {
        reply = sending => panic!("it was answered too soon: {reply}"),
        () = leaving => {} // The connection is dropped here.
    }

    eventually("the end of the work", || gw.standing().open == 0).await;

    assert_eq!(gw.mock.prompts().len(), 1);
    assert_eq!(gw.quota(&user, "images").await, (4, 0, 16));
}

#[tokio::test]
async fn up_06_a_stop_waits_for_the_work_in_flight() {
    let mut gw = spawn_gateway().start().await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(300))));
    let user = gw.user("first");
    let target = on_shared();
    let body = create_body();
    let mut creating = std::pin::pin!(user.post_json(&target, &body));
    tokio::select! {
        _ = &mut creating => panic!("it was answered too soon"),
        () = eventually("the create", || gw.mock.requests().len() == 1) => {}
    }

    let (reply, all_finished) = tokio::join!(creating, gw.stop());

    assert!(all_finished);
    assert_eq!(reply.status, 201);
}
