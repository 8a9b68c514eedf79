//! The socket of one connection, with a switch that cuts it.
//!
//! A server library always finishes its replies; to imitate a server that does not, the cut happens below it. It counts
//! bytes of the body, not of the head, so that the caller need not know the head's length. It does not touch reads.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    /// No byte more.
    Cut,
    /// The rest of a head, then this many bytes. `matched` counts how much of CR LF CR LF has passed.
    AfterHead {
        matched: usize,
        body_bytes: usize,
    },
}

/// The switch, shared between the socket and whoever handles its requests.
#[derive(Clone)]
pub(crate) struct CutSwitch(Arc<Mutex<Mode>>);

impl CutSwitch {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Mode::Open)))
    }

    /// From now on nothing is written.
    pub(crate) fn cut_now(&self) {
        self.set(Mode::Cut);
    }

    /// The next head passes, and this many bytes of its body.
    pub(crate) fn cut_after_head(&self, body_bytes: usize) {
        self.set(Mode::AfterHead { matched: 0, body_bytes });
    }

    fn set(&self, mode: Mode) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    fn get(&self) -> Mode {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A TCP stream that its switch can cut.
pub(crate) struct CutStream {
    inner: TcpStream,
    switch: CutSwitch,
}

impl CutStream {
    pub(crate) fn new(inner: TcpStream, switch: CutSwitch) -> Self {
        Self { inner, switch }
    }
}

/// How many of these bytes may pass.
fn allowed(mode: Mode, bytes: &[u8]) -> usize {
    match mode {
        Mode::Open => bytes.len(),
        Mode::Cut => 0,
        Mode::AfterHead { mut matched, body_bytes } => {
            let mut head_bytes = 0;
            for byte in bytes {
                if matched == 4 {
                    break;
                }
                head_bytes += 1;
                matched = step(matched, *byte);
            }
            if matched == 4 { (head_bytes + body_bytes).min(bytes.len()) } else { head_bytes }
        }
    }
}

/// The mode after these bytes have passed.
fn advance(mode: Mode, bytes: &[u8]) -> Mode {
    let Mode::AfterHead { mut matched, mut body_bytes } = mode else { return mode };
    for byte in bytes {
        if matched == 4 {
            body_bytes = body_bytes.saturating_sub(1);
        } else {
            matched = step(matched, *byte);
        }
    }
    if matched == 4 && body_bytes == 0 { Mode::Cut } else { Mode::AfterHead { matched, body_bytes } }
}

fn step(matched: usize, byte: u8) -> usize {
    match (matched, byte) {
        (0 | 2, b'\r') | (1 | 3, b'\n') => matched + 1,
        (_, b'\r') => 1,
        _ => 0,
    }
}

impl AsyncRead for CutStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for CutStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let mode = this.switch.get();
        let allowed = buf.get(..allowed(mode, buf)).unwrap_or_default();
        if allowed.is_empty() && !buf.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = std::task::ready!(Pin::new(&mut this.inner).poll_write(cx, allowed))?;
        if mode != Mode::Open {
            this.switch.set(advance(mode, allowed.get(..written).unwrap_or_default()));
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode, advance, allowed};

    #[test]
    fn the_head_passes_whole_and_the_body_in_part() {
        let mode = Mode::AfterHead { matched: 0, body_bytes: 3 };
        let text = b"HTTP/1.1 200 OK\r\na: b\r\n\r\n123456";

        assert_eq!(allowed(mode, text), text.len() - 3);
        assert_eq!(advance(mode, &text[..text.len() - 3]), Mode::Cut);
    }

    #[test]
    fn a_head_split_over_writes_is_followed() {
        let mode = advance(Mode::AfterHead { matched: 0, body_bytes: 2 }, b"HTTP/1.1 200 OK\r\n\r");

        assert_eq!(mode, Mode::AfterHead { matched: 3, body_bytes: 2 });
        assert_eq!(allowed(mode, b"\nabcd"), 3);
    }
}
