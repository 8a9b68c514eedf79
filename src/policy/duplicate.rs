//! Judges a duplicate: a prompt that exists, with some of its parameters overridden.
//!
//! What is sent are the overrides, but what is made is the original with them: its text may hold references and flags,
//! it may be a video or publish itself, and it may have more images than the caller's plan. So permissions, ids and
//! counts are judged on both together (L-09). An original that was not seen whole cannot be judged.
//!
//! What it does *not* do: it does not prove that the caller owns the original; the handler does.
//!
//! Source: "Duplicate a prompt" of the Astria API reference (read 2026-11-20): `image_index` beside the prompt, any
//! parameter of a prompt inside it.

use serde_json::{Map, Value as Json};

use crate::ids::TuneId;
use crate::operation::Operation;
use crate::ownership::References;
use crate::params::{Object, Params, Value};

use super::characteristics::{Characteristics, has_template};
use super::flags;
use super::judge::{Findings, Judge, Place, within};
use super::plan::{MAX_NUM_IMAGES, Resolution};
use super::priced::{Asks, Priced};
use super::prompt::{bound_resolution, images};
use super::prompt_params::{PROMPT, TEXTS, open};
use super::spec::{Kind, Spec};
use super::text::{self, Refusal};
use super::unwrap::{unwrap, wrap};
use super::{FieldErrors, PlanRules, PolicyError, PolicyRules};

/// Which picture of the original, counted from 0.
pub(super) const IMAGE_INDEX: &[Spec] = &[open("image_index", Kind::Whole { min: 0, max: 7, step: 1 })];

const NOT_SEEN_WHOLE: &str = "the original prompt is not known well enough to be duplicated; get it first";

/// A duplicate that may be sent once `names` is proven.
#[derive(Debug)]
pub struct JudgedDuplicate {
    /// `{"image_index": …, "prompt": {…}}` in canonical order: overrides only, and `num_images` always, without a
    /// callback.
    pub params: Params,
    /// The original's tune, on which it is made. Also in `names`.
    pub tune_id: TuneId,
    /// Every object that the original with the overrides names.
    pub names: References,
    /// The texts that Astria will fill in, the original's among them.
    pub templates: Vec<String>,
    /// What it makes, and what enters its price: of the original and the overrides together.
    pub priced: Priced,
    /// Parameters that were left out, as the client spelled them.
    pub dropped: Vec<String>,
    /// Parameters that were lowered to what the plan allows: of the client, or of the original.
    pub clamped: Vec<String>,
}

/// Judges the parameters of `POST /prompts/:id/duplicate`. `original` are the prompt's members as Astria showed them;
/// `known` the characteristics of its tune, if they are known.
///
/// # Errors
///
/// [`PolicyError::PlanForbids`], also for what only the original has; [`PolicyError::Photo`]; else
/// [`PolicyError::Invalid`] with every field that is wrong, or with `base` if the original was not seen whole.
pub fn judge_duplicate(
    original: &Map<String, Json>,
    params: Params,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
    known: Option<&Characteristics>,
) -> Result<JudgedDuplicate, PolicyError> {
    let whole =
        Whole::of(original).ok_or_else(|| PolicyError::Invalid(FieldErrors::one("base", NOT_SEEN_WHOLE)))?;
    let mut params = params;
    let mut root = Object::new();
    let mut judge = Judge::new(rules, plan, known);
    judge.table(IMAGE_INDEX, &mut params.root, Place::of("", true), &mut root)?;
    let unwrapped = unwrap(params, "prompt")?;
    let place = unwrapped.place("prompt");
    let mut fields = unwrapped.fields;
    judge.dropped.extend(unwrapped.beside.into_keys());
    if let Err(refusal) = judge.found.use_tune(whole.tune_id) {
        judge.refuse(refusal, place, "tune_id")?;
    }

    let mut judged = Object::new();
    judge.table(PROMPT, &mut fields, place, &mut judged)?;
    if judged.contains_key("text") {
        judge.require_text(&judged, place, "text");
    }
    judge.extras(Operation::CreatePrompt, &mut fields, place, &mut judged)?;
    judge.drop_rest(&fields, place);

    permissions(original, &mut judge)?;
    let mut templates = Vec::new();
    for name in TEXTS {
        let original = original.get(name).and_then(Json::as_str).unwrap_or_default();
        let text = match judged.get(name) {
            Some(Value::Text(text)) => {
                overridden(original, &mut judge)?;
                text
            }
            _ => {
                if let Err(refusal) = judge.judge_text(original) {
                    judge.refuse(refusal, place, name)?;
                }
                original
            }
        };
        if has_template(text) {
            templates.push(text.to_owned());
        }
    }
    bound_by_plan(original, whole.num_images, &mut judged, &mut judge);
    if !judge.errors.0.is_empty() {
        return Err(PolicyError::Invalid(judge.errors));
    }
    judge.found.asks.video.seen(original);
    let mut priced = judge.found.asks.priced(images(&judged), &judged);
    priced.resolution = priced.resolution.or_else(|| resolution_of(original));
    root.extend(wrap("prompt", judged).root);
    Ok(JudgedDuplicate {
        params: Params { root, ..Params::default() },
        tune_id: whole.tune_id,
        names: judge.found.names,
        templates,
        priced,
        dropped: judge.dropped,
        clamped: judge.clamped,
    })
}

