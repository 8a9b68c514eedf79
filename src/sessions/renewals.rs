//! Which sessions are being renewed at their login providers, so that one refresh token is on its way once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::record::SessionName;

/// A provider that could not answer is left alone for so long, by one session.
pub const AGAIN_AFTER: Duration = Duration::from_secs(15);
/// Sessions whose failures are remembered.
const MAX_REMEMBERED: usize = 10_000;

/// What became of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody knows yet.
    UnderWay,
    /// Renewed, or somebody else does it.
    Done,
    /// The provider cannot be asked now.
    Failed,
    /// The provider has ended the session.
    Refused,
}

/// Renewals under way, and those that failed a moment ago. Outlives a reload.
#[derive(Default)]
pub struct Renewals(Mutex<HashMap<SessionName, Flight>>);

struct Flight {
    outcome: watch::Receiver<Outcome>,
    /// On the monotonic clock.
    begun: Duration,
}

impl Renewals {
    /// `now` on the monotonic clock. The renewal under way, or the one that failed a moment ago; else whoever asks must begin one, and tell.
    ///
    /// # Errors
    /// Not an error: what to tell.
    pub fn join(
        &self,
        name: &SessionName,
        now: Duration,
    ) -> Result<watch::Receiver<Outcome>, watch::Sender<Outcome>> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(name) {
            let outcome = *flight.outcome.borrow();
            let is_abandoned = outcome == Outcome::UnderWay && flight.outcome.has_changed().is_err();
            let is_recent = now.saturating_sub(flight.begun) < AGAIN_AFTER;
            if !is_abandoned && (outcome == Outcome::UnderWay || outcome == Outcome::Failed && is_recent) {
                return Ok(flight.outcome.clone());
            }
        }
        if flights.len() >= MAX_REMEMBERED {
            flights.retain(|_, flight| {
                let is_recent = now.saturating_sub(flight.begun) < AGAIN_AFTER;
                *flight.outcome.borrow() == Outcome::UnderWay || is_recent
            });
        }
        let (tell, outcome) = watch::channel(Outcome::UnderWay);
        flights.insert(Arc::clone(name), Flight { outcome, begun: now });
        Err(tell)
    }
}
