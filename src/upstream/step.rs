//! One step on the way to Astria: it sends on what it was given, or answers by itself.
//!
//! A trait of our own instead of `tower::Service`: its futures are not named, so each step is a plain
//! `async fn` without a box, and it takes `&self`, so that the stack is shared and never copied. The list of
//! steps is still a `tower::ServiceBuilder`, in `stack.rs`. See `docs/adr/0007-steps-instead-of-services.md`.

use std::future::Future;

use bytes::Bytes;
use http::{Request, Response};

use super::body::Segments;
use super::error::UpstreamError;
use crate::operation::Operation;

/// What a step gives back: a whole reply, not yet judged, or why there is none.
pub type Reply = Result<Response<Bytes>, UpstreamError>;

/// One call on its way: boxed once, since each step's future would hold it twice.
#[derive(Debug)]
pub struct Call {
    /// What it is for.
    pub operation: Operation,
    /// Whose turn it takes in the queue: a hash of the end user; 0 is the gateway itself.
    pub user: u64,
    /// Whether this is the one call that finds out if a paused account works again. Never tried again.
    pub probe: bool,
    /// A success's body is handed on unread (`blob::OpenBody`) and may have so many bytes; `None`: it is
    /// collected.
    pub streamed_bytes: Option<usize>,
    /// What is sent.
    pub request: Request<Segments>,
}

impl Call {
    /// The same call once more; for reads, which have no body.
    pub(super) fn copy(&self) -> Box<Self> {
        let Self { operation, user, probe, streamed_bytes, ref request } = *self;
        Box::new(Self { operation, user, probe, streamed_bytes, request: request.clone() })
    }
}

/// See the module.
pub trait Step: Send + Sync + 'static {
    /// Carries out the call, or refuses it.
    ///
    /// Not cancel safe: a call that is dropped may have been carried out.
    fn call(&self, call: Box<Call>) -> impl Future<Output = Reply> + Send;
}