/// What must be known of an original.
struct Whole {
    tune_id: TuneId,
    num_images: u8,
}

impl Whole {
    fn of(original: &Map<String, Json>) -> Option<Self> {
        let tune_id = original.get("tune_id")?.as_u64().filter(|id| *id > 0)?;
        let num_images = u8::try_from(original.get("num_images")?.as_u64()?).ok()?;
        let has_text = original.get("text")?.as_str().is_some_and(|text| !text.trim().is_empty());
        (has_text && (1..=MAX_NUM_IMAGES).contains(&num_images))
            .then_some(Self { tune_id: TuneId::from_u64(tune_id), num_images })
    }
}

/// What the original makes use of needs permission too, whatever is overridden: whether Astria lets an override take
/// it back is not known.
fn permissions(original: &Map<String, Json>, judge: &mut Judge<'_>) -> Result<(), PolicyError> {
    let params = PROMPT.iter().filter_map(|spec| Some((spec.name, spec.needs?)));
    for (name, permission) in params.chain(flags::permissions()) {
        if !original.get(name).is_some_and(is_used) {
            continue;
        }
        if !judge.plan.permits(permission) {
            return Err(PolicyError::PlanForbids { param: within("prompt", name) });
        }
        judge.found.grant(permission);
    }
    if let Some((name, _)) =
        original.iter().find(|(name, value)| name.starts_with(OUTPAINT) && is_used(value))
    {
        if !judge.plan.permits(OUTPAINT) {
            return Err(PolicyError::PlanForbids { param: within("prompt", name) });
        }
        judge.found.grant(OUTPAINT);
    }
    Ok(())
}

/// One permission for a family of parameters, such as `outpaint_top`.
const OUTPAINT: &str = "outpaint";

fn is_used(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(bool) => *bool,
        Json::Number(number) => number.as_u64() != Some(0),
        Json::String(text) => !text.is_empty(),
        Json::Array(list) => !list.is_empty(),
        Json::Object(object) => !object.is_empty(),
    }
}

/// A text that is replaced names nothing any more, but its flags were promoted to parameters when it was made.
fn overridden(original: &str, judge: &mut Judge<'_>) -> Result<(), PolicyError> {
    let mut found = Findings::default();
    match text::judge(original, judge.rules, &judge.plan, &mut found) {
        Err(Refusal::Hard(error)) => Err(error),
        Ok(()) | Err(Refusal::Message(_)) => {
            let Asks { granted, video } = found.asks;
            granted.into_iter().for_each(|permission| judge.found.grant(permission));
            judge.found.asks.video.extend(video);
            Ok(())
        }
    }
}

fn resolution_of(original: &Map<String, Json>) -> Option<Resolution> {
    original.get("resolution").and_then(Json::as_str).and_then(Resolution::parse)
}

/// Says what the original has more of than the plan; `num_images` always.
fn bound_by_plan(original: &Map<String, Json>, num_images: u8, judged: &mut Object, judge: &mut Judge<'_>) {
    if !judged.contains_key("num_images") {
        let max = judge.plan.num_images();
        judged.insert("num_images".to_owned(), Value::Number(num_images.min(max).into()));
        if num_images > max {
            judge.clamped.push("prompt[num_images]".to_owned());
        }
    }
    if judged.contains_key("resolution") {
        return;
    }
    let resolution = resolution_of(original);
    match judge.plan.max_resolution.filter(|max| resolution > Some(*max)) {
        Some(max) => {
            judged.insert("resolution".to_owned(), Value::Text(max.name().to_owned()));
            judge.clamped.push("prompt[resolution]".to_owned());
        }
        None if resolution.is_none() => bound_resolution(judged, judge),
        None => {}
    }
}
