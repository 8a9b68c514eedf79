//! What a handler that creates something calls: one visible list.
//!
//! From step 5 on a client that leaves cancels nothing ([`detached`]), so a call that was begun is always
//! settled, released, or left unknown. The steps, in order:
//!
//! ```text
//! 0 allowed      the plan has the operation           1 params     parse into the tree; the key and what it is of
//! 2 policy       allow, force, clamp; collects ids    3 ownership  every id in path, body and text, at once
//! 4 idempotent   in one transaction with 5: a key's reply, 409 in progress, 422 another body
//! 5 reserve      durable before the call              6 upstream   exactly one call
//! 7 settle, release, or leave unknown; ownership of what was made, and the key's reply, in the same transaction
//! ```
//!
//! What it does *not* do: it knows no single operation; each is a [`Creation`]. What was left unknown, `reconcile` finds
//! out.

mod claim;
mod creation;
mod end;
mod respond;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

pub use creation::{Asking, Creation, Making, Notes, Outcome};
pub use end::report;
use end::{End, end};
use respond::respond;

use crate::ask::ask;
use crate::balance::check_not_paused;
use crate::call::{Answer, Call, Caller, Facts};
use crate::detach::{Panicked, detached};
use crate::ids::{ReservationId, TuneId};
use crate::middleware::read_params::{read_params, read_upload};
use crate::money::Millicents;
use crate::operation::Operation;
use crate::ownership::Proven;
use crate::policy::{Characteristics, judge_characteristics_for};
use crate::problem::{Code, Problem};
use crate::quota::{Amounts, Claim, ReserveRequest, Reserved};
use crate::state::{AppState, State};
use crate::streams::Wake;
use crate::upstream::Spent;

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
pub async fn spend<C: Creation>(call: Call, creation: C) -> Answer {
    let Call { state, facts, who: caller, head, body, path: _ } = call;
    let operation = C::OPERATION;
    check_allowed(&caller, operation)?; // 0
    check_not_paused(&state, &caller.account, &caller.plan.name)?;
    let (params, share) = if C::SPOOLS {
        read_upload(&state, &facts, &head.headers, body).await?
    } else {
        read_params(&state, &facts, &head.headers, body).await? // 1
    };
    let claim = claim::read(&state, &facts, &head, &params).await?;
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
        let paying = Paying { state: &state, facts: &facts, caller: &caller, notes };
        let answer = pay(paying, &creation, judged, &proven, claim).await;
        drop(share); // the body's place in memory is held until the call upstream has ended
        answer
    });
    // A panic's reservation, if there was one, is left unknown.
    paid.await.unwrap_or_else(|Panicked| {
        metrics.panicked();
        tracing::error!(request_id = id.as_str(), "a request panicked while it spent");
        let detail = "This is a bug of the service; look for a result before you send again.";
        Err(Problem::new(Code::Internal, detail).with_spent(Spent::Unknown))
    })
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

/// Who pays for what.
struct Paying<'a> {
    state: &'a AppState,
    facts: &'a Arc<Facts>,
    caller: &'a Caller,
    notes: Notes,
}

/// Steps 4 to 7.
///
/// Not cancel safe: an upstream call whose end nobody sees stays unknown.
async fn pay<C: Creation>(
    paying: Paying<'_>,
    creation: &C,
    mut judged: C::Judged,
    proven: &Proven,
    claim: Option<Claim>,
) -> Answer {
    let Paying { state, facts, caller, ref notes } = paying;
    let (reservation, held) = (ReservationId::generate(), Amounts::none());
    let mut making = Making { state, caller, proven, reservation, held };
    making.held = creation.amounts(&judged, &making);
    let trail = creation.trail(&judged, &making);
    let request = creation.request(&mut judged, &making).ok_or_else(Problem::not_found)?;
    let (has_key, plan) = (claim.is_some(), &caller.plan);
    let holder = caller.holder();
    let reserve = ReserveRequest {
        id: making.reservation,
        request: facts.id.as_str(),
        holder: holder.of(),
        plan: &plan.name,
        max_jobs: plan.rules.max_jobs(),
        keeps_failed: plan.rules.keeps_failed(),
        operation: C::OPERATION,
        amounts: making.held,
        trail: trail.clone(),
        claim,
        lease: lease(state),
    };
    let reservation = match state.ledger.reserve(reserve).await? {
        // 4 and 5
        Reserved::Held(reservation) => reservation,
        Reserved::Replay(reply) => {
            facts.set_spent(Spent::No);
            return Ok(respond::replay(reply));
        }
        Reserved::InProgress { retry_after_s } => {
            let detail = "The first request under this key is being worked on.";
            return Err(Problem::new(Code::IdempotencyKeyInUse, detail).with_retry_after_s(retry_after_s));
        }
        Reserved::OtherRequest => {
            let detail = "Another request was made under this key; send this one under a new key.";
            return Err(Problem::new(Code::IdempotencyKeyReused, detail));
        }
        Reserved::Unknown(first) => return Err(Problem::outcome_unknown(None, status_url(state, first))),
    };
    // The caller's pages see what is held, and then what became of it; where nobody listens this is one look at a number.
    state.streams.wake(caller.principal.id(), Wake::Quotas);
    let concluded = match ask(state, facts, &caller.account, request).await {
        Ok(reply) => creation.conclude(&judged, &reply, &making), // 6
        Err(error) => Err(error),
    };
    if let Ok(outcome) = &concluded {
        learn(creation, &judged, &making, outcome.cost_mc);
    }
    let status = creation.status(state);
    let ending = End { operation: C::OPERATION, can_be_found: C::CAN_BE_FOUND_AGAIN, has_key, status, trail };
    let ended = end(state, facts, notes, reservation, &ending, concluded).await; // 7
    state.streams.wake(caller.principal.id(), Wake::Quotas);
    Ok(respond(&ended?, notes))
}

/// The next one of its kind is held at what this one cost. Nothing is not believed of one that is not free: the job has
/// not ended.
fn learn<C: Creation>(creation: &C, judged: &C::Judged, making: &Making<'_>, cost_mc: Option<u64>) {
    let is_said = |cost_mc: &u64| *cost_mc > 0 && !creation.is_free(judged, making.proven);
    let Some(cost_mc) = cost_mc.filter(is_said) else { return };
    let (jobs, _) = creation.jobs(judged, making.state);
    let account = &making.caller.account.key;
    let Some(learned) = making.state.prices.learn(account, &jobs, Millicents(cost_mc)) else { return };
    let (state, account) = (Arc::clone(making.state), account.clone());
    making.state.tasks.spawn(async move {
        let at = state.clock.now();
        let books = state.ledger.books();
        if books.remember_cost(&account, &learned.kind, learned.each_mc.0, at).await.is_err() {
            tracing::warn!("what a kind of job last cost could not be kept; a restart forgets it");
        }
    });
}

/// How long a create may be in anybody's hands: its turn, its call, and more.
fn lease(state: &State) -> Duration {
    let upstream = &state.config.upstream;
    Duration::from_millis(
        upstream.queue_timeout_ms.saturating_add(upstream.timeout_ms).saturating_add(10_000),
    )
}

/// Where the outcome of a create is told.
pub(crate) fn status_url(state: &State, reservation: ReservationId) -> String {
    format!("{}/gateway/creates/{reservation}", state.gateway_url)
}
