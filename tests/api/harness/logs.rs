//! Everything that any gateway of this process logged, at the most talkative level.

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static STARTED: OnceLock<()> = OnceLock::new();

#[derive(Clone)]
struct Capture;

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Capture {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

pub fn start() {
    STARTED.get_or_init(|| {
        let filter = EnvFilter::new("debug,astria_gateway=trace");
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(Capture)
            .with_ansi(false)
            .try_init();
    });
}

pub fn text() -> String {
    String::from_utf8_lossy(&LINES.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Where a test's gateway writes its access log: beside the other lines.
pub fn access_sink() -> astria_gateway::telemetry::LineSink {
    std::sync::Arc::new(|line| LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line))
}

/// The lines of the access log that hold this text.
pub fn access_lines(holding: &str) -> Vec<String> {
    let text = text();
    let lines = text.lines().filter(|line| line.contains("astria_gateway::access") && line.contains(holding));
    lines.map(str::to_owned).collect()
}
