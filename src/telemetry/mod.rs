//! What the gateway says about itself: metrics for the operator's listener, log lines on standard error.
//!
//! Labels are operations, codes and outcomes: never a user, an id, a path or a token.

mod logging;
mod metrics;

pub use logging::{LoggingGuard, init_logging};
pub use metrics::Metrics;
