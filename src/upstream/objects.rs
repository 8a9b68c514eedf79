//! What a client may see of Astria's objects: built from nothing plus these lists.
//!
//! Left out on purpose: `callback` (our secret address), `ckpt_url` and `ckpt_urls` (model weights),
//! `user_id`, `workspace_id`, template texts of packs, and whatever Astria adds next month.
//! Source of the field names: the API's object samples (S1, S3, S4) and public clients, read 2026-11-20.

use serde_json::{Map, Value};

use crate::ids::{PackId, PromptId, TuneId};

/// Fields of a prompt.
const PROMPT: &[&str] = &[
    "id",
    "tune_id",
    "text",
    "negative_prompt",
    "cfg_scale",
    "steps",
    "seed",
    "num_images",
    "w",
    "h",
    "images",
    "cost_mc",
    "user_error",
    "trained_at",
    "started_training_at",
    "created_at",
    "updated_at",
    "eta",
    "super_resolution",
    "inpaint_faces",
    "hires_fix",
    "face_correct",
    "face_swap",
    "use_lpw",
    "aspect_ratio",
    "ar",
    "scheduler",
    "backend_version",
    "style",
    "color_grading",
    "film_grain",
    "controlnet",
    "denoising_strength",
    "controlnet_conditioning_scale",
    "controlnet_txt2img",
    "lora_scale",
    "resolution",
    "video_model",
    "video_prompt",
    "video_duration",
    "liked",
];

/// Fields of a pack.
const PACK: &[&str] = &[
    "id",
    "base_tune_id",
    "slug",
    "title",
    "token",
    "created_at",
    "updated_at",
    "multiplier",
    "model_type",
    "public_at",
    "cost_mc_hash",
    "costs",
    "cover_url",
    "description",
];

/// Fields of an inspection: the documented schema, and what is current.
const INSPECTION: &[&str] = &[
    "name",
    "ethnicity",
    "age",
    "glasses",
    "eye_color",
    "hair_color",
    "hair_length",
    "hair_style",
    "facial_hair",
    "is_bald",
    "funny_face",
    "wearing_sunglasses",
    "wearing_hat",
    "blurry",
    "includes_multiple_people",
    "full_body_image_or_longshot",
    "selfie",
    "body_type",
    "headcover",
    "low_resolution",
    "low_quality",
];

fn pick(object: &Map<String, Value>, fields: &[&str]) -> Map<String, Value> {
    fields.iter().filter_map(|name| Some(((*name).to_owned(), object.get(*name)?.clone()))).collect()
}

/// A prompt as its owner sees it; `origin` and base path form its `url`.
pub fn show_prompt(object: &Map<String, Value>, gateway_url: &str, tune: TuneId, prompt: PromptId) -> Value {
    let mut shown = pick(object, PROMPT);
    shown.insert("url".into(), format!("{gateway_url}/tunes/{tune}/prompts/{prompt}.json").into());
    Value::Object(shown)
}

/// A prompt's ids, if the reply is a prompt (an object, or a list of one, as clients accept both).
pub fn find_prompt(reply: &Value) -> Option<(&Map<String, Value>, PromptId, TuneId)> {
    let object = match reply {
        Value::Object(object) => object,
        Value::Array(list) => match list.as_slice() {
            [Value::Object(only)] => only,
            _ => return None,
        },
        _ => return None,
    };
    let id = |name: &str| object.get(name).and_then(Value::as_u64).filter(|id| *id > 0);
    Some((object, PromptId::from_u64(id("id")?), TuneId::from_u64(id("tune_id")?)))
}

/// An inspection, or `None` if the reply is none.
pub fn show_inspection(reply: &Value) -> Option<Value> {
    let shown = pick(reply.as_object()?, INSPECTION);
    let plain =
        shown.into_iter().filter(|(_, value)| value.is_string() || value.is_boolean() || value.is_null());
    Some(Value::Object(plain.collect()))
}

/// A pack as end users see it.
pub fn show_pack(object: &Map<String, Value>) -> Value {
    Value::Object(pick(object, PACK))
}

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
