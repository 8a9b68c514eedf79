//! `GET /gateway/account`: who am I, under which plan, with how much left.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::quota::{Holder, QuotaState};
use crate::reply;

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
    let holder = call.who.holder();
    // What the operator's account has left is the operator's business.
    let quotas = call.state.ledger.state(&Holder { rules: &plan.rules.quotas, ..holder.of() }).await?;
    let principal = json!({ "kind": kind, "issuer": &*id.issuer, "subject": &*id.subject });
    Ok(reply::json(StatusCode::OK, &Account { principal, plan: &plan.name, quotas }))
}
