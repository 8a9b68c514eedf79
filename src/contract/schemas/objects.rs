//! Tunes, prompts, packs, inspections.

use serde_json::json;

use super::Type::{Decimal, Either, Flag, Id, IdOrNull, Money, Object, Text, Time, Url, Urls, Whole};
use super::{Member, Schemas, object};
use crate::contract::params::{reference, set_property};

const TUNE: &[Member] = &[
    ("id", Id, "Its number."),
    ("title", Text, "In its owner's words."),
    ("name", Text, "The class name: `man`, `woman`, `cat`, `style`, …"),
    ("token", Text, "What stands for the subject in a prompt: `ohwx`."),
    ("branch", Text, "The base: `flux1`, `sdxl1`, `sd15`, `fast`."),
    ("model_type", Text, "`lora`, `pti`, `faceid`, or null."),
    ("preset", Text, "How it was trained."),
    ("base_tune_id", IdOrNull, "The tune that it was trained on top of."),
    ("steps", Whole, "Steps of the training."),
    ("args", Text, "More settings, as Astria shows them."),
    ("face_crop", Flag, "Faces were cut out of the photos."),
    ("training_face_correct", Flag, "Faces in the photos were improved."),
    ("auto_extend", Flag, "It is kept beyond 30 days."),
    ("characteristics", Object, "What `{{name}}` in a prompt's text is filled with."),
    ("orig_images", Urls, "The photos."),
    ("is_api", Flag, "It was made through the API."),
    ("cost_mc", Money, "Its price in thousandths of a cent: 100 000 = US $1."),
    ("eta", Time, "When it will be trained, about."),
    ("started_training_at", Time, "When the training began."),
    ("trained_at", Time, "When it ended; null: it has not."),
    ("created_at", Time, "When it was made."),
    ("updated_at", Time, "When it last changed."),
    ("expires_at", Time, "When Astria deletes it."),
    ("user_error", Text, "Why it failed, if it did."),
    ("url", Url, "Its address at the gateway."),
];

/// What everybody sees of a tune that the operator shares.
const SHARED: &[&str] =
    &["base_tune_id", "branch", "id", "model_type", "name", "title", "token", "trained_at", "url"];

const PROMPT: &[Member] = &[
    ("id", Id, "Its number."),
    ("tune_id", Id, "The tune that it was made on."),
    ("text", Text, "What was asked for."),
    ("negative_prompt", Text, "What was not wanted."),
    (
        "images",
        Urls,
        "The pictures or videos; none yet while it is being made. Addresses of the gateway are signed and end.",
    ),
    ("num_images", Whole, "How many were asked for."),
    ("user_error", Text, "Why it failed, if it did."),
    ("trained_at", Time, "When it was done; null: it is not."),
    ("started_training_at", Time, "When its making began."),
    ("eta", Time, "When it will be done, about."),
    ("created_at", Time, "When it was made."),
    ("updated_at", Time, "When it last changed."),
    ("cost_mc", Money, "Its price in thousandths of a cent: 100 000 = US $1."),
    ("seed", Whole, "Where the noise began."),
    ("steps", Whole, "Steps."),
    ("cfg_scale", Decimal, "How closely it follows the text."),
    ("w", Whole, "Width in pixels."),
    ("h", Whole, "Height in pixels."),
    ("aspect_ratio", Text, "Width to height: `16:9`."),
    ("ar", Text, "As `aspect_ratio`."),
    ("resolution", Text, "`1K`, `2K`, `4K`."),
    ("scheduler", Text, "How noise is taken away."),
    ("backend_version", Either, "Which generation of Astria's makes it."),
    ("super_resolution", Flag, "Made larger."),
    ("inpaint_faces", Flag, "Faces were painted anew."),
    ("hires_fix", Flag, "Details were added."),
    ("face_correct", Flag, "Faces were improved."),
    ("face_swap", Flag, "Faces were put in."),
    ("use_lpw", Flag, "Weights in the text count."),
    ("style", Text, "A look."),
    ("color_grading", Text, "Colours of a film."),
    ("film_grain", Flag, "Grain of a film."),
    ("controlnet", Text, "What was taken from the input image."),
    ("controlnet_conditioning_scale", Decimal, "How much of what `controlnet` took."),
    ("denoising_strength", Decimal, "How much of the input image was changed."),
    ("lora_scale", Decimal, "How much of the tune."),
    ("is_video", Flag, "It is a video."),
    ("video_model", Text, "What made the video."),
    ("video_prompt", Text, "How it moves."),
    ("video_duration", Either, "Seconds."),
    ("liked", Flag, "Its owner likes it."),
    ("url", Url, "Its address at the gateway."),
];

const PACK: &[Member] = &[
    ("id", Id, "Its number."),
    ("slug", Text, "Its name in addresses."),
    ("title", Text, "Its title."),
    ("description", Text, "What it is."),
    ("cover_url", Text, "A picture of it."),
    ("base_tune_id", IdOrNull, "What it is made on."),
    ("model_type", Text, "`lora`, `faceid`, …"),
    ("token", Text, "What stands for the subject."),
    ("multiplier", Either, "Of its price."),
    ("public_at", Time, "Since when everybody sees it."),
    ("created_at", Time, "When it was made."),
    ("updated_at", Time, "When it last changed."),
];

