//! SMUG-09 and the caps on heads.

use astria_gateway::serve::Ended;

use super::{Server, exchange, get};
use crate::harness::spawn_gateway;

#[tokio::test]
async fn a_head_that_is_too_large_or_has_too_many_fields_is_431() {
    let server = Server::start(|server| {
        server.max_head_bytes = 8 * 1024;
        server.max_headers = 20;
    })
    .await;
    let long = format!("X-Long: {}\r\n", "x".repeat(8 * 1024));
    for headers in [long, "X-A: b\r\n".repeat(20)] {
        let reply = exchange(&mut server.connect().await, &get("/", &headers)).await;
        assert!(reply.starts_with("HTTP/1.1 431 "), "{reply}");
    }
    assert_eq!(server.asked(), 0);
    server.ended(Ended::Unparsed).await;
    let fits =
        format!("Connection: close\r\n{}X-Long: {}\r\n", "X-A: b\r\n".repeat(17), "x".repeat(6 * 1024));
    assert!(exchange(&mut server.connect().await, &get("/", &fits)).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn smug_09_upgrade_connect_and_trace_have_no_effect() {
    let gw = spawn_gateway().start().await;
    let host = gw.host();
    let after = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    for (what, head, status) in [
        (
            "websocket",
            format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"),
            "200",
        ),
        (
            "h2c",
            format!(
                "GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
                 HTTP2-Settings: AAMAAABkAAQAAP__\r\n"
            ),
            "200",
        ),
        ("CONNECT", format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n"), "400"),
        ("TRACE", format!("TRACE /packs HTTP/1.1\r\nHost: {host}\r\nX-Private: 1\r\n"), "405"),
        ("an expectation", format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nExpect: 200-ok\r\n"), "400"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();

        let reply = exchange(&mut stream, &format!("{head}\r\n{after}")).await;

        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {reply}");
        assert!(!reply.contains("HTTP/1.1 101") && !reply.contains("X-Private"), "{what}: {reply}");
        // What follows is the next request, or nothing: never a tunnel's bytes.
        let replies = if what == "an expectation" { 1..=1 } else { 1..=2 };
        assert!(replies.contains(&reply.matches("HTTP/1.1 ").count()), "{what}: {reply}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn smug_07_a_host_that_is_missing_doubled_or_contradicted_is_400() {
    let gw = spawn_gateway().start().await;
    let host = gw.host();
    for head in [
        "GET /packs HTTP/1.1\r\n".to_owned(),
        format!("GET /packs HTTP/1.1\r\nHost: {host}\r\nHost: b.example\r\n"),
        format!("GET /packs HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n"),
        format!("GET http://b.example/packs HTTP/1.1\r\nHost: {host}\r\n"),
        "GET /packs HTTP/1.1\r\nHost: a b\r\n".to_owned(),
    ] {
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let token = gw.token("first", "free");

        let reply = exchange(
            &mut stream,
            &format!("{head}Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"),
        )
        .await;

        assert!(reply.starts_with("HTTP/1.1 400 "), "{head}: {reply}");
    }
    assert!(gw.mock.requests().is_empty());
}
