//! Bodies in pieces: a request's, sent without joining them, and what arrives, joined with at most one copy.
//!
//! A canonical multipart body is a few small heads of ours around photos that must not be copied, or that are on
//! disk and must not be in memory at once.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

use crate::intake::{SpoolError, SpooledFile};
use crate::params::Segment;

/// What is read from disk at once. One more than the connection is sending is in memory.
const CHUNK_BYTES: usize = 256 * 1024;

type Reading = Pin<Box<dyn Future<Output = Result<Bytes, SpoolError>> + Send>>;

/// Pieces of a body, in order; its exact size is known, so it is never sent chunked.
#[derive(Default)]
pub struct Segments {
    pieces: VecDeque<Segment>,
    /// Bytes of the first piece that were handed on already, where it is on disk.
    sent_of_first: u64,
    left_bytes: u64,
    /// The next chunk of the first piece, on its way from the disk.
    reading: Option<Reading>,
}

impl Segments {
    /// No body.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The next chunk of a piece on disk.
    fn poll_file(
        &mut self,
        file: &SpooledFile,
        context: &mut Context<'_>,
    ) -> Poll<Result<Bytes, SpoolError>> {
        let at = self.sent_of_first;
        let reading = self.reading.get_or_insert_with(|| {
            let file = file.clone();
            Box::pin(async move { file.read(at, CHUNK_BYTES).await })
        });
        let chunk = ready!(reading.as_mut().poll(context));
        self.reading = None;
        let chunk = chunk?;
        self.sent_of_first += chunk.len() as u64;
        if self.sent_of_first < file.size_bytes() {
            self.pieces.push_front(Segment::Spooled(file.clone()));
        } else {
            self.sent_of_first = 0;
        }
        Poll::Ready(Ok(chunk))
    }
}

/// The same body from where this one stands.
impl Clone for Segments {
    fn clone(&self) -> Self {
        Self {
            pieces: self.pieces.clone(),
            sent_of_first: self.sent_of_first,
            left_bytes: self.left_bytes,
            reading: None,
        }
    }
}

impl std::fmt::Debug for Segments {
    /// Prints the size only: a photo must not end in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Segments({} pieces, {} bytes left)", self.pieces.len(), self.left_bytes)
    }
}

impl From<Vec<Segment>> for Segments {
    fn from(pieces: Vec<Segment>) -> Self {
        let pieces: VecDeque<Segment> = pieces.into_iter().filter(|piece| piece.size_bytes() > 0).collect();
        let left_bytes = pieces.iter().map(Segment::size_bytes).sum();
        Self { pieces, left_bytes, ..Self::default() }
    }
}

impl Body for Segments {
    type Data = Bytes;
    type Error = SpoolError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SpoolError>>> {
        let chunk = match self.pieces.pop_front() {
            None => return Poll::Ready(None),
            Some(Segment::Memory(bytes)) => bytes,
            Some(Segment::Spooled(file)) => match self.poll_file(&file, context) {
                Poll::Ready(Ok(chunk)) => chunk,
                Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                Poll::Pending => {
                    self.pieces.push_front(Segment::Spooled(file));
                    return Poll::Pending;
                }
            },
        };
        self.left_bytes = self.left_bytes.saturating_sub(chunk.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
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