const INSPECTION: &[Member] = &[
    ("name", Text, "The class: `man`, `woman`, …"),
    ("ethnicity", Text, "A word, or null."),
    ("age", Text, "About: `20 yo`."),
    ("glasses", Text, "A word, `NONE` or empty."),
    ("eye_color", Text, "A word, or null."),
    ("hair_color", Text, "A word, or null."),
    ("hair_length", Text, "A word, or null."),
    ("hair_style", Text, "A word, or null."),
    ("facial_hair", Text, "A word, or null."),
    ("is_bald", Text, "`bald`, `NONE` or empty."),
    ("body_type", Text, "A word, or null."),
    ("headcover", Text, "A word, or null."),
    ("funny_face", Flag, "A grimace: do not train on it."),
    ("wearing_sunglasses", Flag, "Eyes are not seen."),
    ("wearing_hat", Flag, "Hair is not seen."),
    ("blurry", Flag, "Not sharp."),
    ("includes_multiple_people", Flag, "More than one person."),
    ("full_body_image_or_longshot", Flag, "The face is small."),
    ("selfie", Flag, "Taken by the person."),
    ("low_resolution", Flag, "Too few pixels."),
    ("low_quality", Flag, "Too much compression."),
];

pub(super) fn all() -> Schemas {
    let shared: Vec<Member> = TUNE.iter().filter(|(name, ..)| SHARED.contains(name)).copied().collect();
    let costs = json!({
        "type": "object",
        "description": "By class name.",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "cost": { "type": ["number", "null"], "description": "In a unit that Astria does not state." },
                "cost_mc": { "type": ["integer", "null"], "description": "Thousandths of a cent." },
                "num_images": { "type": ["integer", "null"], "description": "Pictures of a run." },
            },
        },
    });
    let mut pack =
        object("A pack: prompts that somebody has written, to be run on one's own photos.", PACK, &["id"]);
    for (name, schema) in [
        ("costs", costs),
        (
            "cost_mc_hash",
            json!({
                "type": "object", "description": "By class name, in thousandths of a cent.",
                "additionalProperties": { "type": ["integer", "null"] },
            }),
        ),
        (
            "prompts_per_class",
            json!({ "type": ["object", "integer", "null"], "description": "By class name.", "additionalProperties": true }),
        ),
        (
            "template_prompts",
            json!({
                "type": "array",
                "description": "Its prompts: a run may name some of them (`tune[prompt_ids][]`).",
                "items": { "type": "object", "properties": { "id": Id.schema() }, "required": ["id"] },
            }),
        ),
    ] {
        set_property(&mut pack, name, schema);
    }
    let run = json!({
        "type": "object",
        "description": "A run of a pack on tunes that exist.",
        "properties": {
            "status": { "type": "string", "description": "Astria's word for how it stands." },
            "order": {
                "type": "object",
                "properties": {
                    "id": { "type": "integer", "format": "int64" },
                    "tune_ids": { "type": "array", "items": { "type": "integer", "format": "int64" } },
                    "total_cost_mc": { "type": "integer", "format": "int64", "description": "Thousandths of a cent." },
                },
                "required": ["id", "tune_ids"],
            },
            "prompt_ids": { "type": "array", "items": Id.schema(), "description": "What it makes." },
        },
        "required": ["order", "prompt_ids"],
    });
    vec![
        (
            "TuneRef",
            json!({
                "description": "A tune: its id, or one of the operator's names for one (`gemini`).",
                "anyOf": [
                    Id.schema(),
                    { "type": "string", "pattern": "^[a-z0-9_-]+$" },
                ],
            }),
        ),
        (
            "PackRef",
            json!({
                "description": "A pack: its id or its slug.",
                "anyOf": [Id.schema(), { "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$" }],
            }),
        ),
        (
            "Tune",
            object(
                "A fine-tuned model: trained when `trained_at` is set, failed when `user_error` is.",
                TUNE,
                &["id", "url"],
            ),
        ),
        ("SharedTune", object("What everybody sees of a tune that is not theirs.", &shared, &["id", "url"])),
        (
            "Prompt",
            object(
                "One generation of up to eight pictures, or a video. It is done when `images` is filled, and failed when \
             `user_error` is set or `trained_at` is set without images.",
                PROMPT,
                &["id", "tune_id", "liked", "url"],
            ),
        ),
        ("Pack", pack),
        ("PackRun", run),
        (
            "PackRunResult",
            json!({
                "description": "A training is a tune; a run on tunes that exist is an order.",
                "anyOf": [reference("PackRun"), reference("Tune")],
            }),
        ),
        (
            "Inspection",
            object(
                "Traits of the person, and warnings. Any may be missing; a trait that was not found is empty or `NONE`.",
                INSPECTION,
                &[],
            ),
        ),
    ]
}
