//! The work that the upstream would do: time passes, objects become done, callbacks fire once.
//!
//! Each object has one task. A prompt on a tune that still trains waits for it. What a test has finished by hand is left
//! alone. How the callbacks go is [`crate::calling`]'s. It makes no images: see [`crate::pictures`] for what their addresses show.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::blobs;
use crate::callback::{About, Callback};
use crate::calling::{Calling, Due};
use crate::objects::{Prompt, from_now, is_done, now};
use crate::settings::Envelope;
use crate::state::{Shared, State};

/// A text with this word in it makes the job fail.
const FAILING_WORD: &str = "user_error";
/// How long the upstream keeps a tune that is trained: 30 days.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const REFUSAL: &str = "The image was refused by the moderation of the imitation";

/// Lets a prompt generate, from `start` on.
fn run_prompt(shared: &Arc<Shared>, state: &State, id: u64, start: Instant) {
    if state.prompts.get(&id).is_none_or(|prompt| !prompt.calling.starts(id)) {
        return;
    }
    let job_shared = Arc::clone(shared);
    let done_at = start + Duration::from_millis(shared.settings.generate_ms);
    shared.spawn_in(state.epoch.clone(), async move {
        tokio::time::sleep_until(done_at).await;
        let due = complete_prompt(&job_shared, &mut job_shared.lock(), id, None);
        job_shared.callbacks.send_all(due).await;
    });
}

/// Lets a prompt generate as soon as its tune is trained.
pub(crate) fn run_prompt_on(shared: &Arc<Shared>, state: &State, id: u64, tune_id: u64) {
    let ready_at = state.tunes.get(&tune_id).and_then(|tune| tune.ready_at);
    let now = Instant::now();
    run_prompt(shared, state, id, ready_at.unwrap_or(now).max(now));
}

/// Lets a tune train until `done_at`.
pub(crate) fn run_tune(shared: &Arc<Shared>, state: &State, id: u64, done_at: Instant) {
    if state.tunes.get(&id).is_none_or(|tune| !tune.calling.starts(id)) {
        return;
    }
    let job_shared = Arc::clone(shared);
    shared.spawn_in(state.epoch.clone(), async move {
        tokio::time::sleep_until(done_at).await;
        let due = complete_tune(&job_shared, &mut job_shared.lock(), id, None);
        job_shared.callbacks.send_all(due).await;
    });
}

/// Finishes an object now, and lets its callbacks go. `false` if it does not exist or is done.
pub(crate) fn finish_now(shared: &Arc<Shared>, id: u64, user_error: Option<&str>) -> bool {
    let mut state = shared.lock();
    if state.object_mut(id).is_none_or(|object| is_done(object)) {
        return false;
    }
    let due = complete(shared, &mut state, id, user_error);
    send_in_epoch(shared, &state, due);
    true
}

/// Finishes what a create must finish before it replies, and waits until its callbacks are answered. Cancel safe: they are
/// sent all the same.
pub(crate) async fn finish_before_reply(shared: &Arc<Shared>, calling: &Calling) {
    let made = calling.before_reply();
    if made.is_empty() {
        return;
    }
    let sending = {
        let mut state = shared.lock();
        let callbacks =
            made.into_iter().flat_map(|id| complete(shared, &mut state, id, None).callbacks).collect();
        send_in_epoch(shared, &state, Due { callbacks, ..Due::default() })
    };
    // Nobody is told how a callback went.
    let _ = sending.await;
}

fn send_in_epoch(shared: &Arc<Shared>, state: &State, due: Due) -> JoinHandle<()> {
    let job_shared = Arc::clone(shared);
    shared.spawn_in(state.epoch.clone(), async move { job_shared.callbacks.send_all(due).await })
}

fn complete(shared: &Shared, state: &mut State, id: u64, user_error: Option<&str>) -> Due {
    if state.prompts.contains_key(&id) {
        complete_prompt(shared, state, id, user_error)
    } else {
        complete_tune(shared, state, id, user_error)
    }
}

/// Fills in what a finished prompt has; returns the callbacks that are due for it.
pub(crate) fn complete_prompt(shared: &Shared, state: &mut State, id: u64, user_error: Option<&str>) -> Due {
    let Some(prompt) = state.prompts.get_mut(&id).filter(|prompt| !prompt.is_done()) else {
        return Due::default();
    };
    let at = now();
    let object = &mut prompt.object;
    let fails = object.get("text").and_then(Value::as_str).is_some_and(|text| text.contains(FAILING_WORD));
    if let Some(error) = user_error.or(fails.then_some(REFUSAL)) {
        object.insert("user_error".to_owned(), json!(error));
    } else {
        let count = object.get("num_images").and_then(Value::as_u64).unwrap_or_default();
        let images: Vec<_> = (0..count).map(|n| blobs::image(shared, id, n)).collect();
        object.insert("images".to_owned(), json!(images));
    }
    object.insert("trained_at".to_owned(), json!(at));
    object.insert("started_training_at".to_owned(), json!(at));
    object.insert("updated_at".to_owned(), json!(at));
    let mut due = Vec::new();
    let (batch, calling) = (prompt.batch, prompt.calling.clone());
    if let Some(url) = url(object.get("callback")) {
        let body = wrapped(shared, "prompt", prompt.value());
        due.push(Callback { url, body, about: About::Object(id) });
    }
    due.extend(batch.and_then(|batch| all_done(state, batch)));
    calling.pass(due)
}

/// What has vanished is not waited for.
fn all_done(state: &mut State, batch: u64) -> Option<Callback> {
    let batch = state.batches.get_mut(&batch)?;
    let prompts = || batch.prompts.iter().filter_map(|id| state.prompts.get(id));
    if !prompts().all(Prompt::is_done) {
        return None;
    }
    let body = Value::Array(prompts().map(Prompt::value).collect());
    Some(Callback { url: batch.callback.take()?, body, about: About::Set })
}

/// Fills in what a trained tune has; returns the callback that is due for it.
pub(crate) fn complete_tune(shared: &Shared, state: &mut State, id: u64, user_error: Option<&str>) -> Due {
    let Some(tune) = state.tunes.get_mut(&id).filter(|tune| !is_done(&tune.object)) else {
        return Due::default();
    };
    let at = now();
    for name in ["trained_at", "started_training_at", "updated_at", "eta"] {
        tune.object.insert(name.to_owned(), json!(at));
    }
    tune.object.insert("expires_at".to_owned(), json!(from_now(KEPT)));
    if let Some(error) = user_error {
        tune.object.insert("user_error".to_owned(), json!(error));
    } else {
        let checkpoint = format!("{}/__mock__/checkpoints/{id}", shared.base_url);
        tune.object.insert("ckpt_urls".to_owned(), json!([checkpoint]));
        tune.object.insert("ckpt_url".to_owned(), json!(checkpoint));
    }
    let callback = url(tune.object.get("callback")).map(|url| Callback {
        url,
        body: wrapped(shared, "tune", tune.value()),
        about: About::Object(id),
    });
    tune.calling.pass(callback.into_iter().collect())
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
