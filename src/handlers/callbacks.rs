//! `POST /gateway/callbacks/{token}`: Astria says that a job ended. Remembered, answered, nothing else.
//!
//! The body is a hint that nobody needs yet: it is not read. State is confirmed with Astria before money or
//! ownership changes.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::reply;
use crate::callback::{CallbackToken, Received};
use crate::state::AppState;

/// See the module. A repeated callback gets 200 too, and has no effect.
pub async fn receive(State(state): State<AppState>, Extension(token): Extension<CallbackToken>) -> Response {
    let received = state.inbox.remember(&token, state.clock.now());
    state.metrics.callback(match received {
        Received::First => "first",
        Received::Repeated => "repeated",
    });
    reply::json(StatusCode::OK, &json!({ "received": true }))
}
