//! So many requests a second, one after the other.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// See the module.
#[derive(Default)]
pub(super) struct Pace {
    between: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// How many a second, from now on.
    pub(super) fn set(&mut self, per_s: f64) {
        self.between = Duration::try_from_secs_f64(1.0 / per_s).unwrap_or(Duration::from_secs(1));
    }

    /// Waits for the next one's turn.
    ///
    /// Cancel safe.
    pub(super) async fn turn(&mut self) {
        let now = Instant::now();
        let at = self.next.map_or(now, |next| next.max(now));
        self.next = Some(at + self.between);
        sleep_until(at).await;
    }
}
