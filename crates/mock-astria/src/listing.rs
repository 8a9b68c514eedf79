//! Reads, changes and deletes of what exists: packs, tunes, prompts.
//!
//! Lists show every object of the account, whoever of the gateway's users made it: that is what the upstream does, and why
//! a gateway may not pass them on. Nothing here costs.

use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cast::{self, Kind};
use crate::objects::{Prompt, TUNE_ATTRIBUTES, Tune, now};
use crate::rails_params::{Hash, Param, Parsed};
use crate::reply::Reply;
use crate::state::{Shared, State};

const PAGE: u64 = 20;
const MAX_LIMIT: u64 = 120;
const MAX_TUNE_OFFSET: u64 = 200;
const MAX_PROMPT_OFFSET: u64 = 10_000;

/// `GET /packs`: the account's; with `public=true` the gallery's; with `listed=true` without the unlisted.
pub(crate) fn packs(shared: &Shared, parsed: &Parsed) -> Reply {
    let packs = {
        let state = shared.lock();
        if flag(parsed, "public") { Arc::clone(&state.gallery) } else { Arc::clone(&state.packs) }
    };
    let listed_only = flag(parsed, "listed");
    let shown =
        packs.iter().filter(|pack| !listed_only || pack.get("unlisted_at").is_none_or(Value::is_null));
    Reply::json(200, page(shown, parsed))
}

/// `GET /gallery/packs`.
pub(crate) fn gallery_packs(shared: &Shared, parsed: &Parsed) -> Reply {
    let packs = Arc::clone(&shared.lock().gallery);
    Reply::json(200, page(packs.iter(), parsed))
}

fn page<'a>(packs: impl Iterator<Item = &'a Value>, parsed: &Parsed) -> Value {
    let offset = number(parsed, "offset").unwrap_or(0);
    let limit = number(parsed, "limit").unwrap_or(u64::MAX);
    Value::Array(window(packs, offset, limit).cloned().collect())
}

/// `GET /p/:id`: a slug, or a number.
pub(crate) fn pack(shared: &Shared, parsed: &Parsed) -> Reply {
    let wanted = parsed.params.get("id").and_then(Param::as_str).unwrap_or_default();
    let (packs, gallery) = {
        let state = shared.lock();
        (Arc::clone(&state.packs), Arc::clone(&state.gallery))
    };
    let all = || packs.iter().chain(gallery.iter());
    let by_slug = all().find(|pack| pack.get("slug").and_then(Value::as_str) == Some(wanted));
    let number = cast::to_i(wanted);
    let found = by_slug.or_else(|| all().find(|pack| pack.get("id").and_then(Value::as_i64) == Some(number)));
    found.map_or_else(Reply::not_found, |pack| Reply::json(200, pack.clone()))
}

/// `GET /tunes`: the account's, newest first. `GET /gallery/tunes`: the shared ones.
pub(crate) fn tunes(shared: &Shared, parsed: &Parsed, gallery: bool) -> Reply {
    let Some((offset, limit)) = offset_and_limit(parsed, MAX_TUNE_OFFSET) else { return too_deep() };
    let titles = parsed.params.get("title").and_then(Param::as_str);
    let state = shared.lock();
    let range = (Bound::Unbounded, before(parsed));
    let found = state
        .tunes
        .range::<u64, _>(range)
        .rev()
        .map(|(_, tune)| tune)
        .filter(|tune| tune.shared == gallery)
        .filter(|tune| {
            titles.is_none_or(|title| tune.object.get("title").and_then(Value::as_str) == Some(title))
        });
    Reply::json(200, Value::Array(window(found, offset, limit).map(Tune::value).collect()))
}

/// `GET /tunes/:id`.
pub(crate) fn tune(shared: &Shared, parsed: &Parsed) -> Reply {
    let state = shared.lock();
    let found = cast::id(parsed.params.get("id")).and_then(|id| state.tunes.get(&id));
    found.map_or_else(Reply::not_found, |tune| Reply::json(200, tune.value()))
}

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

/// `DELETE /tunes/:id`, with its prompts.
pub(crate) fn delete_tune(shared: &Shared, parsed: &Parsed) -> Reply {
    let mut state = shared.lock();
    let id = cast::id(parsed.params.get("id"));
    let Some(id) = id.filter(|id| state.tunes.get(id).is_some_and(|tune| !tune.shared)) else {
        return Reply::not_found();
    };
    let Some(tune) = state.tunes.remove(&id) else { return Reply::not_found() };
    for prompt in tune.prompts {
        state.prompts.remove(&prompt);
    }
    Reply::json(200, json!({ "message": "Tune deleted" }))
}

