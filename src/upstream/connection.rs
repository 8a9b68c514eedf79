//! Connections to Astria that can be taken out of use: because of their age, or of what came over them.
//!
//! The pool knows neither ages nor suspicions. A retired connection reads as closed by the other side, which
//! makes hyper close it and the pool forget it; a request that was just handed to it comes back unsent, and
//! goes over another one. The bytes of one reply are counted here too, below the parser: a flood of 1xx heads
//! or of chunk extensions has no size that anybody above could see.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::task::AtomicWaker;
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower::Service;

use super::resolver::Resolver;
use crate::clock::Clock;

/// One connection's life, as each of its replies carries it in the extensions.
#[derive(Clone)]
pub(super) struct Life(Arc<Inner>);

struct Inner {
    began: Duration,
    retired: AtomicBool,
    /// Bytes that the present reply may have, where that is more than usual.
    granted_bytes: AtomicUsize,
    reader: AtomicWaker,
    count: Arc<Count>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.count.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Connections of one pool, since the process began.
#[derive(Default)]
pub(super) struct Count {
    opened: AtomicU64,
    ended: AtomicU64,
}

impl Count {
    /// Open now, and opened so far.
    pub(super) fn reading(&self) -> (u64, u64) {
        let ended = self.ended.load(Ordering::Relaxed);
        let opened = self.opened.load(Ordering::Relaxed);
        (opened.saturating_sub(ended), opened)
    }
}

impl Life {
    fn begin(began: Duration, count: &Arc<Count>) -> Self {
        count.opened.fetch_add(1, Ordering::Relaxed);
        let count = Arc::clone(count);
        Self(Arc::new(Inner {
            began,
            retired: AtomicBool::new(false),
            granted_bytes: AtomicUsize::new(0),
            reader: AtomicWaker::new(),
            count,
        }))
    }

    /// How old it is.
    pub(super) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.0.began)
    }

    /// The reply that has begun may have so many bytes.
    pub(super) fn grant(&self, size_bytes: usize) {
        self.0.granted_bytes.store(size_bytes, Ordering::Release);
    }

    /// No other request goes over it.
    pub(super) fn retire(&self) {
        self.0.retired.store(true, Ordering::Release);
        self.0.reader.wake();
    }
}

/// Connects: name, TCP, TLS, all within one time.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) inner: HttpsConnector<HttpConnector<Resolver>>,
    pub(super) timeout: Duration,
    pub(super) max_reply_bytes: usize,
    pub(super) clock: Clock,
    pub(super) count: Arc<Count>,
}

/// What the pool holds.
pub(super) type Io = TokioIo<Watched<TokioIo<MaybeHttpsStream<TokioIo<TcpStream>>>>>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for Connector {
    type Response = Io;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Io, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let connecting = self.inner.call(target);
        let Self { timeout, max_reply_bytes, ref clock, ref count, .. } = *self;
        let (clock, count) = (clock.clone(), Arc::clone(count));
        Box::pin(async move {
            let stream = tokio::time::timeout(timeout, connecting).await??;
            let life = Life::begin(clock.monotonic(), &count);
            Ok(TokioIo::new(Watched {
                inner: TokioIo::new(stream),
                life,
                read_bytes: 0,
                max_bytes: max_reply_bytes,
            }))
        })
    }
}

pin_project! {
    /// See the module.
    pub(super) struct Watched<T> {
        #[pin]
        inner: T,
        life: Life,
        // Since something was last written: of one reply.
        read_bytes: usize,
        max_bytes: usize,
    }
}

impl<T> Connection for Watched<T> {
    fn connected(&self) -> Connected {
        // HTTP/1 only, so there is nothing of TLS to pass on.
        Connected::new().extra(self.life.clone())
    }
}

impl<T: AsyncRead> AsyncRead for Watched<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        this.life.0.reader.register(cx.waker());
        if this.life.0.retired.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(this.inner.poll_read(cx, buf))?;
        *this.read_bytes += buf.filled().len().saturating_sub(before);
        if *this.read_bytes > *this.max_bytes
            && *this.read_bytes > this.life.0.granted_bytes.load(Ordering::Acquire)
        {
            return Poll::Ready(Err(io::Error::other("a reply has no end")));
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite> AsyncWrite for Watched<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        *this.read_bytes = 0;
        this.life.grant(0);
        this.inner.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        *this.read_bytes = 0;
        this.life.grant(0);
        this.inner.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
