//! Astria cannot be reached: refused, silent, or not even a name.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::create;
use crate::harness::spawn_gateway;

fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn f01_an_upstream_that_is_down_costs_nothing() {
    let port = closed_port();
    let gw =
        spawn_gateway().config(|c| c.upstream.base_url = format!("http://127.0.0.1:{port}")).start().await;
    let user = gw.user("first");

    let reply = create(&user).await;

    assert_eq!(reply.problem(502, "upstream_unreachable")["spent"], "no");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
    user.get("/packs").await.problem(502, "upstream_unreachable");
}

#[tokio::test]
async fn f01_after_a_few_refusals_nobody_is_kept_waiting_for_more() {
    let port = closed_port();
    let gw = spawn_gateway()
        .config(|config| {
            config.upstream.base_url = format!("http://127.0.0.1:{port}");
            config.upstream.breaker.consecutive_failures = 4;
        })
        .manual_clock()
        .start()
        .await;
    let user = gw.user("first");
    for _ in 0..4 {
        create(&user).await.problem(502, "upstream_unreachable");
    }

    let paused = create(&gw.user("second")).await;

    assert_eq!(paused.problem(503, "upstream_paused")["spent"], "no");
    assert_eq!(paused.header("retry-after"), Some("5"));
    gw.clock.advance(Duration::from_secs(5));
    create(&user).await.problem(502, "upstream_unreachable");
    assert_eq!(create(&user).await.header("retry-after"), Some("10"));
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
    assert_eq!(gw.quota(&gw.user("second"), "images").await, (0, 0, 20));
}

/// An address that takes no connection and refuses none: its queue is full, so the kernel drops what comes.
async fn black_hole() -> (SocketAddr, (TcpListener, Vec<TcpStream>)) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await
    {
        waiting.push(stream.unwrap());
        assert!(waiting.len() < 20, "the queue never fills");
    }
    // Never accepted from, and open as long as the caller keeps it.
    (address, (listener, waiting))
}

#[tokio::test]
async fn f02_a_black_hole_costs_the_connect_timeout_and_nothing_else() {
    let (address, _waiting) = black_hole().await;
    let gw = spawn_gateway()
        .config(|config| {
            config.upstream.base_url = format!("http://{address}");
            config.upstream.connect_timeout_ms = 150;
            // Were the deadline of the call what ends it, its outcome would be unknown.
            config.upstream.timeout_ms = 60_000;
        })
        .start()
        .await;
    let user = gw.user("first");

    let replies = join_all((0..4).map(|_| create(&user))).await;

    for reply in replies {
        assert_eq!(reply.problem(502, "upstream_unreachable")["spent"], "no");
        assert!(reply.header("retry-after").is_some());
    }
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn f28_a_name_that_does_not_exist_costs_nothing() {
    let gw = spawn_gateway()
        .config(|config| {
            // Reserved by RFC 6761: no name server has it.
            config.upstream.base_url = "https://astria.invalid".into();
            config.upstream.dns_timeout_ms = 300;
        })
        .start()
        .await;
    let user = gw.user("first");

    let reply = create(&user).await;

    assert_eq!(reply.problem(502, "upstream_unreachable")["spent"], "no");
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}
