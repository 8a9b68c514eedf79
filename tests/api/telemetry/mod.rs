//! What the gateway says about itself.

mod leaks;
mod operations;
#[cfg(feature = "otel")]
mod otlp;
