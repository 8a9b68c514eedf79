//! Looks after everything that has no end yet: unfinished jobs, and creates of which nobody knows what became.
//!
//! Astria calls back once at best, and an answer can be lost on its way. So each unfinished object is looked at again,
//! once for everybody, and each unknown create is looked for where it would be found. What is due and when stands in the
//! store, so a restart forgets nothing, and of several gateways on it one works at a time (`lease`). How often Astria is
//! asked is bounded for all of it together.
//!
//! ```text
//! callbacks    → their objects are due at once
//! due objects  → one look, by itself or by pages, joined with whoever else looks → the ledger counts what was really made
//! due creates  → one look through the account's newest objects → found: adopted · missed: released · out of reach: presumed
//! now and then → leases that ended · keys, callbacks and guests that are kept long enough · objects that vanish soon
//! ```
//!
//! A finished job is seen within two seconds of its callback (and a turn under `requests_per_s`); without one within half
//! the time that it took, at most a minute of a prompt and five of a training, as long as all unfinished jobs can be looked
//! at in that time.
//!
//! What it does *not* do: it never makes anything at Astria, and it releases nothing without a complete look.

mod creates;
mod look;
mod objects;
mod pace;
mod pages;
mod reply;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::abandoned;
use crate::clock::Timestamp;
use crate::guests::{Forgotten, Guests as _};
use crate::lease::while_held;
use crate::state::{AppState, State};
use pace::Pace;

/// Between two looks at what is due, unless something becomes due by itself.
const TICK: Duration = Duration::from_secs(1);
/// Creates in one go: they share one look through an account.
const CREATES: u32 = 200;
/// Objects in one go: more than a second's requests show, where pages show them.
const OBJECTS: u32 = 600;
/// Between two looks at what is kept for long enough.
const SWEEP: Duration = Duration::from_secs(60);

/// Goes on until `stop`.
pub async fn keep_reconciling(state: impl Fn() -> AppState, stop: CancellationToken) {
    abandoned::at_start(&state()).await;
    while_held("reconcile", &state, stop, || async {
        let pace = Pace::default();
        // Each goes at its own time: a long look for a create must not keep a finished job waiting.
        tokio::join!(creates_of(&state, &pace), objects_of(&state, &pace), sweeps(&state));
    })
    .await;
}

/// Cancel safe: what was found out is recorded one by one.
async fn creates_of(state: &impl Fn() -> AppState, pace: &Pace) {
    loop {
        let present = state();
        let soon = Arc::clone(&present.reconcile_soon);
        pace.set(present.config.reconcile.requests_per_s);
        let is_more = match present.ledger.books().due(present.clock.now(), CREATES).await {
            Ok(due) => {
                let is_more = due.creates.len() == CREATES as usize;
                creates::look_after(&present, due.creates, pace).await;
                is_more
            }
            Err(_) => unavailable(),
        };
        drop(present);
        wait_unless(is_more, &soon).await;
    }
}

/// Cancel safe: what was seen is recorded on the way.
async fn objects_of(state: &impl Fn() -> AppState, pace: &Pace) {
    loop {
        let present = state();
        let soon = Arc::clone(&present.jobs_soon);
        pace.set(present.config.reconcile.requests_per_s);
        let is_more = match present.ledger.books().due(present.clock.now(), OBJECTS).await {
            Ok(due) => {
                let is_full = due.objects.len() == OBJECTS as usize;
                objects::look_at(&present, due.objects, pace).await || is_full
            }
            Err(_) => unavailable(),
        };
        drop(present);
        wait_unless(is_more, &soon).await;
    }
}

fn unavailable() -> bool {
    tracing::warn!("what is due cannot be looked at: the store is unavailable");
    false
}

/// Woken or not: what is due decides.
async fn wait_unless(is_more: bool, soon: &Notify) {
    if !is_more {
        let _ = tokio::time::timeout(TICK, soon.notified()).await;
    }
}

/// Cancel safe: each is one command.
async fn sweeps(state: &impl Fn() -> AppState) {
    let mut swept: Option<Timestamp> = None;
    loop {
        let present = state();
        let now = present.clock.now();
        if swept.is_none_or(|last| last.until(now) >= SWEEP) {
            abandoned::now_and_then(&present).await;
            forget(&present, now).await;
            tell_vanishing(&present, now).await;
            forget_guests(&present, now).await;
            swept = Some(now);
        }
        drop(present);
        tokio::time::sleep(TICK).await;
    }
}

async fn forget(state: &State, now: Timestamp) {
    if state.ledger.books().forget_keys(now).await.is_err() {
        tracing::warn!("expired idempotency keys could not be forgotten; it is tried again");
    }
    // Twice as long as their addresses work: until then a repeated one is known again.
    let kept = Duration::from_secs(state.config.callbacks.valid_s).saturating_mul(2);
    if state.inbox.forget_callbacks(now.minus(kept)).await.is_err() {
        tracing::warn!("callbacks of long ago could not be forgotten; it is tried again");
    }
}

/// Those that nobody became; what they made is erased as for an end user who asks for it.
async fn forget_guests(state: &State, now: Timestamp) {
    let before = now.minus(Duration::from_secs(state.config.guest.keep_s));
    loop {
        match state.store.forget_guests(before, now).await {
            Ok(Forgotten { erasing, is_more, .. }) => {
                if erasing > 0 {
                    state.erasure_asked.notify_one();
                }
                if !is_more {
                    break;
                }
            }
            Err(_) => {
                tracing::warn!("guests of long ago could not be forgotten; it is tried again");
                break;
            }
        }
    }
}

async fn tell_vanishing(state: &State, now: Timestamp) {
    let warn_until = now.plus(Duration::from_secs(state.config.reconcile.vanishing_warn_s));
    loop {
        match state.ledger.books().tell_vanishing(now, warn_until).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(_) => {
                tracing::warn!("owners could not be told of what vanishes soon; it is tried again");
                break;
            }
        }
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
