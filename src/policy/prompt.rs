//! Judges the parameters of a prompt.
//!
//! What comes out is everything that the handler needs to prove, price, reserve and send: the tune, every object that
//! is named, a canonical tree, and what the upstream will make and charge for at most.

use crate::ids::TuneId;
use crate::operation::Operation;
use crate::ownership::References;
use crate::params::{Object, Params, Value};

use super::characteristics::{Characteristics, has_template};
use super::ids;
use super::judge::{Judge, Place};
use super::plan::Resolution;
use super::priced::Priced;
use super::prompt_params::{PROMPT, TEXTS};
use super::spec::whole;
use super::unwrap::{unwrap, wrap};
use super::{PlanRules, PolicyError, PolicyRules};

/// A prompt that may be sent once `names` is proven.
#[derive(Debug)]
pub struct JudgedPrompt {
    /// The tune to prompt on: goes into the path, never into the body. Also in `names`.
    pub tune_id: TuneId,
    /// `{"prompt": {…}}` in canonical order, `num_images` always present, without a callback.
    pub params: Params,
    /// Every object that the request names.
    pub names: References,
    /// What it makes, and what enters its price.
    pub priced: Priced,
    /// Parameters that were left out, as the client spelled them.
    pub dropped: Vec<String>,
    /// Parameters that were lowered to what the plan allows, as the client spelled them.
    pub clamped: Vec<String>,
}

impl JudgedPrompt {
    /// The texts that Astria will fill in: judge them with [`super::judge_characteristics_for`] where the tune turns
    /// out to be the caller's own and its characteristics were not known when this was judged.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        let fields = match self.params.root.get("prompt") {
            Some(Value::Object(fields)) => Some(fields),
            _ => None,
        };
        fields.into_iter().flat_map(templates)
    }
}

/// Judges the parameters of `POST /tunes/:id/prompts` (`path_tune` is the raw path segment: an id or a name, with
/// or without `@`) and of `POST /prompts` (`path_tune` is `None`, the tune is `prompt[tune_id]`). `known` are the
/// characteristics of the tune, if they are known.
///
/// An unwrapped JSON body is read as Rails' ParamsWrapper reads it: as the prompt itself.
///
/// # Errors
///
/// [`PolicyError::NotFound`] for what cannot be an id, in path or body; [`PolicyError::PlanForbids`];
/// [`PolicyError::Photo`]; else [`PolicyError::Invalid`] with every field that is wrong.
pub fn judge_prompt(
    params: Params,
    path_tune: Option<&str>,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
    known: Option<&Characteristics>,
) -> Result<JudgedPrompt, PolicyError> {
    let unwrapped = unwrap(params, "prompt")?;
    let place = unwrapped.place("prompt");
    let mut fields = unwrapped.fields;
    let mut judge = Judge::new(rules, plan, known);
    judge.dropped.extend(unwrapped.beside.into_keys());

    let body_tune = fields.shift_remove("tune_id");
    let tune_id = match path_tune {
        Some(segment) => {
            judge.dropped.extend(body_tune.map(|_| place.spelled("tune_id")));
            Some(rules.shared.read(segment).ok_or(PolicyError::NotFound)?)
        }
        None => match ids::tune(body_tune.as_ref(), rules) {
            Ok(Some(id)) => Some(id),
            Ok(None) => {
                judge.require("tune_id", place);
                None
            }
            Err(refusal) => {
                judge.refuse(refusal, place, "tune_id")?;
                None
            }
        },
    };
    if let Some(Err(refusal)) = tune_id.map(|id| judge.found.use_tune(id)) {
        judge.refuse(refusal, place, "tune_id")?;
    }

    let judged = judge_fields(fields, &mut judge, place)?;
    let (Some(tune_id), true) = (tune_id, judge.errors.0.is_empty()) else {
        return Err(PolicyError::Invalid(judge.errors));
    };
    let priced = judge.found.asks.priced(images(&judged), &judged);
    Ok(JudgedPrompt {
        tune_id,
        params: wrap("prompt", judged),
        names: judge.found.names,
        priced,
        dropped: judge.dropped,
        clamped: judge.clamped,
    })
}

/// Judges the fields of one prompt, whichever request it stands in.
pub(super) fn judge_fields(
    mut fields: Object,
    judge: &mut Judge<'_>,
    place: Place<'_>,
) -> Result<Object, PolicyError> {
    let mut judged = Object::new();
    default_num_images(&mut fields, judge);
    judge.table(PROMPT, &mut fields, place, &mut judged)?;
    judge.require_text(&judged, place, "text");
    bound_resolution(&mut judged, judge);
    judge.extras(Operation::CreatePrompt, &mut fields, place, &mut judged)?;
    judge.drop_rest(&fields, place);
    Ok(judged)
}

/// QUOTA-07: what the account's default would be is nobody's to rely on.
pub(super) fn default_num_images(fields: &mut Object, judge: &Judge<'_>) {
    let is_absent = match fields.get("num_images") {
        None | Some(Value::Null) => true,
        Some(Value::Text(text)) => text.is_empty(),
        Some(Value::List(list)) => list.is_empty(),
        Some(_) => false,
    };
    if is_absent {
        let default = judge.rules.default_num_images.clamp(1, judge.plan.num_images());
        fields.insert("num_images".to_owned(), Value::Number(default.into()));
    }
}

/// Astria's own default is `2K`: a plan that has less says so.
pub(super) fn bound_resolution(judged: &mut Object, judge: &Judge<'_>) {
    let max = judge.plan.max_resolution.filter(|max| *max < Resolution::TwoK);
    if let Some(max) = max
        && !judged.contains_key("resolution")
    {
        judged.insert("resolution".to_owned(), Value::Text(max.name().to_owned()));
    }
}

/// Images of one judged prompt.
pub(super) fn images(judged: &Object) -> u32 {
    judged.get("num_images").and_then(whole).and_then(|images| u32::try_from(images).ok()).unwrap_or(u32::MAX)
}

/// The texts of a prompt that Astria will fill in.
pub(super) fn templates(fields: &Object) -> impl Iterator<Item = &str> {
    TEXTS.iter().filter_map(|name| match fields.get(*name) {
        Some(Value::Text(text)) if has_template(text) => Some(text.as_str()),
        _ => None,
    })
}
