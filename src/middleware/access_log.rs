//! One event and one count a request, also for what is rejected or panics, and for a client that leaves.
//!
//! The event names the route's template, never the path (which can hold a callback's token), no query, no
//! header, no body; the end user only as a hash.

use http::{Method, StatusCode};
use hyper::body::Body as _;

use crate::call::Facts;
use crate::reply::Reply;
use crate::state::State;

/// The status that stands for a client that left before its answer: nginx's.
const CLIENT_GONE: u16 = 499;

/// A request that has begun. Dropped without an end, it was left by its client.
pub struct Begun<'a> {
    state: &'a State,
    facts: &'a Facts,
    method: &'a Method,
    ended: bool,
}

impl<'a> Begun<'a> {
    /// See the module.
    pub const fn new(state: &'a State, facts: &'a Facts, method: &'a Method) -> Self {
        Self { state, facts, method, ended: false }
    }

    /// The reply is ready.
    pub fn end(mut self, reply: &Reply) {
        self.ended = true;
        self.write(reply.status(), reply.body().size_hint().lower());
    }

    fn write(&self, status: StatusCode, sent_bytes: u64) {
        let Self { state, facts, .. } = self;
        let took = state.clock.monotonic().saturating_sub(facts.started);
        let (operation, code) = (facts.operation(), facts.code());
        state.metrics.request(operation, status.as_u16(), code, took);
        let us = |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let principal = match facts.principal() {
            0 => String::new(),
            hash => format!("{hash:012x}"),
        };
        tracing::info!(
            target: "astria_gateway::access",
            request_id = facts.id.as_str(),
            method = self.method.as_str(),
            route = facts.route(),
            operation,
            status = status.as_u16(),
            code,
            spent = facts.spent(),
            principal,
            took_us = us(took),
            upstream_us = us(facts.upstream()),
            received_bytes = facts.received_bytes(),
            sent_bytes,
            cache = facts.cache(),
            "request"
        );
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.write(StatusCode::from_u16(CLIENT_GONE).unwrap_or(StatusCode::BAD_REQUEST), 0);
        }
    }
}
