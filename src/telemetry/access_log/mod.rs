//! The access log: one line a request, whatever became of it, without holding the request.
//!
//! The edge fills an [`AccessRecord`] and calls [`AccessLog::write`]: the line is formatted in the request's thread
//! and handed to a thread that writes many lines with one call. A reader that is too slow loses lines, which are
//! counted; it never slows a request.
//!
//! ```
//! use astria_gateway::config::Log;
//! use astria_gateway::telemetry::{AccessLog, AccessRecord};
//!
//! let (log, guard) = AccessLog::start(&Log::default(), std::io::sink())?;
//! log.write(&AccessRecord { method: "GET", route: "/packs", status: 200, ..AccessRecord::default() });
//! drop(guard); // what is buffered is written
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! What it does *not* do: it does not rotate files (whoever reads standard error does), and it takes no path, query,
//! header, body, address or token: there is no field for them.

mod line;
mod writer;

use std::cell::RefCell;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use line::Line;
pub use writer::AccessLogGuard;
use writer::Queue;

use crate::clock::Timestamp;
use crate::config::{Log, LogFormat};
use crate::trace::TraceContext;

/// What is known of a request when it has ended. Texts are escaped when written, but they are to be ours: a
/// template, a name, a hash; never what the client sent.
#[derive(Clone, Copy, Debug)]
pub struct AccessRecord<'a> {
    /// When it ended.
    pub at: Timestamp,
    /// Our id of it.
    pub request_id: &'a str,
    /// The client's own id of it, from a trusted proxy; its first 64 bytes are written.
    pub client_request_id: Option<&'a str>,
    /// `GET`, …
    pub method: &'a str,
    /// The route's template, `none` if none matched; never the path.
    pub route: &'a str,
    /// The operation's name, `none` for the gateway's own paths.
    pub operation: &'a str,
    /// Of the reply.
    pub status: u16,
    /// The problem's code; empty on success.
    pub code: &'a str,
    /// `no`, `yes`, `unknown`; empty where no money is involved.
    pub spent: &'a str,
    /// The end user's mark, a hash; empty for nobody.
    pub principal: &'a str,
    /// From the head to the reply.
    pub took: Duration,
    /// How much of it Astria took.
    pub upstream: Duration,
    /// Of the request's body.
    pub received_bytes: u64,
    /// Of the reply's body.
    pub sent_bytes: u64,
    /// `hit`, `stale`, `miss`, …; empty where no cache is involved.
    pub cache: &'a str,
    /// `HTTP/1.1`, `HTTP/2.0`.
    pub protocol: &'a str,
    /// The trace that the request belongs to.
    pub trace: Option<&'a TraceContext>,
}

impl Default for AccessRecord<'_> {
    fn default() -> Self {
        Self {
            at: Timestamp::from_unix_ms(0),
            request_id: "",
            client_request_id: None,
            method: "",
            route: "none",
            operation: "none",
            status: 0,
            code: "",
            spent: "",
            principal: "",
            took: Duration::ZERO,
            upstream: Duration::ZERO,
            received_bytes: 0,
            sent_bytes: 0,
            cache: "",
            protocol: "",
            trace: None,
        }
    }
}

/// Where lines go that no thread writes: called in the request's thread, one whole line at a time.
pub type LineSink = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// See the module. Cheap to clone.
#[derive(Clone, Default)]
pub struct AccessLog {
    format: Option<LogFormat>,
    output: Output,
}

#[derive(Clone, Default)]
enum Output {
    #[default]
    Nowhere,
    Queue(Arc<Queue>),
    Sink(LineSink),
}

thread_local! {
    static LINE: RefCell<Line> = const { RefCell::new(Line::new()) };
}

impl AccessLog {
    /// Writes nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Starts the thread that writes to `out`, unless `log.access` is off. The guard writes what is buffered when it is
    /// dropped: keep it until the process ends.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(
        settings: &Log,
        out: impl Write + Send + 'static,
    ) -> std::io::Result<(Self, AccessLogGuard)> {
        if !settings.access {
            return Ok((Self::off(), AccessLogGuard::default()));
        }
        let (queue, guard) = writer::start(settings.access_buffer_bytes, out)?;
        Ok((Self { format: Some(settings.format), output: Output::Queue(queue) }, guard))
    }

    /// As [`AccessLog::start`], to standard error, where the other log lines go.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn to_stderr(settings: &Log) -> std::io::Result<(Self, AccessLogGuard)> {
        Self::start(settings, std::io::stderr())
    }

    /// Hands each line over in the request's thread: for tests, which want to read it at once.
    pub fn to(sink: LineSink, format: LogFormat) -> Self {
        Self { format: Some(format), output: Output::Sink(sink) }
    }

    /// Writes a request's line. Never waits for the reader and never fails: a line that finds no room is counted.
    pub fn write(&self, record: &AccessRecord<'_>) {
        let Some(format) = self.format else { return };
        // A thread that is ending, or a sink that writes lines itself, has no buffer: such a line is lost.
        let _lost = LINE.try_with(|line| {
            let Ok(mut line) = line.try_borrow_mut() else { return };
            let bytes = line.format(format, record);
            match &self.output {
                Output::Nowhere => {}
                Output::Queue(queue) => queue.push(bytes),
                Output::Sink(sink) => sink(bytes),
            }
        });
    }

    /// Whether lines go anywhere: if not, a record need not be made.
    pub const fn is_on(&self) -> bool {
        self.format.is_some()
    }

    /// Lines that found no room or could not be written, since the start.
    pub fn dropped_lines(&self) -> u64 {
        match &self.output {
            Output::Queue(queue) => queue.dropped_lines(),
            Output::Nowhere | Output::Sink(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests;
