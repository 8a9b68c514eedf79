//! Health, for whoever restarts or routes: `/healthz` (the process answers) and `/readyz` (send requests).

use http::StatusCode;
use http::header::HeaderValue;
use serde_json::json;

use crate::call::{Answer, Call};
use crate::reply;

/// The process answers.
pub async fn live(_: Call<()>) -> Answer {
    Ok(reply::json(StatusCode::OK, &json!({ "status": "ok" })))
}

/// New requests are welcome; 503 while the gateway drains.
pub async fn ready(call: Call<()>) -> Answer {
    if call.state.tasks.is_closed() {
        return Ok(reply::json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "draining" })));
    }
    Ok(reply::json(StatusCode::OK, &json!({ "status": "ready" })))
}

/// What Prometheus scrapes, on the operator's listener only.
pub async fn metrics(call: Call<()>) -> Answer {
    let state = &call.state;
    state.metrics.set_open_reservations(state.ledger.open_reservations());
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(reply::of_type(StatusCode::OK, kind, state.metrics.render().into()))
}
