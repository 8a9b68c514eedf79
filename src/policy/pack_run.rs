//! Judges the parameters of a run of a pack: it trains a tune, or it runs on tunes that exist.
//!
//! What it does *not* do: it knows no pack. That `template_prompts` are of that pack, and what its prompts make, the
//! handler finds out.

use std::collections::BTreeSet;

use crate::ids::{PromptId, TuneId};
use crate::ownership::References;
use crate::params::{Object, Params, Value};

use super::characteristics::Characteristics;
use super::judge::{Judge, Place, within};
use super::priced::{Asks, Priced};
use super::prompt_params::{PROMPT, open};
use super::spec::{Kind, Spec, whole};
use super::tune::{count_images, split, take_characteristics, take_title};
use super::tune_params::PACK_TUNE;
use super::unwrap::{unwrap, wrap};
use super::{PlanRules, PolicyError, PolicyRules, ids};

/// Tunes that one run is on.
pub(super) const MAX_TUNES: usize = 16;
/// Prompts of the pack that one run picks.
pub(super) const MAX_TEMPLATES: usize = 128;

pub(super) const BRIEF: &[Spec] = &[open("brief", Kind::Text { max_bytes: 2000 })];

/// What a run is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackRun {
    /// It trains a tune.
    Trains {
        /// In the client's words; not in the parameters.
        title: String,
        /// The class name: packs have a price for each.
        name: String,
        /// Photos, uploaded and by URL.
        images_count: u32,
    },
    /// It makes the pack's prompts on these tunes, which must be the caller's own.
    OnTunes(Vec<TuneId>),
}

/// A run that may be sent once `names` is proven.
#[derive(Debug)]
pub struct JudgedPackRun {
    /// `{"tune": {…}}` in canonical order, without title and callbacks: whoever sends it sets these.
    pub params: Params,
    /// What it is about.
    pub run: PackRun,
    /// Every object that the request names.
    pub names: References,
    /// The prompts of the pack that it picks, in their order; empty: all. That they are of that pack, somebody else
    /// must check.
    pub template_prompts: Vec<u64>,
    /// Images of each prompt, if the client says so; else each template has its own number.
    pub num_images: Option<u32>,
    /// What enters the price of each prompt, beside what the pack says; without `num_images` its images are 0.
    pub each: Priced,
    /// Permissions of the plan that a training makes use of: each may cost more.
    pub flags: BTreeSet<&'static str>,
    /// Parameters that were left out, as the client spelled them.
    pub dropped: Vec<String>,
    /// Parameters that were lowered to what the plan allows, as the client spelled them.
    pub clamped: Vec<String>,
}

/// Judges the parameters of `POST /p/:pack_id/tunes`.
///
/// With `tune_ids` what describes a new tune (title, name, photos) is dropped, as documented.
///
/// # Errors
///
/// [`PolicyError::NotFound`] for what cannot be an id; [`PolicyError::NoFreeForm`]; [`PolicyError::PlanForbids`];
/// [`PolicyError::Photo`]; else [`PolicyError::Invalid`] with every field that is wrong.
pub fn judge_pack_run(
    params: Params,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
) -> Result<JudgedPackRun, PolicyError> {
    let unwrapped = unwrap(params, "tune")?;
    let place = unwrapped.place("tune");
    let mut fields = unwrapped.fields;
    let mut judged = Object::new();
    let (characteristics, refused) = split(take_characteristics(&mut fields, rules));
    let mut judge = Judge::new(rules, plan, characteristics.as_ref());
    judge.dropped.extend(unwrapped.beside.into_keys());
    if let Some(refusal) = refused {
        judge.refuse(refusal, place, "characteristics")?;
    }

    let tunes = own_tunes(&mut fields, MAX_TUNES, &mut judge, place)?;
    let run = match tunes {
        Some(tunes) => {
            judged.insert("tune_ids".to_owned(), numbers(tunes.iter().map(|id| id.get())));
            Some(PackRun::OnTunes(tunes))
        }
        // A bad list must not turn a run into a training.
        None if judge.errors.0.contains_key(&place.shown("tune_ids")) => None,
        None if plan.is_sandbox => return Err(PolicyError::NoFreeForm),
        None => trains(&mut fields, &mut judge, place, &mut judged)?,
    };
    let flags = judge.found.asks.flags();
    judge.found.asks = Asks::default();
    let template_prompts = template_prompts(&mut fields, &mut judge, place)?;
    if !template_prompts.is_empty() {
        judged.insert("prompt_ids".to_owned(), numbers(template_prompts.iter().copied()));
    }
    judge.table(BRIEF, &mut fields, place, &mut judged)?;
    let attributes = prompt_attributes(fields.shift_remove("prompt_attributes"), &mut judge, place)?;
    let num_images =
        attributes.get("num_images").and_then(whole).and_then(|images| u32::try_from(images).ok());
    let each = judge.found.asks.priced(num_images.unwrap_or(0), &attributes);
    if !attributes.is_empty() {
        judged.insert("prompt_attributes".to_owned(), Value::Object(attributes));
    }
    if let Some(characteristics) = characteristics.as_ref().map(Characteristics::to_value) {
        judged.insert("characteristics".to_owned(), characteristics);
    }
    judge.drop_rest(&fields, place);
    let (Some(run), true) = (run, judge.errors.0.is_empty()) else {
        return Err(PolicyError::Invalid(judge.errors));
    };
    Ok(JudgedPackRun {
        params: wrap("tune", judged),
        run,
        names: judge.found.names,
        template_prompts,
        num_images,
        each,
        flags,
        dropped: judge.dropped,
        clamped: judge.clamped,
    })
}

