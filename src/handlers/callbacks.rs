//! `POST /gateway/callbacks/{token}`: Astria says that a job ended. Remembered, answered, nothing else.
//!
//! The body is a hint that nobody needs yet: it is not read. State is confirmed with Astria before money or
//! ownership changes.

use http::StatusCode;
use serde_json::json;

use crate::call::{Answer, Call};
use crate::callback::{CallbackToken, Received};
use crate::reply;

/// See the module. A repeated callback gets 200 too, and has no effect.
pub async fn receive(call: Call<CallbackToken>) -> Answer {
    let state = &call.state;
    let received = state.inbox.remember(&call.who, state.clock.now());
    state.metrics.callback(match received {
        Received::First => "first",
        Received::Repeated => "repeated",
    });
    Ok(reply::json(StatusCode::OK, &json!({ "received": true })))
}
