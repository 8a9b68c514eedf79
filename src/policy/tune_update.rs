//! Judges the parameters of a change of a tune: what the client calls it, and what its texts are filled with.

use crate::params::{Object, Params, Value};

use super::characteristics::Characteristics;
use super::judge::Judge;
use super::prompt_params::open;
use super::spec::{Kind, Spec};
use super::tune::{split, take_characteristics, take_title};
use super::unwrap::{unwrap, wrap};
use super::{FieldErrors, PlanRules, PolicyError, PolicyRules};

/// Source: "Update tune" of the Astria API reference with workspace headers (read 2026-11-20).
pub(super) const TUNE_UPDATE: &[Spec] = &[open("name", Kind::Token), open("auto_extend", Kind::Bool)];

/// A change that may be sent.
#[derive(Debug)]
pub struct JudgedTuneUpdate {
    /// `{"tune": {…}}` in canonical order, without the title: whoever sends it sets that.
    pub params: Params,
    /// In the client's words, if it changes.
    pub title: Option<String>,
    /// The new ones, if they change: prompts that exist are to be judged with them by
    /// [`super::judge_characteristics_for`].
    pub characteristics: Option<Characteristics>,
    /// Permissions of the plan that it makes use of: each may cost more.
    pub granted: Vec<&'static str>,
    /// Parameters that were left out, as the client spelled them.
    pub dropped: Vec<String>,
}

/// Judges the parameters of `PATCH /tunes/:id`.
///
/// # Errors
///
/// [`PolicyError::PlanForbids`]; else [`PolicyError::Invalid`] with every field that is wrong, or because nothing is
/// to be changed.
pub fn judge_tune_update(
    params: Params,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
) -> Result<JudgedTuneUpdate, PolicyError> {
    let unwrapped = unwrap(params, "tune")?;
    let place = unwrapped.place("tune");
    let mut fields = unwrapped.fields;
    let mut judged = Object::new();
    let mut judge = Judge::new(rules, plan, None);
    judge.dropped.extend(unwrapped.beside.into_keys());
    let (characteristics, refused) = split(take_characteristics(&mut fields, rules));
    if let Some(refusal) = refused {
        judge.refuse(refusal, place, "characteristics")?;
    }
    let title = take_title(&mut fields, &mut judge, place)?;
    judge.table(TUNE_UPDATE, &mut fields, place, &mut judged)?;
    // To end what costs money needs nobody's permission.
    if judged.get("auto_extend") == Some(&Value::Bool(true)) {
        if !plan.permits("auto_extend") {
            return Err(PolicyError::PlanForbids { param: "tune[auto_extend]".to_owned() });
        }
        judge.found.grant("auto_extend");
    }
    if let Some(characteristics) = &characteristics {
        judged.insert("characteristics".to_owned(), characteristics.to_value());
    }
    judge.drop_rest(&fields, place);
    if !judge.errors.0.is_empty() {
        return Err(PolicyError::Invalid(judge.errors));
    }
    if title.is_none() && judged.is_empty() {
        let message = "must change title, name, auto_extend or characteristics";
        return Err(PolicyError::Invalid(FieldErrors::one("base", message)));
    }
    Ok(JudgedTuneUpdate {
        params: wrap("tune", judged),
        title,
        characteristics,
        granted: judge.found.asks.granted,
        dropped: judge.dropped,
    })
}
