//! A proxy between browser and gateway that lets through what it is told to, and cuts everything else off.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lets {
    Everything,
    /// No stream of events.
    AllButStreams,
    Nothing,
}

/// Dropping it cuts everything off.
pub(super) struct CuttingProxy {
    pub(super) addr: SocketAddr,
    lets: watch::Sender<Lets>,
    serving: JoinHandle<()>,
}

impl CuttingProxy {
    pub(super) async fn before(gateway: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (lets, told) = watch::channel(Lets::Everything);
        #[expect(clippy::disallowed_methods, reason = "the proxy lives as long as its test")]
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((browser, _)) = listener.accept().await {
                connections.spawn(carry(browser, (addr, gateway), told.clone()));
            }
        });
        Self { addr, lets, serving }
    }

    /// From now on; what runs and is not let through any more is cut.
    pub(super) fn lets(&self, lets: Lets) {
        self.lets.send_replace(lets);
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One connection. An error is an end like any other.
async fn carry(
    browser: TcpStream,
    (here, there): (SocketAddr, SocketAddr),
    mut told: watch::Receiver<Lets>,
) -> io::Result<()> {
    let gateway = TcpStream::connect(there).await?;
    let (mut from_browser, mut to_browser) = browser.into_split();
    let (mut from_gateway, mut to_gateway) = gateway.into_split();
    let forth = async {
        let mut bytes = vec![0; 64 * 1024];
        let mut streams = false;
        loop {
            match *told.borrow_and_update() {
                Lets::Nothing => break,
                Lets::AllButStreams if streams => break,
                _ => {}
            }
            let size = tokio::select! {
                size = from_browser.read(&mut bytes) => size?,
                _ = told.changed() => continue,
            };
            if size == 0 {
                break;
            }
            // A browser writes the head of a request at once, and a stream keeps its connection for itself.
            streams = bytes.starts_with(b"GET /gateway/events");
            if !(streams && *told.borrow() == Lets::AllButStreams) {
                to_gateway.write_all(&from_its_own_page(&bytes[..size], here, there)).await?;
            }
        }
        io::Result::Ok(())
    };
    tokio::select! {
        end = forth => end,
        end = tokio::io::copy(&mut from_gateway, &mut to_browser) => end.map(|_| ()),
    }
}

/// The gateway knows no page but those of its own address.
fn from_its_own_page(bytes: &[u8], here: SocketAddr, there: SocketAddr) -> Vec<u8> {
    let (ours, theirs) =
        (format!("\r\nOrigin: http://{here}\r\n"), format!("\r\nOrigin: http://{there}\r\n"));
    let at = bytes.windows(ours.len()).position(|window| window.eq_ignore_ascii_case(ours.as_bytes()));
    let mut bytes = bytes.to_vec();
    if let Some(at) = at {
        bytes.splice(at..at + ours.len(), theirs.into_bytes());
    }
    bytes
}
