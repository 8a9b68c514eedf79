//! `POST /tunes`: a training, and the prompts that come with it.

use super::super::shown::view;
use crate::call::{Answer, Call};
use crate::callback::Slot;
use crate::money::Millicents;
use crate::objects::Tune;
use crate::operation::Operation;
use crate::ownership::{Proven, References, Seen};
use crate::params::{Params, Value, encode};
use crate::policy::{JudgedTune, PlanRules, PolicyError, PolicyRules, Priced, judge_tune};
use crate::prices::Job;
use crate::quota::{Amounts, Measure, Trail};
use crate::spend::{Creation, Making, Notes, Outcome, spend};
use crate::state::State;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// `POST /tunes`
pub async fn create(call: Call) -> Answer {
    spend(call, CreateTune).await
}

struct CreateTune;

impl Creation for CreateTune {
    type Judged = JudgedTune;
    const OPERATION: Operation = Operation::CreateTune;
    const SPOOLS: bool = true;

    fn judge(
        &self,
        params: Params,
        rules: &PolicyRules,
        plan: &PlanRules<'_>,
    ) -> Result<JudgedTune, PolicyError> {
        judge_tune(params, rules, plan)
    }

    fn names(&self, judged: &JudgedTune) -> References {
        judged.names.clone()
    }

    fn is_free(&self, judged: &JudgedTune, _: &Proven) -> bool {
        judged.branch_is_fast
    }

    /// Its prompts are priced as what they are: prompts on an end user's own tune.
    fn jobs(&self, judged: &JudgedTune, state: &State) -> (Vec<Job>, Option<Millicents>) {
        let base = judged.base.filter(|base| state.rules.shared.find(*base).is_some());
        let training = Job::new(Self::OPERATION, base, judged.flags.clone());
        let prompts = judged.prompts.iter().map(|each| Job::prompt(Operation::CreatePrompt, None, each));
        (std::iter::once(training).chain(prompts).collect(), None)
    }

    fn amounts(&self, judged: &JudgedTune, making: &Making<'_>) -> Amounts {
        let sum = |count: fn(&Priced) -> u32| {
            judged.prompts.iter().map(|prompt| u64::from(count(prompt))).sum::<u64>()
        };
        Amounts::none()
            .with(Measure::Tunes, 1)
            .with(Measure::Prompts, judged.prompts.len() as u64)
            .with(Measure::Images, sum(|prompt| prompt.images))
            .with(Measure::Videos, sum(Priced::videos))
            .with(Measure::CostMc, self.cost_mc(judged, making))
    }

    fn notes(&self, judged: &mut JudgedTune) -> Notes {
        Notes { dropped: std::mem::take(&mut judged.dropped), clamped: std::mem::take(&mut judged.clamped) }
    }

    fn trail(&self, judged: &JudgedTune, making: &Making<'_>) -> Trail {
        Trail { title: Some(making.prefix().add(&judged.title)), ..Trail::default() }
    }

    fn request(&self, judged: &mut JudgedTune, making: &Making<'_>) -> Option<UpstreamRequest> {
        let params = &mut judged.params;
        params.insert("tune[title]", Value::Text(making.prefix().add(&judged.title)));
        params.insert("tune[callback]", Value::Text(making.callback(Slot::Tune)));
        if let Some(Value::Object(tune)) = params.root.get_mut("tune")
            && let Some(Value::List(prompts)) = tune.get_mut("prompts_attributes")
        {
            for (slot, prompt) in (0_u16..).zip(prompts) {
                if let Value::Object(prompt) = prompt {
                    prompt.insert("callback".to_owned(), Value::Text(making.callback(Slot::Prompt(slot))));
                }
            }
        }
        let body = encode(params);
        let path = Path::new().literal("tunes");
        Some(UpstreamRequest::post(Self::OPERATION, path, body.content_type, body.segments))
    }

    fn conclude(
        &self,
        judged: &JudgedTune,
        reply: &[u8],
        making: &Making<'_>,
    ) -> Result<Outcome, UpstreamError> {
        let tune = Tune::find(reply).ok_or(UpstreamError::Unreadable)?;
        Ok(concluded(&tune, judged.prompts.len(), making))
    }
}

/// A training that was begun. `prompts` of them come with it, shown in the reply or not.
pub(super) fn concluded(tune: &Tune<'_>, prompts: usize, making: &Making<'_>) -> Outcome {
    let nested = tune.prompts();
    let is_complete = nested.len() >= prompts;
    let objects: Vec<Seen> =
        std::iter::once(tune.seen()).chain(nested.iter().map(crate::objects::Prompt::seen)).collect();
    Outcome {
        is_complete,
        cost_mc: tune.number("cost_mc"),
        awaits: if is_complete { Vec::new() } else { vec![tune.id] },
        ..Outcome::of(tune.show(&view(making.state, making.caller)), objects)
    }
}
