//! `POST /tunes`, with the prompts nested in it.
//!
//! It trains nothing: time passes in [`crate::jobs`].

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::cast;
use crate::create_prompt::{Draft, missing_root, root};
use crate::jobs;
use crate::objects::{TUNE_ATTRIBUTES, Tune, now};
use crate::rails_params::{Hash, Param, Parsed};
use crate::reply::Reply;
use crate::state::{Shared, State};
use crate::validation::{self, Errors};

const OTHER_ATTRIBUTES: &[&str] = &["images", "image_urls", "characteristics", "prompts_attributes"];

/// Handles the route.
pub(crate) fn create(shared: &Arc<Shared>, parsed: &Parsed, silent: bool) -> Reply {
    let Some(root) = root(parsed, "tune", |name| {
        OTHER_ATTRIBUTES.contains(&name) || TUNE_ATTRIBUTES.iter().any(|(known, _)| *known == name)
    }) else {
        return missing_root("tune");
    };
    let attributes = cast::attributes(&root, TUNE_ATTRIBUTES);
    let images = count_images(&root);
    let mut errors = validation::tune(&attributes, images);
    let drafts = nested_prompts(&root, &mut errors);
    if let Some(body) = errors.into_body() {
        return Reply::json(422, body);
    }
    let mut state = shared.lock();
    let title = attributes.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
    if shared.settings.idempotent
        && let Some(existing) = state.tune_by_title.get(&title).and_then(|id| state.tunes.get(id))
    {
        return Reply::json(200, existing.value());
    }
    let characteristics = characteristics(root.get("characteristics"));
    let (id, tune) = build(shared, &mut state, attributes, images, characteristics);
    let free = tune.is_free();
    let done_at = Instant::now() + Duration::from_millis(shared.settings.train_ms);
    state.tunes.insert(id, Tune { silent, ready_at: Some(done_at), nested_open: drafts.len(), ..tune });
    state.tune_by_title.insert(title, id);
    jobs::run_tune(shared, &state, id, done_at);
    for draft in drafts {
        let prompt_id = draft.store(shared, &mut state, id, free, |prompt| {
            prompt.silent = silent;
            prompt.nested_in = Some(id);
        });
        if let Some(tune) = state.tunes.get_mut(&id) {
            tune.nested.push(prompt_id);
        }
        jobs::run_prompt(shared, &state, prompt_id, done_at);
    }
    match state.tunes.get(&id) {
        Some(tune) => Reply::json(201, tune.value()),
        None => Reply::not_found(),
    }
}

fn count_images(root: &Hash) -> usize {
    let count = |name: &str, wanted: fn(&Param) -> bool| match root.get(name) {
        Some(Param::Array(items)) => items.iter().filter(|item| wanted(item)).count(),
        _ => 0,
    };
    let is_url = |item: &Param| item.as_str().is_some_and(|url| !url.is_empty());
    count("images", |item| matches!(item, Param::File(_))) + count("image_urls", is_url)
}

/// An array, or a hash with any keys: both reach nested attributes.
fn nested_prompts(root: &Hash, errors: &mut Errors) -> Vec<Draft> {
    let hashes: Vec<&Hash> = match root.get("prompts_attributes") {
        Some(Param::Array(items)) => items.iter().filter_map(Param::as_hash).collect(),
        Some(Param::Hash(hash)) => hash.values().filter_map(Param::as_hash).collect(),
        _ => Vec::new(),
    };
    let drafts: Vec<_> = hashes.into_iter().map(Draft::new).collect();
    for draft in &drafts {
        errors.adopt("prompts", draft.validate(0));
    }
    drafts
}

/// An object, or a JSON string in a form.
fn characteristics(param: Option<&Param>) -> Value {
    match param {
        Some(Param::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Some(other) => other.to_json(),
        None => Value::Null,
    }
}

fn build(
    shared: &Shared,
    state: &mut State,
    mut given: Map<String, Value>,
    images: usize,
    characteristics: Value,
) -> (u64, Tune) {
    let id = state.next_tune_id();
    let base = &shared.base_url;
    let at = now();
    let prompts_callback = match given.remove("prompts_callback") {
        Some(Value::String(url)) if !url.is_empty() => Some(url),
        _ => None,
    };
    let free = given.get("branch").and_then(Value::as_str) == Some("fast");
    let cost_mc = if free { 0 } else { shared.settings.cost_per_tune_mc };
    given.entry("token").or_insert_with(|| json!("ohwx"));
    given.entry("branch").or_insert_with(|| json!("flux1"));
    given.entry("model_type").or_insert_with(|| json!("lora"));
    let originals: Vec<_> =
        (0..images).map(|n| format!("{base}/__mock__/pictures/tune-{id}/{n}.png")).collect();
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(id));
    for (name, _) in TUNE_ATTRIBUTES.iter().filter(|(name, _)| *name != "prompts_callback") {
        object.insert((*name).to_owned(), given.remove(*name).unwrap_or(Value::Null));
    }
    for (key, value) in [
        ("is_api", json!(true)),
        ("user_id", json!(1)),
        ("args", Value::Null),
        ("characteristics", characteristics),
        ("cost_mc", json!(cost_mc)),
        ("eta", Value::Null),
        ("trained_at", Value::Null),
        ("started_training_at", Value::Null),
        ("created_at", json!(at)),
        ("updated_at", json!(at)),
        ("expires_at", Value::Null),
        ("ckpt_url", Value::Null),
        ("ckpt_urls", json!([])),
        ("url", json!(format!("{base}/tunes/{id}.json"))),
        ("orig_images", json!(originals)),
    ] {
        object.insert(key.to_owned(), value);
    }
    (id, Tune { prompts_callback, ..Tune::new(object) })
}
