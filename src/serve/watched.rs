//! A connection's socket that tells its [`Pulse`] what came and whether the client takes what is sent.
//!
//! Below TLS, so that it sees what really moves. A client that lets one byte through now and then does not count as
//! reading: it is behind until it took [`ENOUGH_BYTES`], or everything.
//!
//! When the gateway stops it asks the kernel itself: the runtime hears of bytes a little after they came.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::pulse::Pulse;

/// What a client that is behind must take within its time.
const ENOUGH_BYTES: usize = 16 * 1024;

/// See the module.
pub(super) struct Watched {
    stream: TcpStream,
    pulse: Arc<Pulse>,
    /// Since the write that found no room.
    written: usize,
}

impl Watched {
    pub(super) const fn new(stream: TcpStream, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse, written: 0 }
    }

    fn wrote(&mut self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Pending => self.pulse.write_blocked(),
            Poll::Ready(Ok(size)) if self.pulse.is_write_blocked() => {
                self.written += size;
                if self.written >= ENOUGH_BYTES {
                    self.flows();
                }
            }
            Poll::Ready(_) => {}
        }
        result
    }

    fn flows(&mut self) {
        self.written = 0;
        self.pulse.write_flows();
    }
}

/// What the kernel has, whatever the runtime knows.
fn read_now(stream: &TcpStream, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    match rustix::io::read(stream, buf.initialize_unfilled()) {
        Ok(size) => {
            buf.advance(size);
            Poll::Ready(Ok(()))
        }
        Err(Errno::AGAIN | Errno::INTR) => Poll::Pending,
        Err(error) => Poll::Ready(Err(error.into())),
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            // Woken for what comes later: that was arranged by the poll above.
            Poll::Pending if self.pulse.reads_at_once() => ready!(read_now(&self.stream, buf))?,
            polled => ready!(polled)?,
        }
        self.pulse.came(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when everything was written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pulse.is_write_blocked() {
            self.flows();
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
