//! One HTTP/1 connection.
//!
//! What it does *not* do: upgrades and CONNECT. hyper is never asked for the raw connection, so neither has an effect.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{CONNECTION, HeaderValue};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1::{Builder, Connection};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until};

use super::ahead::Ahead;
use super::driver::{Drive, drive};
use super::pulse::{Due, HeadTimer, Pulse};
use super::stopping::Stopping;
use super::{Answer, Ended};

/// hyper's buffer for a body's pieces, and at least a head's.
const BUFFER_BYTES: usize = 64 * 1024;
/// hyper parses so many header fields without an allocation; telling it the same number costs one a request.
const HEADERS_OF_HYPER: usize = 100;
/// What a client still sends after a last reply is read for so long, and so much of it: closed with bytes unread,
/// the kernel would send a reset, and the client might lose the reply.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 256 * 1024;

const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves it to its end. Not cancel safe.
pub(super) async fn run<A: Answer>(
    stream: Ahead<impl AsyncRead + AsyncWrite + Unpin>,
    peer: SocketAddr,
    answer: A,
    pulse: Arc<Pulse>,
    stopping: &Stopping,
) -> Ended {
    let mut handle = service_fn(move |request: Request<Incoming>| {
        let answer = answer.clone();
        async move {
            let mut reply = answer.answer(request, peer).await;
            if stopping.is_over() {
                // hyper may not have been told yet: the driver lets it read first.
                reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(reply)
        }
    });
    let settings = pulse.settings();
    let mut http = Builder::new();
    http.timer(HeadTimer(Arc::clone(&pulse)))
        // It only marks the pulse, which keeps the time itself.
        .header_read_timeout(settings.header_read_timeout)
        .max_header_size(settings.max_head_bytes)
        .max_buf_size(settings.max_head_bytes.max(BUFFER_BYTES))
        // Replies are small: one copy into one buffer is cheaper than two pieces.
        .writev(false);
    if settings.max_headers != HEADERS_OF_HYPER {
        http.max_headers(settings.max_headers);
    }
    let Ahead { mut first, mut stream } = stream;
    let ended = loop {
        // Boxed: its room is free while it rests.
        let connection = http.serve_connection(TokioIo::new(Ahead { first, stream }), handle);
        let mut connection = Box::new(connection);
        let due = drive(&mut *connection, &pulse, stopping).await;
        let (idle_until, was_in_head) = (pulse.idle_until(), pulse.is_in_head());
        let parts = connection.into_parts();
        (stream, handle) = (parts.io.into_inner().stream, parts.service);
        match due {
            // Pipelined half a head, it seems: its time goes on.
            Due::Rest if !parts.read_buf.is_empty() => {
                first = parts.read_buf;
                pulse.head_has_begun(true);
            }
            Due::Rest => match rest(&mut stream, idle_until, &pulse, stopping).await {
                Ok(bytes) => {
                    first = bytes;
                    pulse.head_has_begun(false);
                }
                Err(ended) => break ended,
            },
            Due::End(Ended::HeadTimeout) => {
                if was_in_head && !pulse.is_write_blocked() {
                    // As far as it goes without waiting: it is a courtesy.
                    let _ = tokio::time::timeout(Duration::ZERO, stream.write_all(TOO_SLOW)).await;
                }
                break Ended::HeadTimeout;
            }
            Due::End(ended) => break ended,
        }
    };
    if matches!(ended, Ended::Closed | Ended::Unparsed | Ended::HeadTimeout) && !pulse.client_ended() {
        tokio::select! {
            _ = tokio::time::timeout(LINGER, linger(&mut stream)) => {}
            () = stopping.grace_over() => {}
        }
    }
    ended
}

/// Waits for the next head's first bytes without hyper and its 16 KiB of buffers: most open connections do nothing
/// most of the time.
async fn rest(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    until: Instant,
    pulse: &Pulse,
    stopping: &Stopping,
) -> Result<Bytes, Ended> {
    let mut first = [0; 64];
    let read = tokio::select! {
        biased;
        read = stream.read(&mut first) => read,
        () = stopping.over() => {
            // A request that is here already is served.
            pulse.read_at_once();
            match tokio::time::timeout(Duration::ZERO, stream.read(&mut first)).await {
                Ok(read) => read,
                Err(_) => return Err(Ended::Stopped),
            }
        }
        () = sleep_until(until) => return Err(Ended::IdleTimeout),
    };
    match read {
        Ok(0) => Err(Ended::Closed),
        Ok(size) => Ok(Bytes::copy_from_slice(first.get(..size).unwrap_or_default())),
        Err(_) => Err(Ended::Broken),
    }
}

async fn linger(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let mut read = 0;
    if stream.shutdown().await.is_ok() {
        let mut bytes = vec![0; 4 * 1024];
        while let Ok(size @ 1..) = stream.read(&mut bytes).await {
            read += size;
            if read > LINGER_BYTES {
                break;
            }
        }
    }
}

impl<I, S> Drive for Connection<I, S>
where
    I: Read + Write + Unpin,
    S: HttpService<Incoming>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::ResBody: 'static,
    <S::ResBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    Self: Future<Output = hyper::Result<()>> + Unpin,
{
    fn wind_down(&mut self) {
        std::pin::Pin::new(self).graceful_shutdown();
    }
}