/// `GET /prompts` and `GET /tunes/:tune_id/prompts`, newest first.
pub(crate) fn prompts(shared: &Shared, parsed: &Parsed) -> Reply {
    let Some((offset, limit)) = offset_and_limit(parsed, MAX_PROMPT_OFFSET) else { return too_deep() };
    let text = parsed.params.get("text").and_then(Param::as_str);
    let state = shared.lock();
    let range = (Bound::Unbounded, before(parsed));
    let matches = |value: &&Prompt| {
        text.is_none_or(|part| {
            value.object.get("text").and_then(Value::as_str).is_some_and(|t| t.contains(part))
        })
    };
    let shown: Vec<Value> = if parsed.params.contains_key("tune_id") {
        let tune = cast::id(parsed.params.get("tune_id")).and_then(|id| state.tunes.get(&id));
        let Some(tune) = tune else { return Reply::not_found() };
        let own = tune.prompts.range::<u64, _>(range).rev().filter_map(|id| state.prompts.get(id));
        window(own.filter(matches), offset, limit).map(Prompt::value).collect()
    } else {
        let all = state.prompts.range::<u64, _>(range).rev().map(|(_, prompt)| prompt);
        window(all.filter(matches), offset, limit).map(Prompt::value).collect()
    };
    Reply::json(200, Value::Array(shown))
}

/// `GET /prompts/:id` and `GET /tunes/:tune_id/prompts/:id`.
pub(crate) fn prompt(shared: &Shared, parsed: &Parsed) -> Reply {
    let state = shared.lock();
    let found = prompt_id(&state, parsed).and_then(|id| state.prompts.get(&id));
    found.map_or_else(Reply::not_found, |prompt| Reply::json(200, prompt.value()))
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
    let Some(id) = prompt_id(&state, parsed) else { return Reply::not_found() };
    if let Some(prompt) = state.prompts.remove(&id)
        && let Some(tune) = state.tunes.get_mut(&prompt.tune_id)
    {
        tune.prompts.remove(&id);
    }
    Reply::json(200, json!({ "message": "Prompt deleted" }))
}

/// Likes are taken and not kept.
pub(crate) fn like(shared: &Shared, parsed: &Parsed) -> Reply {
    match prompt_id(&shared.lock(), parsed) {
        Some(_) => Reply::empty(if parsed.method == "DELETE" { 204 } else { 201 }),
        None => Reply::not_found(),
    }
}

/// The prompt that the path names, if it exists, and under that tune if a tune is named.
fn prompt_id(state: &State, parsed: &Parsed) -> Option<u64> {
    let id = cast::id(parsed.params.get("id"))?;
    let prompt = state.prompts.get(&id)?;
    match parsed.params.get("tune_id") {
        Some(tune) if cast::id(Some(tune)) != Some(prompt.tune_id) => None,
        _ => Some(id),
    }
}

fn offset_and_limit(parsed: &Parsed, max_offset: u64) -> Option<(u64, u64)> {
    let offset = number(parsed, "offset").unwrap_or(0);
    let limit = number(parsed, "limit").unwrap_or(PAGE).clamp(1, MAX_LIMIT);
    (offset <= max_offset).then_some((offset, limit))
}

fn before(parsed: &Parsed) -> Bound<u64> {
    number(parsed, "before_id").map_or(Bound::Unbounded, Bound::Excluded)
}

fn too_deep() -> Reply {
    Reply::error(400, "offset is too deep, use before_id")
}

fn number(parsed: &Parsed, name: &str) -> Option<u64> {
    cast::cast(Kind::Integer, parsed.params.get(name)?)?.as_u64()
}

fn flag(parsed: &Parsed, name: &str) -> bool {
    parsed.params.get(name).and_then(|param| cast::cast(Kind::Boolean, param)) == Some(Value::Bool(true))
}

fn window<T>(items: impl Iterator<Item = T>, offset: u64, limit: u64) -> impl Iterator<Item = T> {
    let as_count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    items.skip(as_count(offset)).take(as_count(limit))
}
