//! What a handler that creates something calls: one visible list.
//!
//! From step 5 on a client that leaves cancels nothing ([`detached`]), so a call that was begun is always
//! settled, released, or left unknown. The steps, in order:
//!
//! ```text
//! 0 allowed      the plan has the operation           1 params     parse into the tree
//! 2 policy       allow, force, clamp; collects ids    3 ownership  every id in path, body and text, at once
//! 4 idempotent   (comes with the durable ledger)      5 reserve    and a durable line that it begins
//! 6 upstream     exactly one call                     7 ownership of what was made, with the outcome;
//!                                                       settle, release, or leave unknown
//! ```
//!
//! What it does *not* do: it knows no single operation; each is a [`Creation`].

mod creation;
mod money;
mod record;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value as Json;

pub use creation::{Asking, Created, Creation, Making, Notes, Outcome, Trail};
use money::{give_back, reserve, settle};
use record::{begin, record};

use crate::ask::ask;
use crate::balance::check_not_paused;
use crate::call::{Call, Caller, Facts};
use crate::detach::{Panicked, detached};
use crate::ids::{ReservationId, TuneId};
use crate::middleware::read_params::{read_params, read_upload};
use crate::money::Millicents;
use crate::operation::Operation;
use crate::ownership::{Conclusion, Proven};
use crate::policy::{Characteristics, judge_characteristics_for};
use crate::problem::{Code, Problem};
use crate::quota::Amounts;
use crate::state::{AppState, State};
use crate::upstream::{Spent, UpstreamError};

/// Refuses what the caller's plan does not have.
///
/// # Errors
/// `operation_not_allowed`
pub fn check_allowed(caller: &Caller, operation: Operation) -> Result<(), Problem> {
    if caller.plan.allows(operation) {
        return Ok(());
    }
    let detail = format!("Plan {} does not include {operation}.", caller.plan.name);
    Err(Problem::new(Code::OperationNotAllowed, detail))
}

/// Runs the list.
///
/// Cancel safe: what was begun goes on.
///
/// # Errors
/// Each step's refusal; nothing was sent before step 6.
pub async fn spend<C: Creation>(call: Call, creation: C) -> Result<Created, Problem> {
    let Call { state, facts, who: caller, head, body, path: _ } = call;
    let operation = C::OPERATION;
    check_allowed(&caller, operation)?; // 0
    check_not_paused(&state, &caller.account, &caller.plan.name)?;
    let (params, share) = if C::SPOOLS {
        read_upload(&state, &facts, &head.headers, body).await?
    } else {
        read_params(&state, &facts, &head.headers, body).await? // 1
    };
    let mut judged = creation.judge(params, &state.rules, &caller.plan.policy())?; // 2
    let names = creation.names(&judged);
    let (account, user) = (&caller.account.key, caller.principal.id());
    let proven = state.ownership.prove(account, user, &names, &state.rules.shared).await?; // 3
    check_filled(&state, &caller, &proven, creation.templates(&judged)).await?;
    if caller.plan.rules.sandbox && !creation.is_free(&judged, &proven) {
        let detail = "Your plan is for trying things out: train a tune first and use that one.";
        return Err(Problem::new(Code::OperationNotAllowed, detail));
    }
    let asking = Asking { state: &state, facts: &facts, caller: &caller };
    creation.prepare(&mut judged, asking).await?;
    let notes = creation.notes(&mut judged);
    if !notes.dropped.is_empty() {
        state.metrics.dropped_params(operation);
    }
    let (tasks, metrics, id) = (state.tasks.clone(), Arc::clone(&state.metrics), facts.id);
    let paid = detached(&tasks, async move {
        let shown = pay(&state, &facts, &caller, &creation, judged, &proven).await;
        drop(share); // the body's place in memory is held until the call upstream has ended
        shown
    });
    // A panic's reservation, if there was one, is left unknown.
    let shown = paid.await.unwrap_or_else(|Panicked| {
        metrics.panicked();
        tracing::error!(request_id = id.as_str(), "a request panicked while it spent");
        let detail = "This is a bug of the service; look for a result before you send again.";
        Err(Problem::new(Code::Internal, detail).with_spent(Spent::Unknown))
    })?;
    Ok(Created { shown, notes })
}

