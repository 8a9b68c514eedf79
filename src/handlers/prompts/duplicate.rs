//! `POST /prompts/{id}/duplicate`: one's own prompt once more, with changes.
//!
//! What it will make is the original with the changes, so that is what is judged, priced and proven; an original that
//! was not seen whole is not copied.

use serde_json::{Map, Value as Json};

use super::super::shown::{failed, look, own_prompt};
use super::create::make;
use super::make::{Draft, Source};
use crate::call::{Answer, Call};
use crate::ids::PromptId;
use crate::operation::Operation;
use crate::ownership::{OwnedObject, Proven};
use crate::params::Params;
use crate::policy::{PlanRules, PolicyError, PolicyRules, judge_duplicate};
use crate::spend::{Notes, check_allowed};
use crate::upstream::{Path, UpstreamError};

/// See the module.
pub async fn duplicate(call: Call) -> Answer {
    check_allowed(&call.who, Operation::DuplicatePrompt)?;
    let held = own_prompt(&call).await?;
    // As it was last seen, if it was seen whole: what a prompt was made of does not change.
    let known = held.record.members.as_deref().and_then(|members| object(members.as_bytes()));
    let original = match known {
        Some(original) => original,
        None => {
            let operation = Operation::GetPrompt;
            let seen = look(&call, OwnedObject::Prompt(held.owned), &held.record, operation).await?;
            object(&seen).ok_or_else(|| failed(&UpstreamError::Unreadable, operation))?
        }
    };
    make(call, FromOriginal { id: held.owned.id(), original }).await
}

/// An object, or the only one of a list.
fn object(json: &[u8]) -> Option<Map<String, Json>> {
    match serde_json::from_slice(json).ok()? {
        Json::Object(object) => Some(object),
        Json::Array(list) => match <[Json; 1]>::try_from(list) {
            Ok([Json::Object(object)]) => Some(object),
            _ => None,
        },
        _ => None,
    }
}

struct FromOriginal {
    id: PromptId,
    /// As it was seen.
    original: Map<String, Json>,
}

impl Source for FromOriginal {
    const OPERATION: Operation = Operation::DuplicatePrompt;

    fn judge(&self, params: Params, rules: &PolicyRules, plan: &PlanRules<'_>) -> Result<Draft, PolicyError> {
        let judged = judge_duplicate(&self.original, params, rules, plan, None)?;
        let mut names = judged.names;
        names.own_prompt(self.id);
        Ok(Draft {
            tune: judged.tune_id,
            params: judged.params,
            names,
            templates: judged.templates,
            priced: judged.priced,
            notes: Notes { dropped: judged.dropped, clamped: judged.clamped },
        })
    }

    fn path(&self, _: &Draft, proven: &Proven) -> Option<Path> {
        Some(Path::new().literal("prompts").prompt(proven.prompt(self.id)?).literal("duplicate"))
    }
}
