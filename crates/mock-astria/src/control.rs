//! `/__mock__/…`: what a test asks of the imitation itself, without a key, and the pictures.
//!
//! For tests that run the imitation as a process; in-process ones use [`crate::MockAstria`]. These requests are not recorded,
//! apart from the redirect target, which records who followed.

use serde_json::{Map, Value, json};

use crate::faults::FaultRule;
use crate::pictures;
use crate::reply::Reply;
use crate::state::Shared;
use crate::stored::StoredContent;

/// The prefix of every path that Astria does not have.
pub(crate) const PREFIX: &str = "/__mock__/";

/// Where the `redirect` fault points.
pub(crate) const REDIRECT_TARGET: &str = "/__mock__/redirect-target";

/// Answers a request of which the path starts with [`PREFIX`].
pub(crate) fn answer(shared: &Shared, method: &str, path: &str, body: &[u8]) -> Reply {
    match (method, path.strip_prefix(PREFIX).unwrap_or_default()) {
        ("GET", "requests") => {
            let log = shared.lock().log.all();
            Reply::json(200, log.iter().map(|request| json!(**request)).collect())
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
