//! One line, one count and, where traces are on, one span a request: also for what is rejected or panics, and for
//! a client that leaves.
//!
//! They name the route's template, never the path (which can hold a callback's token), no query, no header, no
//! body; the end user only as a hash.

use std::fmt::Write as _;

use http::{Method, Version};
use hyper::body::Body as _;

use crate::call::Facts;
use crate::operation::Operation;
use crate::reply::Reply;
use crate::state::State;
use crate::telemetry::{AccessRecord, SpanKind, SpanParent, SpanRecord};
use crate::trace::TraceContext;

/// The status that stands for a client that left before its answer: nginx's.
const CLIENT_GONE: u16 = 499;

/// A request that has begun. Dropped without an end, it was left by its client.
pub struct Begun<'a> {
    state: &'a State,
    facts: &'a Facts,
    method: &'a Method,
    version: Version,
    /// What a trusted sender said of its own place.
    incoming: Option<TraceContext>,
    ended: bool,
}

impl<'a> Begun<'a> {
    /// See the module.
    pub const fn new(
        state: &'a State,
        facts: &'a Facts,
        method: &'a Method,
        version: Version,
        incoming: Option<TraceContext>,
    ) -> Self {
        Self { state, facts, method, version, incoming, ended: false }
    }

    /// The reply is ready.
    pub fn end(mut self, reply: &Reply) {
        self.ended = true;
        self.write(reply.status().as_u16(), reply.body().size_hint().lower());
    }

    fn write(&self, status: u16, sent_bytes: u64) {
        let Self { state, facts, .. } = self;
        let took = state.clock.monotonic().saturating_sub(facts.started);
        let (operation, code) = (facts.operation(), facts.code());
        state.metrics.request(operation, status, code, took);
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
            self.write(CLIENT_GONE, 0);
        }
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
