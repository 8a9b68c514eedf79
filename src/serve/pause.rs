//! What follows when `accept` fails: neither spin nor die, and say so without flooding the log.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);
/// Between two warnings.
const QUIET: Duration = Duration::from_secs(10);

/// Grows with each failure in a row.
#[derive(Default)]
pub(super) struct Pause {
    last: Duration,
    warned: Option<Instant>,
}

impl Pause {
    /// A connection was accepted.
    pub(super) const fn over(&mut self) {
        self.last = Duration::ZERO;
    }

    /// Says what went wrong, at most once in a while, and waits. Cancel safe.
    pub(super) async fn after(&mut self, error: &io::Error) {
        if self.warned.is_none_or(|at| at.elapsed() >= QUIET) {
            self.warned = Some(Instant::now());
            tracing::warn!(%error, "connections cannot be accepted; trying again");
        }
        self.last = (self.last * 2).clamp(SHORTEST, LONGEST);
        tokio::time::sleep(self.last).await;
    }
}

/// Not so if the one connection that was to be accepted is at fault: the next one may be fine.
pub(super) fn concerns_the_listener(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
