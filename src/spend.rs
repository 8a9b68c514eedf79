//! What a handler that creates something calls: one visible list.
//!
//! From step 5 on a client that leaves cancels nothing ([`detached`]), so a call that was begun is always
//! settled, released, or left unknown. The steps, in order:
//!
//! ```text
//! 0 allowed      the plan has the operation           1 params     parse into the tree
//! 2 policy       allow, force, clamp                  3 ownership  every id in path, body and text
//! 4 idempotent   (comes with the durable ledger)      5 reserve    before the call
//! 6 upstream     exactly one call                     7 settle, release, or leave unknown; ownership
//! ```
//!
//! What it does *not* do: it knows no single operation; each is a [`Creation`].

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;

use crate::ask::ask;
use crate::call::{Call, Caller, Facts};
use crate::callback::Slot;
use crate::detach::{Panicked, detached};
use crate::ids::ReservationId;
use crate::intake::IntakeError;
use crate::middleware::read_body::{ReceivedBody, read_body};
use crate::operation::Operation;
use crate::params::{Params, parse_body};
use crate::policy::{PlanRules, PolicyError, PolicyRules};
use crate::problem::{Code, Problem};
use crate::quota::{Amounts, QuotaError, Reservation, ReserveRequest};
use crate::state::State;
use crate::upstream::{Spent, UpstreamError, UpstreamRequest};

/// What came of it, ready to be shown.
pub struct Created {
    /// What the client sees, in JSON.
    pub shown: Bytes,
    /// Parameters that were not forwarded.
    pub dropped: Vec<String>,
}

/// What the upstream's reply turned out to be.
pub struct Outcome {
    /// What the client sees, in JSON.
    pub shown: Bytes,
    /// What was really made.
    pub actual: Amounts,
}

/// One kind of creation: what differs between operations that cost money.
pub trait Creation: Send + Sync + 'static {
    /// The request, judged: its canonical parameters and its price.
    type Judged: Send + Sync + 'static;

    /// Which operation this is.
    const OPERATION: Operation;

    /// Whether what this call made can be found again when its answer is lost. Where it cannot, an unknown
    /// outcome counts as spent.
    const CAN_BE_FOUND_AGAIN: bool = true;

    /// Steps 2 and 3.
    ///
    /// # Errors
    /// The request is not allowed.
    fn judge(
        &self,
        params: Params,
        rules: &PolicyRules,
        plan: &PlanRules<'_>,
    ) -> Result<Self::Judged, PolicyError>;

    /// What to reserve: an upper bound of what the call can make.
    fn amounts(&self, judged: &Self::Judged, state: &State) -> Amounts;

    /// The parameters that were dropped, taken out.
    fn dropped(&self, judged: &mut Self::Judged) -> Vec<String>;

    /// The call, with the gateway's own callback address in it.
    fn request(&self, judged: &mut Self::Judged, callback: impl Fn(Slot) -> String) -> UpstreamRequest;

    /// Reads the reply and records whom it belongs to.
    ///
    /// # Errors
    /// The reply is not what is documented; what was spent is unknown then.
    fn conclude(
        &self,
        judged: &Self::Judged,
        reply: &[u8],
        state: &State,
        caller: &Caller,
    ) -> Result<Outcome, UpstreamError>;
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
    if !caller.plan.allows(operation) {
        return Err(Problem::new(
            Code::OperationNotAllowed,
            format!("Plan {} does not include {operation}.", caller.plan.name),
        ));
    }
    let body = read_body(&state, &facts, &head.headers, body).await?;
    let ReceivedBody { content_type, bytes, mut share } = body;
    let params = parse_body(content_type.as_ref().map(HeaderValue::as_bytes), &bytes, &state.param_limits)?;
    // From here on only the tree holds the body, so that a single photo can be blanked in place.
    drop(bytes);
    share.grow(params.copy_bytes()).map_err(IntakeError::from)?;
    check_sizes(&params, state.config.photos.max_bytes)?;
    let plan = PlanRules { params: &caller.plan.rules.allow_params };
    let mut judged = creation.judge(params, &state.rules, &plan)?;
    let dropped = creation.dropped(&mut judged);
    if !dropped.is_empty() {
        state.metrics.dropped_params(operation);
    }
    let (tasks, metrics, id) = (state.tasks.clone(), Arc::clone(&state.metrics), facts.id);
    let paid = detached(&tasks, async move {
        let shown = pay(&state, &facts, &caller, &creation, judged).await;
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
    Ok(Created { shown, dropped })
}

/// Steps 5 to 7.
///
/// Not cancel safe: an upstream call whose end nobody sees stays unknown.
async fn pay<C: Creation>(
    state: &State,
    facts: &Facts,
    caller: &Caller,
    creation: &C,
    mut judged: C::Judged,
) -> Result<Bytes, Problem> {
    let operation = C::OPERATION;
    let amounts = creation.amounts(&judged, state);
    let id = ReservationId::generate();
    let request = creation.request(&mut judged, |slot| state.callback_url(id, slot));
    let reservation = reserve(state, caller, id, operation, &amounts).await?;
    let concluded = match ask(state, facts, &caller.account, request).await {
        Ok(reply) => creation.conclude(&judged, &reply, state, caller),
        Err(error) => Err(error),
    };
    match concluded {
        Ok(outcome) => {
            if outcome.actual.exceeds(reservation.amounts()) {
                tracing::error!(
                    operation = operation.name(),
                    "a call made more than was reserved; it is booked in full"
                );
            }
            settle(state, reservation, outcome.actual).await;
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

/// The body as a whole was within its cap; here each photo must be.
fn check_sizes(params: &Params, max_bytes: usize) -> Result<(), Problem> {
    if params.any_file(|upload| upload.size_bytes() > max_bytes as u64) {
        return Err(Problem::new(Code::BodyTooLarge, format!("Send photos of at most {max_bytes} bytes.")));
    }
    Ok(())
}

async fn reserve(
    state: &State,
    caller: &Caller,
    id: ReservationId,
    operation: Operation,
    amounts: &Amounts,
) -> Result<Reservation, QuotaError> {
    let (user, plan) = (caller.principal.id(), &caller.plan);
    let request =
        ReserveRequest { id, user, plan: &plan.name, rules: &plan.rules.quotas, operation, amounts };
    state.ledger.reserve(request).await
}

async fn settle(state: &State, reservation: Reservation, actual: Amounts) {
    if state.ledger.settle(reservation, actual).await.is_err() {
        tracing::error!("a reservation could not be settled; it stays held");
    }
}

async fn give_back<C: Creation>(state: &State, reservation: Reservation, spent: Spent) {
    let done = match spent {
        Spent::No => state.ledger.release(reservation).await,
        Spent::Yes | Spent::Unknown if !C::CAN_BE_FOUND_AGAIN => {
            let whole = *reservation.amounts();
            state.ledger.settle(reservation, whole).await
        }
        Spent::Yes | Spent::Unknown => state.ledger.leave_unknown(reservation).await,
    };
    if done.is_err() {
        tracing::error!("a reservation could not be given back; it stays held");
    }
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
