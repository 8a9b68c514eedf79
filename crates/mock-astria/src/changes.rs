//! Changes and deletes of what exists, and likes. Nothing here costs.

use serde_json::{Value, json};

use crate::cast::{self, Kind};
use crate::listing::prompt_id;
use crate::objects::{TUNE_ATTRIBUTES, now};
use crate::rails_params::{Hash, Param, Parsed};
use crate::reply::Reply;
use crate::settings::DeleteReply;
use crate::state::Shared;

/// `PATCH /tunes/:id`.
pub(crate) fn update_tune(shared: &Shared, parsed: &Parsed) -> Reply {
    let empty = Hash::new();
    let given = parsed.params.get("tune").and_then(Param::as_hash).unwrap_or(&empty);
    let mut state = shared.lock();
    let id = cast::id(parsed.params.get("id"));
    let Some(tune) = id.and_then(|id| state.tunes.get_mut(&id)).filter(|tune| !tune.shared) else {
        return Reply::not_found();
    };
    let changed = cast::attributes(given, TUNE_ATTRIBUTES);
    for name in ["title", "name", "auto_extend"] {
        if let Some(value) = changed.get(name) {
            tune.object.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(value) = given.get("characteristics") {
        tune.object.insert("characteristics".to_owned(), value.to_json());
    }
    tune.object.insert("updated_at".to_owned(), json!(now()));
    Reply::json(200, tune.value())
}

/// `DELETE /tunes/:id`. A checkpoint, which has no `model_type`, takes its prompts along; others leave them behind.
pub(crate) fn delete_tune(shared: &Shared, parsed: &Parsed) -> Reply {
    let mut state = shared.lock();
    let id = cast::id(parsed.params.get("id"));
    let Some(id) = id.filter(|id| state.tunes.get(id).is_some_and(|tune| !tune.shared)) else {
        return Reply::not_found();
    };
    let Some(tune) = state.tunes.remove(&id) else { return Reply::not_found() };
    if tune.object.get("model_type").is_none_or(Value::is_null) {
        for prompt in tune.prompts {
            state.prompts.remove(&prompt);
        }
    }
    deleted(shared.settings.delete_tune_reply, "Tune successfully deleted")
}

/// `PATCH /tunes/:tune_id/prompts/:id`: the three assignments of an operator.
pub(crate) fn update_prompt(shared: &Shared, parsed: &Parsed) -> Reply {
    let empty = Hash::new();
    let given = parsed.params.get("prompt").and_then(Param::as_hash).unwrap_or(&empty);
    let mut state = shared.lock();
    let id = prompt_id(&state, parsed);
    let Some(prompt) = id.and_then(|id| state.prompts.get_mut(&id)) else { return Reply::not_found() };
    for name in ["pack_id", "base_pack_id", "workspace_id"] {
        if let Some(value) = given.get(name).and_then(|param| cast::cast(Kind::Integer, param)) {
            prompt.object.insert(name.to_owned(), value);
        }
    }
    Reply::json(200, prompt.value())
}

/// `DELETE` of a prompt.
pub(crate) fn delete_prompt(shared: &Shared, parsed: &Parsed) -> Reply {
    let mut state = shared.lock();
    match prompt_id(&state, parsed) {
        Some(id) if state.remove_prompt(id) => {
            deleted(shared.settings.delete_prompt_reply, "Prompt successfully deleted")
        }
        _ => Reply::not_found(),
    }
}

fn deleted(reply: DeleteReply, message: &str) -> Reply {
    match reply {
        DeleteReply::Message => Reply::json(200, json!({ "message": message })),
        DeleteReply::NoContent => Reply::empty(204),
    }
}

/// `POST` and `DELETE` of a like: one for the whole account.
pub(crate) fn like(shared: &Shared, parsed: &Parsed) -> Reply {
    let liked = parsed.method != "DELETE";
    let mut state = shared.lock();
    let id = prompt_id(&state, parsed);
    let Some(prompt) = id.and_then(|id| state.prompts.get_mut(&id)) else { return Reply::not_found() };
    prompt.object.insert("liked".to_owned(), json!(liked));
    Reply::empty(if liked { shared.settings.like_status } else { shared.settings.unlike_status })
}