fn trains(
    fields: &mut Object,
    judge: &mut Judge<'_>,
    place: Place<'_>,
    judged: &mut Object,
) -> Result<Option<PackRun>, PolicyError> {
    let title = take_title(fields, judge, place)?;
    if title.is_none() {
        judge.require("title", place);
    }
    judge.table(PACK_TUNE, fields, place, judged)?;
    judge.require_text(judged, place, "name");
    let images_count = count_images(judged, judge, place);
    let Some(Value::Text(name)) = judged.get("name") else { return Ok(None) };
    Ok(title.map(|title| PackRun::Trains { title, name: name.clone(), images_count }))
}

/// Takes `tune_ids`: tunes that must be the caller's own, because what is made on a shared one could not be told
/// apart.
pub(super) fn own_tunes(
    fields: &mut Object,
    max: usize,
    judge: &mut Judge<'_>,
    place: Place<'_>,
) -> Result<Option<Vec<TuneId>>, PolicyError> {
    const NAME: &str = "tune_ids";
    let Some(value) = fields.shift_remove(NAME) else { return Ok(None) };
    let own = ids::list(value, max, TuneId::parse).and_then(|tunes| {
        for id in tunes.iter().flatten() {
            judge.found.own_tune(*id)?;
        }
        Ok(tunes)
    });
    match own {
        Ok(tunes) => Ok(tunes),
        Err(refusal) => judge.refuse(refusal, place, NAME).map(|()| None),
    }
}

fn template_prompts(
    fields: &mut Object,
    judge: &mut Judge<'_>,
    place: Place<'_>,
) -> Result<Vec<u64>, PolicyError> {
    const NAME: &str = "prompt_ids";
    let Some(value) = fields.shift_remove(NAME) else { return Ok(Vec::new()) };
    match ids::list(value, MAX_TEMPLATES, |text| PromptId::parse(text).map(PromptId::get)) {
        Ok(ids) => Ok(ids.unwrap_or_default()),
        Err(refusal) => judge.refuse(refusal, place, NAME).map(|()| Vec::new()),
    }
}

/// Sizes and switches of a prompt: nothing that could name an object, be fetched, or need permission.
pub(super) fn plain_params() -> impl Iterator<Item = &'static Spec> {
    PROMPT.iter().filter(|spec| {
        let plain =
            matches!(spec.kind, Kind::Whole { .. } | Kind::Decimal { .. } | Kind::Bool | Kind::Choice(_));
        plain && spec.needs.is_none() && !spec.name.starts_with("controlnet")
    })
}

/// Judges what the prompts of the pack shall have instead of their own.
fn prompt_attributes(
    value: Option<Value>,
    judge: &mut Judge<'_>,
    place: Place<'_>,
) -> Result<Object, PolicyError> {
    const NAME: &str = "prompt_attributes";
    let mut fields = match value {
        None | Some(Value::Null) => return Ok(Object::new()),
        Some(Value::Text(text)) if text.is_empty() => return Ok(Object::new()),
        Some(Value::Object(fields)) => fields,
        Some(_) => {
            judge.errors.add(place.shown(NAME), "must be an object");
            return Ok(Object::new());
        }
    };
    let (spelled, sent, shown) = (place.spelled(NAME), within(place.sent, NAME), place.shown(NAME));
    let place = Place { spelled: &spelled, sent: &sent, shown: &shown };
    let mut attributes = Object::new();
    judge.table(plain_params(), &mut fields, place, &mut attributes)?;
    judge.drop_rest(&fields, place);
    Ok(attributes)
}

/// Ids as they are sent.
pub(super) fn numbers(ids: impl Iterator<Item = u64>) -> Value {
    Value::List(ids.map(|id| Value::Number(id.into())).collect())
}
