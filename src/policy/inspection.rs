//! Judges the parameters of an image inspection: a class name and one photo.
//!
//! They stand at the top level of the body, beside whatever the vendor's own web page sends along
//! (`authenticity_token`), which goes nowhere.

use std::collections::BTreeSet;

use crate::operation::Operation;
use crate::params::{Object, Params};

use super::judge::{Judge, Place};
use super::spec::{Kind, Spec};
use super::{PlanRules, PolicyError, PolicyRules};

/// Source: "Inspect an image" of the Astria API reference (read 2026-11-20).
#[rustfmt::skip]
pub(super) const INSPECTION: &[Spec] = &[
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
/// [`PolicyError::NoFreeForm`], [`PolicyError::Photo`]; else [`PolicyError::Invalid`] with every field that is wrong.
pub fn judge_inspection(
    params: Params,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
) -> Result<JudgedInspection, PolicyError> {
    if plan.is_sandbox {
        return Err(PolicyError::NoFreeForm);
    }
    let mut fields = params.root;
    let mut judged = Object::new();
    let none = BTreeSet::new();
    // An inspection has nothing that needs permission.
    let mut judge = Judge::new(rules, &PlanRules::new(&none), None);
    let place = Place::of("", true);
    judge.table(INSPECTION, &mut fields, place, &mut judged)?;
    judge.extras(Operation::InspectImage, &mut fields, place, &mut judged)?;
    judge.require_text(&judged, place, "name");
    match (judged.contains_key("file"), judged.contains_key("file_url")) {
        (true, true) => judge.errors.add("file", "must not be sent together with file_url"),
        (false, false) if !judge.errors.0.contains_key("file_url") => judge.require("file", place),
        _ => {}
    }
    if !judge.errors.0.is_empty() {
        return Err(PolicyError::Invalid(judge.errors));
    }
    judge.drop_rest(&fields, place);
    Ok(JudgedInspection { params: Params { root: judged, ..Params::default() }, dropped: judge.dropped })
}
