//! The PROXY protocol, from outside.

use astria_gateway::config::ProxyProtocol;
use astria_gateway::serve::Ended;
use tokio::io::AsyncWriteExt as _;

use super::{Server, exchange, get, until_closed};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn header(command: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, 0x11], &length, rest].concat()
}

const SOURCE: [u8; 12] = [198, 51, 100, 7, 127, 0, 0, 1, 0x12, 0x34, 0, 80];

async fn server(trusted: &str) -> Server {
    let trusted = trusted.parse().unwrap();
    Server::start(|server| {
        server.proxy_protocol = ProxyProtocol::Required;
        server.trusted_proxies = vec![trusted];
        server.header_read_timeout_ms = 300;
        server.max_connections_per_ip = 1;
    })
    .await
}

#[tokio::test]
async fn a_trusted_proxy_names_the_client_and_the_client_is_counted() {
    let server = server("127.0.0.1/32").await;
    let mut held = server.connect().await;
    held.write_all(&header(0x21, &SOURCE)).await.unwrap();
    held.write_all(get("/", "").as_bytes()).await.unwrap();
    assert!(super::reply_head(&mut held).await.starts_with("HTTP/1.1 200 "));

    let mut second = server.connect().await;
    second.write_all(&header(0x21, &SOURCE)).await.unwrap();
    assert_eq!(until_closed(&mut second).await, "");
    server.ended(Ended::TooManyOfAddress).await;

    drop(held);
    server.ended(Ended::Closed).await;
    let mut third = server.connect().await;
    third.write_all(&header(0x21, &SOURCE)).await.unwrap();
    let reply = exchange(&mut third, &get("/", "Connection: close\r\n")).await;
    assert!(reply.ends_with("\r\n\r\n198.51.100.7:4660"), "{reply}");
}

#[tokio::test]
async fn the_proxys_own_connections_keep_their_address() {
    let server = server("127.0.0.1/32").await;
    let mut stream = server.connect().await;
    let own = stream.local_addr().unwrap().to_string();
    stream.write_all(&header(0x20, &[])).await.unwrap();

    let reply = exchange(&mut stream, &get("/", "Connection: close\r\n")).await;

    assert!(reply.ends_with(&own), "{reply}");
}

#[tokio::test]
async fn no_header_a_bad_one_half_of_one_or_an_untrusted_proxy_ends_the_connection() {
    for (trusted, bytes) in [
        ("127.0.0.1/32", get("/", "").into_bytes()),
        ("127.0.0.1/32", header(0x31, &SOURCE)),
        ("127.0.0.1/32", header(0x21, &SOURCE)[..20].to_vec()),
        ("127.0.0.1/32", Vec::new()),
        ("192.0.2.0/24", header(0x21, &SOURCE)),
    ] {
        let server = server(trusted).await;
        let mut stream = server.connect().await;
        let _ = stream.write_all(&bytes).await;

        assert_eq!(until_closed(&mut stream).await, "");

        server.ended(Ended::ProxyHeader).await;
        assert_eq!(server.asked(), 0);
    }
}
