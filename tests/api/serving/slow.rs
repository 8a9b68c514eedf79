//! F15, F29: clients that hold a connection without using it.

use std::time::Duration;
use tokio_util::task::TaskTracker;

use astria_gateway::serve::Ended;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

use super::{BIG, Server, exchange, get, reply_head, until_closed};

#[tokio::test]
async fn f15_a_head_that_does_not_end_is_408_and_the_connections_end() {
    let server = Server::start(|server| server.header_read_timeout_ms = 300).await;
    for begun in ["G", "PR", "GET / HTTP/1.1\r\nHost: a.exam"] {
        let mut slow = server.connect().await;
        let since = Instant::now();

        let reply = exchange(&mut slow, begun).await;

        assert!(since.elapsed() >= Duration::from_millis(290), "{begun}: {:?}", since.elapsed());
        assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 408 "), "{begun}: {reply}");
        assert_eq!(reply.is_empty(), begun == "PR", "{begun}: {reply}");
    }
    server.ended(Ended::HeadTimeout).await;
    assert_eq!(server.asked(), 0);
    server.assert_serves().await;
}

#[tokio::test]
async fn f15_bytes_that_drip_in_do_not_prolong_a_heads_time() {
    let server = Server::start(|server| server.header_read_timeout_ms = 400).await;
    let (mut read, mut write) = server.connect().await.into_split();
    let dripping = TaskTracker::new().spawn(async move {
        let mut often = tokio::time::interval(Duration::from_millis(20));
        for byte in b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
            often.tick().await;
            if write.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    });
    let since = Instant::now();

    until_closed(&mut read).await;

    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    dripping.abort();
    server.ended(Ended::HeadTimeout).await;
}

#[tokio::test]
async fn f15_a_connection_that_never_says_anything_ends_by_the_heads_time() {
    for h2c in [true, false] {
        let server = Server::start(|server| {
            server.header_read_timeout_ms = 200;
            server.h2c = h2c;
        })
        .await;
        until_closed(&mut server.connect().await).await;
        server.ended(Ended::HeadTimeout).await;
    }
}

#[tokio::test]
async fn f15_between_two_requests_the_idle_time_counts_and_not_the_heads() {
    let server = Server::start(|server| {
        server.header_read_timeout_ms = 150;
        server.idle_timeout_ms = 900;
    })
    .await;
    let mut stream = server.connect().await;
    for _ in 0..2 {
        stream.write_all(get("/", "").as_bytes()).await.unwrap();
        assert!(reply_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        // Longer than a head may take.
        let quiet = tokio::time::timeout(Duration::from_millis(400), stream.readable()).await;
        assert!(quiet.is_err(), "an idle connection was closed early");
    }

    assert_eq!(until_closed(&mut stream).await, "");

    server.ended(Ended::IdleTimeout).await;
    // The second head of a connection has its own time.
    let mut slow = server.connect().await;
    slow.write_all(get("/", "").as_bytes()).await.unwrap();
    reply_head(&mut slow).await;
    slow.write_all(b"GET / HT").await.unwrap();
    assert!(until_closed(&mut slow).await.starts_with("HTTP/1.1 408 "));
    server.ended(Ended::HeadTimeout).await;
}

#[tokio::test]
async fn f15_a_client_that_does_not_read_is_cut_and_others_are_served() {
    let server = Server::start(|server| server.write_timeout_ms = 300).await;
    let mut slow = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect().await;
        stream.write_all(get("/big", "").as_bytes()).await.unwrap();
        slow.push(stream);
    }

    server.assert_serves().await;
    let cut = || server.seen.ended.lock().unwrap().iter().filter(|how| **how == Ended::WriteTimeout).count();
    super::eventually("three cut connections", || cut() == 3).await;

    server.assert_serves().await;
    let mut reply = Vec::new();
    let _ = slow.pop().unwrap().read_to_end(&mut reply).await;
    assert!(reply.len() < BIG, "the reply came whole");
}

#[tokio::test]
async fn f15_a_client_that_sips_is_cut_and_one_that_reads_slowly_is_not() {
    let server = Server::start(|server| server.write_timeout_ms = 700).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut sipping = socket.connect(server.address).await.unwrap();
    sipping.write_all(get("/big", "").as_bytes()).await.unwrap();
    let mut steady = server.connect().await;
    steady.write_all(get("/big", "Connection: close\r\n").as_bytes()).await.unwrap();
    let sips = TaskTracker::new().spawn(async move {
        let mut often = tokio::time::interval(Duration::from_millis(50));
        while let Ok(1..) = sipping.read(&mut [0; 64]).await {
            often.tick().await;
        }
    });

    // About two seconds for all of it, never at once.
    let mut often = tokio::time::interval(Duration::from_millis(10));
    let (mut piece, mut read) = (vec![0; 160 * 1024], 0);
    while let Ok(size @ 1..) = steady.read(&mut piece).await {
        read += size;
        often.tick().await;
    }

    assert!(read > BIG, "{read}");
    server.ended(Ended::WriteTimeout).await;
    sips.abort();
}

