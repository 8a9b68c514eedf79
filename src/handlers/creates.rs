//! `GET /gateway/creates/{id}`: what became of one's own create, for whoever lost its answer.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::ids::ReservationId;
use crate::ownership::{ObjectKind, Record};
use crate::problem::Problem;
use crate::quota::{Create, QuotaError};
use crate::reply;

/// See the module. Somebody else's is as one that does not exist.
pub async fn get(call: Call) -> Answer {
    let id = ReservationId::parse(call.path.get("id")).ok_or_else(Problem::not_found)?;
    let found = call.state.ledger.books().create(id).await.map_err(|_| QuotaError::Unavailable)?;
    let who = &call.who;
    let is_own = |create: &Create| {
        create.owner.as_ref() == Some(who.principal.id()) && create.account == who.account.key
    };
    let create = found.filter(is_own).ok_or_else(Problem::not_found)?;
    let objects: Vec<Value> =
        create.objects.iter().map(|record| named(&call.state.gateway_url, record)).collect();
    let body = json!({
        "id": create.reservation.to_string(),
        "operation": create.operation,
        "state": create.state.name(),
        "created_at": create.created_at.rfc_3339(),
        "objects": objects,
    });
    Ok(reply::json(StatusCode::OK, &body))
}

fn named(gateway_url: &str, record: &Record) -> Value {
    let (kind, id) = (record.object.kind, record.object.id);
    let path = match kind {
        ObjectKind::Tune => "tunes",
        ObjectKind::Prompt => "prompts",
    };
    json!({ "kind": kind.name(), "id": id, "url": format!("{gateway_url}/{path}/{id}.json") })
}
