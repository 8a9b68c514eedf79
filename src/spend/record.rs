//! Steps 5 and 7 in the store: that a create begins, how it ended, and whose what it made is.

use std::sync::Arc;
use std::time::Duration;

use super::creation::{Making, Outcome, Trail};
use crate::ids::ReservationId;
use crate::operation::Operation;
use crate::ownership::{Conclusion, Ending, IndexError, Opened};
use crate::state::AppState;
use crate::upstream::{Spent, UpstreamError};

/// A durable line before the call: whatever happens then, what turns up with this name has an owner.
pub(super) async fn begin(
    making: &Making<'_>,
    operation: Operation,
    trail: &Trail,
) -> Result<(), IndexError> {
    let opened = Opened {
        reservation: making.reservation,
        account: &making.caller.account.key,
        owner: making.caller.principal.id(),
        operation,
        tune: trail.tunes.first().copied(),
        title: trail.title.as_deref(),
        at: making.state.clock.now(),
    };
    making.state.ownership.index().begin(opened).await
}

/// Records the outcome and who owns what was made; gives whether it was the caller's before.
pub(super) async fn record(
    state: &AppState,
    operation: Operation,
    reservation: ReservationId,
    trail: &Trail,
    concluded: Result<Outcome, UpstreamError>,
) -> Result<(Outcome, bool), UpstreamError> {
    let mut concluded = concluded;
    let (ending, objects, awaits) = match &mut concluded {
        Ok(outcome) => {
            (Ending::Made, std::mem::take(&mut outcome.objects), std::mem::take(&mut outcome.awaits))
        }
        Err(error) if error.spent(operation) == Spent::No => (Ending::Nothing, Vec::new(), Vec::new()),
        Err(_) => (Ending::Unknown, Vec::new(), trail.tunes.clone()),
    };
    let at = state.clock.now();
    let awaits_until = at.plus(Duration::from_secs(state.config.lists.awaits_s));
    let conclusion = Conclusion { reservation, ending, objects, awaits, awaits_until, at };
    match state.ownership.index().conclude(conclusion.clone()).await {
        Ok(done) => concluded.map(|outcome| (outcome, done.is_repeat)),
        Err(IndexError::Conflict) => {
            // Somebody else's object came back: it must not be shown.
            tracing::error!(operation = operation.name(), "a reply named an object of another end user");
            concluded.and(Err(UpstreamError::Unreadable))
        }
        Err(IndexError::Unavailable | IndexError::Erasing) => {
            record_later(state, conclusion);
            concluded.map(|outcome| (outcome, false))
        }
    }
}

/// What Astria made is told to the client at once; who owns it is written down as soon as the store works again.
fn record_later(state: &AppState, conclusion: Conclusion) {
    tracing::error!("an outcome could not be recorded; it is tried again");
    let state_then = Arc::clone(state);
    state.tasks.spawn(async move {
        for pause_s in [1, 2, 4, 8, 16, 32, 60, 60, 60, 60] {
            tokio::time::sleep(Duration::from_secs(pause_s)).await;
            match state_then.ownership.index().conclude(conclusion.clone()).await {
                Err(IndexError::Unavailable) => {}
                Ok(_) | Err(_) => return,
            }
        }
        tracing::error!("an outcome was not recorded; its create stays open in the store");
    });
}
