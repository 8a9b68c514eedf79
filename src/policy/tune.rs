//! Judges the parameters of a tune and of the prompts that are created with it.
//!
//! The title is handed out in the client's words and not sent as such: it gets the end user's prefix first (L-04).

use std::collections::BTreeSet;

use crate::ids::TuneId;
use crate::operation::Operation;
use crate::ownership::References;
use crate::params::{Object, Params, Value};

use super::characteristics::Characteristics;
use super::judge::{Judge, Place, within};
use super::priced::Priced;
use super::prompt::{images, judge_fields};
use super::text::Refusal;
use super::tune_params::{MAX_IMAGES, MAX_TITLE_BYTES, TUNE};
use super::unwrap::{unwrap, wrap};
use super::{PlanRules, PolicyError, PolicyRules, ids};

/// Prompts that one request creates with its tune.
pub(super) const MAX_PROMPTS: usize = 64;

/// A tune that may be sent once `names` is proven.
#[derive(Debug)]
pub struct JudgedTune {
    /// `{"tune": {…}}` in canonical order, without title and callbacks: whoever sends it sets these.
    pub params: Params,
    /// In the client's words.
    pub title: String,
    /// The class name.
    pub name: Option<String>,
    /// Every object that the request names.
    pub names: References,
    /// The tune that it is trained on top of, if it names one. Also in `names`.
    pub base: Option<TuneId>,
    /// What each of the nested prompts makes, and what enters its price, in their order.
    pub prompts: Vec<Priced>,
    /// Photos, uploaded and by URL.
    pub images_count: u32,
    /// The tune is free, and so are its prompts: asked for, or forced by the plan.
    pub branch_is_fast: bool,
    /// Permissions of the plan that the training itself makes use of: each may cost more.
    pub flags: BTreeSet<&'static str>,
    /// Parameters that were left out or replaced, as the client spelled them.
    pub dropped: Vec<String>,
    /// Parameters that were lowered to what the plan allows, as the client spelled them.
    pub clamped: Vec<String>,
}

/// Judges the parameters of `POST /tunes`.
///
/// # Errors
///
/// [`PolicyError::NotFound`] for what cannot be an id; [`PolicyError::PlanForbids`]; [`PolicyError::Photo`]; else
/// [`PolicyError::Invalid`] with every field that is wrong.
pub fn judge_tune(
    params: Params,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
) -> Result<JudgedTune, PolicyError> {
    let unwrapped = unwrap(params, "tune")?;
    let place = unwrapped.place("tune");
    let mut fields = unwrapped.fields;
    let mut judged = Object::new();
    let characteristics = take_characteristics(&mut fields, rules);
    let (characteristics, refused) = split(characteristics);
    let mut judge = Judge::new(rules, plan, characteristics.as_ref());
    judge.dropped.extend(unwrapped.beside.into_keys());
    if let Some(refusal) = refused {
        judge.refuse(refusal, place, "characteristics")?;
    }

    let title = take_title(&mut fields, &mut judge, place)?;
    if title.is_none() {
        judge.require("title", place);
    }
    let branch = fields.get("branch").cloned();
    judge.table(TUNE, &mut fields, place, &mut judged)?;
    if plan.is_sandbox {
        let fast = Value::Text("fast".to_owned());
        if judged.insert("branch".to_owned(), fast.clone()).is_some_and(|asked| asked != fast)
            || judge.errors.0.shift_remove(&place.shown("branch")).is_some()
        {
            judge.dropped.extend(branch.map(|_| place.spelled("branch")));
        }
    }
    let branch_is_fast = matches!(judged.get("branch"), Some(Value::Text(branch)) if branch == "fast");
    let base = match use_base_tune(fields.shift_remove("base_tune_id").as_ref(), &mut judge) {
        Ok(base) => base,
        Err(refusal) => judge.refuse(refusal, place, "base_tune_id").map(|()| None)?,
    };
    if let Some(base) = base {
        judged.insert("base_tune_id".to_owned(), Value::Number(base.get().into()));
    }
    let images_count = count_images(&judged, &mut judge, place);
    if let Some(characteristics) = &characteristics {
        judged.insert("characteristics".to_owned(), characteristics.to_value());
    }
    judge.extras(Operation::CreateTune, &mut fields, place, &mut judged)?;
    let nested = fields.shift_remove("prompts_attributes");
    let (prompts, priced) = judge_nested(nested, &mut judge, place)?;
    if !prompts.is_empty() {
        judged.insert("prompts_attributes".to_owned(), Value::List(prompts));
    }
    judge.drop_rest(&fields, place);
    let (Some(title), true) = (title, judge.errors.0.is_empty()) else {
        return Err(PolicyError::Invalid(judge.errors));
    };
    let name = match judged.get("name") {
        Some(Value::Text(name)) => Some(name.clone()),
        _ => None,
    };
    Ok(JudgedTune {
        params: wrap("tune", judged),
        title,
        name,
        names: judge.found.names,
        base,
        prompts: priced,
        images_count,
        branch_is_fast,
        flags: judge.found.asks.flags(),
        dropped: judge.dropped,
        clamped: judge.clamped,
    })
}

