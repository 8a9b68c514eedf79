//! The listening side: accept loop, connections, and the handle that a test holds.
//!
//! Its own accept loop, so that each connection's socket can be wrapped and cut. Stopping is abrupt: connections and jobs are
//! dropped where they stand, which is what a test wants.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::app;
use crate::faults::FaultRule;
use crate::recording::RecordedRequest;
use crate::settings::Settings;
use crate::state::Shared;
use crate::wire::{CutStream, CutSwitch};

/// A running imitation. Dropping it stops it.
pub struct MockAstria {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

impl MockAstria {
    /// Binds and starts to answer. Cancel safe.
    ///
    /// # Errors
    ///
    /// The address cannot be bound.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let addr = listener.local_addr()?;
        let host = if addr.ip().is_unspecified() { "127.0.0.1".to_owned() } else { host_of(addr) };
        let shared = Arc::new(Shared::new(settings, format!("http://{host}:{}", addr.port())));
        let accepting = Arc::clone(&shared);
        shared.tasks.spawn(async move {
            let stop = accepting.stop.clone();
            stop.run_until_cancelled(accept(&accepting, &listener)).await;
        });
        Ok(Self { addr, shared })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.base_url.clone()
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The API requests so far, oldest first; those that were refused or hit by a fault too.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        let log = self.shared.lock().log.all();
        log.iter().map(|request| RecordedRequest::clone(request)).collect()
    }

    /// The prompts made so far, by id, as Astria would show them.
    #[must_use]
    pub fn prompts(&self) -> Vec<Value> {
        self.shared.lock().all_prompts()
    }

    /// The tunes made so far, by id, as Astria would show them; not the shared ones.
    #[must_use]
    pub fn tunes(&self) -> Vec<Value> {
        self.shared.lock().own_tunes()
    }

    /// Adds a fault; earlier ones are asked first.
    pub fn inject(&self, rule: FaultRule) {
        self.shared.lock().faults.push(rule);
    }

    /// Forgets requests, faults and objects made since the start, and cancels callbacks that are due. Ids go on counting.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// From now on accepts these keys, each with its workspace, and no others: a rotation, or several accounts.
    pub fn set_credentials(&self, credentials: Vec<(String, Option<String>)>) {
        *self.shared.credentials.lock().unwrap_or_else(PoisonError::into_inner) = credentials;
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Stops, and waits until nothing of it runs. Cancel safe: it stops all the same.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Drop for MockAstria {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

fn host_of(addr: SocketAddr) -> String {
    match addr {
        SocketAddr::V4(addr) => addr.ip().to_string(),
        SocketAddr::V6(addr) => format!("[{}]", addr.ip()),
    }
}

async fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let connection = Arc::clone(shared);
                shared.tasks.spawn(async move {
                    let stop = connection.stop.clone();
                    stop.run_until_cancelled(serve(&connection, stream)).await;
                });
            }
            // Out of file handles, or a peer that left: others may still be served.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(shared: &Arc<Shared>, stream: TcpStream) {
    // A reply in two packets must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let switch = CutSwitch::new();
    let io = TokioIo::new(CutStream::new(stream, switch.clone()));
    let service = service_fn(|request| {
        let switch = &switch;
        async move { Ok::<_, Infallible>(app::answer(shared, switch, request).await) }
    });
    // A cut connection ends in an error, and that is its purpose.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(io, service).await;
}
