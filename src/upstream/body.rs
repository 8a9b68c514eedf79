//! Bodies in pieces: a request's, sent without joining them, and what arrives, joined with at most one copy.
//!
//! A canonical multipart body is a few small heads of ours around photos that must not be copied.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

/// Pieces of a body, in order; its exact size is known, so it is never sent chunked.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    pieces: VecDeque<Bytes>,
    left_bytes: u64,
}

impl Segments {
    /// No body.
    pub fn empty() -> Self {
        Self::default()
    }
}

impl From<Vec<Bytes>> for Segments {
    fn from(pieces: Vec<Bytes>) -> Self {
        let pieces: VecDeque<Bytes> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let left_bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces, left_bytes }
    }
}

impl Body for Segments {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.pop_front();
        if let Some(piece) = &piece {
            self.left_bytes = self.left_bytes.saturating_sub(piece.len() as u64);
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

/// Pieces as they arrive; where there is only one, it is not copied.
#[derive(Default)]
pub struct Joined {
    first: Bytes,
    /// All pieces, once there are two.
    whole: BytesMut,
}

impl Joined {
    /// Bytes so far.
    pub fn size_bytes(&self) -> usize {
        self.first.len().max(self.whole.len())
    }

    /// Adds the next piece; `announced_bytes` more are said to follow, and get room at once.
    pub fn push(&mut self, piece: Bytes, announced_bytes: usize) {
        if self.first.is_empty() {
            self.first = piece;
            return;
        }
        if self.whole.is_empty() {
            self.whole.reserve(self.first.len() + piece.len() + announced_bytes);
            self.whole.extend_from_slice(&self.first);
        }
        self.whole.extend_from_slice(&piece);
    }

    /// Everything that came.
    pub fn finish(self) -> Bytes {
        if self.whole.is_empty() { self.first } else { self.whole.freeze() }
    }
}
