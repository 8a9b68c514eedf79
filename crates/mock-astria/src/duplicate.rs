//! `POST /prompts/:id/duplicate`: a prompt once more.
//!
//! Everything is copied, the original's callback too, unless `prompt[…]` says otherwise; even the tune can be another one.
//! `image_index` is taken, and changes nothing here.

use std::sync::Arc;

use serde_json::Value;

use crate::calling::Calling;
use crate::cast;
use crate::create_prompt::{Draft, is_attribute, root};
use crate::jobs;
use crate::objects::{Prompt, Tune};
use crate::rails_params::Parsed;
use crate::reply::Reply;
use crate::state::Shared;

/// Handles the route.
pub(crate) fn create(shared: &Arc<Shared>, parsed: &Parsed, calling: &Calling) -> Reply {
    let changes = root(parsed, "prompt", is_attribute).unwrap_or_default();
    let mut state = shared.lock();
    let Some(original) = cast::id(parsed.params.get("id")).and_then(|id| state.prompts.get(&id)) else {
        return Reply::not_found();
    };
    let tune_id = match changes.get("tune_id") {
        Some(named) => cast::id(Some(named)).unwrap_or_default(),
        None => original.tune_id,
    };
    let Some(free) = state.tunes.get(&tune_id).map(Tune::is_free) else {
        return Reply::error(422, "Tune must exist");
    };
    let draft = Draft::copy(original, &changes);
    if let Some(body) = draft.validate(tune_id).into_body() {
        return Reply::json(422, body);
    }
    let id = draft.store(shared, &mut state, tune_id, free, |prompt| prompt.calling = calling.clone());
    jobs::run_prompt_on(shared, &state, id, tune_id);
    Reply::json(201, state.prompts.get(&id).map_or(Value::Null, Prompt::value))
}
