//! One line, one count and, where traces are on, one span a request: also for what is rejected or panics, and for
//! a client that leaves.
//!
//! They name the route's template, never the path (which can hold a callback's token), no query, no header, no
//! body; the end user only as a hash.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Version};
use http_body::{Body, Frame, SizeHint};

use crate::call::Facts;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::reply::{Reply, ReplyBody, Stream};
use crate::state::{AppState, State};
use crate::telemetry::{AccessRecord, SpanKind, SpanParent, SpanRecord};
use crate::trace::TraceContext;
use crate::upstream::UpstreamError;

/// The status that stands for a client that left before its answer: nginx's.
const CLIENT_GONE: u16 = 499;

/// A request that has begun. Dropped without an end, it was left by its client.
pub struct Begun<'a> {
    state: &'a AppState,
    facts: &'a Arc<Facts>,
    method: &'a Method,
    version: Version,
    /// What a trusted sender said of its own place.
    incoming: Option<TraceContext>,
    ended: bool,
}

impl<'a> Begun<'a> {
    /// See the module.
    pub const fn new(
        state: &'a AppState,
        facts: &'a Arc<Facts>,
        method: &'a Method,
        version: Version,
        incoming: Option<TraceContext>,
    ) -> Self {
        Self { state, facts, method, version, incoming, ended: false }
    }

    /// The reply is ready. One that streams is written down at its last byte, or when its client leaves.
    pub fn end(mut self, reply: &mut Reply) {
        self.ended = true;
        let status = reply.status().as_u16();
        if reply.body().is_whole() {
            let took = self.about().took();
            self.about().write(status, reply.body().size_hint().lower(), took);
        } else if let ReplyBody::Stream(stream) = std::mem::take(reply.body_mut()) {
            let streamed = Streamed {
                stream,
                began_after: self.about().took(),
                state: Arc::clone(self.state),
                facts: Arc::clone(self.facts),
                method: self.method.clone(),
                version: self.version,
                incoming: self.incoming,
                status,
                sent_bytes: 0,
                is_over: false,
            };
            *reply.body_mut() = ReplyBody::Stream(Box::pin(streamed));
        }
    }

    fn about(&self) -> About<'_> {
        let Self { state, facts, method, version, incoming, .. } = *self;
        About { state, facts, method, version, incoming }
    }
}

/// What a line is written from.
struct About<'a> {
    state: &'a State,
    facts: &'a Facts,
    method: &'a Method,
    version: Version,
    incoming: Option<TraceContext>,
}

impl About<'_> {
    /// Since the request began.
    fn took(&self) -> Duration {
        self.state.clock.monotonic().saturating_sub(self.facts.started)
    }

    /// `counted`: as long as the metric says that it took.
    fn write(&self, status: u16, sent_bytes: u64, counted: Duration) {
        let Self { state, facts, .. } = self;
        let took = self.took();
        let (operation, code) = (facts.operation(), facts.code());
        state.metrics.request(operation, status, code, counted);
        if state.access_log.is_on() {
            let mut principal = Mark::default();
            if facts.principal() != 0 {
                // Twelve digits fit.
                let _ = write!(principal, "{:012x}", facts.principal());
            }
            state.access_log.write(&AccessRecord {
                at: state.clock.now(),
                request_id: facts.id.as_str(),
                client_request_id: None,
                method: self.method.as_str(),
                route: facts.route(),
                operation: operation.map_or("none", Operation::name),
                status,
                code,
                spent: facts.spent(),
                principal: principal.as_str(),
                took,
                upstream: facts.upstream(),
                received_bytes: facts.received_bytes(),
                sent_bytes,
                cache: facts.cache(),
                protocol: protocol(self.version),
                trace: facts.trace.as_ref(),
            });
        }
        if let Some(place) = facts.trace.filter(|_| state.spans.is_on()) {
            state.spans.record(&SpanRecord {
                place,
                parent: self.incoming.map(|above| SpanParent { span_id: above.span_id(), is_remote: true }),
                kind: SpanKind::Request,
                name: operation.map_or(facts.route(), Operation::name),
                method: self.method.as_str(),
                status,
                error: code,
                ended_at: state.clock.now(),
                took,
            });
        }
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let took = self.about().took();
            self.about().write(CLIENT_GONE, 0, took);
        }
    }
}

/// A reply's stream that counts what it gives, and is written down when it ends.
struct Streamed {
    stream: Stream,
    /// Until its head was ready.
    began_after: Duration,
    state: AppState,
    facts: Arc<Facts>,
    method: Method,
    version: Version,
    incoming: Option<TraceContext>,
    status: u16,
    sent_bytes: u64,
    is_over: bool,
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = UpstreamError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        let this = self.get_mut();
        let polled = this.stream.as_mut().poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                this.sent_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                // Nobody asks again where the last piece is known to be the last.
                this.is_over = this.stream.is_end_stream();
            }
            Poll::Ready(Some(Err(error))) => {
                this.is_over = true;
                let operation = this.facts.operation().unwrap_or(Operation::GetImage);
                this.facts.set_problem(&Problem::of_upstream(error, operation));
                let request_id = this.facts.id.as_str();
                tracing::warn!(request_id, outcome = error.name(), "a stream from the upstream ended early");
            }
            Poll::Ready(None) => this.is_over = true,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.stream.size_hint()
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        let Self { state, facts, method, version, incoming, began_after, .. } = &*self;
        let is_whole = self.is_over || facts.is_endless();
        let status = if is_whole { self.status } else { CLIENT_GONE };
        let about = About { state, facts, method, version: *version, incoming: *incoming };
        // One that goes on for hours says nothing of how quick the gateway is.
        let counted = if facts.is_endless() { *began_after } else { about.took() };
        about.write(status, self.sent_bytes, counted);
    }
}

const fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

/// An end user's mark: up to sixteen digits, without an allocation.
#[derive(Default)]
struct Mark {
    digits: [u8; 16],
    length: usize,
}

impl Mark {
    fn as_str(&self) -> &str {
        self.digits.get(..self.length).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default()
    }
}

impl std::fmt::Write for Mark {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let room = self.digits.get_mut(self.length..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
