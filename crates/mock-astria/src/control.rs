//! `/__mock__/…`: what a test asks of the imitation itself, without a key, and the pictures.
//!
//! For tests that run the imitation as a process; in-process ones use [`crate::MockAstria`]. These requests are not recorded,
//! apart from the redirect target, which records who followed.

use serde_json::{Value, json};

use crate::faults::FaultRule;
use crate::pictures;
use crate::reply::{Content, Reply};
use crate::state::Shared;

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
        ("GET" | "HEAD", rest) if rest.starts_with("pictures/") && rest.ends_with(".png") => Reply {
            status: 200,
            content: Content::Text("image/png", pictures::png(rest)),
            headers: Vec::new(),
        },
        _ => Reply::page(404, "Not found"),
    }
}
