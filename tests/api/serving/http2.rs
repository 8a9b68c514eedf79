//! H2-01, H2-02 and what F15 means for streams.

use std::time::Duration;

use astria_gateway::serve::Ended;
use http::Version;
use tokio::io::AsyncWriteExt as _;
use tokio_util::task::TaskTracker;

use super::frames::{
    ACK, CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM,
    SETTINGS, fields, frame, get,
};
use super::{Server, until_closed};
use crate::harness::{SHARED_TUNE, eventually, spawn_gateway};

#[tokio::test]
async fn h2_01_a_request_that_http_1_would_read_otherwise_reaches_nobody() {
    let gw = spawn_gateway().start().await;
    let bearer = format!("Bearer {}", gw.token("first", "free"));
    let (host, path) = (gw.host().to_owned(), format!("/tunes/{SHARED_TUNE}/prompts"));
    let body = br#"{"prompt":{"text":"a cat"}}"#;
    let length = body.len().to_string();
    let good = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", host.as_str()),
        (":path", path.as_str()),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&good[..], more].concat();
    let without = |name: &str| good.into_iter().filter(|(other, _)| *other != name).collect::<Vec<_>>();
    let instead = |name: &'static str, value: &'static str| {
        let mut fields = without(name);
        fields.insert(0, (name, value));
        fields
    };
    let cases = [
        ("connection", with(&[("connection", "keep-alive")])),
        ("keep-alive", with(&[("keep-alive", "timeout=5")])),
        ("proxy-connection", with(&[("proxy-connection", "keep-alive")])),
        ("transfer-encoding", with(&[("transfer-encoding", "chunked")])),
        ("upgrade", with(&[("upgrade", "websocket")])),
        ("te", with(&[("te", "gzip")])),
        ("an upper-case name", with(&[("X-Upper", "1")])),
        ("a line break in a value", with(&[("x-a", "1\r\ntransfer-encoding: chunked")])),
        ("a line feed in a value", with(&[("x-a", "1\n2")])),
        ("a NUL in a value", with(&[("x-a", "1\0-2")])),
        ("a line break in a name", with(&[("x-a\r\nx-b", "1")])),
        ("a colon in a name", with(&[("x-a:", "1")])),
        ("an empty name", with(&[("", "1")])),
        ("a line break in the path", instead(":path", "/packs HTTP/1.1\r\nx: y")),
        ("a path without a slash", instead(":path", "packs")),
        ("an empty path", instead(":path", "")),
        ("no path", without(":path")),
        ("no method", without(":method")),
        ("no scheme", without(":scheme")),
        ("a pseudo-header that nobody knows", with(&[(":status", "200")])),
        ("two paths", [&[(":path", "/packs")], &good[..]].concat()),
        ("two authorities", [&[(":authority", "b.example")], &good[..]].concat()),
        ("another host", with(&[("host", "b.example")])),
        ("a user in the authority", instead(":authority", "u@a.example")),
        ("a pseudo-header after others", with(&[(":authority", "b.example")])),
        ("two lengths", with(&[("content-length", "1"), ("content-length", "2")])),
        ("a length with a plus", with(&[("content-length", "+27")])),
        ("too short a length", with(&[("content-length", "5")])),
        ("too long a length", with(&[("content-length", "500")])),
    ];
    for (what, fields_of_case) in cases {
        let mut connection = Connection::open(&host, &[]).await;
        let head = frame(HEADERS, END_HEADERS, 1, &fields(&fields_of_case));
        connection.send(&[head, frame(DATA, END_STREAM, 1, body)].concat()).await;

        let answer = connection
            .find(|frame| {
                matches!(frame.kind, GOAWAY | RST_STREAM) || frame.kind == HEADERS && frame.stream == 1
            })
            .await;

        // Refused by the protocol, or answered with a Problem: never done.
        let is_success =
            answer.as_ref().is_some_and(|frame| frame.kind == HEADERS && frame.payload[0] == 0x88);
        assert!(!is_success, "{what}: {answer:?}");
        assert!(gw.mock.requests().is_empty(), "{what}: {answer:?}");
    }
    // The same by the book is done: the cases fail for what they say.
    let mut connection = Connection::open(&host, &[]).await;
    let head = fields(&[&good[..], &[("content-length", length.as_str())]].concat());
    connection
        .send(&[frame(HEADERS, END_HEADERS, 1, &head), frame(DATA, END_STREAM, 1, body)].concat())
        .await;
    assert!(connection.find(|frame| frame.kind == HEADERS).await.is_some());
    eventually("the one good request", || gw.mock.requests().len() == 1).await;
}