/// What `tune[characteristics]` is, if it is there.
pub(super) fn take_characteristics(
    fields: &mut Object,
    rules: &PolicyRules,
) -> Result<Option<Characteristics>, Refusal> {
    fields.shift_remove("characteristics").map_or(Ok(None), |value| Characteristics::judge(value, rules))
}

/// A value or a refusal, so that a judge can borrow the one and be told the other.
pub(super) fn split<T>(outcome: Result<Option<T>, Refusal>) -> (Option<T>, Option<Refusal>) {
    match outcome {
        Ok(value) => (value, None),
        Err(refusal) => (None, Some(refusal)),
    }
}

/// Takes the title; `None` if there is none, or a bad one that was said to be so.
pub(super) fn take_title(
    fields: &mut Object,
    judge: &mut Judge<'_>,
    place: Place<'_>,
) -> Result<Option<String>, PolicyError> {
    let refusal = match fields.shift_remove("title") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Text(title)) if title.trim().is_empty() => return Ok(None),
        Some(Value::Text(title)) if title.len() > MAX_TITLE_BYTES => {
            Refusal::Message(format!("is too long (maximum is {MAX_TITLE_BYTES} bytes)"))
        }
        Some(Value::Text(title)) if title.chars().any(char::is_control) => {
            "must have no control characters".into()
        }
        Some(Value::Text(title)) => return Ok(Some(title)),
        Some(_) => "must be text".into(),
    };
    judge.refuse(refusal, place, "title").map(|()| None)
}

fn use_base_tune(value: Option<&Value>, judge: &mut Judge<'_>) -> Result<Option<TuneId>, Refusal> {
    let base = ids::tune(value, judge.rules)?;
    base.map_or(Ok(()), |id| judge.found.use_tune(id))?;
    Ok(base)
}

/// Photos of a judged tune: at least one, and not too many together.
pub(super) fn count_images(judged: &Object, judge: &mut Judge<'_>, place: Place<'_>) -> u32 {
    let count = |name| match judged.get(name) {
        Some(Value::List(list)) => list.len(),
        _ => 0,
    };
    let images = count("images") + count("image_urls");
    if images == 0 && !judge.errors.0.contains_key(&place.shown("image_urls")) {
        judge.require("images", place);
    }
    if images > MAX_IMAGES {
        let message = format!("has too many elements with image_urls (maximum is {MAX_IMAGES})");
        judge.errors.add(place.shown("images"), message);
    }
    u32::try_from(images).unwrap_or(u32::MAX)
}

/// Judges each of the nested prompts by the whole table of a prompt. Rails takes a list, or an object under any keys
/// (PARAM-13); a list is sent.
///
/// Source: `assign_nested_attributes_for_collection_association` of Rails 7.2, which takes an object with a key `id`
/// for one element.
fn judge_nested(
    nested: Option<Value>,
    judge: &mut Judge<'_>,
    place: Place<'_>,
) -> Result<(Vec<Value>, Vec<Priced>), PolicyError> {
    const NAME: &str = "prompts_attributes";
    let (spelled, sent, shown) = (place.spelled(NAME), within(place.sent, NAME), place.shown(NAME));
    let elements: Vec<(String, Value)> = match nested {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Text(text)) if text.is_empty() => Vec::new(),
        Some(Value::List(list)) => {
            list.into_iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        Some(Value::Object(mut object)) if !object.contains_key("id") => {
            // Documented for packs as `prompts_attributes.callback`: it is no prompt.
            judge.dropped.extend(object.shift_remove("callback").map(|_| within(&spelled, "callback")));
            object.into_iter().collect()
        }
        Some(_) => {
            judge.errors.add(shown, "must be a list of prompts");
            return Ok((Vec::new(), Vec::new()));
        }
    };
    if elements.len() > MAX_PROMPTS {
        judge.errors.add(shown, format!("has too many elements (maximum is {MAX_PROMPTS})"));
        return Ok((Vec::new(), Vec::new()));
    }
    let (mut prompts, mut priced) = (Vec::with_capacity(elements.len()), Vec::with_capacity(elements.len()));
    for (key, element) in elements {
        let Value::Object(fields) = element else {
            judge.errors.add(within(&shown, &key), "must be an object");
            continue;
        };
        let (spelled, sent, shown) = (within(&spelled, &key), within(&sent, &key), within(&shown, &key));
        let place = Place { spelled: &spelled, sent: &sent, shown: &shown };
        // What one prompt asks for says nothing of its neighbour, nor of the training.
        let others = std::mem::take(&mut judge.found.asks);
        let judged = judge_fields(fields, judge, place)?;
        let asks = std::mem::replace(&mut judge.found.asks, others);
        priced.push(asks.priced(images(&judged), &judged));
        prompts.push(Value::Object(judged));
    }
    Ok((prompts, priced))
}
