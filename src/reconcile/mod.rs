//! Looks after everything that has no end yet: unfinished jobs, and creates of which nobody knows what became.
//!
//! Astria calls back once at best, and an answer can be lost on its way. So each unfinished object is looked at again,
//! once for everybody, and each unknown create is looked for where it would be found. What is due and when stands in the
//! store, so a restart forgets nothing; how often Astria is asked is bounded for all of it together.
//!
//! ```text
//! due objects  → one look, joined with whoever else looks      → the ledger counts what was really made
//! due creates  → one look through the account's newest objects → found: adopted · missed: released · out of reach: presumed
//! ```
//!
//! What it does *not* do: it never makes anything at Astria, and it releases nothing without a complete look.

mod creates;
mod look;
mod objects;
mod pace;
mod reply;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::abandoned;
use crate::clock::Timestamp;
use crate::state::{AppState, State};
use pace::Pace;

/// Between two looks at what is due, unless something becomes due by itself.
const TICK: Duration = Duration::from_secs(1);
/// Of each kind, in one go.
const BATCH: u32 = 200;
/// Between two looks at keys whose replies are kept for long enough.
const SWEEP: Duration = Duration::from_secs(60);

/// Goes on until `stop`.
pub async fn keep_reconciling(state: impl Fn() -> AppState, stop: CancellationToken) {
    let going_on = async {
        abandoned::at_start(&state()).await;
        let mut pace = Pace::default();
        let mut swept: Option<Timestamp> = None;
        loop {
            let present = state();
            let soon = Arc::clone(&present.reconcile_soon);
            let now = present.clock.now();
            if swept.is_none_or(|last| last.until(now) >= SWEEP) {
                abandoned::now_and_then(&present).await;
                forget_keys(&present, now).await;
                swept = Some(now);
            }
            let is_more = go_on(&present, &mut pace).await;
            drop(present);
            if !is_more {
                // Woken or not: what is due decides.
                let _ = tokio::time::timeout(TICK, soon.notified()).await;
            }
        }
    };
    // What was found out is recorded one by one, so it can be left at any moment.
    stop.run_until_cancelled(going_on).await;
}

/// Looks at everything that is due. Gives whether there was more than it took.
///
/// Cancel safe: what was found out is recorded one by one.
async fn go_on(state: &AppState, pace: &mut Pace) -> bool {
    let now = state.clock.now();
    let due = match state.ledger.books().due(now, BATCH).await {
        Ok(due) => due,
        Err(_) => {
            tracing::warn!("what is due cannot be looked at: the store is unavailable");
            return false;
        }
    };
    let is_more = due.objects.len() == BATCH as usize || due.creates.len() == BATCH as usize;
    pace.set(state.config.reconcile.requests_per_s);
    creates::look_after(state, due.creates, pace).await;
    objects::look_at(state, due.objects, pace).await;
    is_more
}

async fn forget_keys(state: &State, now: Timestamp) {
    if state.ledger.books().forget_keys(now).await.is_err() {
        tracing::warn!("expired idempotency keys could not be forgotten; it is tried again");
    }
}

/// `first` the first time, half as much more each time, at most `longest`; and a part of it by chance of `seed`, so that
/// what became due together does not stay together.
fn pause(looks: u32, first: Duration, longest: Duration, seed: u64) -> Duration {
    let mut pause = first;
    for _ in 0..looks.min(32) {
        pause = pause.saturating_mul(3) / 2;
        if pause >= longest {
            pause = longest;
            break;
        }
    }
    let spread = u32::try_from(seed.wrapping_mul(0x9e37_79b9).rotate_left(16) % 250).unwrap_or(0);
    pause + pause * spread / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_longest_and_differ_by_seed() {
        let s = Duration::from_secs;
        let of = |looks, seed| pause(looks, s(4), s(120), seed);
        assert!(of(0, 0) >= s(4) && of(0, 7) < s(5));
        assert!((1..20).all(|looks| of(looks, 3) >= of(looks - 1, 3)));
        assert!((0..1000).all(|seed| of(u32::MAX, seed) >= s(120) && of(u32::MAX, seed) <= s(150)));
        assert!((1..100).any(|seed| of(5, seed) != of(5, 0)));
    }
}
