//! Reads of what exists: tunes and prompts, one or many.
//!
//! Lists show every object of the account, whoever of the gateway's users made it: that is what the upstream does, and why
//! a gateway may not pass them on. Nothing here costs, and nothing changes.

use serde_json::Value;

use crate::cast;
use crate::filters::{self, Page};
use crate::objects::{Prompt, Tune};
use crate::rails_params::Parsed;
use crate::reply::Reply;
use crate::state::{Shared, State};

const MAX_TUNE_OFFSET: u64 = 200;
const MAX_PROMPT_OFFSET: u64 = 10_000;

/// `GET /tunes`: the account's, newest first. `GET /gallery/tunes` and `GET /gallery.json`: the shared ones.
pub(crate) fn tunes(shared: &Shared, parsed: &Parsed, gallery: bool) -> Reply {
    let Some(page) = Page::new(parsed, MAX_TUNE_OFFSET) else { return too_deep() };
    let wanted = filters::tunes(parsed);
    let state = shared.lock();
    let tunes = state.tunes.range(page.range()).rev().map(|(_, tune)| tune);
    let found = tunes.filter(|tune| tune.shared == gallery && wanted(tune));
    Reply::json(200, Value::Array(page.of(found).map(Tune::value).collect()))
}

/// `GET /tunes/:id`.
pub(crate) fn tune(shared: &Shared, parsed: &Parsed) -> Reply {
    let state = shared.lock();
    let found = cast::id(parsed.params.get("id")).and_then(|id| state.tunes.get(&id));
    found.map_or_else(Reply::not_found, |tune| Reply::json(200, tune.value()))
}

/// `GET /prompts` and `GET /tunes/:tune_id/prompts`, newest first. A tune in the path must exist, one in the query need not.
pub(crate) fn prompts(shared: &Shared, parsed: &Parsed, tune_in_path: bool) -> Reply {
    let Some(page) = Page::new(parsed, MAX_PROMPT_OFFSET) else { return too_deep() };
    let wanted = filters::prompts(parsed, tune_in_path);
    let state = shared.lock();
    let shown: Vec<Value> = if tune_in_path {
        let tune = cast::id(parsed.params.get("tune_id")).and_then(|id| state.tunes.get(&id));
        let Some(tune) = tune else { return Reply::not_found() };
        let own = tune.prompts.range(page.range()).rev().filter_map(|id| state.prompts.get(id));
        page.of(own.filter(|prompt| wanted(prompt))).map(Prompt::value).collect()
    } else {
        let all = state.prompts.range(page.range()).rev().map(|(_, prompt)| prompt);
        page.of(all.filter(|prompt| wanted(prompt))).map(Prompt::value).collect()
    };
    Reply::json(200, Value::Array(shown))
}

/// `GET /prompts/:id` and `GET /tunes/:tune_id/prompts/:id`.
pub(crate) fn prompt(shared: &Shared, parsed: &Parsed) -> Reply {
    let state = shared.lock();
    let found = prompt_id(&state, parsed).and_then(|id| state.prompts.get(&id));
    found.map_or_else(Reply::not_found, |prompt| Reply::json(200, prompt.value()))
}

/// The prompt that the path names, if it exists; under that tune, which must exist too, if a tune is named.
pub(crate) fn prompt_id(state: &State, parsed: &Parsed) -> Option<u64> {
    let id = cast::id(parsed.params.get("id"))?;
    let prompt = state.prompts.get(&id)?;
    match parsed.params.get("tune_id") {
        Some(tune) if cast::id(Some(tune)) != Some(prompt.tune_id) => None,
        Some(_) if !state.tunes.contains_key(&prompt.tune_id) => None,
        _ => Some(id),
    }
}

fn too_deep() -> Reply {
    Reply::error(400, "offset is too deep, use before_id")
}
