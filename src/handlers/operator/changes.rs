//! `PUT /operator/user/plan`, `POST /operator/user/grants`, `PUT /operator/user/block`.

use http::StatusCode;
use serde::Deserialize;

use super::asked;
use crate::auth::OperatorName;
use crate::call::{Answer, Call};
use crate::operate::{self, Wish};
use crate::quota::{Measure, Period};
use crate::reply;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    issuer: Option<String>,
    subject: String,
    // Must be said: `null` takes the override away.
    #[serde(deserialize_with = "Option::deserialize")]
    plan: Option<String>,
    reason: String,
}

/// `PUT /operator/user/plan`: this plan whatever a token claims; `null`: again what it claims.
pub async fn plan(call: Call<OperatorName>) -> Answer {
    let (call, Plan { issuer, subject, plan, reason }) = asked::body(call).await?;
    change(&call, issuer.as_deref(), &subject, &reason, Wish::Plan(plan)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    issuer: Option<String>,
    subject: String,
    of: Measure,
    per: Period,
    amount: u64,
    reason: String,
}

/// `POST /operator/user/grants`: more quota in the present period. Sent twice, it is granted twice.
pub async fn grant(call: Call<OperatorName>) -> Answer {
    let (call, Grant { issuer, subject, of, per, amount, reason }) = asked::body(call).await?;
    change(&call, issuer.as_deref(), &subject, &reason, Wish::Grant { of, per, amount }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    issuer: Option<String>,
    subject: String,
    blocked: bool,
    reason: String,
}

/// `PUT /operator/user/block`: refuse everything, or nothing any more.
pub async fn block(call: Call<OperatorName>) -> Answer {
    let (call, Block { issuer, subject, blocked, reason }) = asked::body(call).await?;
    change(&call, issuer.as_deref(), &subject, &reason, Wish::Block(blocked)).await
}

async fn change(
    call: &Call<OperatorName, ()>,
    issuer: Option<&str>,
    subject: &str,
    reason: &str,
    wish: Wish,
) -> Answer {
    let state = &call.state;
    let id = operate::end_user(&state.config, issuer, subject)?;
    let changed = operate::change(state, call.who.as_str(), id, reason, wish).await?;
    Ok(reply::json(StatusCode::OK, &changed))
}
