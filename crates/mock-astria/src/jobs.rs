//! The work that the upstream would do: time passes, objects become done, callbacks fire once.
//!
//! Each object has one task. A prompt on a tune that still trains waits for it. It makes no images: see
//! [`crate::pictures`] for what their addresses show.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::callback::Callback;
use crate::objects::{Prompt, days_from_now, now};
use crate::settings::Envelope;
use crate::state::{Shared, State};

/// A text with this word in it makes the job fail.
const FAILING_WORD: &str = "user_error";

/// Lets a prompt generate, from `start` on.
pub(crate) fn run_prompt(shared: &Arc<Shared>, state: &State, id: u64, start: Instant) {
    let job_shared = Arc::clone(shared);
    let done_at = start + Duration::from_millis(shared.settings.generate_ms);
    shared.spawn_in(state.epoch.clone(), async move {
        tokio::time::sleep_until(done_at).await;
        for callback in finish_prompt(&job_shared, id) {
            job_shared.callbacks.send(callback).await;
        }
    });
}

/// Lets a tune train until `done_at`.
pub(crate) fn run_tune(shared: &Arc<Shared>, state: &State, id: u64, done_at: Instant) {
    let job_shared = Arc::clone(shared);
    shared.spawn_in(state.epoch.clone(), async move {
        tokio::time::sleep_until(done_at).await;
        if let Some(callback) = finish_tune(&job_shared, id) {
            job_shared.callbacks.send(callback).await;
        }
    });
}

fn finish_prompt(shared: &Shared, id: u64) -> Vec<Callback> {
    let mut state = shared.lock();
    let Some(prompt) = state.prompts.get_mut(&id) else { return Vec::new() };
    let at = now();
    let object = &mut prompt.object;
    let fails = object.get("text").and_then(Value::as_str).is_some_and(|text| text.contains(FAILING_WORD));
    if fails {
        object.insert(
            "user_error".to_owned(),
            json!("The image was refused by the moderation of the imitation"),
        );
    } else {
        let count = object.get("num_images").and_then(Value::as_u64).unwrap_or_default();
        let base = &shared.base_url;
        let images: Vec<_> = (0..count).map(|n| format!("{base}/__mock__/pictures/{id}/{n}.png")).collect();
        object.insert("images".to_owned(), json!(images));
    }
    object.insert("trained_at".to_owned(), json!(at));
    object.insert("started_training_at".to_owned(), json!(at));
    object.insert("updated_at".to_owned(), json!(at));
    let mut due = Vec::new();
    let nested_in = prompt.nested_in;
    if !prompt.silent
        && let Some(url) = url(object.get("callback"))
    {
        due.push(Callback { url, body: wrapped(shared, "prompt", prompt.value()) });
    }
    due.extend(nested_in.and_then(|tune_id| all_nested_done(&mut state, tune_id)));
    due
}

fn all_nested_done(state: &mut State, tune_id: u64) -> Option<Callback> {
    let tune = state.tunes.get_mut(&tune_id)?;
    tune.nested_open = tune.nested_open.saturating_sub(1);
    if tune.nested_open > 0 || tune.silent {
        return None;
    }
    let url = tune.prompts_callback.clone()?;
    let prompts = tune.nested.iter().filter_map(|id| state.prompts.get(id)).map(Prompt::value);
    Some(Callback { url, body: Value::Array(prompts.collect()) })
}

fn finish_tune(shared: &Shared, id: u64) -> Option<Callback> {
    let mut state = shared.lock();
    let tune = state.tunes.get_mut(&id)?;
    let at = now();
    let checkpoint = format!("{}/__mock__/checkpoints/{id}", shared.base_url);
    for (key, value) in [
        ("trained_at", json!(at)),
        ("started_training_at", json!(at)),
        ("updated_at", json!(at)),
        ("eta", json!(at)),
        ("expires_at", json!(days_from_now(30))),
        ("ckpt_url", json!(checkpoint)),
        ("ckpt_urls", json!([checkpoint])),
    ] {
        tune.object.insert(key.to_owned(), value);
    }
    let url = url(tune.object.get("callback")).filter(|_| !tune.silent)?;
    Some(Callback { url, body: wrapped(shared, "tune", tune.value()) })
}

fn url(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|url| !url.is_empty()).map(str::to_owned)
}

fn wrapped(shared: &Shared, name: &str, object: Value) -> Value {
    match shared.settings.envelope {
        Envelope::Bare => object,
        Envelope::Wrapped => json!({ name: object }),
    }
}
