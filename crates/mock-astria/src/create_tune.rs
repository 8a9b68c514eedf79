//! `POST /tunes`, with the prompts nested in it, and the plan from which every tune is made.
//!
//! A pack run makes tunes by the same rules, so it shares the plan. It trains nothing: time passes in [`crate::jobs`].

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::calling::Calling;
use crate::create_prompt::{Draft, missing_root, root};
use crate::objects::{TUNE_ATTRIBUTES, Tune, from_now, now};
use crate::rails_params::{Hash, Param, Parsed};
use crate::reply::Reply;
use crate::state::{Shared, State};
use crate::validation::{self, Errors};
use crate::{blobs, cast, jobs};

const OTHER_ATTRIBUTES: &[&str] = &["images", "image_urls", "characteristics", "prompts_attributes"];

/// Handles the route.
pub(crate) fn create(shared: &Arc<Shared>, parsed: &Parsed, calling: &Calling) -> Reply {
    let Some(root) = root(parsed, "tune", is_attribute) else {
        return missing_root("tune");
    };
    let mut plan = Plan::new(&root, shared.settings.cost_per_tune_mc);
    let mut errors = validation::tune(&plan.attributes, plan.images);
    plan.drafts = nested_prompts(&root, &mut errors);
    match errors.into_body() {
        Some(body) => Reply::json(422, body),
        None => plan.start(shared, calling),
    }
}

/// The parameters that a JSON body may have outside of `tune`.
pub(crate) fn is_attribute(name: &str) -> bool {
    OTHER_ATTRIBUTES.contains(&name) || TUNE_ATTRIBUTES.iter().any(|(known, _)| *known == name)
}

/// An array, or a hash with any keys: both reach nested attributes.
pub(crate) fn nested_prompts(root: &Hash, errors: &mut Errors) -> Vec<Draft> {
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

/// A tune before it exists, and the prompts that come with it.
pub(crate) struct Plan {
    pub(crate) attributes: Map<String, Value>,
    /// Files and addresses.
    pub(crate) images: usize,
    pub(crate) characteristics: Value,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) cost_mc: u64,
}

impl Plan {
    pub(crate) fn new(root: &Hash, cost_mc: u64) -> Self {
        Self {
            attributes: cast::attributes(root, TUNE_ATTRIBUTES),
            images: count_images(root),
            characteristics: characteristics(root.get("characteristics")),
            drafts: Vec::new(),
            cost_mc,
        }
    }

    /// A tune of these attributes alone.
    pub(crate) fn of(attributes: Map<String, Value>) -> Self {
        Self { attributes, images: 4, characteristics: Value::Null, drafts: Vec::new(), cost_mc: 0 }
    }

    /// Makes the tune and its prompts, and lets their time run; with idempotency on, finds the one of that title.
    pub(crate) fn start(mut self, shared: &Arc<Shared>, calling: &Calling) -> Reply {
        let mut state = shared.lock();
        let title = self.attributes.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
        if shared.settings.idempotent
            && let Some(existing) = state.tune_by_title.get(&title).and_then(|id| state.tunes.get(id))
        {
            return Reply::json(200, existing.value());
        }
        let (id, drafts) = (state.next_tune_id(), std::mem::take(&mut self.drafts));
        let callback = match self.attributes.remove("prompts_callback") {
            Some(Value::String(url)) if !url.is_empty() => Some(url),
            _ => None,
        };
        let mut tune = self.tune(shared, id);
        let free = tune.is_free();
        state.charge(tune.object.get("cost_mc").and_then(Value::as_u64).unwrap_or_default());
        let training = Duration::from_millis(shared.settings.train_ms);
        let done_at = Instant::now() + training;
        tune.object.insert("eta".to_owned(), json!(from_now(training)));
        state.tunes.insert(id, Tune { calling: calling.clone(), ready_at: Some(done_at), ..tune });
        state.tune_by_title.insert(title, id);
        jobs::run_tune(shared, &state, id, done_at);
        let batch = state.open_batch(callback);
        for draft in drafts {
            start_prompt(shared, &mut state, draft, id, free, (batch, calling));
        }
        match state.tunes.get(&id) {
            Some(tune) => Reply::json(201, tune.value()),
            None => Reply::not_found(),
        }
    }

    /// The tune as it is shown at first.
    pub(crate) fn tune(self, shared: &Shared, id: u64) -> Tune {
        let (base, at, mut given) = (&shared.base_url, now(), self.attributes);
        let free = given.get("branch").and_then(Value::as_str) == Some("fast");
        let cost_mc = if free { 0 } else { self.cost_mc };
        given.entry("token").or_insert_with(|| json!("ohwx"));
        given.entry("branch").or_insert_with(|| json!("flux1"));
        given.entry("model_type").or_insert_with(|| json!("lora"));
        let originals: Vec<_> = (0..self.images).map(|n| blobs::original(shared, id, n)).collect();
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(id));
        for (name, _) in TUNE_ATTRIBUTES.iter().filter(|(name, _)| *name != "prompts_callback") {
            object.insert((*name).to_owned(), given.remove(*name).unwrap_or(Value::Null));
        }
        for (key, value) in [
            ("is_api", json!(true)),
            ("user_id", json!(1)),
            ("args", Value::Null),
            ("characteristics", self.characteristics),
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
        Tune::new(object)
    }
}

/// Makes one prompt of a batch, and lets its time run.
pub(crate) fn start_prompt(
    shared: &Arc<Shared>,
    state: &mut State,
    draft: Draft,
    tune_id: u64,
    free: bool,
    (batch, calling): (u64, &Calling),
) -> u64 {
    let id = draft.store(shared, state, tune_id, free, |prompt| {
        prompt.calling = calling.clone();
        prompt.batch = Some(batch);
    });
    jobs::run_prompt_on(shared, state, id, tune_id);
    id
}

fn count_images(root: &Hash) -> usize {
    let count = |name: &str, wanted: fn(&Param) -> bool| match root.get(name) {
        Some(Param::Array(items)) => items.iter().filter(|item| wanted(item)).count(),
        _ => 0,
    };
    let is_url = |item: &Param| item.as_str().is_some_and(|url| !url.is_empty());
    count("images", |item| matches!(item, Param::File(_))) + count("image_urls", is_url)
}

/// An object, or a JSON string in a form.
fn characteristics(param: Option<&Param>) -> Value {
    match param {
        Some(Param::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Some(other) => other.to_json(),
        None => Value::Null,
    }
}
