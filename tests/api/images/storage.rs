//! An upstream or a storage of pictures, as a test wants it: what it answers at each path, and what it was asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// What stands at a path.
#[derive(Clone)]
pub enum Stored {
    /// These bytes under this type; ranges of them are given.
    Bytes(&'static str, Vec<u8>),
    /// A redirect.
    To(u16, String),
    /// A whole reply as it is written here.
    Raw(String),
    /// A PNG of so many bytes, each piece written as soon as it is taken.
    Huge(u64),
    /// A PNG of which only the first kilobyte ever comes.
    Stalling,
    /// Nothing ever comes.
    Silent,
    /// A kilobyte of a PNG, then the connection breaks.
    Broken,
}

#[derive(Default)]
struct Shared {
    stored: Mutex<BTreeMap<String, Stored>>,
    asked: Mutex<Vec<String>>,
    written_bytes: AtomicU64,
    open: AtomicUsize,
}

/// Dropping it closes its port.
pub struct Storage {
    pub url: String,
    shared: Arc<Shared>,
    _accepting: AbortOnDropHandle<()>,
}

impl Storage {
    #[expect(clippy::disallowed_methods, reason = "the tasks end with their test")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let served = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            let mut serving = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&served);
                serving.push(AbortOnDropHandle::new(tokio::spawn(async move {
                    shared.open.fetch_add(1, Ordering::SeqCst);
                    serve(stream, &shared).await;
                    shared.open.fetch_sub(1, Ordering::SeqCst);
                })));
            }
        });
        Self { url, shared, _accepting: AbortOnDropHandle::new(accepting) }
    }

    pub fn put(&self, path: &str, stored: Stored) {
        self.shared.stored.lock().unwrap().insert(path.to_owned(), stored);
    }

    /// The heads of all requests so far, in lower case.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Bytes of huge pictures that the other side, or the kernel between, has taken.
    pub fn written_bytes(&self) -> u64 {
        self.shared.written_bytes.load(Ordering::SeqCst)
    }

    pub fn open_connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) {
    while let Some(head) = read_head(&mut stream).await {
        let target = head.split(' ').nth(1).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default().to_owned();
        shared.asked.lock().unwrap().push(head.to_ascii_lowercase());
        let stored = shared.stored.lock().unwrap().get(&path).cloned();
        let written = match stored {
            None => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone").await,
            Some(Stored::Bytes(kind, bytes)) => stream.write_all(&part(&head, kind, &bytes)).await,
            Some(Stored::To(status, to)) => {
                let reply = format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(reply.as_bytes()).await
            }
            Some(Stored::Raw(reply)) => stream.write_all(reply.as_bytes()).await,
            Some(Stored::Huge(size)) => huge(&mut stream, size, shared).await,
            Some(Stored::Stalling) => {
                let _ = stream.write_all(&begun()).await;
                // Until the other side leaves.
                let _ = stream.read(&mut [0; 16]).await;
                return;
            }
            Some(Stored::Silent) => {
                let _ = stream.read(&mut [0; 16]).await;
                return;
            }
            Some(Stored::Broken) => {
                let _ = stream.write_all(&begun()).await;
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}

/// A head that announces a megabyte, and a kilobyte of it.
fn begun() -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1048576\r\n\r\n".to_vec();
    bytes.extend(png(1024));
    bytes
}

async fn huge(stream: &mut TcpStream, size: u64, shared: &Shared) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {size}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&png(64)).await?;
    let (piece, mut left) = (vec![b'.'; 64 * 1024], size - 64);
    while left > 0 {
        let some = usize::try_from(left.min(64 * 1024)).unwrap();
        stream.write_all(&piece[..some]).await?;
        shared.written_bytes.fetch_add(some as u64, Ordering::SeqCst);
        left -= some as u64;
    }
    Ok(())
}

/// What begins as a PNG does.
pub fn png(size: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec();
    bytes.extend((bytes.len()..size).map(|at| b"abcdefghij"[at % 10]));
    bytes
}

/// As a storage answers: the range that is asked for, or all.
fn part(head: &str, kind: &str, bytes: &[u8]) -> Vec<u8> {
    let size = bytes.len();
    let asked = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let common = format!(
        "Content-Type: {kind}\r\nETag: \"5d41402a\"\r\nLast-Modified: Fri, 20 Nov 2026 10:00:00 GMT\r\n\
         Content-Disposition: attachment; filename=x.html\r\nSet-Cookie: a=b\r\nServer: Storage\r\nX-Amz-Id: secret\r\n"
    );
    let (status, given) = match asked.as_deref().and_then(|asked| asked.split_once('-')) {
        None => (String::from("200 OK"), bytes),
        Some((first, last)) => {
            let from = if first.is_empty() {
                size.saturating_sub(last.parse().unwrap())
            } else {
                first.parse().unwrap()
            };
            let to = if first.is_empty() || last.is_empty() {
                size
            } else {
                (last.parse::<usize>().unwrap() + 1).min(size)
            };
            if from >= size {
                let refusal =
                    format!("HTTP/1.1 416 No\r\nContent-Range: bytes */{size}\r\nContent-Length: 0\r\n\r\n");
                return refusal.into_bytes();
            }
            (
                format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{size}", to - 1),
                &bytes[from..to],
            )
        }
    };
    let mut reply =
        format!("HTTP/1.1 {status}\r\n{common}Content-Length: {}\r\n\r\n", given.len()).into_bytes();
    reply.extend_from_slice(given);
    reply
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}
