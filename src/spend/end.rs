//! Step 7: what the answer means for the ledger, for ownership and for the key, in one transaction.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::creation::{Notes, Outcome};
use super::status_url;
use crate::call::Facts;
use crate::idempotency::StoredReply;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::quota::{BooksError, Closing, Ending, QuotaError, QuotaState, Reservation, Trail};
use crate::state::AppState;
use crate::upstream::{Spent, UpstreamError};

/// How soon what a lost answer made is looked for first: Astria may still be at work.
pub(super) const FIRST_LOOK: Duration = Duration::from_secs(15);

/// What is known of a create before its answer.
pub(super) struct End {
    pub(super) operation: Operation,
    /// Where it cannot, an unknown outcome counts as spent.
    pub(super) can_be_found: bool,
    pub(super) has_key: bool,
    /// Of its success.
    pub(super) status: u16,
    pub(super) trail: Trail,
}

/// What a client gets of a create that was carried out.
pub(super) struct Ended {
    pub(super) status: u16,
    pub(super) shown: Bytes,
    pub(super) left: Vec<QuotaState>,
}

/// See the module.
///
/// Not cancel safe: the reservation may stay unknown.
pub(super) async fn end(
    state: &AppState,
    facts: &Facts,
    notes: &Notes,
    reservation: Reservation,
    end: &End,
    concluded: Result<Outcome, UpstreamError>,
) -> Result<Ended, Problem> {
    match concluded {
        Ok(outcome) => made(state, facts, notes, reservation, end, outcome).await,
        Err(error) => {
            report(&error, end.operation);
            match error.spent(end.operation) {
                Spent::No => Err(nothing(state, facts, reservation, end, &error).await),
                Spent::Yes | Spent::Unknown if !end.can_be_found => {
                    Err(lost(state, facts, reservation, end, &error).await)
                }
                Spent::Yes | Spent::Unknown => {
                    let problem = Problem::outcome_unknown(Some(&error), status_url(state, reservation.id()));
                    leave_unknown(state, reservation, end).await;
                    Err(problem)
                }
            }
        }
    }
}

async fn made(
    state: &AppState,
    facts: &Facts,
    notes: &Notes,
    reservation: Reservation,
    end: &End,
    outcome: Outcome,
) -> Result<Ended, Problem> {
    let at = state.clock.now();
    let Outcome { shown, objects, cost_mc: _, beside, is_complete, is_price_whole, awaits } = outcome;
    let reply = end.has_key.then(|| StoredReply {
        status: end.status,
        is_problem: false,
        body: shown.clone(),
        dropped: notes.dropped.clone(),
        clamped: notes.clamped.clone(),
    });
    let id = reservation.id();
    let closing = Closing {
        objects,
        beside,
        awaits,
        awaits_until: at.plus(Duration::from_secs(state.config.lists.awaits_s)),
        look_at: at.plus(FIRST_LOOK),
        reply,
        ..Closing::new(id, Ending::Made { is_complete, is_price_whole }, at)
    };
    match state.ledger.settle(reservation, closing.clone()).await {
        Ok((closed, left)) => {
            if closed.is_overrun {
                tracing::error!(
                    operation = end.operation.name(),
                    "a call made more than was reserved; it is booked in full"
                );
            }
            // Astria gave back what the caller had before: nothing was made.
            facts.set_spent(if closed.is_repeat { Spent::No } else { Spent::Yes });
            Ok(Ended { status: end.status, shown, left })
        }
        Err(QuotaError::Conflict) => {
            // Somebody else's object came back: it must not be shown.
            tracing::error!(operation = end.operation.name(), "a reply named an object of another end user");
            Err(Problem::of_upstream(&UpstreamError::Unreadable, end.operation))
        }
        Err(_) => {
            close_later(state, closing);
            facts.set_spent(Spent::Yes);
            Ok(Ended { status: end.status, shown, left: Vec::new() })
        }
    }
}

/// Certainly nothing was spent. What Astria says of the request itself it would say again.
async fn nothing(
    state: &AppState,
    facts: &Facts,
    reservation: Reservation,
    end: &End,
    error: &UpstreamError,
) -> Problem {
    let problem = Problem::of_upstream(error, end.operation);
    let is_final = matches!(error, UpstreamError::Invalid(_) | UpstreamError::Refused(_));
    let reply = (end.has_key && is_final).then(|| stored(&problem, facts));
    let (id, at) = (reservation.id(), state.clock.now());
    if state.ledger.release(reservation, reply.clone()).await.is_err() {
        close_later(state, Closing { reply, ..Closing::new(id, Ending::Nothing, at) });
    }
    problem
}

/// Nobody could find out, so it counts as spent, and that is final.
async fn lost(
    state: &AppState,
    facts: &Facts,
    reservation: Reservation,
    end: &End,
    error: &UpstreamError,
) -> Problem {
    let status_url = status_url(state, reservation.id());
    let problem = Problem::outcome_unknown(Some(error), status_url);
    let (id, at) = (reservation.id(), state.clock.now());
    let closing = Closing {
        beside: *reservation.amounts(),
        reply: end.has_key.then(|| stored(&problem, facts)),
        ..Closing::new(id, Ending::Made { is_complete: true, is_price_whole: false }, at)
    };
    if state.ledger.settle(reservation, closing.clone()).await.is_err() {
        close_later(state, closing);
    }
    problem
}

async fn leave_unknown(state: &AppState, reservation: Reservation, end: &End) {
    let at = state.clock.now();
    let closing = Closing {
        awaits: end.trail.tunes.clone(),
        awaits_until: at.plus(Duration::from_secs(state.config.lists.awaits_s)),
        look_at: at.plus(FIRST_LOOK),
        ..Closing::new(reservation.id(), Ending::Unknown, at)
    };
    if state.ledger.settle(reservation, closing.clone()).await.is_err() {
        close_later(state, closing);
    }
    state.reconcile_soon.notify_one();
}

fn stored(problem: &Problem, facts: &Facts) -> StoredReply {
    StoredReply {
        status: problem.status().as_u16(),
        is_problem: true,
        body: problem.render(&facts.id).into(),
        dropped: Vec::new(),
        clamped: Vec::new(),
    }
}

/// What Astria made is told to the client at once; it is written down as soon as the store works again. Should the
/// process end before, the lease's end leads to it.
fn close_later(state: &AppState, closing: Closing) {
    tracing::error!("an outcome could not be recorded; it is tried again");
    let state_then = Arc::clone(state);
    state.tasks.spawn(async move {
        let mut pause_s = 1;
        while !state_then.tasks.is_closed() {
            tokio::time::sleep(Duration::from_secs(pause_s)).await;
            pause_s = (pause_s * 2).min(30);
            match state_then.ledger.books().close(closing.clone()).await {
                Err(BooksError::Unavailable) => {}
                Ok(_) | Err(_) => return,
            }
        }
        tracing::error!("an outcome was not recorded; its create is looked for after the next start");
    });
}

/// What only the operator can mend is told to the operator.
pub fn report(error: &UpstreamError, operation: Operation) {
    let outcome = error.name();
    match error {
        UpstreamError::CredentialRejected
        | UpstreamError::AccountExhausted
        | UpstreamError::Outdated
        | UpstreamError::SecretEchoed => {
            tracing::error!(operation = operation.name(), outcome, "the operator must act: {error}");
        }
        _ => tracing::warn!(operation = operation.name(), outcome, "a call to the upstream failed"),
    }
}
