//! Connections in, requests to whoever answers them: the accept loop and what bounds a connection.
//!
//! Our own loop, because it must bound time (slow heads, idle connections, readers that do not read), count
//! connections, drain, and change its settings while it runs. One connection is one task:
//!
//! ```text
//! accept   a free place (`places`), back-off when accepting fails (`pause`)
//!   proxy    the PROXY header, if config asks for it: from here on the client's own address counts
//!   address  at most so many connections of one address
//!   tls      the handshake; ALPN chooses the protocol. Without TLS the first three bytes do (`sniff`)
//!   http1 | http2   hyper, on a stream that keeps time (`watched`, `pulse`)
//! ```
//!
//! What it does *not* do: it judges no request, upgrades no connection and tunnels nothing; what hyper refuses
//! to parse gets hyper's bare status and the connection's end, counted by [`Observer`].

mod addresses;
mod ahead;
mod connection;
mod driver;
mod http1;
mod http2;
pub mod listen;
pub mod notify;
mod observer;
pub mod open_files;
mod pause;
mod places;
mod proxy;
mod pulse;
mod queue;
mod settings;
mod sniff;
mod stopping;
pub mod tls;
mod watched;

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::addresses::Addresses;
use self::listen::Listener;
use self::pause::Pause;
use self::places::Place;
use self::stopping::Stopping;

pub use self::observer::{Ended, Observer};
pub use self::settings::{Control, Settings};

/// What answers requests: cloned for each one, so make that cheap.
pub trait Answer: Clone + Send + Sync + 'static {
    /// What a reply carries.
    type Body: http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    /// Answers one request of this peer. A client that leaves drops the future.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// What the connections of one listener share.
struct Shared<A, O> {
    answer: A,
    control: Arc<Control>,
    observer: Arc<O>,
    addresses: Addresses,
    stopping: Stopping,
    tasks: TaskTracker,
}

/// Accepts until `stop`, and then what waits in the kernel's queue, unless the socket stays open elsewhere
/// ([`Listener::given`]). Then connections between two requests end at once, others after the requests they are in,
/// and those that were accepted for a request which has not come yet after a second at the latest. Ends when all are
/// closed.
///
/// Not cancel safe: connections go on without it.
pub async fn serve<A: Answer, O: Observer>(
    listener: impl Into<Listener>,
    answer: A,
    control: Arc<Control>,
    observer: Arc<O>,
    stop: CancellationToken,
) {
    let listener = listener.into();
    let shared = Arc::new(Shared {
        answer,
        control,
        observer,
        addresses: Addresses::default(),
        stopping: Stopping::default(),
        tasks: TaskTracker::new(),
    });
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = accept(&listener, &shared) => {}
    }
    accept_queued(listener, &shared);
    shared.stopping.stop();
    shared.tasks.close();
    shared.tasks.wait().await;
}

/// Never ends by itself. Cancel safe: what was accepted is in its task.
async fn accept<A: Answer, O: Observer>(listener: &Listener, shared: &Arc<Shared<A, O>>) {
    let mut pause = Pause::default();
    loop {
        let place = shared.control.places.free(&shared.control).await;
        match listener.accept().await {
            Ok((stream, peer)) => {
                pause.over();
                begin(stream, peer, place, shared);
            }
            Err(error) => {
                drop(place);
                if pause::concerns_the_listener(&error) {
                    shared.observer.not_accepted();
                    pause.after(&error).await;
                }
            }
        }
    }
}

/// What came before the listener's end, as far as there are places.
fn accept_queued<A: Answer, O: Observer>(listener: Listener, shared: &Arc<Shared<A, O>>) {
    let mut queued = queue::queued(listener);
    while let Some(place) = shared.control.places.free_now(&shared.control)
        && let Some((stream, peer)) = queued.next()
    {
        begin(stream, peer, place, shared);
    }
}

/// In a task of its own.
fn begin<A: Answer, O: Observer>(
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    shared: &Arc<Shared<A, O>>,
) {
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        shared.observer.opened();
        let ended = connection::run(stream, peer, &shared).await;
        shared.observer.ended(ended);
        drop(place);
    });
}
