//! Log lines: through a buffer and a thread of its own, so that a slow terminal never holds a request.

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};

/// Writes what is buffered when dropped: keep it until the process ends.
pub struct LoggingGuard(#[expect(dead_code, reason = "it is its drop that counts")] Option<WorkerGuard>);

/// Starts logging to standard error. A second call in a process changes nothing.
pub fn init_logging(settings: &Log) -> LoggingGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = EnvFilter::try_new(&settings.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    let registry = tracing_subscriber::registry().with(filter);
    let started = match settings.format {
        LogFormat::Text => registry.with(layer).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    };
    LoggingGuard(started.is_ok().then_some(guard))
}
