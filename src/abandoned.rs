//! Creates that a crash left without an end.
//!
//! Each has a durable line from before its call, with a lease: whoever calls it has ended it by then, or is gone. What it
//! made is found where it must be: with the line's name in the callback that Astria shows, under its title, or on its
//! tune. So their tunes are looked through again from the start of the next process on, and when the lease ends the
//! create is unknown, and `reconcile` finds out.
//!
//! What it does *not* do: it asks Astria nothing and releases nothing.

use std::time::Duration;

use crate::state::State;

/// When a process begins: what was open before may be one of an earlier life, or of a second gateway on the same
/// file. To look through a tune too often does no harm, so the tunes of all are.
///
/// Cancel safe.
pub async fn at_start(state: &State) {
    expire(state, true).await;
}

/// Now and then: also those of a second gateway that is gone.
///
/// Cancel safe.
pub async fn now_and_then(state: &State) {
    expire(state, false).await;
}

async fn expire(state: &State, of_all: bool) {
    let at = state.clock.now();
    let awaits_until = at.plus(Duration::from_secs(state.config.lists.awaits_s));
    match state.ledger.books().expire(at, awaits_until, of_all).await {
        Ok(0) => {}
        Ok(ended) => {
            tracing::warn!(ended, "creates were cut off; what they made is looked for");
            state.reconcile_soon.notify_one();
        }
        Err(_) => tracing::warn!("creates without an end cannot be looked after: the store is unavailable"),
    }
}
