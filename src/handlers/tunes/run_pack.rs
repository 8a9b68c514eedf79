//! `POST /p/{pack_id}/tunes`: a training with a pack's prompts, or a pack's prompts on tunes that exist.
//!
//! Packs are the operator's: one that end users do not see cannot be run. Its published costs say what a run may make
//! at most.

use http::StatusCode;

use super::super::packs::{self, PackFacts};
use super::super::shown::name_notes;
use super::create::concluded;
use crate::call::{Answer, Call};
use crate::callback::Slot;
use crate::objects::{PackRun as Ran, Tune};
use crate::operation::Operation;
use crate::ownership::{Proven, References};
use crate::params::{Params, Value, encode};
use crate::policy::{
    FieldErrors, JudgedPackRun, PackRun, PlanRules, PolicyError, PolicyRules, judge_pack_run,
};
use crate::problem::Problem;
use crate::quota::{Amounts, Measure};
use crate::reply;
use crate::spend::{Asking, Creation, Making, Notes, Outcome, Trail, spend};
use crate::state::State;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// See the module.
pub async fn run_pack(mut call: Call) -> Answer {
    let pack = call.path.take("pack_id");
    let created = spend(call, RunPack { pack }).await?;
    let mut response = reply::json_bytes(StatusCode::CREATED, created.shown);
    name_notes(&mut response, &created.notes);
    Ok(response)
}

struct RunPack {
    /// As the path names it: an id or a slug.
    pack: String,
}

/// A run, and from `prepare` on the pack.
struct Run {
    judged: JudgedPackRun,
    pack: Option<PackFacts>,
}

impl Creation for RunPack {
    type Judged = Run;
    const OPERATION: Operation = Operation::RunPack;
    const SPOOLS: bool = true;

    fn judge(&self, params: Params, rules: &PolicyRules, plan: &PlanRules<'_>) -> Result<Run, PolicyError> {
        Ok(Run { judged: judge_pack_run(params, rules, plan)?, pack: None })
    }

    async fn prepare(&self, run: &mut Run, asking: Asking<'_>) -> Result<(), Problem> {
        let Asking { state, facts, caller } = asking;
        let pack = packs::facts(state, facts, &caller.account, &self.pack).await?;
        // A template of another pack is as good as one that does not exist.
        if run.judged.template_prompts.iter().any(|id| !pack.templates.contains(id)) {
            return Err(Problem::not_found());
        }
        if let PackRun::Trains { name, .. } = &run.judged.run
            && !pack.supports(name)
        {
            return Err(PolicyError::Invalid(FieldErrors::one("name", "is not a class of this pack")).into());
        }
        run.pack = Some(pack);
        Ok(())
    }

    fn names(&self, run: &Run) -> References {
        run.judged.names.clone()
    }

    fn is_free(&self, run: &Run, proven: &Proven) -> bool {
        match &run.judged.run {
            PackRun::Trains { .. } => false,
            PackRun::OnTunes(tunes) => {
                tunes.iter().all(|id| proven.own_tune(*id).is_some_and(|tune| tune.is_free()))
            }
        }
    }

    fn amounts(&self, run: &Run, state: &State) -> Amounts {
        let (class, tunes, trainings) = match &run.judged.run {
            PackRun::Trains { name, .. } => (Some(name.as_str()), 1, 1),
            PackRun::OnTunes(tunes) => (None, tunes.len() as u64, 0),
        };
        let each = run.pack.as_ref().map(|pack| pack.most_of(class)).unwrap_or_default();
        let images = match run.judged.num_images {
            Some(images) => each.prompts.saturating_mul(u64::from(images)),
            None => each.images,
        };
        let images = images.saturating_mul(tunes);
        let unknown = state.config.quota.unknown_cost_mc.times(images.saturating_add(trainings)).0;
        Amounts::none()
            .with(Measure::Tunes, trainings)
            .with(Measure::Prompts, each.prompts.saturating_mul(tunes))
            .with(Measure::Images, images)
            .with(Measure::CostMc, each.cost_mc.map_or(unknown, |cost_mc| cost_mc.saturating_mul(tunes)))
    }

    fn notes(&self, run: &mut Run) -> Notes {
        Notes {
            dropped: std::mem::take(&mut run.judged.dropped),
            clamped: std::mem::take(&mut run.judged.clamped),
        }
    }

    fn trail(&self, run: &Run, making: &Making<'_>) -> Trail {
        match &run.judged.run {
            PackRun::Trains { title, .. } => {
                Trail { tunes: Vec::new(), title: Some(making.prefix().add(title)) }
            }
            PackRun::OnTunes(tunes) => Trail { tunes: tunes.clone(), title: None },
        }
    }

    fn request(&self, run: &mut Run, making: &Making<'_>) -> Option<UpstreamRequest> {
        let params = &mut run.judged.params;
        match &run.judged.run {
            PackRun::Trains { title, .. } => {
                params.insert("tune[title]", Value::Text(making.prefix().add(title)));
            }
            PackRun::OnTunes(tunes) => {
                tunes.iter().map(|id| making.proven.own_tune(*id)).collect::<Option<Vec<_>>>()?;
            }
        }
        for (name, slot) in [
            ("tune[callback]", Slot::Tune),
            ("tune[prompt_attributes][callback]", Slot::Prompt(0)),
            ("tune[prompts_callback]", Slot::All),
        ] {
            params.insert(name, Value::Text(making.callback(slot)));
        }
        let body = encode(params);
        let path = Path::new().literal("p").pack(run.pack.as_ref()?.id).literal("tunes");
        Some(UpstreamRequest::post(Self::OPERATION, path, body.content_type, body.segments))
    }

    fn conclude(&self, run: &Run, reply: &[u8], making: &Making<'_>) -> Result<Outcome, UpstreamError> {
        let estimate = self.amounts(run, making.state);
        match &run.judged.run {
            PackRun::Trains { .. } => {
                let tune = Tune::find(reply).ok_or(UpstreamError::Unreadable)?;
                // The pack's prompts are found on the tune, however many there are.
                Ok(concluded(&tune, usize::MAX, estimate, making))
            }
            PackRun::OnTunes(tunes) => {
                let mut outcome = match (Ran::find(reply), Tune::find(reply)) {
                    (Some(ran), _) => {
                        let actual = match ran.order.total_cost_mc {
                            Some(cost_mc) => estimate.with(Measure::CostMc, cost_mc),
                            None => estimate,
                        };
                        // Texts and numbers always serialize.
                        let shown = serde_json::to_vec(&ran).unwrap_or_default().into();
                        Outcome { shown, actual, objects: ran.seen().collect(), awaits: Vec::new() }
                    }
                    (None, Some(tune)) => {
                        // One of theirs: nothing new is known of it but its prompts to come.
                        Outcome { objects: Vec::new(), ..concluded(&tune, usize::MAX, estimate, making) }
                    }
                    (None, None) => return Err(UpstreamError::Unreadable),
                };
                outcome.awaits.clone_from(tunes);
                Ok(outcome)
            }
        }
    }
}