#[tokio::test]
async fn h2_02_a_rapid_reset_ends_the_connection() {
    let server = Server::start(|_| ()).await;
    let mut connection = Connection::open(server.address, &[]).await;
    let mut sent = 0;
    for turn in 0..100 {
        let mut burst = Vec::new();
        for i in 0..100 {
            let stream = (turn * 100 + i) * 2 + 1;
            burst.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &get("/wait")));
            burst.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        }
        if !connection.send(&burst).await {
            break;
        }
        sent += 100;
    }

    server.ended(Ended::Flood).await;

    assert!(server.asked() < 400, "{} of {sent} streams were answered", server.asked());
    server.assert_serves().await;
}

#[tokio::test]
async fn h2_02_resets_one_by_one_end_the_connection_too() {
    let server = Server::start(|_| ()).await;
    let mut connection = Connection::open(server.address, &[]).await;
    for turn in 0..1000 {
        let stream = turn * 2 + 1;
        if !connection.send(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &get("/wait"))).await {
            break;
        }
        // Reset only when it is being answered: nothing waits to be accepted.
        let asked = || server.asked() > usize::try_from(turn).unwrap();
        let over = || !server.seen.ended.lock().unwrap().is_empty();
        eventually("the request", || asked() || over()).await;
        if over() || !connection.send(&frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())).await {
            break;
        }
    }
    server.ended(Ended::Flood).await;
    assert!(server.asked() < 150, "{}", server.asked());
}

#[tokio::test]
async fn h2_02_at_most_100_streams_are_open_at_once() {
    let server = Server::start(|_| ()).await;
    let mut connection = Connection::open(server.address, &[]).await;
    let settings = connection.find(|frame| frame.kind == SETTINGS && frame.flags & ACK == 0).await.unwrap();
    let told = |id: u16| {
        settings.payload.chunks(6).find(|one| one[..2] == id.to_be_bytes()).map(|one| one[2..].to_vec())
    };
    assert_eq!(told(3), Some(100_u32.to_be_bytes().to_vec()));
    assert_eq!(told(6), Some((16 * 1024_u32).to_be_bytes().to_vec()));
    let mut burst = Vec::new();
    for stream in 0..101 {
        burst.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream * 2 + 1, &get("/wait")));
    }
    connection.send(&burst).await;

    let refused = connection.find(|frame| frame.kind == RST_STREAM).await.unwrap();

    assert_eq!((refused.stream, refused.code()), (201, 7), "REFUSED_STREAM");
    eventually("the others", || server.asked() == 100).await;
}

#[tokio::test]
async fn h2_02_endless_heads_end_the_connection_without_a_request() {
    let server = Server::start(|_| ()).await;
    let mut connection = Connection::open(server.address, &[]).await;
    connection.send(&frame(HEADERS, END_STREAM, 1, &get("/"))).await;
    let more = frame(CONTINUATION, 0, 1, &fields(&[("x-more", &"x".repeat(1000))]));
    let mut sent = 0;
    while sent < 10_000 && connection.send(&more).await {
        sent += 1;
    }
    server.ended(Ended::Flood).await;
    assert_eq!(server.asked(), 0);

    // One whole head above the limit: the stream is refused, and others go on.
    let mut connection = Connection::open(server.address, &[]).await;
    let large = [get("/"), fields(&[("x-a", &"x".repeat(9000)), ("x-b", &"x".repeat(9000))])].concat();
    let (first, second) = large.split_at(10_000);
    connection.send(&frame(HEADERS, END_STREAM, 1, first)).await;
    connection.send(&frame(CONTINUATION, END_HEADERS, 1, second)).await;
    let refused = connection.find(|frame| frame.stream == 1).await.unwrap();
    // 431 by a literal: not the table's 200.
    let is_refused = refused.kind == RST_STREAM || refused.kind == HEADERS && refused.payload[0] != 0x88;
    assert!(is_refused, "{refused:?}");
    assert_eq!(server.asked(), 0);
    server.assert_serves().await;
}

