//! The parameters of a prompt that go upstream: one line each, in the order in which they are sent.
//!
//! Source: "Create a prompt" of the Astria API reference, and its create and duplicate pages for the video family
//! (read 2026-11-20). Ranges that it does not state are ours: `w`, `h`, `lora_scale`, `video_duration` and the
//! sizes of texts.
//!
//! Left out on purpose: `callback` (the gateway sets its own), `tune_id` (goes into the path), `workspace_id`,
//! `pack_id`, `base_pack_id`, `user_id`, `theme`, `prompt_expansion`, `input_image_base64` (no photo check),
//! and the file forms of video and audio inputs.

use super::spec::{Kind, MAX_LIST, Spec};

/// Seconds of a video, both ends included.
pub(super) const VIDEO_DURATION_S: (u64, u64) = (1, 15);
/// Bytes of `text`, `negative_prompt` and `video_prompt`.
const MAX_TEXT_BYTES: usize = 10_000;

const TEXT: Kind = Kind::Text { max_bytes: MAX_TEXT_BYTES };
const SIDE: Kind = Kind::Whole { min: 64, max: 4096, step: 8 };
const UNIT: Kind = Kind::Decimal { min: 0.0, max: 1.0 };
const ASPECT: Kind =
    Kind::Choice(&["1:1", "16:9", "9:16", "21:9", "9:21", "3:2", "2:3", "5:4", "4:5", "4:3", "3:4"]);
const SCHEDULER: Kind = Kind::Choice(&[
    "euler",
    "euler_a",
    "dpm++2m_karras",
    "dpm++sde_karras",
    "dpm++2m",
    "dpm++sde",
    "lcm",
    "tcd",
]);
const STYLE: Kind = Kind::Choice(&[
    "Cinematic",
    "Animated",
    "Digital Art",
    "Photographic",
    "Fantasy art",
    "Neonpunk",
    "Enhance",
    "Comic book",
    "Lowpoly",
    "Line art",
]);
const CONTROLNET: Kind = Kind::Choice(&[
    "composition",
    "reference",
    "segroom",
    "ipadapter",
    "lineart",
    "canny",
    "depth",
    "mlsd",
    "hed",
    "pose",
    "tile",
    "qr",
]);

pub(super) const fn open(name: &'static str, kind: Kind) -> Spec {
    Spec { name, kind, needs: None }
}

pub(super) const fn needs(permission: &'static str, name: &'static str, kind: Kind) -> Spec {
    Spec { name, kind, needs: Some(permission) }
}

/// The texts that Astria fills in, and reads references and flags in.
pub(super) const TEXTS: [&str; 3] = ["text", "negative_prompt", "video_prompt"];

/// The parameter of this name.
pub(super) fn spec(name: &str) -> Option<&'static Spec> {
    PROMPT.iter().find(|spec| spec.name == name)
}

#[rustfmt::skip]
pub(super) const PROMPT: &[Spec] = &[
    open("text", TEXT),
    open("negative_prompt", TEXT),
    open("num_images", Kind::Whole { min: 1, max: 8, step: 1 }),
    open("seed", Kind::Whole { min: 0, max: 1 << 32, step: 1 }),
    open("w", SIDE),
    open("h", SIDE),
    open("aspect_ratio", ASPECT),
    open("ar", ASPECT),
    open("resolution", Kind::Choice(&["1K", "2K", "4K"])),
    open("steps", Kind::Whole { min: 0, max: 50, step: 1 }),
    open("cfg_scale", Kind::Decimal { min: 0.0, max: 15.0 }),
    open("scheduler", SCHEDULER),
    open("backend_version", Kind::Choice(&["0", "1"])),
    open("super_resolution", Kind::Bool),
    open("inpaint_faces", Kind::Bool),
    open("hires_fix", Kind::Bool),
    open("face_correct", Kind::Bool),
    open("face_swap", Kind::Bool),
    open("use_lpw", Kind::Bool),
    open("style", STYLE),
    open("color_grading", Kind::Choice(&["Film Velvia", "Film Portra", "Ektar"])),
    open("film_grain", Kind::Bool),
    open("controlnet", CONTROLNET),
    open("controlnet_conditioning_scale", UNIT),
    open("controlnet_txt2img", Kind::Bool),
    open("denoising_strength", UNIT),
    open("lora_scale", Kind::Decimal { min: 0.0, max: 2.0 }),
    open("input_image", Kind::Photo),
    open("input_image_url", Kind::Url),
    open("mask_image", Kind::Photo),
    open("mask_image_url", Kind::Url),
    needs("image_references", "image_references", Kind::Photos { max: MAX_LIST }),
    needs("image_references", "image_reference_urls", Kind::Urls { max: MAX_LIST }),
    needs("community", "community", Kind::Bool),
    needs("video_model", "video_model", Kind::Token),
    needs("video_model", "video_prompt", TEXT),
    needs("video_model", "video_duration", Kind::Whole { min: VIDEO_DURATION_S.0, max: VIDEO_DURATION_S.1, step: 1 }),
    needs("video_model", "video_first_frame", Kind::Photo),
    needs("video_model", "video_first_frame_url", Kind::Url),
    needs("video_model", "video_last_frame", Kind::Photo),
    needs("video_model", "video_last_frame_url", Kind::Url),
    needs("video_model", "input_video_url", Kind::Url),
    needs("video_model", "audio_reference_url", Kind::Url),
    needs("video_model", "generate_audio", Kind::Bool),
];
