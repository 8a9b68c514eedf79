//! `POST /tunes/:tune_id/prompts`, `POST /prompts`, and the draft from which every prompt is made.
//!
//! Nested prompts, pack runs, themes and duplicates make prompts by the same rules, so they share the draft. It does not
//! train anything.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::calling::Calling;
use crate::cast;
use crate::jobs;
use crate::objects::{PROMPT_ATTRIBUTES, Prompt, max_images, now};
use crate::rails_params::{Hash, Param, Parsed};
use crate::reply::Reply;
use crate::settings::PromptReply;
use crate::state::{Shared, State};
use crate::validation::{self, Errors};

/// What a `--video` in a text costs an image: 132 cents.
const VIDEO_COST_MC: u64 = 132_000;

const FILE_ATTRIBUTES: &[&str] =
    &["input_image", "mask_image", "video_first_frame", "video_last_frame", "input_video", "audio_reference"];
const LIST_ATTRIBUTES: &[&str] = &["image_references", "image_reference_urls"];

/// Handles both routes.
pub(crate) fn create(shared: &Arc<Shared>, parsed: &Parsed, calling: &Calling) -> Reply {
    let Some(root) = root(parsed, "prompt", is_attribute) else {
        return missing_root("prompt");
    };
    let tune_param = parsed.params.get("tune_id").or_else(|| root.get("tune_id"));
    let mut state = shared.lock();
    let Some((tune_id, free)) =
        cast::id(tune_param).and_then(|id| state.tunes.get(&id).map(|tune| (id, tune.is_free())))
    else {
        return Reply::error(422, "Tune must exist");
    };
    let draft = Draft::new(&root);
    if let Some(body) = draft.validate(tune_id).into_body() {
        return Reply::json(422, body);
    }
    let key =
        shared.settings.idempotent.then(|| format!("{tune_id} {}", Value::Object(draft.attributes.clone())));
    if let Some(existing) = key.as_ref().and_then(|key| state.prompt_by_attributes.get(key))
        && let Some(prompt) = state.prompts.get(existing)
    {
        return Reply::json(200, created(shared, prompt));
    }
    let id = draft.store(shared, &mut state, tune_id, free, |prompt| prompt.calling = calling.clone());
    if let Some(key) = key {
        state.prompt_by_attributes.insert(key, id);
    }
    jobs::run_prompt_on(shared, &state, id, tune_id);
    match state.prompts.get(&id) {
        Some(prompt) => Reply::json(201, created(shared, prompt)),
        None => Reply::not_found(),
    }
}

fn created(shared: &Shared, prompt: &Prompt) -> Value {
    match shared.settings.prompt_reply {
        PromptReply::Object => prompt.value(),
        PromptReply::Array => json!([prompt.value()]),
    }
}

/// The parameters that a JSON body may have outside of `prompt`.
pub(crate) fn is_attribute(name: &str) -> bool {
    name == "tune_id"
        || FILE_ATTRIBUTES.contains(&name)
        || LIST_ATTRIBUTES.contains(&name)
        || PROMPT_ATTRIBUTES.iter().any(|(known, _)| *known == name)
}

/// The hash under `name`; for a JSON body without it, the body's known attributes, as `ParamsWrapper` puts them there.
pub(crate) fn root(parsed: &Parsed, name: &str, known: impl Fn(&str) -> bool) -> Option<Hash> {
    let found = match parsed.params.get(name) {
        Some(Param::Hash(hash)) => hash.clone(),
        None if parsed.json => parsed
            .body_params
            .iter()
            .filter(|(key, _)| known(key))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        _ => return None,
    };
    (!found.is_empty()).then_some(found)
}

pub(crate) fn missing_root(name: &str) -> Reply {
    Reply::error(422, &format!("param is missing or the value is empty: {name}"))
}

/// A prompt's attributes before it exists.
pub(crate) struct Draft {
    attributes: Map<String, Value>,
    files: Vec<&'static str>,
    lists: Vec<(&'static str, usize)>,
    /// Something else carries its price.
    included: bool,
}

impl Draft {
    pub(crate) fn new(hash: &Hash) -> Self {
        let is_file = |name: &&&str| matches!(hash.get(**name), Some(Param::File(_)));
        let lists = LIST_ATTRIBUTES.iter().filter_map(|name| match hash.get(*name) {
            Some(Param::Array(items)) => Some((*name, items.len())),
            _ => None,
        });
        Self {
            attributes: cast::attributes(hash, PROMPT_ATTRIBUTES),
            files: FILE_ATTRIBUTES.iter().filter(is_file).copied().collect(),
            lists: lists.collect(),
            included: false,
        }
    }

