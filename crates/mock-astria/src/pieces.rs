//! A body that is made while it is sent: longer than memory, or slower than the network.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// What will be sent: some bytes, over and over, up to a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pieces {
    source: Bytes,
    size_bytes: u64,
    chunk_bytes: usize,
    pause: Duration,
    announced: bool,
}

impl Pieces {
    pub(crate) fn new(source: Bytes, size_bytes: u64) -> Self {
        Self { source, size_bytes, chunk_bytes: 64 * 1024, pause: Duration::ZERO, announced: true }
    }

    /// Without `Content-Length`.
    pub(crate) fn unannounced(self) -> Self {
        Self { announced: false, ..self }
    }

    /// With a pause before each piece of that size.
    pub(crate) fn paced(self, chunk_bytes: usize, pause: Duration) -> Self {
        Self { chunk_bytes: chunk_bytes.max(1), pause, ..self }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        usize::try_from(self.size_bytes).unwrap_or(usize::MAX)
    }

    /// The body that sends it.
    pub(crate) fn body(&self) -> PiecesBody {
        PiecesBody { pieces: self.clone(), sent: 0, pause: None }
    }

    /// What follows after this many bytes.
    fn piece(&self, sent: u64) -> Bytes {
        let length = u64::try_from(self.source.len()).unwrap_or(u64::MAX);
        let at = sent.checked_rem(length).and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
        let left = usize::try_from(self.size_bytes.saturating_sub(sent)).unwrap_or(usize::MAX);
        let end = at.saturating_add(self.chunk_bytes.min(left)).min(self.source.len());
        self.source.slice(at..end)
    }
}

/// See [`Pieces::body`].
pub(crate) struct PiecesBody {
    pieces: Pieces,
    sent: u64,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Body for PiecesBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if !this.pieces.pause.is_zero() {
            let pause = this.pieces.pause;
            ready!(this.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause))).as_mut().poll(cx));
            this.pause = None;
        }
        let piece = this.pieces.piece(this.sent);
        if piece.is_empty() {
            return Poll::Ready(None);
        }
        this.sent += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        if self.pieces.announced {
            SizeHint::with_exact(self.pieces.size_bytes - self.sent)
        } else {
            SizeHint::default()
        }
    }
}
