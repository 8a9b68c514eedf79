//! Stops asking an account that fails, for a while, and then asks once.
//!
//! Two things can be wrong. *The service*: it cannot be reached, times out, answers 5xx, or rejects the
//! operator's key (401): then every call is refused. *The money*: 402; then creates are refused, and reads go on.
//! While paused a call is answered at once; afterwards exactly one call, the probe, finds out.
//!
//! What does *not* count: 4xx (the request's own fault, 403 among them), 429 (see `backoff`), a reply that is
//! refused here. A 500 may be the fault of one end user's input, so two in a row from the same one count once:
//! nobody can close the shop for the others by sending what Astria chokes on.
//!
//! - Answers: [`UpstreamError::Paused`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tower::Layer;

use super::account::AccountState;
use super::circuit::{Admitted, Circuit, Phase};
use super::error::{PauseReason, UpstreamError};
use super::measure::Observer;
use super::step::{Call, Reply, Step};
use crate::clock::Clock;
use crate::operation::Operation;

/// When to pause, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row that pause the account.
    pub consecutive_failures: u32,
    /// Share of failures among the calls of a window that pauses it, in percent.
    pub failure_percent: u64,
    /// Calls that a window needs before its share counts.
    pub min_calls: u32,
    /// Length of a window.
    pub window_ms: u64,
    /// The first pause; each failed probe doubles it.
    pub open_ms: u64,
    /// The longest pause.
    pub max_open_ms: u64,
    /// The pause after a 401: short, since the operator may be changing keys.
    pub credential_open_ms: u64,
    /// The pause of creates after a 402.
    pub exhausted_open_ms: u64,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            consecutive_failures: 10,
            failure_percent: 50,
            min_calls: 20,
            window_ms: 10_000,
            open_ms: 5_000,
            max_open_ms: 60_000,
            credential_open_ms: 2_000,
            exhausted_open_ms: 30_000,
        }
    }
}

/// Whether calls are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// All.
    Closed,
    /// None, or no creates.
    Open(PauseReason),
    /// One, to find out.
    HalfOpen(PauseReason),
}

impl BreakerState {
    /// The name in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open(_) => "open",
            Self::HalfOpen(_) => "half_open",
        }
    }
}

struct Circuits {
    settings: BreakerSettings,
    service: Circuit,
    service_reason: PauseReason,
    /// Whose call met the last 500, until a call succeeds.
    met_500: Option<u64>,
    money: Circuit,
}

/// The breaker of one account.
pub struct Breaker {
    clock: Clock,
    observer: Arc<dyn Observer>,
    /// Whether one of the circuits is not closed; read without the lock by every call.
    tripped: AtomicBool,
    circuits: Mutex<Circuits>,
}

/// What one call's end says about the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Works,
    Fails,
    FailsOnThisInput,
    RejectsCredential,
    MayNotPay,
    SaysNothing,
}

fn verdict(operation: Operation, result: &Reply) -> Verdict {
    match said(result) {
        // An account may be unable to tell its balance, which is documented nowhere, and do all else.
        verdict if operation == Operation::GetBalance && verdict != Verdict::Works => Verdict::SaysNothing,
        verdict => verdict,
    }
}

fn said(result: &Reply) -> Verdict {
    match result {
        Ok(reply) => match reply.status().as_u16() {
            401 => Verdict::RejectsCredential,
            402 => Verdict::MayNotPay,
            500 => Verdict::FailsOnThisInput,
            501.. => Verdict::Fails,
            _ => Verdict::Works,
        },
        Err(UpstreamError::Unreachable | UpstreamError::TimedOut | UpstreamError::Cut) => Verdict::Fails,
        Err(UpstreamError::Busy { .. } | UpstreamError::Paused { .. } | UpstreamError::Overloaded { .. }) => {
            Verdict::SaysNothing
        }
        Err(_) => Verdict::Works,
    }
}

