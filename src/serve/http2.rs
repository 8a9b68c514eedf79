//! One HTTP/2 connection: its limits, and what its streams tell the [`Pulse`].
//!
//! What it does *not* do: extended CONNECT and push. CONNECT reaches whoever answers as any other request, and
//! nobody answers it with a success.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::rt::bounds::Http2ServerConnExec;
use hyper::rt::{Executor, Read, Write};
use hyper::server::conn::http2::{Builder, Connection};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::TaskTracker;

use super::driver::{Drive, drive};
use super::pulse::{Due, Pulse};
use super::stopping::Stopping;
use super::{Answer, Ended};

/// Requests at once.
const MAX_STREAMS: u32 = 100;
/// What a client may send before it is read. A stream's: 256 KiB in 50 ms are 5 MB/s, so that a photo is not slow.
/// The connection's: all that one client can make us hold.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// A head, decoded: names, values and 32 bytes for each field.
const MAX_HEAD_BYTES: u32 = 16 * 1024;
/// A stream's reply that waits for the client.
const MAX_SEND_BYTES: usize = 64 * 1024;
/// Streams that the client reset before they were looked at, and that we reset for their errors.
const MAX_RESETS_UNSEEN: usize = 20;
const MAX_RESETS_OF_OURS: usize = 100;
/// Finds peers that vanished while a stream is open.
const PING_AFTER: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves it to its end. Not cancel safe.
pub(super) async fn run<A: Answer>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: SocketAddr,
    answer: A,
    pulse: Arc<Pulse>,
    stopping: &Stopping,
    tasks: TaskTracker,
) -> Ended {
    let of_stream = Arc::clone(&pulse);
    let handle = service_fn(move |request: Request<Incoming>| {
        let answer = answer.clone();
        let mut stream = Stream::open(&of_stream);
        async move {
            let reply = answer.answer(request, peer).await;
            stream.answered = true;
            stream.waits_for_client(true);
            Ok::<_, Infallible>(reply.map(|body| Reply { body, stream }))
        }
    });
    let mut http = Builder::new(Streams(tasks));
    http.timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_header_list_size(MAX_HEAD_BYTES)
        .max_send_buf_size(MAX_SEND_BYTES)
        .max_pending_accept_reset_streams(MAX_RESETS_UNSEEN)
        .max_local_error_reset_streams(MAX_RESETS_OF_OURS)
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PING_TIMEOUT);
    let mut connection = http.serve_connection(TokioIo::new(stream), handle);
    match drive(&mut connection, &pulse, stopping).await {
        Due::End(ended) => ended,
        // Only HTTP/1 rests.
        Due::Rest => Ended::Closed,
    }
}

/// Runs streams where the end of the listener waits for them.
#[derive(Clone)]
struct Streams(TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

/// One request, from its head to its reply's last byte.
struct Stream {
    pulse: Arc<Pulse>,
    answered: bool,
    waits: bool,
}

impl Stream {
    fn open(pulse: &Arc<Pulse>) -> Self {
        pulse.stream_opened();
        Self { pulse: Arc::clone(pulse), answered: false, waits: false }
    }

    /// Whether it is the client's turn.
    fn waits_for_client(&mut self, waits: bool) {
        if self.waits != waits {
            self.waits = waits;
            self.pulse.untaken(waits);
        } else if waits {
            self.pulse.untaken_moved();
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.waits_for_client(false);
        self.pulse.stream_closed(self.answered);
    }
}

pin_project! {
    /// A reply's body: hyper asks it for more only when the client has room.
    struct Reply<B> {
        #[pin]
        body: B,
        stream: Stream,
    }
}

impl<B: Body<Data = Bytes>> Body for Reply<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let polled = this.body.poll_frame(cx);
        this.stream.waits_for_client(polled.is_ready());
        Poll::Ready(ready!(polled))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<I, S, E> Drive for Connection<I, S, E>
where
    I: Read + Write + Unpin,
    S: HttpService<Incoming>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::ResBody: 'static,
    <S::ResBody as Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    E: Http2ServerConnExec<S::Future, S::ResBody>,
    Self: Future<Output = hyper::Result<()>> + Unpin,
{
    fn wind_down(&mut self) {
        Pin::new(self).graceful_shutdown();
    }
}
