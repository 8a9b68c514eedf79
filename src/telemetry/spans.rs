//! Spans for an OpenTelemetry collector: one a request and one a call to Astria, made when each has ended.
//!
//! Nothing of it is on a request's path but one `if`: without `telemetry.otlp.endpoint` there are no spans, and with it
//! a span is made from what the access log knows anyway. Sending is the cargo feature `otel`; without the feature,
//! configuration refuses the endpoint.
//!
//! ```
//! use astria_gateway::telemetry::Spans;
//! use astria_gateway::trace::TraceContext;
//!
//! let (spans, incoming) = (Spans::off(), TraceContext::generate(true));
//! assert_eq!(spans.begin(Some(incoming)), Some(incoming)); // no span of ours: the trace passes as it is
//! assert_eq!(spans.begin(None), None);
//! ```
//!
//! What it does *not* do: it does not decide whose `traceparent` is believed.

use std::time::Duration;

use thiserror::Error;

use crate::clock::Timestamp;
use crate::config::Otlp;
#[cfg(feature = "otel")]
use crate::telemetry::otlp::Exporter;
use crate::trace::TraceContext;

/// One span. No end user, no path, no address.
#[derive(Clone, Copy, Debug)]
pub struct SpanRecord<'a> {
    /// Its own place in the trace.
    pub place: TraceContext,
    /// The span above it.
    pub parent: Option<SpanParent>,
    /// Which side of a call.
    pub kind: SpanKind,
    /// The operation, or the route's template where there is none.
    pub name: &'static str,
    /// The method.
    pub method: &'a str,
    /// Of the reply; 0 if there was none.
    pub status: u16,
    /// The problem's code or the error's name; empty on success.
    pub error: &'static str,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How long it took.
    pub took: Duration,
}

/// The span above another one.
#[derive(Clone, Copy, Debug)]
pub struct SpanParent {
    /// Its id.
    pub span_id: u64,
    /// Whether it is another program's.
    pub is_remote: bool,
}

/// Which side of a call a span tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// A request that came.
    Request,
    /// A call to Astria.
    Call,
}

/// Why no spans can be sent.
#[derive(Debug, Error)]
pub enum SpansError {
    /// This program was built without the feature.
    #[error("built without the feature `otel`")]
    NotBuiltIn,
    /// The exporter refuses its settings; the text holds no secret.
    #[error("{0}")]
    Exporter(String),
}

/// See the module. Cheap to clone.
#[derive(Clone, Default)]
pub struct Spans {
    #[cfg(feature = "otel")]
    exporter: Option<std::sync::Arc<Exporter>>,
}

impl Spans {
    /// No spans.
    pub fn off() -> Self {
        Self::default()
    }

    /// Starts sending if an endpoint is set. Spans wait in a bounded queue and are dropped when it is full.
    ///
    /// # Errors
    /// An endpoint is set and cannot be used, or the feature is not there.
    #[cfg(feature = "otel")]
    pub fn start(settings: &Otlp) -> Result<Self, SpansError> {
        if settings.endpoint.is_empty() {
            return Ok(Self::off());
        }
        let exporter = Exporter::start(settings).map_err(SpansError::Exporter)?;
        Ok(Self { exporter: Some(std::sync::Arc::new(exporter)) })
    }

    /// Starts sending if an endpoint is set: not in this build.
    ///
    /// # Errors
    /// An endpoint is set.
    #[cfg(not(feature = "otel"))]
    pub const fn start(settings: &Otlp) -> Result<Self, SpansError> {
        if settings.endpoint.is_empty() { Ok(Self {}) } else { Err(SpansError::NotBuiltIn) }
    }

    /// Whether there are spans.
    pub const fn is_on(&self) -> bool {
        #[cfg(feature = "otel")]
        return self.exporter.is_some();
        #[cfg(not(feature = "otel"))]
        false
    }

    /// The place of a request in its trace, given what a trusted sender said. Without spans of ours the trace
    /// passes as it came; with them, a request of no trace begins one.
    pub fn begin(&self, incoming: Option<TraceContext>) -> Option<TraceContext> {
        #[cfg(feature = "otel")]
        if let Some(exporter) = &self.exporter {
            return Some(incoming.map_or_else(|| exporter.begin(), |context| context.child()));
        }
        incoming
    }

    /// The place of a call that is made for a request: what its `traceparent` says.
    pub fn call(&self, request: TraceContext) -> TraceContext {
        if self.is_on() { request.child() } else { request }
    }

    /// Takes a span that has ended, if its trace is sampled. Never waits.
    pub fn record(&self, record: &SpanRecord<'_>) {
        #[cfg(feature = "otel")]
        if let Some(exporter) = self.exporter.as_ref().filter(|_| record.place.is_sampled()) {
            exporter.record(record);
        }
        #[cfg(not(feature = "otel"))]
        let _ = record;
    }

    /// Sends what waits, at most two seconds. For the end of the process; blocks its thread.
    pub fn finish(&self) {
        #[cfg(feature = "otel")]
        if let Some(exporter) = &self.exporter {
            exporter.finish();
        }
    }
}
