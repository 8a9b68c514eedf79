//! `POST /tunes/{tune_id}/prompts` and `POST /prompts`: on a shared tune or on one's own.

use super::make::{Draft, MakePrompt, Source};
use crate::call::{Answer, Call};
use crate::operation::Operation;
use crate::ownership::Proven;
use crate::params::Params;
use crate::policy::{PlanRules, PolicyError, PolicyRules, judge_prompt};
use crate::spend::{Notes, spend};
use crate::upstream::Path;

/// `POST /tunes/{tune_id}/prompts`
pub async fn create_on_tune(mut call: Call) -> Answer {
    let path_tune = Some(call.path.take("tune_id"));
    make(call, FromParams { path_tune }).await
}

/// `POST /prompts`
pub async fn create_at_root(call: Call) -> Answer {
    make(call, FromParams { path_tune: None }).await
}

/// Makes it, and shows it.
pub(super) async fn make<S: Source>(call: Call, source: S) -> Answer {
    spend(call, MakePrompt(source)).await
}

struct FromParams {
    path_tune: Option<String>,
}

impl Source for FromParams {
    const OPERATION: Operation = Operation::CreatePrompt;

    fn judge(&self, params: Params, rules: &PolicyRules, plan: &PlanRules<'_>) -> Result<Draft, PolicyError> {
        let judged = judge_prompt(params, self.path_tune.as_deref(), rules, plan, None)?;
        Ok(Draft {
            templates: judged.templates().map(str::to_owned).collect(),
            tune: judged.tune_id,
            params: judged.params,
            names: judged.names,
            priced: judged.priced,
            notes: Notes { dropped: judged.dropped, clamped: judged.clamped },
        })
    }

    fn path(&self, draft: &Draft, proven: &Proven) -> Option<Path> {
        Some(Path::new().literal("tunes").tune(proven.tune(draft.tune)?).literal("prompts"))
    }
}
