//! How many streams there may be, and what one that nobody reads does to the others.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::{EVENTS, change_prompt, import_prompt};
use crate::harness::{TestGateway, eventually, spawn_gateway};

#[tokio::test]
async fn an_end_user_has_so_many_streams_and_no_more() {
    let gw = spawn_gateway().config(|config| config.events.max_streams_per_user = 2).start().await;
    let user = gw.user("first");
    let one = user.listen(EVENTS).await;
    let _two = user.listen(EVENTS).await;
    user.get(EVENTS).await.problem(429, "too_many_streams");
    let _others = gw.user("second").listen(EVENTS).await;

    drop(one);

    eventually("a free place", || gw.state().streams.count() == 2).await;
    user.listen(EVENTS).await;
}

#[tokio::test]
async fn all_of_them_together_have_so_many_and_requests_go_on() {
    let gw = spawn_gateway()
        .config(|config| {
            config.events.max_streams = 2;
            config.server.max_in_flight = 1;
        })
        .start()
        .await;
    let _streams = (gw.user("first").listen(EVENTS).await, gw.user("second").listen(EVENTS).await);
    let refused = gw.user("third").get(EVENTS).await;
    refused.problem(503, "overloaded");
    assert!(refused.header("retry-after").is_some());
    gw.user("third").get("/gateway/account").await.ok();
    let metrics = gw.operator("/metrics").await;
    assert!(metrics.contains("astria_gateway_event_streams 2"), "{metrics}");
    assert!(metrics.contains(r#"astria_gateway_shed_total{reason="event_streams"} 1"#), "{metrics}");
}

/// A page that has asked, and reads nothing beyond the head; its window is small.
async fn stalls(gw: &TestGateway, name: &str, last_id: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(gw.host().parse().unwrap()).await.unwrap();
    let token = gw.token(name, "free");
    let head = format!(
        "GET {EVENTS} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nLast-Event-ID: {last_id}\r\n\r\n",
        gw.host()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut came = Vec::new();
    while !came.ends_with(b"\r\n\r\n") {
        came.push(stream.read_u8().await.unwrap());
    }
    assert!(came.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&came));
    stream
}

#[tokio::test]
async fn a_page_that_does_not_read_delays_nobody_is_cut_and_resumes() {
    let gw = spawn_gateway()
        .config(|config| {
            config.server.write_timeout_ms = 700;
            config.events.max_per_user = 100_000;
        })
        .start()
        .await;
    for (name, id) in [("first", 4_000_001), ("second", 4_000_002)] {
        import_prompt(&gw, name, id).await;
    }
    let mut other = gw.user("second").listen(EVENTS).await;
    other.until("quota.changed").await;
    // More than the kernels and the connection take between them.
    for version in 1..=1000 {
        super::change_prompt_to(&gw, 4_000_001, version, 8 * 1024).await;
    }

    let stalled = stalls(&gw, "first", "0").await;

    for version in 1..=50 {
        change_prompt(&gw, 4_000_002, version).await;
        let since = std::time::Instant::now();
        assert_eq!(other.until("prompt.updated").await.id, Some(version));
        assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    }
    eventually("the end of the stream that nobody reads", || gw.state().streams.count() == 1).await;
    drop(stalled);
    let mut page = gw.user("first").header("last-event-id", "990").listen(EVENTS).await;
    page.until("stream.open").await;
    for number in 991..=1000 {
        assert_eq!(page.until("prompt.updated").await.id, Some(number));
    }
}

#[tokio::test]
async fn a_silent_stream_is_not_ended_as_an_idle_connection() {
    for h2 in [false, true] {
        let gw = spawn_gateway()
            .config(|config| {
                config.server.h2c = true;
                config.server.idle_timeout_ms = 300;
                config.server.write_timeout_ms = 300;
                config.events.heartbeat_s = 1;
            })
            .start()
            .await;
        let user = if h2 { gw.user("first").over_http2() } else { gw.user("first") };
        import_prompt(&gw, "first", 4_000_001).await;
        let mut page = user.listen(EVENTS).await;
        page.until("quota.changed").await;

        page.comment().await;
        page.comment().await;

        change_prompt(&gw, 4_000_001, 1).await;
        assert_eq!(page.until("prompt.updated").await.id, Some(1), "HTTP/2: {h2}");
        drop(page);
        eventually("its end", || gw.state().streams.count() == 0).await;
    }
}