impl Breaker {
    /// Closed.
    pub const fn new(settings: BreakerSettings, clock: Clock, observer: Arc<dyn Observer>) -> Self {
        let circuits = Circuits {
            settings,
            service: Circuit::new(),
            service_reason: PauseReason::Failing,
            met_500: None,
            money: Circuit::new(),
        };
        Self { clock, observer, tripped: AtomicBool::new(false), circuits: Mutex::new(circuits) }
    }

    fn lock(&self) -> MutexGuard<'_, Circuits> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn set(&self, settings: BreakerSettings) {
        self.lock().settings = settings;
    }

    pub(super) fn credential_changed(&self) {
        let mut circuits = self.lock();
        if circuits.service_reason == PauseReason::CredentialRejected {
            circuits.service.close();
            circuits.service_reason = PauseReason::Failing;
        }
        self.note(&circuits);
    }

    /// The worse of the two circuits.
    pub fn state(&self) -> BreakerState {
        let circuits = self.lock();
        let of = |circuit: &Circuit, reason| match circuit.phase {
            Phase::Closed => None,
            Phase::Open { .. } => Some(BreakerState::Open(reason)),
            Phase::HalfOpen { .. } => Some(BreakerState::HalfOpen(reason)),
        };
        of(&circuits.service, circuits.service_reason)
            .or_else(|| of(&circuits.money, PauseReason::AccountExhausted))
            .unwrap_or(BreakerState::Closed)
    }

    /// Remembers, for those who do not lock, whether anything is open.
    fn note(&self, circuits: &Circuits) {
        let closed = circuits.service.phase == Phase::Closed && circuits.money.phase == Phase::Closed;
        self.tripped.store(!closed, Ordering::Release);
    }

    /// For a call that was admitted when all was well: is it still?
    ///
    /// # Errors
    /// [`UpstreamError::Paused`].
    pub(super) fn check(&self, call: &Call) -> Result<(), UpstreamError> {
        if call.probe || !self.tripped.load(Ordering::Acquire) {
            return Ok(());
        }
        let circuits = self.lock();
        let now_ms = self.now_ms();
        let left = |phase| match phase {
            Phase::Closed => None,
            Phase::Open { until_ms } => Some(until_ms.saturating_sub(now_ms)),
            Phase::HalfOpen { .. } => Some(1000),
        };
        if let Some(wait_ms) = left(circuits.service.phase) {
            return Err(paused(wait_ms, circuits.service_reason));
        }
        match left(circuits.money.phase) {
            Some(wait_ms) if costs(call.operation) => Err(paused(wait_ms, PauseReason::AccountExhausted)),
            _ => Ok(()),
        }
    }

    fn admit(&self, operation: Operation) -> Result<Admission<'_>, UpstreamError> {
        let mut admission = Admission { breaker: self, service_probe: false, money_probe: false };
        if !self.tripped.load(Ordering::Acquire) {
            return Ok(admission);
        }
        let mut circuits = self.lock();
        let now_ms = self.now_ms();
        match circuits.service.admit(now_ms) {
            Admitted::Freely => {}
            Admitted::AsProbe => admission.service_probe = true,
            Admitted::No { wait_ms } => return Err(paused(wait_ms, circuits.service_reason)),
        }
        if costs(operation) {
            match circuits.money.admit(now_ms) {
                Admitted::Freely => {}
                Admitted::AsProbe => admission.money_probe = true,
                Admitted::No { wait_ms } => {
                    if admission.service_probe {
                        circuits.service.probe_again();
                    }
                    (admission.service_probe, admission.money_probe) = (false, false);
                    return Err(paused(wait_ms, PauseReason::AccountExhausted));
                }
            }
        }
        Ok(admission)
    }

    fn conclude(&self, admission: &Admission<'_>, call: (Operation, u64), verdict: Verdict) {
        let (operation, user) = call;
        let mut guard = self.lock();
        let circuits = &mut *guard;
        let before = (circuits.service.phase, circuits.money.phase);
        let now_ms = self.now_ms();
        let s = circuits.settings;
        match verdict {
            Verdict::SaysNothing => {}
            Verdict::RejectsCredential => {
                // A late one must not prolong a pause that another reason began.
                if circuits.service.phase == Phase::Closed || admission.service_probe {
                    circuits.service_reason = PauseReason::CredentialRejected;
                    circuits.service.open(now_ms, s.credential_open_ms, s.credential_open_ms);
                }
            }
            Verdict::Works | Verdict::MayNotPay => {
                circuits.met_500 = None;
                if admission.service_probe {
                    circuits.service.close();
                } else if circuits.service.phase == Phase::Closed {
                    circuits.service.count(false, now_ms, &s);
                }
            }
            Verdict::Fails | Verdict::FailsOnThisInput => {
                let same =
                    verdict == Verdict::FailsOnThisInput && user != 0 && circuits.met_500 == Some(user);
                if verdict == Verdict::FailsOnThisInput {
                    circuits.met_500 = Some(user);
                }
                let closed = circuits.service.phase == Phase::Closed;
                if admission.service_probe || closed && !same && circuits.service.count(true, now_ms, &s) {
                    circuits.service_reason = PauseReason::Failing;
                    circuits.service.open(now_ms, s.open_ms, s.max_open_ms);
                }
            }
        }
        if verdict == Verdict::MayNotPay && costs(operation) {
            if circuits.money.phase == Phase::Closed || admission.money_probe {
                circuits.money.open(now_ms, s.exhausted_open_ms, s.exhausted_open_ms);
            }
        } else if admission.money_probe && verdict == Verdict::Works {
            circuits.money.close();
        }
        let after = (circuits.service.phase, circuits.money.phase);
        let reason = circuits.service_reason;
        self.note(circuits);
        drop(guard);
        self.tell(before.0, after.0, reason);
        self.tell(before.1, after.1, PauseReason::AccountExhausted);
    }

    fn tell(&self, before: Phase, after: Phase, reason: PauseReason) {
        match (before, after) {
            (Phase::Closed | Phase::HalfOpen { .. }, Phase::Open { .. }) => {
                self.observer.breaker(BreakerState::Open(reason));
                tracing::error!(reason = reason.name(), "calls to the upstream are paused");
            }
            (Phase::Open { .. } | Phase::HalfOpen { .. }, Phase::Closed) => {
                self.observer.breaker(BreakerState::Closed);
                tracing::info!(reason = reason.name(), "calls to the upstream go on");
            }
            _ => {}
        }
    }
}

