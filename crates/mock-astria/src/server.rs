//! The listening side: accept loop, connections, and the handle that a test holds.
//!
//! Its own accept loop, so that each connection's socket can be wrapped and cut. Stopping is abrupt: connections and jobs are
//! dropped where they stand, which is what a test wants.

use std::collections::BTreeMap;
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

use crate::faults::FaultRule;
use crate::recording::{RecordedRequest, StorageRequest};
use crate::settings::Settings;
use crate::state::Shared;
use crate::stored::StoredContent;
use crate::wire::{CutStream, CutSwitch};
use crate::{app, storage};

/// A running imitation. Dropping it stops it.
pub struct MockAstria {
    addr: SocketAddr,
    storage_addr: SocketAddr,
    pub(crate) shared: Arc<Shared>,
}

/// Which of the two hosts a connection is for.
#[derive(Clone, Copy)]
enum Host {
    Api,
    Storage,
}

impl MockAstria {
    /// Binds and starts to answer. Cancel safe.
    ///
    /// # Errors
    ///
    /// One of the two addresses cannot be bound.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let addr = listener.local_addr()?;
        let storage_listener = TcpListener::bind(settings.storage_listen).await?;
        let storage_addr = storage_listener.local_addr()?;
        let shared = Arc::new(Shared::new(settings, url_of(addr), url_of(storage_addr)));
        for (host, listener) in [(Host::Api, listener), (Host::Storage, storage_listener)] {
            let accepting = Arc::clone(&shared);
            shared.tasks.spawn(async move {
                let stop = accepting.stop.clone();
                stop.run_until_cancelled(accept(&accepting, host, &listener)).await;
            });
        }
        Ok(Self { addr, storage_addr, shared })
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

    /// How many API requests came for a route: `count("GET", "/tunes/:id")`. The method is that of the request line, the
    /// template as in [`crate::router::Route::template`]; refused requests count too.
    #[must_use]
    pub fn count(&self, method: &str, template: &str) -> u64 {
        let key = (method.to_owned(), template.to_owned());
        self.shared.lock().counts.get(&key).copied().unwrap_or_default()
    }

    /// All counts, by method and template; requests without a route under an empty template.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<(String, String), u64> {
        self.shared.lock().counts.clone()
    }

    /// The storage host, as [`Self::url`].
    #[must_use]
    pub fn storage_url(&self) -> String {
        self.shared.storage_url.clone()
    }

    /// Where the storage host listens.
    #[must_use]
    pub fn storage_addr(&self) -> SocketAddr {
        self.storage_addr
    }

    /// The requests to the storage host so far, oldest first.
    #[must_use]
    pub fn storage_requests(&self) -> Vec<StorageRequest> {
        self.shared.lock().storage_log.iter().cloned().collect()
    }

    /// Lets the addresses of pictures redirect to that address; `None`: to the storage host.
    pub fn set_redirect_target(&self, url: Option<&str>) {
        self.shared.lock().redirect_target = url.map(str::to_owned);
    }

    /// What the storage host and the proxied addresses serve from now on, until a reset.
    pub fn set_stored(&self, content: StoredContent) {
        self.shared.lock().stored = content;
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

    /// Forgets every fault.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Forgets requests, counts, faults and objects made since the start, and cancels callbacks that are due. The storage host
    /// serves pictures again. Ids go on counting.
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

fn url_of(addr: SocketAddr) -> String {
    let port = addr.port();
    match addr {
        _ if addr.ip().is_unspecified() => format!("http://127.0.0.1:{port}"),
        SocketAddr::V4(addr) => format!("http://{}:{port}", addr.ip()),
        SocketAddr::V6(addr) => format!("http://[{}]:{port}", addr.ip()),
    }
}

async fn accept(shared: &Arc<Shared>, host: Host, listener: &TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if matches!(host, Host::Api) {
                    shared.connections.fetch_add(1, Ordering::Relaxed);
                }
                let connection = Arc::clone(shared);
                shared.tasks.spawn(async move {
                    let stop = connection.stop.clone();
                    stop.run_until_cancelled(serve(&connection, host, stream)).await;
                });
            }
            // Out of file handles, or a peer that left: others may still be served.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(shared: &Arc<Shared>, host: Host, stream: TcpStream) {
    // A reply in two packets must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let switch = CutSwitch::new();
    let io = TokioIo::new(CutStream::new(stream, switch.clone()));
    let service = service_fn(|request| {
        let switch = &switch;
        async move {
            Ok::<_, Infallible>(match host {
                Host::Api => app::answer(shared, switch, request).await,
                Host::Storage => storage::answer(shared, &request),
            })
        }
    });
    // A cut connection ends in an error, and that is its purpose.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(io, service).await;
}
