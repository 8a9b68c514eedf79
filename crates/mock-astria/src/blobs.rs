//! Where pictures live: absolute addresses of the imitation, or Rails' own, relative to the API host.
//!
//! `/rails/active_storage/blobs/redirect/:signed_id/:filename` answers with the storage host's address, and `…/proxy/…` with
//! the bytes. A signed id names an object and a file and has a checksum; it ends to work when its object vanishes.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};

use crate::rails_params::{Param, Parsed};
use crate::recording::sha256_hex;
use crate::reply::Reply;
use crate::state::Shared;
use crate::stored;

const PREFIX: &str = "/rails/active_storage/blobs/redirect";

/// The address of an image that a prompt made.
pub(crate) fn image(shared: &Shared, prompt_id: u64, number: u64) -> String {
    address(shared, prompt_id, &format!("{prompt_id}/{number}.png"))
}

/// The address of a picture that a tune was trained with.
pub(crate) fn original(shared: &Shared, tune_id: u64, number: usize) -> String {
    address(shared, tune_id, &format!("tune-{tune_id}/{number}.png"))
}

fn address(shared: &Shared, id: u64, key: &str) -> String {
    if !shared.settings.relative_images {
        return format!("{}/__mock__/pictures/{key}", shared.base_url);
    }
    let message = json!({ "_rails": { "data": [id, key], "pur": "blob_id" } });
    let payload = URL_SAFE.encode(message.to_string());
    let file = key.rsplit('/').next().unwrap_or_default();
    format!("{PREFIX}/{payload}--{}/{file}", checksum(&payload))
}

fn checksum(payload: &str) -> String {
    sha256_hex(format!("mock-astria {payload}").as_bytes()).chars().take(40).collect()
}

/// The key of the picture, if the signed id is right and its object exists.
fn key(shared: &Shared, parsed: &Parsed) -> Option<String> {
    let (payload, given) = parsed.params.get("signed_id").and_then(Param::as_str)?.split_once("--")?;
    let message = URL_SAFE.decode(payload).ok().filter(|_| given == checksum(payload))?;
    let message: Value = serde_json::from_slice(&message).ok()?;
    let data = message.get("_rails")?.get("data")?;
    let id = data.get(0)?.as_u64()?;
    let state = shared.lock();
    let exists = state.prompts.contains_key(&id) || state.tunes.contains_key(&id);
    data.get(1)?.as_str().filter(|_| exists).map(str::to_owned)
}

/// Answers with the storage host's address.
pub(crate) fn redirect(shared: &Shared, parsed: &Parsed) -> Reply {
    let Some(key) = key(shared, parsed) else { return Reply::page(404, "Not found") };
    let target = shared.lock().redirect_target.clone();
    let target = target.unwrap_or_else(|| stored::address(shared, &key));
    Reply::page(302, "Found").header("location", target)
}

/// Answers with the bytes.
pub(crate) fn proxy(shared: &Shared, parsed: &Parsed, headers: &BTreeMap<String, String>) -> Reply {
    match key(shared, parsed) {
        Some(key) => stored::answer(&shared.lock().stored, &key, headers, true),
        None => Reply::page(404, "Not found"),
    }
}
