//! Closed, open, half-open: the state of one breaker, without clocks, locks or HTTP.

use super::breaker::BreakerSettings;

/// Whether calls may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// They may.
    Closed,
    /// They may not, until then.
    Open { until_ms: u64 },
    /// One may, to find out; `probing`: it is under way.
    HalfOpen { probing: bool },
}

/// What [`Circuit::admit`] decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// As any other.
    Freely,
    /// As the one that finds out.
    AsProbe,
    /// Not now.
    No { wait_ms: u64 },
}

/// One breaker's state and what it has counted.
#[derive(Debug)]
pub(super) struct Circuit {
    pub(super) phase: Phase,
    /// Failures since the last success.
    in_a_row: u32,
    window_from_ms: u64,
    calls: u32,
    failures: u32,
    /// Probes that failed since it was closed: each doubles the next pause.
    failed_probes: u32,
}

impl Circuit {
    pub(super) const fn new() -> Self {
        Self { phase: Phase::Closed, in_a_row: 0, window_from_ms: 0, calls: 0, failures: 0, failed_probes: 0 }
    }

    /// May a call pass? The first after a pause is the probe.
    pub(super) const fn admit(&mut self, now_ms: u64) -> Admitted {
        match self.phase {
            Phase::Closed => Admitted::Freely,
            Phase::Open { until_ms } if now_ms < until_ms => Admitted::No { wait_ms: until_ms - now_ms },
            Phase::Open { .. } | Phase::HalfOpen { probing: false } => {
                self.phase = Phase::HalfOpen { probing: true };
                Admitted::AsProbe
            }
            Phase::HalfOpen { probing: true } => Admitted::No { wait_ms: 1000 },
        }
    }

    /// The probe ended without telling anything: the next call is the probe.
    pub(super) fn probe_again(&mut self) {
        if self.phase == (Phase::HalfOpen { probing: true }) {
            self.phase = Phase::HalfOpen { probing: false };
        }
    }

    pub(super) const fn close(&mut self) {
        *self = Self::new();
    }

    /// Opens for `for_ms`, twice as long after each failed probe, at most `max_ms`.
    pub(super) fn open(&mut self, now_ms: u64, for_ms: u64, max_ms: u64) {
        if matches!(self.phase, Phase::HalfOpen { .. }) {
            self.failed_probes = self.failed_probes.saturating_add(1);
        }
        let factor = 1_u64.checked_shl(self.failed_probes).unwrap_or(u64::MAX);
        let for_ms = for_ms.saturating_mul(factor).min(max_ms.max(for_ms));
        self.phase = Phase::Open { until_ms: now_ms.saturating_add(for_ms) };
    }

    /// Counts a call while closed; `true`: it was one failure too many.
    pub(super) fn count(&mut self, failed: bool, now_ms: u64, settings: &BreakerSettings) -> bool {
        if now_ms.saturating_sub(self.window_from_ms) >= settings.window_ms {
            (self.window_from_ms, self.calls, self.failures) = (now_ms, 0, 0);
        }
        self.calls = self.calls.saturating_add(1);
        if !failed {
            self.in_a_row = 0;
            return false;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.failures = self.failures.saturating_add(1);
        let too_many = u64::from(self.failures) * 100 >= u64::from(self.calls) * settings.failure_percent;
        self.in_a_row >= settings.consecutive_failures || (self.calls >= settings.min_calls && too_many)
    }
}
