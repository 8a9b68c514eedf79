//! Packs and photos.

use serde_json::{Value, json};

use super::objects::{pack, tune};
use crate::config::Config;
use crate::contract::described::{Described, Success, empty, json as json_reply, operation};
use crate::contract::params::reference;
use crate::operation::Operation;

const TAG: &str = "Packs";

pub(super) fn operations(_: &Config) -> Vec<Described> {
    let all = || json!({ "type": "array", "items": reference("Pack") });
    vec![
        listed(operation(
            ("GET", "/packs"),
            "listPacks",
            TAG,
            "List the packs",
            "From a cache that asks Astria once a minute.",
        ))
        .replies(cached(json_reply(200, "The packs.", all(), json!([pack()]))))
        .replies(unchanged()),
        listed(operation(
            ("GET", "/gallery/packs"),
            "listGalleryPacks",
            TAG,
            "List the gallery's packs",
            "What Astria shows to everybody, from a cache.",
        ))
        .replies(cached(json_reply(200, "The packs.", all(), json!([pack()]))))
        .replies(unchanged()),
        operation(("GET", "/p/{id}"), "getPack", TAG, "Look at a pack", "By its id or its slug, from a cache.")
            .headers(&["If-None-Match"])
            .replies(cached(json_reply(200, "The pack.", reference("Pack"), pack())))
            .replies(unchanged()),
        operation(
            ("POST", "/p/{pack_id}/tunes"),
            "runPack",
            TAG,
            "Run a pack",
            "Trains a tune on photos and makes the pack's prompts on it: send `title`, `name` and photos. Or makes them on tunes \
             of your own: send `tune_ids`, and what describes a new tune is dropped.",
        )
        .params(Operation::RunPack, "PackRunCreate", json!({ "tune": { "tune_ids": [7] } }))
        .replies(json_reply(201, "It is being made.", reference("PackRunResult"), tune())),
        operation(
            ("POST", "/images/inspect"),
            "inspectImage",
            "Photos",
            "Look at a photo",
            "Traits of the person, and warnings: blurry, a hat, more than one person. The place where it was taken is blanked \
             first. Send `file` or, in its stead, `file_url`.",
        )
        .params(
            Operation::InspectImage,
            "InspectionCreate",
            json!({ "name": "woman", "file_url": "https://cdn.example.com/1.jpg" }),
        )
        .replies(json_reply(
            200,
            "What is seen.",
            reference("Inspection"),
            json!({ "name": "woman", "age": "30 yo", "glasses": "NONE", "blurry": false, "wearing_hat": false }),
        )),
    ]
}

fn listed(list: Described) -> Described {
    let flag = || -> Value { json!({ "type": "boolean" }) };
    list.query("public", flag(), "Those that everybody sees.")
        .query("listed", flag(), "Those on the operator's list.")
        .query("limit", json!({ "type": "integer", "minimum": 1, "maximum": 120 }), "Packs of a page.")
        .query("offset", json!({ "type": "integer", "minimum": 0, "maximum": 10_000 }), "Packs to leave out.")
        .headers(&["If-None-Match"])
}

fn cached(reply: Success) -> Success {
    reply.header("ETag").header("Vary").header("Cache-Status").header("Content-Encoding")
}

fn unchanged() -> Success {
    empty(304, "As you have it.").header("ETag").header("Vary").header("Cache-Status")
}
