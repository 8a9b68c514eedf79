//! Creates that a crash left without an end.
//!
//! Each has a durable line from before its call. What it made is found where it must be: with the line's name in the
//! callback that Astria shows, or without one on an own tune. So their tunes are looked through again from the start of
//! the next process on, and after a while the creates end as unknown, so that whoever waits for their end (an erasure)
//! goes on.
//!
//! What it does *not* do: it asks Astria nothing and settles no quota, and it finds no tune of a lost answer, nor a
//! prompt of one on a shared tune: the line says all that is needed to look for them.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::ownership::Abandoned;
use crate::state::State;

/// How long an outcome is tried to be recorded when the store does not work, and more.
const RECORDING: Duration = Duration::from_secs(600);

/// When a process begins: what was open before may be one of an earlier life, or of a second gateway on the same
/// file. To look through a tune too often does no harm, so the tunes of all are.
///
/// Cancel safe.
pub async fn at_start(state: &State) {
    let at = state.clock.now().plus(Duration::from_millis(1));
    end(state, |before| Abandoned { awaited_before: at, ..before }).await;
}

/// Now and then: also those of a second gateway that is gone.
///
/// Cancel safe.
pub async fn now_and_then(state: &State) {
    end(state, |before| before).await;
}

async fn end(state: &State, change: impl FnOnce(Abandoned) -> Abandoned) {
    let (at, upstream) = (state.clock.now(), &state.config.upstream);
    // Whatever happens, a create has its end by then if its process lives.
    let longest = Duration::from_millis(upstream.queue_timeout_ms.saturating_add(upstream.timeout_ms));
    let age_ms = u64::try_from(longest.saturating_add(RECORDING).as_millis()).unwrap_or(u64::MAX);
    let before = Timestamp::from_unix_ms(at.unix_ms().saturating_sub(age_ms));
    let awaits_until = at.plus(Duration::from_secs(state.config.lists.awaits_s));
    let which = change(Abandoned { awaited_before: before, ended_before: before, awaits_until, at });
    match state.ownership.index().abandon(which).await {
        Ok(0) => {}
        Ok(ended) => tracing::warn!(ended, "creates that a crash had cut off ended as unknown"),
        Err(_) => tracing::warn!("creates without an end cannot be looked after: the store is unavailable"),
    }
}
