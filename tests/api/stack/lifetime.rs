//! Requests that outlive their client or meet the gateway's end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mock_astria::{Fault, FaultRule};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{Client, SHARED_TUNE, Spawn, TestGateway, eventually, spawn_gateway};
use crate::ownership::neighbour;

fn slow_creates(gw: &TestGateway) {
    let slow = FaultRule::new(Fault::Delay(Duration::from_millis(700))).method("POST");
    gw.mock.inject(slow.path("/tunes/:tune_id/prompts"));
}

fn path() -> String {
    format!("/tunes/{SHARED_TUNE}/prompts")
}

/// Sends a whole create, waits until the upstream has it, and hangs up.
async fn create_and_leave(gw: &TestGateway, name: &str) {
    let body = json!({"prompt": {"text": "a cat", "num_images": 2}}).to_string();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        path(),
        gw.host(),
        gw.token(name, "free"),
        body.len()
    );
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    eventually("the call upstream", || !gw.mock.requests().is_empty()).await;
    stream.set_zero_linger().unwrap();
    drop(stream);
}

#[tokio::test]
async fn f17_a_client_that_leaves_does_not_cancel_what_it_ordered() {
    let gw = spawn_gateway().start().await;
    slow_creates(&gw);

    create_and_leave(&gw, "first").await;

    let user = gw.user("first");
    assert_eq!(gw.quota(&user, "images").await, (0, 2, 18), "reserved while it is under way");
    eventually("the end of the spending", || gw.standing().open == 0).await;
    assert_eq!(gw.quota(&user, "images").await, (2, 0, 18));
    let [prompt] = gw.mock.prompts().try_into().unwrap();
    let shown = user.get(&format!("/prompts/{}", prompt["id"])).await.ok();
    assert_eq!(shown["id"], prompt["id"], "it is the one who ordered it who owns it");
    gw.user("second").get(&format!("/prompts/{}", prompt["id"])).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_client_that_leaves_gives_its_place_back() {
    let gw = spawn_gateway().config(|config| config.server.max_in_flight = 1).start().await;
    slow_creates(&gw);

    create_and_leave(&gw, "first").await;

    eventually("the place of the one who left", || gw.state().in_flight.count() == 0).await;
    eventually("the end of the spending", || gw.standing().open == 0).await;
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_orders_nothing() {
    let gw = spawn_gateway().start().await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"prompt\":",
        path(),
        gw.host(),
        gw.token("first", "free")
    );
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    eventually("the request's arrival", || gw.state().in_flight.count() > 0).await;

    drop(stream);

    eventually("its end", || gw.state().in_flight.count() == 0).await;
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&gw.user("first"), "images").await, (0, 0, 20));
}

/// A gateway whose ledger can be read after its end.
fn on_file(folder: &TempDir) -> Spawn {
    let url = format!("sqlite:{}", folder.path().join("gateway.db").display());
    spawn_gateway().config(|config| config.store.url = url)
}

/// How its creates stand.
fn states(folder: &TempDir) -> Vec<String> {
    let conn = neighbour(&folder.path().join("gateway.db"));
    let mut states = conn.prepare("SELECT state FROM reservations").unwrap();
    states.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

async fn create(user: &Client, done: &AtomicBool) {
    let body = json!({"prompt": {"text": "a cat", "num_images": 2}});
    let made = user.post_json(&path(), &body).await;
    done.store(true, Ordering::SeqCst);
    assert_eq!(made.status, 201);
    assert_eq!(made.ok()["text"], "a cat", "the whole reply arrives");
}

#[tokio::test]
async fn a_graceful_stop_lets_in_nobody_new_and_finishes_what_is_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let mut gw = on_file(&folder).start().await;
    slow_creates(&gw);
    let (user, host) = (gw.user("first"), gw.host().to_owned());
    let (state, done) = (gw.state(), AtomicBool::new(false));
    let stopping = async {
        eventually("the call upstream", || !gw.mock.requests().is_empty()).await;
        gw.stop().await
    };
    let knocking = async {
        eventually("the drain", || state.tasks.is_closed()).await;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(&host).await.is_ok() {
            assert!(tokio::time::Instant::now() < deadline, "the door stays open");
            tokio::task::yield_now().await;
        }
        !done.load(Ordering::SeqCst)
    };

    let ((), everything_finished, closed_before_the_end) =
        tokio::join!(create(&user, &done), stopping, knocking);

    assert!(everything_finished);
    assert!(closed_before_the_end, "new connections are refused while the last request is served");
    assert!(TcpStream::connect(&host).await.is_err());
    assert_eq!(gw.mock.prompts().len(), 1);
    assert_eq!(states(&folder), ["made"]);
}

#[tokio::test]
async fn a_graceful_stop_waits_for_the_spending_of_a_client_that_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut gw = on_file(&folder).start().await;
    slow_creates(&gw);
    create_and_leave(&gw, "first").await;
    assert_eq!(gw.standing().open, 1);

    assert!(gw.stop().await);

    assert_eq!(states(&folder), ["made"]);
    assert_eq!(gw.mock.prompts().len(), 1);
}

#[tokio::test]
async fn a_stop_gives_up_after_the_drain_time() {
    let mut gw = spawn_gateway().config(|config| config.server.drain_s = 1).start().await;
    let slow = FaultRule::new(Fault::Delay(Duration::from_secs(30))).path("/packs");
    gw.mock.inject(slow);
    let (user, state) = (gw.user("first"), gw.state());
    let request = async {
        // The drain ends before the reply does; what the client sees then is not what this test is about.
        let _ = tokio::time::timeout(Duration::from_secs(8), user.get("/packs")).await;
    };
    let stopping = async {
        eventually("the call upstream", || !gw.mock.requests().is_empty()).await;
        gw.stop().await
    };

    let finished = tokio::select! {
        finished = stopping => finished,
        () = request => panic!("the request ended first"),
    };

    assert!(!finished);
    assert!(state.tasks.is_closed());
}
