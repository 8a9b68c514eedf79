//! What a client may see of Astria's objects: built from nothing plus these lists.
//!
//! Left out on purpose: `callback` (our secret address), `ckpt_url` and `ckpt_urls` (model weights),
//! `user_id`, `workspace_id`, template texts of packs, and whatever Astria adds next month.
//! Source of the field names: the API's object samples (S1, S3, S4) and public clients, read 2026-11-20.

use serde_json::{Map, Value};

use super::raw::{RawObject, Writer};
use crate::ids::{PackId, PromptId, TuneId};

/// Fields of a prompt, sorted.
pub(super) const PROMPT: &[&str] = &[
    "ar",
    "aspect_ratio",
    "backend_version",
    "cfg_scale",
    "color_grading",
    "controlnet",
    "controlnet_conditioning_scale",
    "controlnet_txt2img",
    "cost_mc",
    "created_at",
    "denoising_strength",
    "eta",
    "face_correct",
    "face_swap",
    "film_grain",
    "h",
    "hires_fix",
    "id",
    "images",
    "inpaint_faces",
    "liked",
    "lora_scale",
    "negative_prompt",
    "num_images",
    "resolution",
    "scheduler",
    "seed",
    "started_training_at",
    "steps",
    "style",
    "super_resolution",
    "text",
    "trained_at",
    "tune_id",
    "updated_at",
    "use_lpw",
    "user_error",
    "video_duration",
    "video_model",
    "video_prompt",
    "w",
];

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
    "public_at",
    "slug",
    "title",
    "token",
    "updated_at",
];

/// Fields of an inspection, sorted: the documented schema, and what is current.
pub(super) const INSPECTION: &[&str] = &[
    "age",
    "blurry",
    "body_type",
    "ethnicity",
    "eye_color",
    "facial_hair",
    "full_body_image_or_longshot",
    "funny_face",
    "glasses",
    "hair_color",
    "hair_length",
    "hair_style",
    "headcover",
    "includes_multiple_people",
    "is_bald",
    "low_quality",
    "low_resolution",
    "name",
    "selfie",
    "wearing_hat",
    "wearing_sunglasses",
];

/// A prompt of Astria's, its members still as they came.
pub struct Prompt<'a> {
    /// Its id.
    pub id: PromptId,
    /// The tune that it was made on.
    pub tune: TuneId,
    members: RawObject<'a>,
}

impl<'a> Prompt<'a> {
    /// Reads a reply that is a prompt (an object, or a list of one, as clients accept both).
    pub fn find(reply: &'a [u8]) -> Option<Self> {
        let members = RawObject::parse_one(reply, PROMPT)?;
        let id = |name: &str| members.number(name).filter(|id| *id > 0);
        let (prompt, tune) = (id("id")?, id("tune_id")?);
        Some(Self { id: PromptId::from_u64(prompt), tune: TuneId::from_u64(tune), members })
    }

    /// A whole number among its members.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.members.number(name)
    }

    /// As its owner sees it, in JSON; origin and base path of the gateway form its `url`.
    pub fn show(&self, gateway_url: &str) -> Vec<u8> {
        let Self { id, tune, members } = self;
        let mut shown = Writer::with_room_for(members);
        shown.members(members);
        shown.text("url", &format!("{gateway_url}/tunes/{tune}/prompts/{id}.json"));
        shown.finish()
    }
}

/// An inspection in JSON, or `None` if the reply is none. Only texts, truth values and nulls: it is flat.
pub fn show_inspection(reply: &[u8]) -> Option<Vec<u8>> {
    let members = RawObject::parse(reply, INSPECTION)?.keep(|value| value.starts_with(['"', 't', 'f', 'n']));
    let mut shown = Writer::with_room_for(&members);
    shown.members(&members);
    Some(shown.finish())
}

/// A pack as end users see it.
pub fn show_pack(object: &Map<String, Value>) -> Value {
    let shown = PACK.iter().filter_map(|name| Some(((*name).to_owned(), object.get(*name)?.clone())));
    Value::Object(shown.collect())
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