    /// A draft of attributes that are cast already.
    pub(crate) fn of(attributes: Map<String, Value>) -> Self {
        Self { attributes, files: Vec::new(), lists: Vec::new(), included: false }
    }

    /// A prompt once more, with its callback, and with what `changes` say otherwise.
    pub(crate) fn copy(original: &Prompt, changes: &Hash) -> Self {
        let get = |name: &str| original.object.get(name).filter(|value| !value.is_null());
        let mut copy = Self::new(changes);
        for (name, _) in PROMPT_ATTRIBUTES {
            if let (None, Some(value)) = (copy.attributes.get(*name), get(name)) {
                copy.attributes.insert((*name).to_owned(), value.clone());
            }
        }
        for name in FILE_ATTRIBUTES {
            if get(name).is_some() && !copy.files.contains(name) {
                copy.files.push(name);
            }
        }
        for name in LIST_ATTRIBUTES {
            if let Some(Value::Array(items)) = get(name)
                && copy.lists.iter().all(|(listed, _)| listed != name)
            {
                copy.lists.push((name, items.len()));
            }
        }
        copy
    }

    /// The order or the tune carries its price.
    pub(crate) fn included(self) -> Self {
        Self { included: true, ..self }
    }

    pub(crate) fn validate(&self, tune_id: u64) -> Errors {
        let filled = |name: &str| {
            self.attributes.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
        };
        let has_input_image =
            self.files.contains(&"input_image") || filled("input_image_url") || filled("input_image_base64");
        validation::prompt(&self.attributes, max_images(tune_id), has_input_image)
    }

    /// Puts the prompt into the state; its job is started by the caller.
    pub(crate) fn store(
        self,
        shared: &Shared,
        state: &mut State,
        tune_id: u64,
        free: bool,
        adjust: impl FnOnce(&mut Prompt),
    ) -> u64 {
        let id = state.next_prompt_id();
        self.store_at(shared, state, id, tune_id, free, adjust);
        id
    }

    /// The same under a chosen id.
    pub(crate) fn store_at(
        self,
        shared: &Shared,
        state: &mut State,
        id: u64,
        tune_id: u64,
        free: bool,
        adjust: impl FnOnce(&mut Prompt),
    ) {
        let base = &shared.base_url;
        let mut given = self.attributes;
        let images = match given.get("num_images").and_then(Value::as_u64) {
            Some(count) => count,
            None => shared.settings.default_num_images.min(max_images(tune_id)),
        };
        let text = given.get("text").and_then(Value::as_str).unwrap_or_default();
        let each = if text.contains("--video") { VIDEO_COST_MC } else { shared.settings.cost_per_image_mc };
        let cost_mc = if free || self.included { 0 } else { each * images };
        given.insert("num_images".to_owned(), json!(images));
        state.charge(cost_mc);

        let mut object = Map::new();
        object.insert("id".to_owned(), json!(id));
        object.insert("tune_id".to_owned(), json!(tune_id));
        for (name, _) in PROMPT_ATTRIBUTES {
            object.insert((*name).to_owned(), given.remove(*name).unwrap_or(Value::Null));
        }
        for name in FILE_ATTRIBUTES {
            let kept = self.files.contains(name).then(|| format!("{base}/__mock__/pictures/{id}/{name}.png"));
            object.insert((*name).to_owned(), json!(kept));
        }
        for (name, count) in self.lists {
            let kept: Vec<_> =
                (0..count).map(|n| format!("{base}/__mock__/pictures/{id}/{name}-{n}.png")).collect();
            object.insert(name.to_owned(), json!(kept));
        }
        let at = now();
        for (key, value) in [
            ("images", json!([])),
            ("cost_mc", json!(cost_mc)),
            ("user_error", Value::Null),
            ("is_api", json!(true)),
            ("liked", json!(false)),
            ("user_id", json!(1)),
            ("trained_at", Value::Null),
            ("started_training_at", Value::Null),
            ("created_at", json!(at)),
            ("updated_at", json!(at)),
            ("url", json!(format!("{base}/tunes/{tune_id}/prompts/{id}.json"))),
        ] {
            object.insert(key.to_owned(), value);
        }
        let mut prompt = Prompt { object, tune_id, calling: Calling::Once, batch: None };
        adjust(&mut prompt);
        if let Some(batch) = prompt.batch.and_then(|batch| state.batches.get_mut(&batch)) {
            batch.prompts.push(id);
        }
        state.prompts.insert(id, prompt);
        if let Some(tune) = state.tunes.get_mut(&tune_id) {
            tune.prompts.insert(id);
        }
    }
}