const fn paused(wait_ms: u64, reason: PauseReason) -> UpstreamError {
    let retry_after_s = wait_ms.div_ceil(1000);
    UpstreamError::Paused { retry_after_s: if retry_after_s == 0 { 1 } else { retry_after_s }, reason }
}

/// An inspection is paid from the same account as a create.
const fn costs(operation: Operation) -> bool {
    operation.creates_cost()
}

/// A call that was let through. Dropped before its end is known, a probe makes room for another.
struct Admission<'a> {
    breaker: &'a Breaker,
    service_probe: bool,
    money_probe: bool,
}

impl Admission<'_> {
    const fn is_probe(&self) -> bool {
        self.service_probe || self.money_probe
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.is_probe() {
            let mut circuits = self.breaker.lock();
            // Where the probe's end was known, the phase is another by now, and this does nothing.
            if self.service_probe {
                circuits.service.probe_again();
            }
            if self.money_probe {
                circuits.money.probe_again();
            }
        }
    }
}

/// Makes [`Break`] steps.
#[derive(Clone)]
pub struct BreakerLayer(pub Arc<AccountState>);

impl<S> Layer<S> for BreakerLayer {
    type Service = Break<S>;

    fn layer(&self, inner: S) -> Break<S> {
        Break { inner, account: Arc::clone(&self.0) }
    }
}

/// See the module.
pub struct Break<S> {
    inner: S,
    account: Arc<AccountState>,
}

impl<S: Step> Step for Break<S> {
    async fn call(&self, mut call: Box<Call>) -> Reply {
        let breaker = &self.account.breaker;
        let about = (call.operation, call.user);
        let admission = breaker.admit(call.operation)?;
        call.probe = admission.is_probe();
        let result = self.inner.call(call).await;
        breaker.conclude(&admission, about, verdict(about.0, &result));
        result
    }
}
