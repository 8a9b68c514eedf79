//! Judges the parameters of an image inspection: a class name and one photo.
//!
//! They stand at the top level of the body, beside whatever the vendor's own web page sends along
//! (`authenticity_token`), which goes nowhere.

use std::collections::BTreeSet;

use crate::operation::Operation;
use crate::params::{Object, Params, Value};

use super::spec::{Judge, Kind, Spec, judge_extras};
use super::text::Refusal;
use super::{FieldErrors, PlanRules, PolicyError, PolicyRules};

/// Source: "Inspect an image" of the Astria API reference (read 2026-11-20).
#[rustfmt::skip]
const INSPECTION: &[Spec] = &[
    Spec { name: "name",     kind: Kind::Token, needs: None },
    Spec { name: "file",     kind: Kind::Photo, needs: None },
    Spec { name: "file_url", kind: Kind::Url,   needs: None },
];

/// An inspection that may be sent.
#[derive(Debug)]
pub struct JudgedInspection {
    /// `name` and one of `file` and `file_url`.
    pub params: Params,
    /// Parameters that were left out, as the client spelled them.
    pub dropped: Vec<String>,
}

/// Judges the parameters of `POST /images/inspect`.
///
/// # Errors
///
/// [`PolicyError::Photo`]; else [`PolicyError::Invalid`] with every field that is wrong.
pub fn judge_inspection(params: Params, rules: &PolicyRules) -> Result<JudgedInspection, PolicyError> {
    let mut fields = params.root;
    let mut judged = Object::new();
    let mut errors = FieldErrors::default();
    let none = BTreeSet::new();
    let mut judge = Judge { rules, plan: PlanRules { params: &none }, granted: Vec::new() };
    let mut keep = |name: &str, value: Result<Option<Value>, Refusal>| {
        match value {
            Ok(Some(value)) => drop(judged.insert(name.to_owned(), value)),
            Ok(None) => {}
            Err(Refusal::Hard(error)) => return Err(error),
            Err(Refusal::Message(message)) => errors.add(name, message),
        }
        Ok(())
    };
    for spec in INSPECTION {
        if let Some(value) = fields.shift_remove(spec.name) {
            keep(spec.name, judge.value(&spec.kind, value))?;
        }
    }
    judge_extras(Operation::InspectImage, &mut fields, &mut judge, keep)?;
    if !errors.0.contains_key("name")
        && !matches!(judged.get("name"), Some(Value::Text(name)) if !name.trim().is_empty())
    {
        errors.add("name", "can't be blank");
    }
    match (judged.contains_key("file"), judged.contains_key("file_url")) {
        (true, true) => errors.add("file", "must not be sent together with file_url"),
        (false, false) if !errors.0.contains_key("file") && !errors.0.contains_key("file_url") => {
            errors.add("file", "can't be blank");
        }
        _ => {}
    }
    if !errors.0.is_empty() {
        return Err(PolicyError::Invalid(errors));
    }
    Ok(JudgedInspection {
        params: Params { root: judged, ..Params::default() },
        dropped: fields.into_keys().collect(),
    })
}
