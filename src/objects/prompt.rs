//! A prompt of Astria's: what is read of it, kept of it, and shown of it.

use serde_json::value::RawValue;

use super::raw::{RawObject, Writer};
use super::view::View;
use super::{attribution, is_set, text, timestamp};
use crate::ids::{PackId, PromptId, TuneId};
use crate::ownership::{Counts, Seen, Traits};

/// What is read, sorted; shown, but for [`HIDDEN`] and [`KEPT`].
/// Source: the API's object samples (S1, S3, S4) and public clients, read 2026-11-20.
pub(super) const PROMPT: &[&str] = &[
    "ar",
    "aspect_ratio",
    "audio_reference",
    "audio_reference_url",
    "backend_version",
    "base_pack_id",
    "callback",
    "cfg_scale",
    "color_grading",
    "community",
    "controlnet",
    "controlnet_conditioning_scale",
    "cost_mc",
    "created_at",
    "denoising_strength",
    "eta",
    "face_correct",
    "face_swap",
    "film_grain",
    "generate_audio",
    "h",
    "hires_fix",
    "id",
    "image_reference_urls",
    "image_references",
    "images",
    "inpaint_faces",
    "input_image",
    "input_image_url",
    "input_video",
    "input_video_url",
    "is_api",
    "is_video",
    "lora_scale",
    "mask_image",
    "mask_image_url",
    "negative_prompt",
    "num_images",
    "pack_id",
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
    "video_first_frame",
    "video_first_frame_url",
    "video_last_frame",
    "video_last_frame_url",
    "video_model",
    "video_prompt",
    "w",
];

/// What is read for the index and not shown: our secret address, and what is the operator's business. Sorted.
const HIDDEN: &[&str] = &["base_pack_id", "callback", "is_api", "pack_id"];

/// What is kept so that a copy can be judged whole, and not shown: uploads and their addresses at Astria.
const KEPT: &[&str] = &[
    "audio_reference",
    "audio_reference_url",
    "community",
    "generate_audio",
    "image_reference_urls",
    "image_references",
    "input_image",
    "input_image_url",
    "input_video",
    "input_video_url",
    "mask_image",
    "mask_image_url",
    "video_first_frame",
    "video_first_frame_url",
    "video_last_frame",
    "video_last_frame_url",
];

/// What its owner sees of a prompt.
pub fn prompt_members() -> impl Iterator<Item = &'static str> {
    let shown = PROMPT.iter().copied().filter(|name| !HIDDEN.contains(name) && !KEPT.contains(name));
    shown.chain(["liked", "url"])
}

/// A prompt, its members still as they came.
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
        Self::of(RawObject::parse_one(reply, PROMPT)?)
    }

    /// Reads a reply that is a list of prompts; `None` if one of them is none.
    pub fn find_all(reply: &'a [u8]) -> Option<Vec<Self>> {
        let list: Vec<&'a RawValue> = serde_json::from_slice(reply).ok()?;
        list.into_iter().map(|one| Self::of(RawObject::parse(one.get().as_bytes(), PROMPT)?)).collect()
    }

    fn of(members: RawObject<'a>) -> Option<Self> {
        let id = |name: &str| members.number(name).filter(|id| *id > 0);
        let (prompt, tune) = (id("id")?, id("tune_id")?);
        Some(Self { id: PromptId::from_u64(prompt), tune: TuneId::from_u64(tune), members })
    }

    /// A whole number among its members.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.members.number(name)
    }

    /// What the index keeps of it.
    pub fn seen(&self) -> Seen {
        let members = &self.members;
        let pack = |name: &str| members.number(name).map(PackId::from_u64);
        let finished_at = timestamp(members.get("trained_at"));
        let has_pictures = members
            .get("images")
            .is_some_and(|list| list != "null" && !list.trim_matches(['[', ']', ' ']).is_empty());
        let is_video = members.get("is_video") == Some("true")
            || is_set(members.get("video_model"))
            || text(members.get("text")).is_some_and(|text| text.contains("--video"));
        Seen {
            object: self.id.into(),
            tune: Some(self.tune),
            pack: pack("pack_id"),
            base_pack: pack("base_pack_id"),
            created_at: timestamp(members.get("created_at")),
            finished_at,
            expires_at: None,
            eta: timestamp(members.get("eta")),
            is_finished: finished_at.is_some() || has_pictures || is_set(members.get("user_error")),
            traits: Traits {
                text: text(members.get("text")),
                is_video,
                is_api: members.get("is_api").map(|flag| flag == "true"),
                ..Traits::default()
            },
            counts: self.counts(),
            reservation: attribution(members.get("callback")),
            members: kept(members),
        }
    }

    /// What the ledger counts of it.
    fn counts(&self) -> Counts {
        let members = &self.members;
        let pictures =
            members.get("images").and_then(|list| serde_json::from_str::<Vec<&RawValue>>(list).ok());
        let pictures = pictures.map_or(0, |list| list.len() as u64);
        let is_failed =
            is_set(members.get("user_error")) || (pictures == 0 && is_set(members.get("trained_at")));
        let images = if pictures > 0 { Some(pictures) } else { members.number("num_images") };
        Counts { images, cost_mc: members.number("cost_mc"), is_failed }
    }

    /// As its owner sees it, in JSON.
    pub fn show(&self, view: &View<'_>, is_liked: bool) -> Vec<u8> {
        let Self { id, tune, members } = self;
        let mut shown = Writer::with_room_for(members);
        shown.members(members, |name, value| match name {
            "images" => Some(view.pictures(value)),
            _ if HIDDEN.contains(&name) || KEPT.contains(&name) => None,
            _ => Some(value.into()),
        });
        shown.raw("liked", if is_liked { "true" } else { "false" });
        shown.text("url", &view.address(format_args!("tunes/{tune}/prompts/{id}.json")));
        shown.finish()
    }
}

fn kept(members: &RawObject<'_>) -> String {
    let mut kept = Writer::with_room_for(members);
    kept.members(members, |name, value| (!HIDDEN.contains(&name)).then(|| value.into()));
    kept.finish_text()
}
