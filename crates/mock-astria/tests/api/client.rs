//! A client that writes bytes and reads until the end, and a receiver of callbacks.
//!
//! Raw, because the tests are about bytes: a client library would repeat requests, follow redirects or hide a cut reply.

use std::net::SocketAddr;
use std::time::Duration;

use mock_astria::{MockAstria, Settings};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub(crate) const KEY: &str = "sd_test_key";

/// Settings under which nothing takes time.
pub(crate) fn instant() -> Settings {
    Settings { api_key: KEY.to_owned(), train_ms: 0, generate_ms: 0, ..Settings::default() }
}

pub(crate) async fn start() -> MockAstria {
    MockAstria::start(instant()).await.expect("a free port")
}

/// What came back; empty if nothing did.
pub(crate) struct Answer {
    pub(crate) raw: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Sends bytes on a fresh connection and reads until the server closes it.
pub(crate) async fn exchange(mock: &MockAstria, bytes: &[u8]) -> Answer {
    exchange_at(mock.addr(), bytes).await
}

async fn exchange_at(addr: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(addr).await.expect("a listening mock");
    stream.write_all(bytes).await.expect("a writable connection");
    let mut raw = Vec::new();
    // A cut connection may end in a reset; what came before it counts.
    let _ =
        tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut raw)).await.expect("an end");
    let split = raw.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = match split {
        Some(at) => (String::from_utf8_lossy(&raw[..at]).into_owned(), raw[at + 4..].to_vec()),
        None => (String::new(), Vec::new()),
    };
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    Answer { raw, status, head, body }
}

/// A request with these headers and no others than the framing.
pub(crate) async fn send(mock: &MockAstria, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut bytes = format!("{line} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    exchange(mock, &bytes).await
}

/// A `GET` at the storage host, of an address that starts with its URL.
pub(crate) async fn get_stored(mock: &MockAstria, url: &str, headers: &[(&str, &str)]) -> Answer {
    let path = url.strip_prefix(&mock.storage_url()).expect("an address of the storage host");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("GET {path} HTTP/1.1\r\nHost: storage\r\nConnection: close\r\n{lines}\r\n");
    exchange_at(mock.storage_addr(), head.as_bytes()).await
}

fn bearer() -> String {
    format!("Bearer {KEY}")
}

pub(crate) async fn get(mock: &MockAstria, path: &str) -> Answer {
    send(mock, &format!("GET {path}"), &[("Authorization", &bearer())], b"").await
}

/// A `GET` with the key and these headers.
pub(crate) async fn get_with(mock: &MockAstria, path: &str, headers: &[(&str, &str)]) -> Answer {
    let key = bearer();
    let all: Vec<_> = headers.iter().copied().chain([("Authorization", key.as_str())]).collect();
    send(mock, &format!("GET {path}"), &all, b"").await
}

/// A `POST` with the key and no body.
pub(crate) async fn post(mock: &MockAstria, path: &str) -> Answer {
    send(mock, &format!("POST {path}"), &[("Authorization", &bearer())], b"").await
}

pub(crate) async fn delete(mock: &MockAstria, path: &str) -> Answer {
    send(mock, &format!("DELETE {path}"), &[("Authorization", &bearer())], b"").await
}

pub(crate) async fn post_json(mock: &MockAstria, path: &str, body: &Value) -> Answer {
    let headers = [("Authorization", &*bearer()), ("Content-Type", "application/json")];
    send(mock, &format!("POST {path}"), &headers, body.to_string().as_bytes()).await
}

pub(crate) async fn post_parts(mock: &MockAstria, path: &str, parts: &[(&str, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (disposition, content) in parts {
        body.extend_from_slice(
            format!("--X\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--X--\r\n");
    let headers = [("Authorization", &*bearer()), ("Content-Type", "multipart/form-data; boundary=X")];
    send(mock, &format!("POST {path}"), &headers, &body).await
}

/// Waits until the condition holds.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    let ticks = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(2));
        while !condition() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ticks).await.expect("the condition in time");
}

/// Takes callbacks, and answers each with the status given.
pub(crate) struct Receiver {
    pub(crate) url: String,
    bodies: mpsc::Receiver<(String, Value)>,
    _stop: DropGuard,
}

impl Receiver {
    pub(crate) async fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, bodies) = mpsc::channel(64);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        TaskTracker::new().spawn(async move {
            let take_all = async {
                while let Ok((mut stream, _)) = listener.accept().await {
                    // Known before it is answered: a test may ask as soon as it is.
                    let _ = sender.send(take_one(&mut stream).await).await;
                    let reply =
                        format!("HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    let _ = stream.write_all(reply.as_bytes()).await;
                }
            };
            stopped.run_until_cancelled(take_all).await;
        });
        Self { url, bodies, _stop: stop.drop_guard() }
    }

    /// The next callback: the path with its query, and the body.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        let next = tokio::time::timeout(Duration::from_secs(20), self.bodies.recv()).await;
        next.expect("a callback in time").expect("a running receiver")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bodies.is_empty()
    }
}

async fn take_one(stream: &mut TcpStream) -> (String, Value) {
    let mut raw = Vec::new();
    loop {
        stream.read_buf(&mut raw).await.expect("a readable callback");
        let text = String::from_utf8_lossy(&raw).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
            .and_then(|length| length.parse::<usize>().ok())
            .expect("a content length");
        if body.len() < length {
            continue;
        }
        let path = head.split(' ').nth(1).expect("a request line").to_owned();
        return (path, serde_json::from_str(body).expect("a JSON callback"));
    }
}
