//! Replies built from nothing: a status, JSON, and the headers that are named here.
//!
//! Nearly all are whole and in memory, and pay nothing for those that are not: a stream is boxed, a whole is not.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use serde::Serialize;

use crate::headers::{GATEWAY_CLAMPED_PARAMS, GATEWAY_DROPPED_PARAMS};
use crate::policy::dropped_header;
use crate::upstream::UpstreamError;

/// What a client gets.
pub type Reply = Response<ReplyBody>;

/// Its bytes.
pub enum ReplyBody {
    /// In memory.
    Whole(Full<Bytes>),
    /// On their way from somewhere else.
    Stream(Stream),
}

/// Bytes that come piece by piece; an error ends the connection, since the reply's head has said otherwise.
pub type Stream = Pin<Box<dyn Body<Data = Bytes, Error = UpstreamError> + Send>>;

impl ReplyBody {
    /// Whether all of it is there.
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }
}

impl Default for ReplyBody {
    /// No bytes.
    fn default() -> Self {
        Self::Whole(Full::default())
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = UpstreamError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole)
                .poll_frame(context)
                .map(|frame| frame.map(|frame| frame.map_err(|never| match never {}))),
            Self::Stream(stream) => stream.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}

/// Room for the headers of a usual reply, so that the map does not grow while it is filled.
const USUAL_HEADERS: usize = 16;

/// A JSON reply.
pub fn json(status: StatusCode, body: &impl Serialize) -> Reply {
    // What we show is made of JSON values and plain structs: it always serializes.
    json_bytes(status, serde_json::to_vec(body).unwrap_or_default().into())
}

/// A reply of JSON text that is ready.
pub fn json_bytes(status: StatusCode, body: Bytes) -> Reply {
    of_type(status, HeaderValue::from_static("application/json"), body)
}

/// A reply of any type that is ready.
pub fn of_type(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Reply {
    with_body(status, content_type, ReplyBody::Whole(Full::new(body)))
}

/// A reply of any type whose bytes may still be on their way.
pub fn with_body(status: StatusCode, content_type: HeaderValue, body: ReplyBody) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    *reply.headers_mut() = HeaderMap::with_capacity(USUAL_HEADERS);
    reply.headers_mut().insert(CONTENT_TYPE, content_type);
    reply
}

/// Tells a developer which parameters were dropped.
pub fn name_dropped(reply: &mut Reply, dropped: &[String]) {
    name(reply, GATEWAY_DROPPED_PARAMS, dropped);
}

/// Tells a developer which parameters were lowered to what the plan allows.
pub fn name_clamped(reply: &mut Reply, clamped: &[String]) {
    name(reply, GATEWAY_CLAMPED_PARAMS, clamped);
}

fn name(reply: &mut Reply, header: HeaderName, params: &[String]) {
    if let Some(names) = dropped_header(params).and_then(|names| HeaderValue::try_from(names).ok()) {
        reply.headers_mut().insert(header, names);
    }
}
