//! What all calls of one Astria account share: its breaker, its pause after a 429, its places in flight.
//!
//! It outlives the stack: a reload builds a new stack (another key, other retries) around the same state, so
//! that an open breaker stays open and nobody loses a place in the queue.

use std::sync::Arc;

use super::backoff::Pause;
use super::breaker::{Breaker, BreakerSettings, BreakerState};
use super::error::UpstreamError;
use super::fair_share::{Places, ShareLimits};
use super::measure::Observer;
use super::step::Call;
use crate::clock::Clock;

/// The figures of an account that a reload may change.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountLimits {
    /// Places in flight and in the queue.
    pub share: ShareLimits,
    /// When to stop asking an upstream that fails.
    pub breaker: BreakerSettings,
}

/// See the module.
pub struct AccountState {
    pub(super) breaker: Breaker,
    pub(super) pause: Pause,
    pub(super) places: Places,
}

/// How an account is doing, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountReading {
    /// Calls that hold a place.
    pub in_flight: usize,
    /// Of these, creates.
    pub in_flight_creates: usize,
    /// Calls that wait for a place.
    pub queued: usize,
    /// Whether calls are let through.
    pub breaker: BreakerState,
    /// Seconds left of a pause that Astria asked for by 429.
    pub paused_for_s: u64,
}

impl AccountState {
    /// An account that works and is not busy; its breaker tells `observer` what it does.
    pub fn new(limits: AccountLimits, clock: &Clock, observer: Arc<dyn Observer>) -> Arc<Self> {
        Arc::new(Self {
            breaker: Breaker::new(limits.breaker, clock.clone(), observer),
            pause: Pause::new(clock.clone()),
            places: Places::new(limits.share),
        })
    }

    /// Puts other figures in force; calls in flight and in the queue stay.
    pub fn set_limits(&self, limits: AccountLimits) {
        self.breaker.set(limits.breaker);
        self.places.set_limits(limits.share);
    }

    /// The operator gave the account another key: what the old one's rejection paused goes on at once.
    pub fn credential_changed(&self) {
        self.breaker.credential_changed();
    }

    /// How it is doing now.
    pub fn reading(&self) -> AccountReading {
        let (in_flight, in_flight_creates, queued) = self.places.reading();
        AccountReading {
            in_flight,
            in_flight_creates,
            queued,
            breaker: self.breaker.state(),
            paused_for_s: self.pause.left_s(),
        }
    }

    /// Asked last, before a byte is sent: what waited may meet a pause that began meanwhile.
    pub(super) fn may_send(&self, call: &Call) -> Result<(), UpstreamError> {
        self.pause.check()?;
        self.breaker.check(call)
    }
}
