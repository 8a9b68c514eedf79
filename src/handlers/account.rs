//! `GET /gateway/account`: who am I, under which plan, with how much left.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::reply;
use crate::middleware::authenticate::Caller;
use crate::principal::Principal;
use crate::problem::Problem;
use crate::quota::QuotaState;
use crate::state::AppState;

#[derive(Serialize)]
struct Account {
    principal: Value,
    plan: String,
    quotas: Vec<QuotaState>,
}

/// See the module.
pub async fn get(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let id = caller.principal.id();
    let kind = match &caller.principal {
        Principal::EndUser(_) => "end_user",
    };
    let quotas = state.ledger.state(id, &caller.plan, &state.plan(&caller.plan).quotas).await?;
    let principal = json!({ "kind": kind, "issuer": &*id.issuer, "subject": &*id.subject });
    Ok(reply::json(StatusCode::OK, &Account { principal, plan: caller.plan.to_string(), quotas }))
}
