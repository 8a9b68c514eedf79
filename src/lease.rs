//! Work that one process does at a time, of several gateways on one database.
//!
//! Whoever holds the lease works and renews it; when that process is gone, another takes over within seconds. To hold it
//! is no lock: a process that was stopped for longer than its lease and goes on may work beside the other for a moment,
//! so what is done under one must be harmless when it is done twice.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::ids::ReservationId;
use crate::state::{AppState, State};

/// How long a lease runs, how often it is renewed, and how often one that somebody else has is asked for.
const TTL: Duration = Duration::from_secs(6);
const RENEW: Duration = Duration::from_secs(2);
const ASK: Duration = Duration::from_secs(1);
/// So long before its end it is not believed in any more, if it could not be renewed.
const MARGIN: Duration = Duration::from_secs(2);

/// A process's claim to one kind of work. Times are of the monotonic clock.
pub struct Lease {
    name: &'static str,
    holder: String,
    renewed: Option<Duration>,
}

impl Lease {
    /// Not held yet.
    pub fn new(name: &'static str) -> Self {
        Self { name, holder: ReservationId::generate().to_string(), renewed: None }
    }

    /// Takes or renews it, where that is due. Gives whether it is held.
    ///
    /// Cancel safe: it may be held or not.
    pub async fn hold(&mut self, state: &State) -> bool {
        let now = state.clock.monotonic();
        if self.renewed.is_some_and(|last| now.saturating_sub(last) < RENEW) {
            return true;
        }
        match state.store.hold_lease(self.name, &self.holder, TTL).await {
            // Counted from before it was asked for.
            Ok(true) => self.renewed = Some(now),
            Ok(false) => self.renewed = None,
            Err(_) => {
                let is_safe = |last: &Duration| now.saturating_sub(*last) < TTL.saturating_sub(MARGIN);
                self.renewed = self.renewed.filter(is_safe);
            }
        }
        self.renewed.is_some()
    }

    /// Gives it back, so that another gateway need not wait for its end.
    ///
    /// Cancel safe: it may be given back or not.
    pub async fn release(&mut self, state: &State) {
        if self.renewed.take().is_some() && state.store.release_lease(self.name, &self.holder).await.is_err()
        {
            tracing::warn!(lease = self.name, "a lease could not be given back: it ends by itself");
        }
    }
}

/// Runs `work` while this process holds the lease of that name, again and again, until `stop`.
///
/// Not cancel safe: end it by `stop`, so that the lease is given back. `work` is left at any moment.
pub async fn while_held<W>(
    name: &'static str,
    state: impl Fn() -> AppState,
    stop: CancellationToken,
    work: impl Fn() -> W,
) where
    W: Future<Output = ()>,
{
    let mut lease = Lease::new(name);
    let going_on = async {
        loop {
            let is_held = lease.hold(&state()).await;
            if is_held {
                tokio::select! {
                    () = work() => {}
                    () = until_lost(&mut lease, &state) => {
                        tracing::warn!(lease = name, "another gateway goes on with what this one did");
                    }
                }
            }
            tokio::time::sleep(ASK).await;
        }
    };
    stop.run_until_cancelled(going_on).await;
    lease.release(&state()).await;
}

async fn until_lost(lease: &mut Lease, state: &impl Fn() -> AppState) {
    loop {
        tokio::time::sleep(RENEW).await;
        if !lease.hold(&state()).await {
            return;
        }
    }
}
