//! `POST /themes`: ten prompts for each tune, made in the background.
//!
//! They carry no callback and appear after a while, found only in lists. Whose the tunes are is not asked. No language
//! model writes their texts.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cast::{self, Kind};
use crate::create_prompt::{Draft, missing_root};
use crate::jobs;
use crate::objects::{Tune, max_images};
use crate::rails_params::{Hash, Param, Parsed};
use crate::reply::Reply;
use crate::state::Shared;
use crate::validation::Errors;

const PROMPTS_PER_TUNE: u64 = 10;
const ATTRIBUTES: &[(&str, Kind)] =
    &[("num_images", Kind::Integer), ("w", Kind::Integer), ("h", Kind::Integer)];

/// Handles the route.
pub(crate) fn create(shared: &Arc<Shared>, parsed: &Parsed) -> Reply {
    let Some(root) = root(parsed) else { return missing_root("theme") };
    let theme = root.get("theme").and_then(Param::as_str).unwrap_or_default().trim().to_owned();
    let tune_ids: Vec<u64> = match root.get("tune_ids") {
        Some(Param::Array(ids)) => ids.iter().map(|id| cast::id(Some(id)).unwrap_or_default()).collect(),
        _ => Vec::new(),
    };
    let given = root.get("prompt_attributes").and_then(Param::as_hash);
    let attributes = given.map(|hash| cast::attributes(hash, ATTRIBUTES)).unwrap_or_default();
    let mut errors = Errors::default();
    if theme.is_empty() {
        errors.add("theme", "can't be blank");
    }
    if tune_ids.is_empty() {
        errors.add("tune_ids", "can't be blank");
    }
    let sample = draft(&theme, 1, &attributes, 0);
    if !theme.is_empty() {
        errors.adopt("prompts", sample.validate(0));
    }
    if let Some(body) = errors.into_body() {
        return Reply::json(422, body);
    }
    let state = shared.lock();
    if tune_ids.iter().any(|id| !state.tunes.contains_key(id)) {
        return Reply::error(422, "Tune must exist");
    }
    let job_shared = Arc::clone(shared);
    shared.spawn_in(state.epoch.clone(), async move {
        tokio::time::sleep(Duration::from_millis(job_shared.settings.theme_ms)).await;
        for tune_id in tune_ids {
            make_prompts(&job_shared, &theme, &attributes, tune_id);
        }
    });
    Reply::empty(shared.settings.theme_status)
}

/// Under `theme`; or a JSON body as it is, in which `theme` is the text.
fn root(parsed: &Parsed) -> Option<Hash> {
    match parsed.params.get("theme") {
        Some(Param::Hash(hash)) if !hash.is_empty() => Some(hash.clone()),
        Some(Param::String(_)) if parsed.json => Some(parsed.params.clone()),
        _ => None,
    }
}

fn make_prompts(shared: &Arc<Shared>, theme: &str, attributes: &Map<String, Value>, tune_id: u64) {
    let mut state = shared.lock();
    // Deleted in the meantime.
    let Some(free) = state.tunes.get(&tune_id).map(Tune::is_free) else { return };
    for number in 1..=PROMPTS_PER_TUNE {
        let id = draft(theme, number, attributes, tune_id).store(shared, &mut state, tune_id, free, |_| {});
        jobs::run_prompt_on(shared, &state, id, tune_id);
    }
}

/// A number of images beyond what the model takes is cut down: the documents' own sample asks for 123.
fn draft(theme: &str, number: u64, attributes: &Map<String, Value>, tune_id: u64) -> Draft {
    let mut attributes = attributes.clone();
    if let Some(images) = attributes.get("num_images").and_then(Value::as_u64) {
        attributes.insert("num_images".to_owned(), json!(images.min(max_images(tune_id))));
    }
    attributes.insert("text".to_owned(), json!(format!("{theme}, idea {number} of {PROMPTS_PER_TUNE}")));
    Draft::of(attributes)
}
