//! What a client may see of a pack, and what running one needs to know.
//!
//! Template texts are the operator's work and are taken off; the ids of template prompts stay, since a run may name
//! some of them.

use serde_json::{Map, Value, json};

use crate::ids::PackId;

/// Fields of a pack.
const PACK: &[&str] = &[
    "base_tune_id",
    "cost_mc_hash",
    "costs",
    "cover_url",
    "created_at",
    "description",
    "id",
    "model_type",
    "multiplier",
    "prompts_per_class",
    "public_at",
    "slug",
    "title",
    "token",
    "updated_at",
];

/// What end users see of a pack.
pub fn pack_members() -> impl Iterator<Item = &'static str> {
    PACK.iter().copied().chain([TEMPLATES])
}

/// A pack as end users see it.
pub fn show_pack(object: &Map<String, Value>) -> Value {
    let shown = PACK.iter().filter_map(|name| Some(((*name).to_owned(), object.get(*name)?.clone())));
    let mut shown: Map<String, Value> = shown.collect();
    if let Some(templates) = object.get(TEMPLATES).and_then(Value::as_array) {
        let ids =
            templates.iter().filter_map(|template| Some(json!({ "id": template.get("id")?.as_u64()? })));
        shown.insert(TEMPLATES.to_owned(), ids.collect());
    }
    Value::Object(shown)
}

/// The list of a pack's template prompts.
const TEMPLATES: &str = "template_prompts";

/// What the visibility rule looks at.
pub fn pack_names(object: &Map<String, Value>) -> (Option<PackId>, Option<&str>) {
    (
        object.get("id").and_then(Value::as_u64).map(PackId::from_u64),
        object.get("slug").and_then(Value::as_str),
    )
}

/// Whether the operator took the pack off the list.
pub fn is_unlisted(object: &Map<String, Value>) -> bool {
    object.get("unlisted_at").is_some_and(|at| !at.is_null())
}
