//! Tunes.

use serde_json::json;

use super::objects::{shared_tune, tune};
use super::prompts::{done, pages};
use crate::config::Config;
use crate::contract::described::{Described, json as json_reply, operation};
use crate::contract::params::reference;
use crate::operation::Operation;
use crate::problem::Code;

const TAG: &str = "Tunes";

pub(super) fn operations(config: &Config) -> Vec<Described> {
    let create = operation(
        ("POST", "/tunes"),
        "createTune",
        TAG,
        "Train a tune",
        "On photos: files in a multipart form (`tune[images][]`), or addresses (`image_urls`); at least one, at most 32 \
         together. Prompts that come with it are made when it is trained.",
    )
    .params(
        Operation::CreateTune,
        "TuneCreate",
        json!({
            "tune": {
                "title": "my face", "name": "woman", "branch": "flux1", "preset": "flux-lora-portrait",
                "image_urls": ["https://cdn.example.com/1.jpg", "https://cdn.example.com/2.jpg"],
            },
        }),
    )
    .replies(json_reply(201, "It is being trained.", reference("Tune"), tune()));
    let names = json!({ "type": "array", "maxItems": 32, "items": { "type": "string" } });
    let list = pages(operation(
        ("GET", "/tunes"),
        "listTunes",
        TAG,
        "List your tunes",
        "Newest first, from the gateway's own index.",
    ))
    .query("title", json!({ "type": "string" }), "Exactly this title.")
    .query("name[]", names, "One of these class names; a single one may come as `name`.")
    .query("model_type", json!({ "type": "string" }), "`lora`, `pti`, `faceid`.")
    .query("branch", json!({ "type": "string" }), "`flux1`, `sdxl1`, `sd15`, `fast`.")
    .replies(json_reply(
        200,
        "The tunes, newest first.",
        json!({ "type": "array", "items": reference("Tune") }),
        json!([tune()]),
    ))
    .also(&[Code::StoreUnavailable, Code::NotFound]);
    let update = operation(
        ("PATCH", "/tunes/{id}"),
        "updateTune",
        TAG,
        "Change a tune",
        "Your own: its title, class name, whether it is kept, and what its prompts' texts are filled with.",
    )
    .params(Operation::UpdateTune, "TuneUpdate", json!({ "tune": { "title": "my face, 2026" } }))
    .replies(
        json_reply(200, "The tune as it is now.", reference("Tune"), tune()).header("Gateway-Dropped-Params"),
    )
    .also(&[Code::StoreUnavailable, Code::ParameterNotAllowed]);
    let either = json!({ "anyOf": [reference("Tune"), reference("SharedTune")] });
    vec![
        create,
        list,
        operation(
            ("GET", "/tunes/{id}"),
            "getTune",
            TAG,
            "Look at a tune",
            "Your own as it is now; a shared one in part (`SharedTune`).",
        )
        .replies(json_reply(200, "The tune.", either, tune()))
        .also(&[Code::StoreUnavailable]),
        update.also_at(("PUT", "/tunes/{id}"), "updateTuneByPut"),
        update,
        operation(
            ("DELETE", "/tunes/{id}"),
            "deleteTune",
            TAG,
            "Delete a tune",
            "With its photos, for good. Prompts that were made on it may stay.",
        )
        .replies(done(config.replies.delete_tune_status, "It is deleted."))
        .also(&[Code::StoreUnavailable]),
    ]
    .into_iter()
    .chain(gallery())
    .collect()
}

fn gallery() -> [Described; 2] {
    let gallery = operation(
        ("GET", "/gallery/tunes"),
        "listGalleryTunes",
        TAG,
        "List Astria's gallery",
        "What Astria shows to everybody, in part.",
    )
    .query("limit", json!({ "type": "integer", "minimum": 1 }), "Tunes of a page; more than 120 are 120.")
    .query("offset", json!({ "type": "integer", "minimum": 0, "maximum": 200 }), "Tunes to leave out.")
    .replies(json_reply(
        200,
        "The tunes.",
        json!({ "type": "array", "items": reference("SharedTune") }),
        json!([shared_tune()]),
    ));
    [gallery.also_at(("GET", "/gallery.json"), "listGallery"), gallery]
}
