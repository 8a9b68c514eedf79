//! Health, for whoever restarts or routes: `/healthz` (the process answers) and `/readyz` (send requests).

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::reply;
use crate::state::AppState;

/// The process answers.
pub async fn live() -> Response {
    reply::json(StatusCode::OK, &json!({ "status": "ok" }))
}

/// New requests are welcome; 503 while the gateway drains.
pub async fn ready(State(state): State<AppState>) -> Response {
    if state.tasks.is_closed() {
        return reply::json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "draining" }));
    }
    reply::json(StatusCode::OK, &json!({ "status": "ready" }))
}

/// What Prometheus scrapes, on the operator's listener only.
pub async fn metrics(State(state): State<AppState>) -> Response {
    state.metrics.set_open_reservations(state.ledger.open_reservations());
    let mut response = Response::new(Body::from(state.metrics.render()));
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
