//! Connections: how long they may take, how many there may be, what they may speak, and how they end.
//!
//! Most tests serve a small [`Page`] with the library's own loop; what the promise says about the whole goes through
//! a gateway.

mod drain;
mod frames;
mod http1;
mod http2;
mod proxy;
mod slow;
mod start;
mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use astria_gateway::config;
use astria_gateway::serve::{Answer, Control, Ended, Observer, Settings, serve};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::harness::eventually;

const BIG: usize = 32 * 1024 * 1024;

/// Answers `/` with its peer, `/wait` when released, `/big` with a lot, `/body` with what it was sent.
#[derive(Clone)]
struct Page {
    asked: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    big: Bytes,
}

impl Answer for Page {
    type Body = BoxBody<Bytes, Infallible>;

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Self::Body> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let full = |bytes: Bytes| Full::new(bytes).boxed();
        Response::new(match request.uri().path() {
            "/wait" => {
                self.gate.acquire().await.unwrap().forget();
                full(Bytes::from_static(b"released"))
            }
            "/big" => full(self.big.clone()),
            "/body" => full(match request.into_body().collect().await {
                Ok(body) => body.to_bytes(),
                Err(_) => Bytes::from_static(b"broken"),
            }),
            _ => full(peer.to_string().into()),
        })
    }
}

/// Keeps what it is told.
#[derive(Default)]
struct Seen {
    opened: AtomicUsize,
    not_accepted: AtomicUsize,
    ended: Mutex<Vec<Ended>>,
}

impl Observer for Seen {
    fn opened(&self) {
        self.opened.fetch_add(1, Ordering::SeqCst);
    }

    fn ended(&self, how: Ended) {
        self.ended.lock().unwrap().push(how);
    }

    fn not_accepted(&self) {
        self.not_accepted.fetch_add(1, Ordering::SeqCst);
    }
}

/// A running loop.
struct Server {
    address: SocketAddr,
    control: Arc<Control>,
    settings: Settings,
    page: Page,
    seen: Arc<Seen>,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(change: impl FnOnce(&mut config::Server)) -> Self {
        Self::start_with(change, None).await
    }

    async fn start_with(
        change: impl FnOnce(&mut config::Server),
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Self {
        crate::harness::logs::start();
        let mut server = config::Server::default();
        change(&mut server);
        let settings = Settings::public(&server);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let control = Arc::new(Control::new(settings.clone(), tls));
        let page = Page {
            asked: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            big: Bytes::from(vec![b'x'; BIG]),
        };
        let (seen, stop) = (Arc::new(Seen::default()), CancellationToken::new());
        let serving = serve(listener, page.clone(), Arc::clone(&control), Arc::clone(&seen), stop.clone());
        let served = TaskTracker::new().spawn(serving);
        Self { address, control, settings, page, seen, stop, served }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    fn asked(&self) -> usize {
        self.page.asked.load(Ordering::SeqCst)
    }

    /// Waits until a connection ended this way.
    async fn ended(&self, how: Ended) {
        let ended = || self.seen.ended.lock().unwrap().clone();
        eventually(how.name(), || ended().contains(&how)).await;
    }

    /// A client that behaves is answered.
    async fn assert_serves(&self) {
        let reply = exchange(&mut self.connect().await, &get("/", "Connection: close\r\n")).await;
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a.example\r\n{headers}\r\n")
}

/// Sends, and reads until the other side closes.
async fn exchange(stream: &mut TcpStream, bytes: &str) -> String {
    // It may be closed already: what came still counts.
    let _ = stream.write_all(bytes.as_bytes()).await;
    until_closed(stream).await
}

/// Reads until the other side closes, ten seconds at most.
async fn until_closed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut reply = Vec::new();
    let closing = async { while let Ok(1..) = stream.read_buf(&mut reply).await {} };
    let closed = tokio::time::timeout(Duration::from_secs(10), closing).await.is_ok();
    let reply = String::from_utf8_lossy(&reply).into_owned();
    assert!(closed, "the connection stays open after {reply}");
    reply
}

/// Reads one reply's head and leaves the connection open.
async fn reply_head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut reply = Vec::new();
    let reading = async {
        while !reply.windows(4).any(|end| end == b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut reply).await.unwrap(), 0, "closed before a reply");
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading).await.expect("no reply came");
    String::from_utf8_lossy(&reply).into_owned()
}
