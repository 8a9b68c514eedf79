//! UP-08: when everybody has left, nothing of them stays. Counted, not weighed.

use std::time::Duration;

use futures_util::future::join_all;
use mock_astria::{Fault, FaultRule};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{TestGateway, eventually, spawn_gateway};
use crate::prompts::on_shared;

const USERS: usize = 50;
const CONNECTIONS: usize = 1_000;

fn requests(gw: &TestGateway, n: usize) -> Vec<u8> {
    let (host, token) = (gw.host(), gw.token(&format!("user-{}", n % USERS), "free"));
    let first = match n % 5 {
        0 => "GET /packs".to_owned(),
        1 => "GET /gateway/account".to_owned(),
        2 => "GET /nowhere".to_owned(),
        3 => "GET /prompts/77".to_owned(),
        _ => format!("POST {}", on_shared()),
    };
    let body = if n % 5 == 4 {
        json!({"prompt": {"text": "a cat", "num_images": 1}}).to_string()
    } else {
        String::new()
    };
    let length = body.len();
    let head = |line: &str, last: &str| {
        format!(
            "{line} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{last}"
        )
    };
    let first = head(&first, &format!("Content-Length: {length}\r\n\r\n{body}"));
    // Every seventh leaves in the midst of its second request.
    let second = if n.is_multiple_of(7) {
        head("POST /images/inspect", "Content-Length: 100000\r\n\r\nhalf of it")
    } else {
        head("GET /gallery/packs", "Connection: close\r\n\r\n")
    };
    (first + &second).into_bytes()
}

async fn come_and_go(gw: &TestGateway, n: usize) {
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    stream.write_all(&requests(gw, n)).await.unwrap();
    let mut replies = Vec::new();
    if n.is_multiple_of(7) {
        stream.read_buf(&mut replies).await.unwrap();
        return;
    }
    let reading = stream.read_to_end(&mut replies);
    tokio::time::timeout(Duration::from_secs(30), reading).await.unwrap().unwrap();
    let replies = String::from_utf8_lossy(&replies);
    assert_eq!(replies.matches("HTTP/1.1 ").count(), 2, "{replies}");
    assert!(!replies.contains("HTTP/1.1 5"), "{replies}");
}

#[tokio::test]
async fn up_08_after_a_thousand_connections_and_two_thousand_requests_nothing_stays() {
    let gw =
        spawn_gateway().config(|config| config.server.max_connections_per_ip = 2 * CONNECTIONS).start().await;
    let state = gw.state();
    // Astria's callbacks would come over connections that it keeps.
    gw.mock.inject(FaultRule::new(Fault::NoCallback).method("POST").times(u64::MAX));
    for round in 0..CONNECTIONS / 100 {
        join_all((round * 100..(round + 1) * 100).map(|n| come_and_go(&gw, n))).await;
    }
    // And as many that say nothing at all; by the hundred, because the kernel queues only so many.
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS / 100 {
        silent.extend(join_all((0..100).map(|_| TcpStream::connect(gw.host()))).await);
        eventually("all are there", || state.metrics.open_connections() >= silent.len() as u64).await;
    }
    assert!(silent.iter().all(Result::is_ok));
    drop(silent);

    eventually("the last connection's end", || state.metrics.open_connections() == 0).await;
    eventually("the last request's end", || state.in_flight.count() == 0).await;
    eventually("the last body's end", || state.bodies.used_bytes() == 0).await;
    eventually("the last task's end", || state.tasks.is_empty()).await;
    let (standing, account) = (gw.standing(), gw.own_account().upstream.reading());
    assert_eq!((standing.open, standing.unknown), (0, 0));
    assert_eq!((account.in_flight, account.in_flight_creates, account.queued), (0, 0, 0));
    assert!(state.plan_limits.len() <= USERS, "{} buckets of {USERS} users", state.plan_limits.len());
    assert_eq!(gw.packs_in_memory(), 2, "two lists, however often they were asked for");
    // A create that was answered is the last thing that its client saw: all of them were counted.
    let made = (0..CONNECTIONS).filter(|n| n % 5 == 4).count();
    assert_eq!(gw.mock.prompts().len(), made);
}