#[tokio::test]
async fn f15_a_body_that_stalls_holds_nobody_else() {
    let server = Server::start(|_| ()).await;
    let mut slow = server.connect().await;
    slow.write_all(b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx").await.unwrap();
    server.assert_serves().await;
}

#[tokio::test]
async fn f29_beyond_the_cap_connections_wait_and_a_higher_cap_counts_at_once() {
    let server = Server::start(|server| server.max_connections = 2).await;
    let mut first = server.connect().await;
    let _second = server.connect().await;
    let (mut third, mut fourth) = (server.connect().await, server.connect().await);
    for waiting in [&mut third, &mut fourth] {
        waiting.write_all(get("/", "Connection: close\r\n").as_bytes()).await.unwrap();
    }
    first.write_all(get("/", "").as_bytes()).await.unwrap();
    reply_head(&mut first).await;
    assert_eq!(server.asked(), 1);

    drop(first);
    assert!(until_closed(&mut third).await.starts_with("HTTP/1.1 200 "));
    assert!(until_closed(&mut fourth).await.starts_with("HTTP/1.1 200 "));

    let (_a, mut b) = (server.connect().await, server.connect().await);
    b.write_all(get("/", "Connection: close\r\n").as_bytes()).await.unwrap();
    server.control.change(astria_gateway::serve::Settings { max_connections: 9, ..server.settings.clone() });
    assert!(until_closed(&mut b).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn f29_an_address_with_too_many_connections_gets_no_more_and_a_trusted_proxy_does() {
    let server = Server::start(|server| server.max_connections_per_ip = 2).await;
    let (mut first, second) = (server.connect().await, server.connect().await);
    first.write_all(get("/", "").as_bytes()).await.unwrap();
    reply_head(&mut first).await;
    super::eventually("two connections", || {
        server.seen.opened.load(std::sync::atomic::Ordering::SeqCst) == 2
    })
    .await;

    assert_eq!(until_closed(&mut server.connect().await).await, "");

    server.ended(Ended::TooManyOfAddress).await;
    drop(second);
    server.ended(Ended::Closed).await;
    server.assert_serves().await;

    let trusting = Server::start(|server| {
        server.max_connections_per_ip = 1;
        server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let _idle = [trusting.connect().await, trusting.connect().await];
    trusting.assert_serves().await;
}

#[tokio::test]
async fn f29_a_connection_that_rested_is_served_again_and_ends_by_its_idle_time() {
    let server = Server::start(|server| {
        server.header_read_timeout_ms = 300;
        server.idle_timeout_ms = 2500;
    })
    .await;
    let mut stream = server.connect().await;
    for _ in 0..2 {
        stream.write_all(get("/", "").as_bytes()).await.unwrap();
        assert!(reply_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        // Longer than it takes until a connection rests.
        let quiet = tokio::time::timeout(Duration::from_millis(1300), stream.readable()).await;
        assert!(quiet.is_err(), "a resting connection was closed early");
    }
    let body = b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    stream.write_all(body).await.unwrap();
    let mut reply = Vec::new();
    while !reply.ends_with(b"abc") {
        assert_ne!(stream.read_buf(&mut reply).await.unwrap(), 0);
    }
    let since = Instant::now();

    assert_eq!(until_closed(&mut stream).await, "");

    assert!(since.elapsed() >= Duration::from_millis(2400), "{:?}", since.elapsed());
    server.ended(Ended::IdleTimeout).await;
}

#[tokio::test]
async fn f15_half_a_head_behind_a_request_has_its_time_too() {
    let server = Server::start(|server| server.header_read_timeout_ms = 1200).await;
    for half in ["GET / HTTP/1.1\r\nHo", "G"] {
        let mut stream = server.connect().await;
        stream.write_all(format!("{}{half}", get("/", "")).as_bytes()).await.unwrap();
        let reply = until_closed(&mut stream).await;
        assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("HTTP/1.1 408 "), "{reply}");
    }
    server.ended(Ended::HeadTimeout).await;
}
