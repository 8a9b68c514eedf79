//! The parameters of a tune that go upstream as they are: one line each, in the order in which they are sent.
//!
//! Source: "Create a tune" of the Astria API reference and the parameters of its update (read 2026-11-20). The range of
//! `steps` is ours.
//!
//! Left out on purpose: `callback` and `prompts_callback` (the gateway sets its own), `community`, `workspace_id`,
//! `user_id`, `pack_id`, and `ckpt_url`. Judged apart: `title`, `base_tune_id`, `characteristics`,
//! `prompts_attributes`.

use super::prompt_params::{needs, open};
use super::spec::{Kind, Spec};

/// Photos of one tune, uploaded and by URL together.
pub(super) const MAX_IMAGES: usize = 32;
/// Bytes of a title in the client's own words.
pub(super) const MAX_TITLE_BYTES: usize = 200;

const IMAGES: Spec = open("images", Kind::Photos { max: MAX_IMAGES });
const IMAGE_URLS: Spec = open("image_urls", Kind::Urls { max: MAX_IMAGES });

#[rustfmt::skip]
pub(super) const TUNE: &[Spec] = &[
    open("name", Kind::Token),
    open("branch", Kind::Choice(&["sd15", "sdxl1", "flux1", "fast"])),
    open("model_type", Kind::Choice(&["lora", "pti", "faceid"])),
    open("preset", Kind::Choice(&["flux-lora-focus", "flux-lora-portrait", "flux-lora-fast"])),
    open("token", Kind::Token),
    open("steps", Kind::Whole { min: 1, max: 5000, step: 1 }),
    open("face_crop", Kind::Bool),
    open("training_face_correct", Kind::Bool),
    needs("auto_extend", "auto_extend", Kind::Bool),
    IMAGES,
    IMAGE_URLS,
];

/// A tune that a pack trains: base, branch, model and preset are the pack's.
#[rustfmt::skip]
pub(super) const PACK_TUNE: &[Spec] = &[
    open("name", Kind::Token),
    open("face_crop", Kind::Bool),
    open("training_face_correct", Kind::Bool),
    needs("auto_extend", "auto_extend", Kind::Bool),
    IMAGES,
    IMAGE_URLS,
];
