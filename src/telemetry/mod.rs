//! What the gateway says about itself: metrics and readiness for the operator's listener, log lines on standard error,
//! spans for a collector.
//!
//! Labels and fields are operations, codes and outcomes: never a user, an id of Astria's, a path or a token.

mod access_log;
mod escape;
mod logging;
mod metrics;
mod one_line;
#[cfg(feature = "otel")]
mod otlp;
mod readiness;
mod spans;

pub use access_log::{AccessLog, AccessLogGuard, AccessRecord, LineSink};
pub use logging::{LoggingGuard, init_logging, subscriber};
pub use metrics::{
    AccountReading, BreakerState, EndpointReading, IssuerReading, Metrics, PoolReading, Readings,
};
pub use readiness::{KEYS_WAIT, Readiness, ReadinessFacts};
pub use spans::{SpanKind, SpanParent, SpanRecord, Spans, SpansError};
