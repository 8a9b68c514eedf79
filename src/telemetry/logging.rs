//! Log lines beside the access log: through a buffer and a thread of its own, so that a slow terminal never holds a
//! request.

use std::io::Write;
use std::sync::OnceLock;

use tracing::Subscriber;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, registry};

use super::one_line::OneLine;
use crate::config::{Log, LogFormat};

/// Of the process: there is one subscriber.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Writes what is buffered when dropped: keep it until the process ends.
pub struct LoggingGuard(#[expect(dead_code, reason = "it is its drop that counts")] Option<WorkerGuard>);

/// Starts logging to standard error. A second call in a process changes nothing.
pub fn init_logging(settings: &Log) -> LoggingGuard {
    let (writer, guard) = NonBlocking::new(std::io::stderr());
    let counter = writer.error_counter();
    let started = subscriber(settings, move || writer.clone()).try_init().is_ok();
    if started {
        // Set once, as the subscriber is.
        let _ = DROPPED.set(counter);
    }
    LoggingGuard(started.then_some(guard))
}

/// What [`init_logging`] starts, with a writer of the caller's: one call of it a line.
pub fn subscriber<W>(
    settings: &Log,
    writer: impl Fn() -> W + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync
where
    W: Write + 'static,
{
    let filter = EnvFilter::try_new(&settings.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = tracing_subscriber::fmt::layer().with_writer(Lines(writer)).with_ansi(false);
    let layer = match settings.format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    registry().with(filter).with(layer)
}

/// Lines that were lost because nobody read them in time, since the start.
pub(super) fn dropped_log_lines() -> u64 {
    DROPPED.get().map_or(0, |counter| counter.dropped_lines() as u64)
}

struct Lines<F>(F);

impl<'a, W: Write + 'a, F: Fn() -> W> MakeWriter<'a> for Lines<F> {
    type Writer = OneLine<W>;

    fn make_writer(&'a self) -> OneLine<W> {
        OneLine(self.0())
    }
}
