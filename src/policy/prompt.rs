//! Judges the parameters of a prompt.
//!
//! What comes out is everything that the handler needs to price, reserve and send: the tune, a canonical tree, and
//! how many images and videos the upstream will make of it at most.

use crate::ids::TuneId;
use crate::operation::Operation;
use crate::params::{Object, Params, ParamsKind, Value};

use super::prompt_params::PROMPT;
use super::spec::{Judge, judge_extras, whole};
use super::text::Refusal;
use super::{FieldErrors, PlanRules, PolicyError, PolicyRules, resolve_tune};

/// A prompt that may be sent.
#[derive(Debug)]
pub struct JudgedPrompt {
    /// The tune to prompt on: goes into the path, never into the body.
    pub tune_id: TuneId,
    /// `{"prompt": {…}}` in canonical order, `num_images` always present, without a callback.
    pub params: Params,
    /// Images that it makes.
    pub images: u32,
    /// Videos that it makes at most: none, or one an image.
    pub videos: u32,
    /// Permissions of the plan that it makes use of, such as `video_model` or `upscale_v4`: each may cost more.
    pub granted: Vec<&'static str>,
    /// Parameters that were left out, as the client spelled them.
    pub dropped: Vec<String>,
}

/// Judges the parameters of `POST /tunes/:id/prompts` (`path_tune` is the raw path segment: an id or a name, with
/// or without `@`) and of `POST /prompts` (`path_tune` is `None`, the tune is `prompt[tune_id]`).
///
/// An unwrapped JSON body is read as Rails' ParamsWrapper reads it: as the prompt itself.
///
/// # Errors
///
/// [`PolicyError::NotFound`] for a tune that is not shared, in path, body or text; [`PolicyError::PlanForbids`];
/// [`PolicyError::Photo`]; else [`PolicyError::Invalid`] with every field that is wrong.
pub fn judge_prompt(
    params: Params,
    path_tune: Option<&str>,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
) -> Result<JudgedPrompt, PolicyError> {
    let mut judged = Object::new();
    let mut errors = FieldErrors::default();
    let Unwrapped { mut fields, wrapped, mut dropped } = unwrap(params)?;
    let spelled = |name: &str| if wrapped { format!("prompt[{name}]") } else { name.to_owned() };

    let body_tune = fields.shift_remove("tune_id");
    let tune_id = match path_tune {
        Some(segment) => {
            dropped.extend(body_tune.map(|_| spelled("tune_id")));
            Some(resolve_tune(segment, rules).ok_or(PolicyError::NotFound)?)
        }
        None => tune_of_body(body_tune.as_ref(), rules, &mut errors)?,
    };

    let mut judge = Judge { rules, plan: *plan, granted: Vec::new() };
    for spec in PROMPT {
        let value = fields.shift_remove(spec.name).map_or(Ok(None), |value| judge.value(&spec.kind, value));
        match (value, spec.needs) {
            (Ok(Some(value)), Some(permission)) if !judge.plan.permits(permission) => {
                // Declining what the plan does not allow is what happens anyway.
                if value != Value::Bool(false) {
                    return Err(PolicyError::PlanForbids { param: format!("prompt[{}]", spec.name) });
                }
                dropped.push(spelled(spec.name));
            }
            (Ok(Some(value)), permission) => {
                if let Some(permission) = permission
                    && !judge.granted.contains(&permission)
                {
                    judge.granted.push(permission);
                }
                judged.insert(spec.name.to_owned(), value);
            }
            // QUOTA-07: what the account's default would be is nobody's to rely on.
            (Ok(None), _) if spec.name == "num_images" => {
                let default = rules.default_num_images.clamp(1, 8);
                judged.insert(spec.name.to_owned(), Value::Number(default.into()));
            }
            (Ok(None), _) => {}
            (Err(Refusal::Hard(error)), _) => return Err(error),
            (Err(Refusal::Message(message)), _) => errors.add(spec.name, message),
        }
    }
    if !errors.0.contains_key("text")
        && !matches!(judged.get("text"), Some(Value::Text(text)) if !text.trim().is_empty())
    {
        errors.add("text", "can't be blank");
    }
    judge_extras(Operation::CreatePrompt, &mut fields, &mut judge, |name, value| {
        match value {
            Ok(Some(value)) => drop(judged.insert(name.to_owned(), value)),
            Ok(None) => {}
            Err(Refusal::Hard(error)) => return Err(error),
            Err(Refusal::Message(message)) => errors.add(name, message),
        }
        Ok(())
    })?;
    dropped.extend(fields.keys().map(|name| spelled(name)));

    let images = judged.get("num_images").and_then(whole).and_then(|images| u32::try_from(images).ok());
    let granted = judge.granted;
    let (Some(tune_id), Some(images), true) = (tune_id, images, errors.0.is_empty()) else {
        return Err(PolicyError::Invalid(errors));
    };
    let videos = if granted.contains(&"video_model") { images } else { 0 };
    let mut params = Params::default();
    params.root.insert("prompt".to_owned(), Value::Object(judged));
    Ok(JudgedPrompt { tune_id, params, images, videos, granted, dropped })
}

struct Unwrapped {
    fields: Object,
    /// Whether the client wrote `prompt[…]`.
    wrapped: bool,
    /// What stood beside the prompt.
    dropped: Vec<String>,
}

/// Source: `ActionController::ParamsWrapper` of Rails 7.2: JSON only, and only where the key is absent.
fn unwrap(params: Params) -> Result<Unwrapped, PolicyError> {
    let Params { mut root, kind } = params;
    if kind == ParamsKind::Json && !root.contains_key("prompt") {
        return Ok(Unwrapped { fields: root, wrapped: false, dropped: Vec::new() });
    }
    let fields = match root.shift_remove("prompt") {
        Some(Value::Object(fields)) => fields,
        None | Some(Value::Null) => Object::new(),
        Some(_) => return Err(PolicyError::Invalid(FieldErrors::one("prompt", "must be an object"))),
    };
    Ok(Unwrapped { fields, wrapped: true, dropped: root.into_keys().collect() })
}

fn tune_of_body(
    value: Option<&Value>,
    rules: &PolicyRules,
    errors: &mut FieldErrors,
) -> Result<Option<TuneId>, PolicyError> {
    let text = match value {
        Some(Value::Text(text)) if !text.is_empty() => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        None | Some(Value::Null | Value::Text(_)) => {
            errors.add("tune_id", "can't be blank");
            return Ok(None);
        }
        Some(_) => {
            errors.add("tune_id", "must be an id");
            return Ok(None);
        }
    };
    resolve_tune(&text, rules).map(Some).ok_or(PolicyError::NotFound)
}
