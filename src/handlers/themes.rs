//! `POST /themes`: ten prompts for each of one's own tunes, which appear on it later.

use bytes::Bytes;

use crate::call::{Answer, Call};
use crate::money::Millicents;
use crate::operation::Operation;
use crate::ownership::{Proven, References};
use crate::params::{Params, encode};
use crate::policy::{JudgedTheme, PlanRules, PolicyError, PolicyRules, judge_theme};
use crate::prices::Job;
use crate::quota::{Amounts, Measure, Trail};
use crate::spend::{Creation, Making, Notes, Outcome, spend};
use crate::state::State;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// See the module.
pub async fn create(call: Call) -> Answer {
    spend(call, CreateTheme).await
}

struct CreateTheme;

impl Creation for CreateTheme {
    type Judged = JudgedTheme;
    const OPERATION: Operation = Operation::CreateTheme;

    fn judge(
        &self,
        params: Params,
        rules: &PolicyRules,
        plan: &PlanRules<'_>,
    ) -> Result<JudgedTheme, PolicyError> {
        judge_theme(params, rules, plan)
    }

    fn names(&self, judged: &JudgedTheme) -> References {
        judged.names.clone()
    }

    fn is_free(&self, judged: &JudgedTheme, proven: &Proven) -> bool {
        judged.tunes.iter().all(|id| proven.own_tune(*id).is_some_and(|tune| tune.is_free()))
    }

    fn jobs(&self, judged: &JudgedTheme, _: &State) -> (Vec<Job>, Option<Millicents>) {
        let prompts = Job::prompt(Self::OPERATION, None, &judged.each).times(judged.prompts.into());
        (vec![prompts], None)
    }

    fn amounts(&self, judged: &JudgedTheme, making: &Making<'_>) -> Amounts {
        let prompts = u64::from(judged.prompts);
        Amounts::none()
            .with(Measure::Prompts, prompts)
            .with(Measure::Images, prompts.saturating_mul(judged.each.images.into()))
            .with(Measure::Videos, prompts.saturating_mul(judged.each.videos().into()))
            .with(Measure::CostMc, self.cost_mc(judged, making))
    }

    fn notes(&self, judged: &mut JudgedTheme) -> Notes {
        Notes { dropped: std::mem::take(&mut judged.dropped), clamped: std::mem::take(&mut judged.clamped) }
    }

    fn status(&self, state: &State) -> u16 {
        state.config.replies.theme_status
    }

    fn trail(&self, judged: &JudgedTheme, _: &Making<'_>) -> Trail {
        Trail { tunes: judged.tunes.clone(), title: None, is_nameless: true }
    }

    fn request(&self, judged: &mut JudgedTheme, making: &Making<'_>) -> Option<UpstreamRequest> {
        judged.tunes.iter().map(|id| making.proven.own_tune(*id)).collect::<Option<Vec<_>>>()?;
        let body = encode(&judged.params);
        let path = Path::new().literal("themes");
        Some(UpstreamRequest::post(Self::OPERATION, path, body.content_type, body.segments))
    }

    /// Whatever the body says: the prompts are found on the tunes.
    fn conclude(&self, judged: &JudgedTheme, _: &[u8], _: &Making<'_>) -> Result<Outcome, UpstreamError> {
        Ok(Outcome {
            is_complete: false,
            awaits: judged.tunes.clone(),
            ..Outcome::of(Bytes::new(), Vec::new())
        })
    }
}
