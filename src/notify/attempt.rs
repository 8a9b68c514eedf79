//! One attempt at one notification, from its row to what is recorded of it.

use std::sync::Arc;
use std::time::Duration;

use super::body::body;
use super::send::{NotTaken, Sender};
use crate::notifications::{Attempt, Endpoint, Failure, Notification, retry_pause};
use crate::state::AppState;

/// How it ended.
pub(super) enum Ended {
    Delivered,
    Failed(NotTaken),
    /// It was not sent: it does not wait any more, or cannot be looked up.
    NotSent,
}

/// Sends it and records what became of it.
///
/// Not cancel safe: what was sent and not recorded is sent again, under the same id.
pub(super) async fn attempt(
    state: &AppState,
    sender: &Sender,
    endpoint: &Arc<Endpoint>,
    number: u64,
) -> Ended {
    // Looked up at the last moment: an end user who was forgotten meanwhile is not told of.
    let notification = match state.store.notification(number).await {
        Ok(Some(notification)) => notification,
        Ok(None) => return Ended::NotSent,
        Err(_) => {
            tracing::warn!("a notification could not be looked up; it is tried again");
            return Ended::NotSent;
        }
    };
    let Some(body) = body(state, &notification) else {
        tracing::error!("a notification could not be written");
        return failed(state, endpoint, &notification, Failure::Cut.into()).await;
    };
    let name = &*endpoint.name;
    match sender.post(endpoint, &notification.webhook_id, state.clock.now(), body).await {
        Ok(()) => {
            state.metrics.notifications(name, "delivered", 1);
            if state.store.notification_delivered(number).await.is_err() {
                tracing::warn!(endpoint = name, "a delivery could not be recorded: it is sent again");
                return Ended::NotSent;
            }
            Ended::Delivered
        }
        Err(not_taken) => failed(state, endpoint, &notification, not_taken).await,
    }
}

async fn failed(
    state: &AppState,
    endpoint: &Arc<Endpoint>,
    notification: &Notification,
    not_taken: NotTaken,
) -> Ended {
    let NotTaken { failure, retry_after } = not_taken;
    let (name, number, at) = (&*endpoint.name, notification.number, state.clock.now());
    state.metrics.notifications(name, failure.word(), 1);
    tracing::info!(
        endpoint = name,
        id = notification.webhook_id,
        attempts = notification.attempts + 1,
        error = failure.shown(),
        "a notification was not taken; it is sent again"
    );
    let pause = retry_pause(notification.attempts + 1, number).max(retry_after.unwrap_or_default());
    let give_up_after = Duration::from_secs(state.config.notifications.give_up_after_s);
    let attempt = Attempt {
        number,
        endpoint: name.to_owned(),
        at,
        due_at: at.plus(pause),
        give_up_before: at.minus(give_up_after),
        is_of_endpoint: failure.is_of_endpoint(),
        error: failure.shown(),
    };
    match state.store.notification_failed(attempt).await {
        Ok(0) => {}
        Ok(given_up) => report_given_up(state, name, given_up),
        Err(_) => tracing::warn!("a failed notification could not be recorded: it is due again"),
    }
    Ended::Failed(not_taken)
}

/// The operator must look at it: nobody tries these again.
pub(super) fn report_given_up(state: &AppState, endpoint: &str, count: u64) {
    state.metrics.notifications(endpoint, "given_up", count);
    tracing::error!(endpoint, count, "notifications were given up; replay them when the app is back");
}