/// Steps 2 and 3 once more for texts as they will read.
async fn check_filled(
    state: &State,
    caller: &Caller,
    proven: &Proven,
    (tune, texts): (Option<TuneId>, Vec<&str>),
) -> Result<(), Problem> {
    let Some(own) = tune.and_then(|tune| proven.own_tune(tune)).filter(|_| !texts.is_empty()) else {
        return Ok(());
    };
    let (account, user) = (&caller.account.key, caller.principal.id());
    let record = state.ownership.tune(account, user, own.id()).await?.record;
    let members: Option<Json> = record.members.and_then(|members| serde_json::from_str(&members).ok());
    let Some(known) = members.as_ref().and_then(|members| members.get("characteristics")) else {
        return Ok(());
    };
    let known = Characteristics::seen(known);
    let names = judge_characteristics_for(&texts, &known, &state.rules, &caller.plan.policy())?;
    state.ownership.prove(account, user, &names, &state.rules.shared).await?;
    Ok(())
}

/// Steps 5 to 7.
///
/// Not cancel safe: an upstream call whose end nobody sees stays unknown.
async fn pay<C: Creation>(
    state: &AppState,
    facts: &Facts,
    caller: &Caller,
    creation: &C,
    mut judged: C::Judged,
    proven: &Proven,
) -> Result<Bytes, Problem> {
    let operation = C::OPERATION;
    let (reservation, held) = (ReservationId::generate(), Amounts::none());
    let mut making = Making { state, caller, proven, reservation, held };
    making.held = creation.amounts(&judged, &making);
    let trail = creation.trail(&judged, &making);
    let request = creation.request(&mut judged, &making).ok_or_else(Problem::not_found)?;
    let reservation = reserve(state, caller, making.reservation, operation, &making.held).await?; // 5
    if C::CAN_BE_FOUND_AGAIN
        && let Err(error) = begin(&making, operation, &trail).await
    {
        give_back::<C>(state, reservation, Spent::No).await;
        // A line that was written although nobody said so would stay open.
        let at = state.clock.now();
        let nothing = Conclusion::nothing(making.reservation, at);
        let _ = state.ownership.index().conclude(nothing).await;
        return Err(error.into());
    }
    let concluded = match ask(state, facts, &caller.account, request).await {
        Ok(reply) => creation.conclude(&judged, &reply, &making), // 6
        Err(error) => Err(error),
    };
    let recorded = if C::CAN_BE_FOUND_AGAIN {
        // 7
        record(state, operation, making.reservation, &trail, concluded).await
    } else {
        concluded.map(|outcome| (outcome, false))
    };
    match recorded {
        Ok((outcome, true)) => {
            // Astria gave back what the caller had before: nothing was made.
            give_back::<C>(state, reservation, Spent::No).await;
            facts.set_spent(Spent::No);
            Ok(outcome.shown)
        }
        Ok((outcome, false)) => {
            if outcome.actual.exceeds(reservation.amounts()) {
                tracing::error!(
                    operation = operation.name(),
                    "a call made more than was reserved; it is booked in full"
                );
            }
            settle(state, reservation, outcome.actual).await;
            learn(creation, &judged, &making, outcome.cost_mc);
            facts.set_spent(Spent::Yes);
            Ok(outcome.shown)
        }
        Err(error) => {
            give_back::<C>(state, reservation, error.spent(operation)).await;
            report(&error, operation);
            Err(Problem::of_upstream(&error, operation))
        }
    }
}

/// The next one of its kind is held at what this one cost.
fn learn<C: Creation>(creation: &C, judged: &C::Judged, making: &Making<'_>, cost_mc: Option<u64>) {
    let Some(cost_mc) = cost_mc.filter(|_| !creation.is_free(judged, making.proven)) else { return };
    let (jobs, _) = creation.jobs(judged, making.state);
    making.state.prices.learn(&making.caller.account.key, &jobs, Millicents(cost_mc));
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
