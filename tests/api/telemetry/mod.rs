//! What the gateway says about itself.

mod edge;
mod leaks;
mod operations;
#[cfg(feature = "otel")]
mod otlp;