#[tokio::test]
async fn h2_02_floods_of_pings_and_settings_end_the_connection() {
    for (flood, how) in [
        (frame(PING, 0, 0, &[0; 8]), Ended::Flood),
        (frame(SETTINGS, 0, 0, &[]), Ended::Flood),
        (frame(DATA, 0, 0, &[]), Ended::Unparsed),
    ] {
        let server = Server::start(|_| ()).await;
        let connection = Connection::open(server.address, &[]).await;
        let (mut read, mut write) = connection.0.into_split();
        let many = flood.repeat(1000);
        let flooding = TaskTracker::new().spawn(async move { while write.write_all(&many).await.is_ok() {} });
        // What it answers is taken, so that nothing stops it but itself.
        let taking =
            TaskTracker::new().spawn(async move { tokio::io::copy(&mut read, &mut tokio::io::sink()).await });

        server.ended(how).await;

        server.assert_serves().await;
        assert_eq!(server.asked(), 1);
        flooding.abort();
        taking.abort();
    }
}

#[tokio::test]
async fn f15_a_connection_without_a_request_ends_by_the_heads_time_and_an_idle_one_by_its_own() {
    let server = Server::start(|server| {
        server.header_read_timeout_ms = 200;
        server.idle_timeout_ms = 600;
    })
    .await;
    let mut silent = Connection::open(server.address, &[]).await;
    assert!(silent.find(|frame| frame.kind == GOAWAY).await.is_none_or(|goaway| goaway.code() == 0));
    server.ended(Ended::HeadTimeout).await;

    let mut idle = Connection::open(server.address, &[]).await;
    idle.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &get("/"))).await;
    let goaway = idle.find(|frame| frame.kind == GOAWAY).await.unwrap();
    assert_eq!(goaway.code(), 0);
    while idle.find(|_| true).await.is_some() {}
    server.ended(Ended::IdleTimeout).await;

    // A head that never ends is no request.
    let mut slow = Connection::open(server.address, &[]).await;
    slow.send(&frame(HEADERS, END_STREAM, 1, &get("/"))).await;
    while slow.find(|_| true).await.is_some() {}
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn f15_a_stream_whose_reply_is_not_taken_ends_the_connection() {
    let server = Server::start(|server| server.write_timeout_ms = 300).await;
    // The initial window of a stream is 0: nothing of the reply may be sent.
    let mut connection = Connection::open(server.address, &[0, 4, 0, 0, 0, 0]).await;
    connection.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &get("/big"))).await;
    while connection.find(|_| true).await.is_some() {}
    server.ended(Ended::WriteTimeout).await;

    // One that waits for the server is not cut.
    let mut waiting = Connection::open(server.address, &[]).await;
    waiting.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &get("/wait"))).await;
    eventually("the request", || server.asked() == 2).await;
    let quiet = tokio::time::timeout(Duration::from_millis(900), async {
        waiting.find(|frame| matches!(frame.kind, GOAWAY | RST_STREAM)).await
    });
    assert!(quiet.await.is_err());
    server.page.gate.add_permits(1);
    assert!(waiting.find(|frame| frame.kind == DATA).await.is_some());
}

#[tokio::test]
async fn a_large_upload_and_a_large_reply_go_through() {
    let server = Server::start(|_| ()).await;
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let body = vec![b'x'; 10 * 1024 * 1024];
    let url = format!("http://{}", server.address);

    let echoed = client.post(format!("{url}/body")).body(body.clone()).send().await.unwrap();

    assert_eq!(echoed.version(), Version::HTTP_2);
    assert_eq!(echoed.bytes().await.unwrap().len(), body.len());
    let big = client.get(format!("{url}/big")).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(big.len(), super::BIG);
}

#[tokio::test]
async fn smug_09_http_2_without_tls_can_be_switched_off() {
    let server = Server::start(|server| server.h2c = false).await;
    let mut connection = Connection::open(server.address, &[]).await;
    let reply = until_closed(&mut connection.0).await;
    assert!(!reply.contains("HTTP/1.1 200"), "{reply}");
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn smug_09_connect_over_http_2_opens_no_tunnel() {
    let gw = spawn_gateway().start().await;
    let mut connection = Connection::open(gw.host(), &[]).await;
    let connect = fields(&[(":method", "CONNECT"), (":authority", gw.host())]);
    connection.send(&frame(HEADERS, END_HEADERS, 1, &connect)).await;
    let answer = connection.find(|frame| frame.stream == 1).await.unwrap();
    assert!(answer.kind != HEADERS || answer.payload[0] != 0x88, "{answer:?}");
}
