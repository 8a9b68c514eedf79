//! Sends the operator's app its notifications.
//!
//! One gateway of several on a database does it at a time, by a lease; what it hands out and what became of each attempt
//! is in the store, so another goes on where it stopped.
//!
//! ```text
//! events → each endpoint's notifications (store, one transaction) → due ones, several objects at once, each object's in
//! order → one attempt: look up, sign, post → delivered | due later | given up
//! ```
//!
//! What it does *not* do: it follows no redirect, and reads nothing of an answer but whether the notification was taken.

mod attempt;
mod body;
mod send;
mod sending;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

pub use send::{NotTaken, Sender};

use crate::events::EventLog as _;
use crate::lease::Lease;
use crate::state::{AppState, State};
use attempt::report_given_up;
use sending::Sending;

/// Between two looks for what became due by itself, or was written by another process.
const TICK: Duration = Duration::from_secs(1);
/// Events that are handed out in one transaction, and transactions before something is sent in between.
const FAN_OUT: u32 = 200;
const MAX_ROUNDS: u32 = 10;
/// Between two looks at what is kept for long enough.
const TIDY: Duration = Duration::from_secs(60);

/// At the start: hands out what came before the process ended, and has new endpoints hear of what comes from now on.
///
/// Cancel safe: every step is whole.
pub async fn prepare(state: &State) {
    if follow(state).await {
        while fan_out(state).await {}
    }
}

/// Has the endpoints of this configuration hear of events from now on. Gives whether it is recorded.
///
/// Cancel safe.
async fn follow(state: &State) -> bool {
    let names = names(state);
    let is_recorded = names.is_empty() || state.store.follow_events(names).await.is_ok();
    if !is_recorded {
        tracing::warn!("a new endpoint of notifications could not be recorded; it is tried again");
    }
    is_recorded
}

/// Goes on until `stop`, and then until what is on its way has an end.
///
/// Not cancel safe: what was sent and not recorded is sent again, under the same id.
pub async fn keep_notifying(state: impl Fn() -> AppState, stop: CancellationToken) {
    let present = state();
    let (mut news, mut lease, mut sending) =
        (present.store.news(), Lease::new("notifications"), Sending::default());
    let (mut tidied, mut followed): (Option<Duration>, _) = (None, names(&present));
    drop(present);
    loop {
        let present = state();
        let now = present.clock.monotonic();
        if tidied.is_none_or(|last| now.saturating_sub(last) >= TIDY) {
            tidied = Some(now);
            tidy(&present).await;
        }
        // At once after a reload, whoever sends: they hear of what happens from then on.
        let configured = names(&present);
        if configured != followed && follow(&present).await {
            followed = configured;
        }
        let mut next_look = Instant::now() + TICK;
        // Where nobody is to be sent to, another gateway's configuration may know somebody.
        let is_mine = if present.endpoints.is_empty() {
            lease.release(&present).await;
            false
        } else {
            lease.hold(&present).await
        };
        if is_mine {
            if fan_out(&present).await {
                next_look = Instant::now();
            }
            sending.begin(&present).await;
        } else {
            // Whoever has it sends these.
            sending.abandon();
        }
        let soon = Arc::clone(&present.notify_soon);
        drop(present);
        let mut ended = None;
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            done = sending.ended() => ended = Some(done),
            // Its sender is the store, which lives as long as the state.
            _ = news.changed() => {}
            () = soon.notified() => {}
            () = sleep_until(next_look) => {}
        }
        if let Some(done) = ended {
            sending.note_all(done).await;
        }
    }
    sending.finish().await;
    lease.release(&state()).await;
}

fn names(state: &State) -> Vec<String> {
    state.endpoints.iter().map(|endpoint| endpoint.name.to_string()).collect()
}

/// Makes notifications of the events that came. Gives whether there are more.
async fn fan_out(state: &State) -> bool {
    for _ in 0..MAX_ROUNDS {
        match state.store.is_outbox_behind(names(state)).await {
            Ok(true) => {}
            Ok(false) => return false,
            Err(_) => {
                tracing::warn!("new events cannot be looked for: the store is unavailable");
                return false;
            }
        }
        let wanted = state.endpoints.iter().map(|one| (one.name.to_string(), one.filter.clone()));
        match state.store.fan_out(wanted.collect(), FAN_OUT).await {
            Ok(done) if !done.is_more => return false,
            Ok(_) => {}
            Err(_) => {
                tracing::warn!("notifications could not be made of events; it is tried again");
                return false;
            }
        }
    }
    true
}

async fn tidy(state: &AppState) {
    let config = &state.config.notifications;
    let ago = |seconds: u64| state.clock.now().minus(Duration::from_secs(seconds));
    let (give_up_before, forget_before) = (ago(config.give_up_after_s), ago(config.keep_given_up_s));
    match state.store.tidy_outbox(names(state), give_up_before, forget_before).await {
        Ok(0) => {}
        Ok(given_up) => report_given_up(state, "not_configured", given_up),
        Err(_) => tracing::warn!("old notifications could not be forgotten; it is tried again"),
    }
}
