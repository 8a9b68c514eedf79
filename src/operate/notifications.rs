//! Notifications that wait or were given up: looked at, and sent again.

use serde_json::{Value as Json, json};

use super::next;
use crate::clock::Timestamp;
use crate::ids::TuneId;
use crate::notifications::{ListState, Listing, MAX_REPLAYED_IDS, Notification, Replay};
use crate::people::{PeopleError, Reason};
use crate::state::State;

/// The word that says which notifications a list shows; without one, those that were given up.
///
/// # Errors
/// [`PeopleError::Word`]
pub fn read_list_state(word: Option<&str>) -> Result<ListState, PeopleError> {
    let wrong = PeopleError::Word("state", "waiting or given_up");
    word.map_or(Ok(ListState::GivenUp), |word| ListState::parse(word).ok_or(wrong))
}

/// The oldest first.
///
/// Cancel safe.
///
/// # Errors
/// [`PeopleError::Unavailable`]
pub async fn notifications(state: &State, listing: Listing) -> Result<Json, PeopleError> {
    let limit = listing.limit;
    let found = state.store.notifications(listing).await.map_err(|_| PeopleError::Unavailable)?;
    let next = next(&found, limit, |notification| notification.number);
    let lines: Vec<Json> = found.iter().map(shown).collect();
    Ok(json!({ "notifications": lines, "next": next }))
}

/// Has some that were given up sent again, and records it.
///
/// Cancel safe: a call that is cancelled has done and recorded it, or neither.
///
/// # Errors
/// Whatever makes no sense, and [`PeopleError::Unavailable`].
pub async fn replay(
    state: &State,
    who: &str,
    ids: Vec<String>,
    endpoint: Option<String>,
    reason: &str,
) -> Result<Json, PeopleError> {
    let reason = Reason::parse(reason)?;
    if ids.is_empty() == endpoint.is_none() || ids.len() > MAX_REPLAYED_IDS {
        return Err(PeopleError::Word("ids", "up to 500 ids of notifications, or else an endpoint"));
    }
    let is_known = |name: &String| state.config.notifications.endpoints.contains_key(name);
    if endpoint.as_ref().is_some_and(|name| !is_known(name)) {
        return Err(PeopleError::Word("endpoint", "a name of notifications.endpoints"));
    }
    let (who, at) = (who.to_owned(), state.clock.now());
    tracing::info!(who, action = "replay", "the operator has notifications sent again");
    let replay = Replay { ids, endpoint, who, reason: reason.as_str().to_owned(), at };
    let done = state.store.replay_notifications(replay).await.map_err(|_| PeopleError::Unavailable)?;
    state.notify_soon.notify_one();
    Ok(json!({ "replayed": done.replayed }))
}

fn shown(one: &Notification) -> Json {
    let Notification { event, .. } = one;
    json!({
        "number": one.number,
        "id": one.webhook_id,
        "endpoint": one.endpoint,
        "type": event.kind.name(event.object.kind),
        "issuer": &*one.who.issuer,
        "subject": &*one.who.subject,
        "event": event.number,
        "object": {
            "kind": event.object.kind.name(),
            "id": event.object.id,
            "tune_id": event.tune.map(TuneId::get),
        },
        "at": event.at.rfc_3339(),
        "waits_since": one.waits_since.rfc_3339(),
        "attempts": one.attempts,
        "due_at": one.due_at.map(Timestamp::rfc_3339),
        "gave_up_at": one.gave_up_at.map(Timestamp::rfc_3339),
        "last_error": one.last_error,
    })
}
