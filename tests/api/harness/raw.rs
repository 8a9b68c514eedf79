//! Bytes on a socket, for what no HTTP client would send.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sends the bytes, reads until the other side closes (or two seconds are over), and gives what came.
pub async fn exchange(host: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(host).await.unwrap();
    // The other side may close before it has read everything; what it answered still counts.
    let _ = stream.write_all(bytes).await;
    let mut reply = Vec::new();
    let reading = stream.read_to_end(&mut reply);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), reading).await;
    String::from_utf8_lossy(&reply).into_owned()
}

/// A request with `Connection: close`, its target exactly as given.
pub async fn request(host: &str, method: &str, target: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    exchange(host, (head + body).as_bytes()).await
}

/// The status of a raw reply; 0 if there is none.
pub fn status(reply: &str) -> u16 {
    reply.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// Sends the bytes and gives the first reply's head, as soon as it is there; the connection is dropped then.
pub async fn head(host: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(host).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut reply = Vec::new();
    let reading = async {
        while !reply.windows(4).any(|end| end == b"\r\n\r\n") {
            if stream.read_buf(&mut reply).await.unwrap_or(0) == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), reading).await;
    String::from_utf8_lossy(&reply).into_owned()
}
