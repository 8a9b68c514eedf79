//! A picture's bytes on their way: one piece in memory, a bound on all, and an end where the storage stalls.
//!
//! Time runs only while the client waits for the storage; a client that does not read is `serve`'s to cut.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::UpstreamError;
use super::places::Place;

/// A body that nobody has read yet, as a reply's extension carries it through the steps; it is taken once.
#[derive(Clone)]
pub(in crate::upstream) struct OpenBody(Arc<Mutex<Option<Incoming>>>);

impl OpenBody {
    pub(in crate::upstream) fn new(body: Incoming) -> Self {
        Self(Arc::new(Mutex::new(Some(body))))
    }

    fn take(&self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// See the module. Dropped before its end, it closes the connection that it comes over.
pub struct BlobBody {
    /// What was read to see what it is.
    head: Bytes,
    body: Option<Incoming>,
    left_bytes: u64,
    idle_timeout: Duration,
    idle: Pin<Box<Sleep>>,
    /// Whether `idle` runs.
    waits: bool,
    _place: Option<Place>,
}

impl BlobBody {
    pub(super) fn new(open: &OpenBody, max_bytes: u64, idle_timeout: Duration, place: Option<Place>) -> Self {
        Self {
            head: Bytes::new(),
            body: open.take(),
            left_bytes: max_bytes,
            idle_timeout,
            idle: Box::pin(tokio::time::sleep(idle_timeout)),
            waits: false,
            _place: place,
        }
    }

    /// The first bytes: so many, or all there are. Only before anything was read.
    pub(super) async fn head(&mut self, size_bytes: usize) -> Result<&[u8], UpstreamError> {
        let mut joined = BytesMut::new();
        while joined.len() < size_bytes {
            let Some(frame) = self.frame().await else { break };
            let Ok(data) = frame?.into_data() else { continue };
            if joined.is_empty() && data.len() >= size_bytes {
                self.head = data;
                return Ok(&self.head);
            }
            joined.extend_from_slice(&data);
        }
        self.head = joined.freeze();
        Ok(&self.head)
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        match Pin::new(body).poll_frame(context) {
            Poll::Ready(piece) => {
                self.waits = false;
                Poll::Ready(piece.map(|piece| piece.map_err(|_| UpstreamError::Cut)))
            }
            Poll::Pending => {
                if !self.waits {
                    self.waits = true;
                    self.idle.as_mut().reset(Instant::now() + self.idle_timeout);
                }
                ready!(self.idle.as_mut().poll(context));
                Poll::Ready(Some(Err(UpstreamError::TimedOut)))
            }
        }
    }

    /// Nothing of the storage is held any more.
    fn close(&mut self) {
        self.body = None;
    }
}

impl Body for BlobBody {
    type Data = Bytes;
    type Error = UpstreamError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        let this = self.get_mut();
        if !this.head.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.head)))));
        }
        loop {
            let piece = match ready!(this.poll_piece(context)) {
                // Trailers are the storage's own affair.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => data,
                    Err(_) => continue,
                },
                Some(Err(error)) => {
                    this.close();
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.close();
                    return Poll::Ready(None);
                }
            };
            let Some(left_bytes) = this.left_bytes.checked_sub(piece.len() as u64) else {
                this.close();
                return Poll::Ready(Some(Err(UpstreamError::TooLarge)));
            };
            this.left_bytes = left_bytes;
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.head.is_empty() && self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.as_ref().map(Body::size_hint).unwrap_or_default();
        let head = self.head.len() as u64;
        if let Some(exact) = hint.exact() {
            hint.set_exact(exact + head);
        } else {
            // A bound above is not known where there is no length.
            hint.set_lower(hint.lower() + head);
        }
        hint
    }
}
