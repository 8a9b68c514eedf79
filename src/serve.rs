//! The accept loop: connections in, requests to the stack.
//!
//! Our own, because it must bound the time for a request's head (slowloris), bound connections, and drain.
//!
//! What it does *not* do yet: TLS, HTTP/2, per-address connection caps.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::telemetry::Metrics;

/// Bytes of a request's head; more is 431. hyper looks between two reads, so a head that is somewhat larger
/// may pass if it came at once.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// After `accept` failed (too many open files, say): neither spin nor die.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How connections are kept.
#[derive(Clone, Copy, Debug)]
pub struct ServeSettings {
    /// For a request's head, idle time between requests included.
    pub header_read_timeout: Duration,
    /// Open at once.
    pub max_connections: usize,
}

/// Whatever answers requests.
pub trait Answer: Clone + Send + Sync + 'static {
    /// One request in, one reply out.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Full<Bytes>>> + Send;
}

/// Accepts until `stop`, then lets each connection finish the request it is in. Ends when all are closed.
///
/// Not cancel safe: connections go on without it.
pub async fn serve<A: Answer>(
    listener: TcpListener,
    service: A,
    settings: ServeSettings,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(settings.max_connections));
    loop {
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let serving =
                    connection(stream, peer, service.clone(), settings, Arc::clone(&metrics), stop.clone());
                connections.spawn(async move {
                    serving.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn connection<A: Answer>(
    stream: TcpStream,
    peer: SocketAddr,
    service: A,
    settings: ServeSettings,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    // Without it small replies wait for an acknowledgement; where it fails they are only slower.
    let _ = stream.set_nodelay(true);
    let handle = service_fn(move |request: Request<Incoming>| {
        let service = service.clone();
        async move { Ok::<_, std::convert::Infallible>(service.answer(request, peer).await) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.header_read_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        // Replies are small: one copy into one buffer is cheaper than two pieces.
        .writev(false);
    let mut serving = std::pin::pin!(http.serve_connection(TokioIo::new(stream), handle));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if ended.is_err_and(|error| error.is_parse() || error.is_parse_too_large()) {
        metrics.unparsed_connection();
    }
}
