//! `/__mock__/…`: what a test asks of the imitation itself, without a key, and the pictures.
//!
//! For tests that run the imitation as a process; in-process ones use [`crate::MockAstria`]. These requests are not recorded,
//! apart from the redirect target, which records who followed.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::faults::FaultRule;
use crate::reply::Reply;
use crate::state::Shared;
use crate::stored::StoredContent;
use crate::tune_seeds::FLUX_TUNE_ID;
use crate::{jobs, pictures, seeding};

/// How many objects one request may make.
const MAX_SEEDED: usize = 100_000;

/// The prefix of every path that Astria does not have.
pub(crate) const PREFIX: &str = "/__mock__/";

/// Where the `redirect` fault points.
pub(crate) const REDIRECT_TARGET: &str = "/__mock__/redirect-target";

/// Answers a request of which the path starts with [`PREFIX`].
pub(crate) fn answer(shared: &Arc<Shared>, method: &str, path: &str, body: &[u8]) -> Reply {
    match (method, path.strip_prefix(PREFIX).unwrap_or_default()) {
        ("GET", "requests") => {
            let log = shared.lock().log.all();
            Reply::json(200, log.iter().map(|request| json!(**request)).collect())
        }
        ("GET", "counts") => {
            let counts = shared.lock().counts.clone();
            let line = |((method, path), count)| (format!("{method} {path}"), json!(count));
            Reply::json(200, Value::Object(counts.into_iter().map(line).collect()))
        }
        ("GET", "objects") => {
            let state = shared.lock();
            Reply::json(200, json!({ "tunes": state.own_tunes(), "prompts": state.all_prompts() }))
        }
        ("POST", "reset") => {
            shared.reset();
            Reply::empty(204)
        }
        ("POST", "faults") => {
            let rule = serde_json::from_slice::<Value>(body).ok().as_ref().and_then(FaultRule::from_json);
            match rule {
                Some(rule) => {
                    shared.lock().faults.push(rule);
                    Reply::empty(204)
                }
                None => Reply::error(422, "unknown fault"),
            }
        }
        ("POST", "prompts") => match serde_json::from_slice(body) {
            Ok(Value::Object(wanted)) => seed_prompts(shared, &wanted),
            _ => Reply::error(422, "expected an object"),
        },
        ("POST", "finish") => match serde_json::from_slice(body) {
            Ok(Value::Object(wanted)) => finish(shared, &wanted),
            _ => Reply::error(422, "expected an object"),
        },
        ("GET", "storage-requests") => Reply::json(200, json!(shared.lock().storage_log)),
        ("POST", "storage") => match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(wanted)) => storage(shared, &wanted),
            _ => Reply::error(422, "expected an object"),
        },
        ("GET" | "HEAD", rest) if rest.starts_with("pictures/") && rest.ends_with(".png") => {
            Reply::text(200, "image/png", pictures::png(rest))
        }
        _ => Reply::page(404, "Not found"),
    }
}

/// Makes unfinished prompts, for which no time runs.
fn seed_prompts(shared: &Shared, wanted: &Map<String, Value>) -> Reply {
    let number = |name: &str, default: u64| wanted.get(name).and_then(Value::as_u64).unwrap_or(default);
    let count = usize::try_from(number("count", 1)).unwrap_or(usize::MAX);
    if count > MAX_SEEDED {
        return Reply::error(422, "too many at once");
    }
    let callback = wanted.get("callback").and_then(Value::as_str);
    let ids = seeding::unfinished_prompts(shared, number("tune_id", FLUX_TUNE_ID), count, callback);
    Reply::json(201, json!({ "ids": ids }))
}

/// Finishes objects now, failed if there is a `user_error`, and lets their callbacks go.
fn finish(shared: &Arc<Shared>, wanted: &Map<String, Value>) -> Reply {
    let Some(Value::Array(ids)) = wanted.get("ids") else { return Reply::error(422, "expected ids") };
    let user_error = wanted.get("user_error").and_then(Value::as_str);
    let ids = ids.iter().filter_map(Value::as_u64);
    let finished: Vec<u64> = ids.filter(|id| jobs::finish_now(shared, *id, user_error)).collect();
    Reply::json(200, json!({ "finished": finished }))
}

/// Sets where addresses of pictures lead, and what is there; a member that is missing goes back to normal.
fn storage(shared: &Shared, wanted: &Map<String, Value>) -> Reply {
    let text = |name: &str| wanted.get(name).and_then(Value::as_str);
    let number = |name: &str, default: u64| wanted.get(name).and_then(Value::as_u64).unwrap_or(default);
    let stored = match text("content").unwrap_or("picture") {
        "picture" => StoredContent::Picture,
        "html_as_png" => StoredContent::html_as_png(),
        "huge" => StoredContent::Huge { size_bytes: number("size_bytes", 1 << 30), announced: true },
        "slow" => StoredContent::Slow { chunk_bytes: 1_024, pause_ms: number("pause_ms", 1_000) },
        _ => return Reply::error(422, "unknown content"),
    };
    let mut state = shared.lock();
    state.redirect_target = text("redirect_to").map(str::to_owned);
    state.stored = stored;
    Reply::empty(204)
}
