//! So many requests a second, one after the other, for everything that is looked after together.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// See the module.
#[derive(Default)]
pub(super) struct Pace(Mutex<Turns>);

#[derive(Default)]
struct Turns {
    between: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// How many a second, from now on.
    pub(super) fn set(&self, per_s: f64) {
        let between = Duration::try_from_secs_f64(1.0 / per_s).unwrap_or(Duration::from_secs(1));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).between = between;
    }

    /// How many turns a second has; at least one.
    pub(super) fn in_a_second(&self) -> usize {
        let between = self.0.lock().unwrap_or_else(PoisonError::into_inner).between;
        let turns = Duration::from_secs(1).as_micros() / between.as_micros().max(1);
        usize::try_from(turns).unwrap_or(usize::MAX).max(1)
    }

    /// Waits for the next one's turn.
    ///
    /// Cancel safe: at worst a turn is not used.
    pub(super) async fn turn(&self) {
        let now = Instant::now();
        let at = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let at = turns.next.map_or(now, |next| next.max(now));
            turns.next = Some(at + turns.between);
            at
        };
        sleep_until(at).await;
    }
}
