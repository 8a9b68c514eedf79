//! `POST /gateway/callbacks/{token}`: Astria says that a job ended. Noted durably, answered, looked at afterwards.
//!
//! Astria never calls again, so nothing about the body makes it fail: one that is too slow, breaks off or cannot be read
//! names no object, and all of its create's objects are looked at. State is confirmed with Astria before money or
//! ownership changes.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::call::{Answer, Call, LimitedBody};
use crate::callback::{Callback, CallbackToken, Received, objects_named};
use crate::intake::{Inflow, Pace};
use crate::ownership::{IndexError, ObjectId};
use crate::problem::Problem;
use crate::reply;

/// For the whole body, and how fast it must come.
const PACE: Pace =
    Pace { min_bytes_per_s: 16 * 1024, grace: Duration::from_secs(2), timeout: Duration::from_secs(5) };

/// See the module. A repeated callback gets 200 too, and has no effect; so has one about an object that is not its
/// create's, because whoever sends that is told nothing.
pub async fn receive(call: Call<CallbackToken>) -> Answer {
    let (call, body) = call.split();
    let state = &call.state;
    let objects = names(body).await;
    let callback = Callback { token: call.who, objects, at: state.clock.now() };
    let received = match state.inbox.receive(callback).await {
        Ok(received) => received,
        // It is not noted, and the job is looked at when its turn comes.
        Err(error @ (IndexError::Unavailable | IndexError::Conflict | IndexError::Erasing)) => {
            state.metrics.callback("failed");
            return Err(Problem::from(error));
        }
    };
    state.metrics.callback(received.name());
    match received {
        Received::Due | Received::Early => {
            state.jobs_soon.notify_one();
            state.reconcile_soon.notify_one();
        }
        Received::WrongObject => {
            tracing::warn!("a callback names objects that are not its create's: its address may have leaked");
        }
        Received::Repeated | Received::Unknown => {}
    }
    Ok(reply::json(StatusCode::OK, &json!({ "received": true })))
}

/// Which objects the body names, as far as it can be read.
async fn names(body: LimitedBody) -> Vec<ObjectId> {
    let max_bytes = body.max_bytes as u64;
    let Ok(mut incoming) = body.proven() else { return Vec::new() };
    let Ok(mut inflow) = Inflow::new(&mut incoming, max_bytes, PACE) else {
        return Vec::new();
    };
    let mut whole = Vec::new();
    loop {
        match inflow.next().await {
            Ok(Some(piece)) => whole.extend_from_slice(&piece),
            Ok(None) => return objects_named(&whole),
            Err(_) => return Vec::new(),
        }
    }
}
