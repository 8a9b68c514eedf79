//! `GET /gateway/account`: who am I, under which plan, with how much left.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Caller};
use crate::quota::{Holder, QuotaError, QuotaState};
use crate::reply;
use crate::state::State;

#[derive(Serialize)]
struct Account<'a> {
    principal: Value,
    plan: &'a str,
    quotas: Vec<QuotaState>,
}

/// See the module.
pub async fn get(call: Call) -> Answer {
    let (id, plan) = (call.who.principal.id(), &call.who.plan);
    let kind = call.who.principal.kind();
    let quotas = quotas(&call.state, &call.who).await?;
    let principal = json!({ "kind": kind, "issuer": &*id.issuer, "subject": &*id.subject });
    Ok(reply::json(StatusCode::OK, &Account { principal, plan: &plan.name, quotas }))
}

/// Where the caller stands with the rules of their plan.
///
/// # Errors
/// [`QuotaError::Unavailable`]
///
/// Cancel safe.
pub(super) async fn quotas(state: &State, caller: &Caller) -> Result<Vec<QuotaState>, QuotaError> {
    let holder = caller.holder();
    // What the operator's account and all guests together have left is the operator's business.
    let rules = caller.plan.rules.quotas.iter().copied().filter(|rule| rule.shared_by.is_shown());
    state.ledger.state(&Holder { rules: &rules.collect::<Vec<_>>(), ..holder.of() }).await
}
