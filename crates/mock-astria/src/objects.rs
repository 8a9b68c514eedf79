//! Tunes and prompts as the imitation keeps them: the JSON that Astria would show, and what runs behind it.
//!
//! The shown object is the state, so that what a test reads cannot differ from what a client gets. It does not validate.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::calling::Calling;
use crate::cast::Kind;
use crate::tune_seeds::SEEDREAM_TUNE_ID;

/// A prompt's scalar attributes, in the order in which they are shown.
pub(crate) const PROMPT_ATTRIBUTES: &[(&str, Kind)] = &[
    ("text", Kind::Text),
    ("negative_prompt", Kind::Text),
    ("callback", Kind::Text),
    ("num_images", Kind::Integer),
    ("cfg_scale", Kind::Float),
    ("steps", Kind::Integer),
    ("seed", Kind::Integer),
    ("w", Kind::Integer),
    ("h", Kind::Integer),
    ("aspect_ratio", Kind::Text),
    ("ar", Kind::Text),
    ("resolution", Kind::Text),
    ("scheduler", Kind::Text),
    ("backend_version", Kind::Text),
    ("style", Kind::Text),
    ("color_grading", Kind::Text),
    ("film_grain", Kind::Boolean),
    ("super_resolution", Kind::Boolean),
    ("inpaint_faces", Kind::Boolean),
    ("hires_fix", Kind::Boolean),
    ("face_correct", Kind::Boolean),
    ("face_swap", Kind::Boolean),
    ("use_lpw", Kind::Boolean),
    ("controlnet", Kind::Text),
    ("controlnet_txt2img", Kind::Boolean),
    ("controlnet_conditioning_scale", Kind::Float),
    ("denoising_strength", Kind::Float),
    ("lora_scale", Kind::Float),
    ("input_image_url", Kind::Text),
    ("mask_image_url", Kind::Text),
    ("input_image_base64", Kind::Text),
    ("theme", Kind::Text),
    ("prompt_expansion", Kind::Boolean),
    ("video_model", Kind::Text),
    ("video_prompt", Kind::Text),
    ("video_duration", Kind::Integer),
    ("video_first_frame_url", Kind::Text),
    ("video_last_frame_url", Kind::Text),
    ("input_video_url", Kind::Text),
    ("audio_reference_url", Kind::Text),
    ("generate_audio", Kind::Boolean),
    ("community", Kind::Boolean),
    ("workspace_id", Kind::Integer),
    ("pack_id", Kind::Integer),
    ("base_pack_id", Kind::Integer),
];

/// A tune's scalar attributes.
pub(crate) const TUNE_ATTRIBUTES: &[(&str, Kind)] = &[
    ("title", Kind::Text),
    ("name", Kind::Text),
    ("token", Kind::Text),
    ("branch", Kind::Text),
    ("model_type", Kind::Text),
    ("preset", Kind::Text),
    ("steps", Kind::Integer),
    ("face_crop", Kind::Boolean),
    ("training_face_correct", Kind::Boolean),
    ("auto_extend", Kind::Boolean),
    ("base_tune_id", Kind::Integer),
    ("callback", Kind::Text),
    ("prompts_callback", Kind::Text),
];

/// A prompt.
pub(crate) struct Prompt {
    /// As shown.
    pub(crate) object: Map<String, Value>,
    pub(crate) tune_id: u64,
    pub(crate) calling: Calling,
    /// The batch of which it is a part.
    pub(crate) batch: Option<u64>,
}

impl Prompt {
    pub(crate) fn value(&self) -> Value {
        Value::Object(self.object.clone())
    }

    pub(crate) fn is_done(&self) -> bool {
        is_done(&self.object)
    }
}

/// There is no `status`: what was trained is done.
pub(crate) fn is_done(object: &Map<String, Value>) -> bool {
    object.get("trained_at").is_some_and(|at| !at.is_null())
}

/// A tune.
pub(crate) struct Tune {
    /// As shown.
    pub(crate) object: Map<String, Value>,
    pub(crate) calling: Calling,
    /// From the gallery: not in the account's list, not deletable.
    pub(crate) shared: bool,
    /// When its training ends; prompts made earlier wait for it.
    pub(crate) ready_at: Option<Instant>,
    pub(crate) prompts: BTreeSet<u64>,
}

/// Prompts made by one request, of which one callback tells when all are done.
pub(crate) struct Batch {
    pub(crate) prompts: Vec<u64>,
    /// Taken when it is sent.
    pub(crate) callback: Option<String>,
}

impl Tune {
    pub(crate) fn new(object: Map<String, Value>) -> Self {
        Self { object, calling: Calling::Once, shared: false, ready_at: None, prompts: BTreeSet::new() }
    }

    pub(crate) fn shared(base_url: &str, id: u64, title: &str, branch: Option<&str>) -> Self {
        let long_ago = "2024-08-05T09:00:00.000Z";
        let mut object = Map::new();
        for (key, value) in [
            ("id", json!(id)),
            ("title", json!(title)),
            ("name", Value::Null),
            ("token", json!("ohwx")),
            ("branch", json!(branch)),
            ("model_type", Value::Null),
            ("is_api", json!(false)),
            ("base_tune_id", Value::Null),
            ("trained_at", json!(long_ago)),
            ("started_training_at", json!(long_ago)),
            ("created_at", json!(long_ago)),
            ("updated_at", json!(long_ago)),
            ("expires_at", Value::Null),
            ("url", json!(format!("{base_url}/tunes/{id}.json"))),
            ("orig_images", json!([])),
        ] {
            object.insert(key.to_owned(), value);
        }
        Self { shared: true, ..Self::new(object) }
    }

    pub(crate) fn value(&self) -> Value {
        Value::Object(self.object.clone())
    }

    /// `branch=fast` is the upstream's own mock: free, and its prompts are too.
    pub(crate) fn is_free(&self) -> bool {
        self.object.get("branch").and_then(Value::as_str) == Some("fast")
    }
}

/// How many images one prompt on that tune may ask for.
pub(crate) fn max_images(tune_id: u64) -> u64 {
    if tune_id == SEEDREAM_TUNE_ID { 4 } else { 8 }
}

/// Now, as the upstream writes it.
pub(crate) fn now() -> String {
    from_now(Duration::ZERO)
}

/// Now and a while more; now, if that is beyond every calendar.
pub(crate) fn from_now(pause: Duration) -> String {
    let now = jiff::Timestamp::now();
    now.checked_add(pause).unwrap_or(now).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
