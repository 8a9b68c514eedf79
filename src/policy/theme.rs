//! Judges the parameters of a theme: ten prompts of Astria's own words on each of the caller's tunes.
//!
//! The documented samples spell it in two ways: `theme[theme]=…` and, unwrapped, `{"theme": "…", "tune_ids": […]}`. The
//! outer `theme` is an object in the first and a text in the second, in JSON as in a form, so each has one meaning.
//! (Rails wraps nothing where the key is there: what the vendor's controller makes of the second is not known, and it
//! is sent as the first.) The Python sample sends a form and calls it JSON, which is neither and stays a 400.
//!
//! Source: "Create a theme" of the Astria API reference (read 2026-11-20).

use crate::ids::TuneId;
use crate::ownership::References;
use crate::params::{Object, Params, Value};

use super::judge::{Judge, Place, within};
use super::pack_run::{numbers, own_tunes};
use super::priced::Priced;
use super::prompt::{default_num_images, images};
use super::prompt_params::{open, spec};
use super::spec::{Kind, Spec, whole};
use super::unwrap::wrap;
use super::{PlanRules, PolicyError, PolicyRules};

/// Prompts that Astria makes of a theme, for each tune.
const PROMPTS_PER_TUNE: u32 = 10;
/// Tunes of one theme.
pub(super) const MAX_TUNES: usize = 16;

pub(super) const THEME: &[Spec] = &[open("theme", Kind::Text { max_bytes: 2000 })];

/// A theme that may be sent once `names` is proven.
#[derive(Debug)]
pub struct JudgedTheme {
    /// `{"theme": {…}}` in canonical order, `num_images` always present, without callbacks.
    pub params: Params,
    /// The tunes that it is made on: the caller's own.
    pub tunes: Vec<TuneId>,
    /// Every object that the request names.
    pub names: References,
    /// What each prompt makes, and what enters its price. Astria writes the prompts: a flag in the theme may come back
    /// in each of them.
    pub each: Priced,
    /// Prompts that it makes at most.
    pub prompts: u32,
    /// Parameters that were left out, as the client spelled them.
    pub dropped: Vec<String>,
    /// Parameters that were lowered to what the plan allows, as the client spelled them.
    pub clamped: Vec<String>,
}

/// Judges the parameters of `POST /themes`.
///
/// A `num_images` that no prompt can have is lowered, not refused: the documented samples send 123.
///
/// # Errors
///
/// [`PolicyError::NotFound`] for what cannot be an id; [`PolicyError::PlanForbids`]; else [`PolicyError::Invalid`] with
/// every field that is wrong.
pub fn judge_theme(
    params: Params,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
) -> Result<JudgedTheme, PolicyError> {
    let mut root = params.root;
    let is_wrapped = matches!(root.get("theme"), Some(Value::Object(_)));
    let place = Place::of("theme", is_wrapped);
    let mut judge = Judge::new(rules, plan, None);
    let mut fields = match root.shift_remove("theme") {
        Some(Value::Object(fields)) => {
            judge.dropped.extend(root.into_keys());
            fields
        }
        theme => {
            root.extend(theme.map(|theme| ("theme".to_owned(), theme)));
            root
        }
    };
    let mut judged = Object::new();
    judge.table(THEME, &mut fields, place, &mut judged)?;
    judge.require_text(&judged, place, "theme");
    let tunes = own_tunes(&mut fields, MAX_TUNES, &mut judge, place)?.unwrap_or_default();
    if tunes.is_empty() {
        judge.require("tune_ids", place);
    }
    judged.insert("tune_ids".to_owned(), numbers(tunes.iter().map(|id| id.get())));
    let attributes = prompt_attributes(fields.shift_remove("prompt_attributes"), &mut judge, place)?;
    let each = judge.found.asks.priced(images(&attributes), &attributes);
    judged.insert("prompt_attributes".to_owned(), Value::Object(attributes));
    judge.drop_rest(&fields, place);
    if !judge.errors.0.is_empty() {
        return Err(PolicyError::Invalid(judge.errors));
    }
    let prompts = u32::try_from(tunes.len()).unwrap_or(u32::MAX).saturating_mul(PROMPTS_PER_TUNE);
    Ok(JudgedTheme {
        params: wrap("theme", judged),
        tunes,
        names: judge.found.names,
        each,
        prompts,
        dropped: judge.dropped,
        clamped: judge.clamped,
    })
}

/// What a theme's prompts may be told.
pub(super) fn theme_params() -> impl Iterator<Item = &'static Spec> {
    ["num_images", "w", "h"].into_iter().filter_map(spec)
}

/// `num_images`, always, and `w` and `h`.
fn prompt_attributes(
    value: Option<Value>,
    judge: &mut Judge<'_>,
    place: Place<'_>,
) -> Result<Object, PolicyError> {
    const NAME: &str = "prompt_attributes";
    let mut fields = match value {
        None | Some(Value::Null) => Object::new(),
        Some(Value::Text(text)) if text.is_empty() => Object::new(),
        Some(Value::Object(fields)) => fields,
        Some(_) => {
            judge.errors.add(place.shown(NAME), "must be an object");
            return Ok(Object::new());
        }
    };
    let (spelled, sent, shown) = (place.spelled(NAME), within(place.sent, NAME), place.shown(NAME));
    let place = Place { spelled: &spelled, sent: &sent, shown: &shown };
    let max = u64::from(judge.plan.num_images());
    if fields.get("num_images").and_then(whole) > Some(max) {
        fields.insert("num_images".to_owned(), Value::Number(max.into()));
        judge.clamped.push(place.spelled("num_images"));
    }
    default_num_images(&mut fields, judge);
    let mut attributes = Object::new();
    judge.table(theme_params(), &mut fields, place, &mut attributes)?;
    judge.drop_rest(&fields, place);
    Ok(attributes)
}
