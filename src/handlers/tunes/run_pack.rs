//! `POST /p/{pack_id}/tunes`: a training with a pack's prompts, or a pack's prompts on tunes that exist.
//!
//! Packs are the operator's: one that end users do not see cannot be run. Its published costs say what a run may make
//! at most.

use super::super::packs::{self, PackFacts};
use super::create::concluded;
use crate::call::{Answer, Call};
use crate::callback::Slot;
use crate::money::Millicents;
use crate::objects::{PackRun as Ran, Tune};
use crate::operation::Operation;
use crate::ownership::{Proven, References};
use crate::params::{Params, Value, encode};
use crate::policy::{
    FieldErrors, JudgedPackRun, PackRun, PlanRules, PolicyError, PolicyRules, judge_pack_run,
};
use crate::prices::Job;
use crate::problem::Problem;
use crate::quota::{Amounts, Measure, Trail};
use crate::spend::{Asking, Creation, Making, Notes, Outcome, spend};
use crate::state::State;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// See the module.
pub async fn run_pack(mut call: Call) -> Answer {
    let pack = call.path.take("pack_id");
    spend(call, RunPack { pack }).await
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

/// How much a run makes at most.
struct Size {
    tunes: u64,
    trainings: u64,
    /// On each tune.
    prompts: u64,
    /// On each tune.
    images: u64,
    /// For each tune, as the pack says it.
    published: Option<Millicents>,
}

impl Run {
    fn size(&self) -> Size {
        let (class, tunes, trainings) = match &self.judged.run {
            PackRun::Trains { name, .. } => (Some(name.as_str()), 1, 1),
            PackRun::OnTunes(tunes) => (None, tunes.len() as u64, 0),
        };
        let most = self.pack.as_ref().map(|pack| pack.most_of(class)).unwrap_or_default();
        let asked = self.judged.num_images.map(|images| most.prompts.saturating_mul(images.into()));
        let images = asked.unwrap_or(most.images);
        // Published for the pack's own number of images: more cost more.
        let published = most.cost_mc.map(|cost_mc| match most.images {
            own if images > own => cost_mc.saturating_mul(images).div_ceil(own.max(1)),
            _ => cost_mc,
        });
        Size { tunes, trainings, prompts: most.prompts, images, published: published.map(Millicents) }
    }
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

    /// On each tune one job, with all the pack's images; a training is priced as what it is.
    fn jobs(&self, run: &Run, _: &State) -> (Vec<Job>, Option<Millicents>) {
        let size = run.size();
        let mut jobs =
            vec![Job::prompt(Self::OPERATION, None, &run.judged.each).images(size.images).times(size.tunes)];
        if size.trainings > 0 {
            jobs.push(Job::new(Operation::CreateTune, None, run.judged.flags.clone()));
        }
        (jobs, size.published.map(|each| each.times(size.tunes)))
    }

    fn amounts(&self, run: &Run, making: &Making<'_>) -> Amounts {
        let size = run.size();
        let images = size.images.saturating_mul(size.tunes);
        Amounts::none()
            .with(Measure::Tunes, size.trainings)
            .with(Measure::Prompts, size.prompts.saturating_mul(size.tunes))
            .with(Measure::Images, images)
            .with(Measure::Videos, if run.judged.each.video.is_some() { images } else { 0 })
            .with(Measure::CostMc, self.cost_mc(run, making))
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
                Trail { title: Some(making.prefix().add(title)), ..Trail::default() }
            }
            PackRun::OnTunes(tunes) => Trail { tunes: tunes.clone(), ..Trail::default() },
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
        match &run.judged.run {
            PackRun::Trains { .. } => {
                let tune = Tune::find(reply).ok_or(UpstreamError::Unreadable)?;
                // The pack's prompts are found on the tune, however many there are.
                Ok(concluded(&tune, usize::MAX, making))
            }
            PackRun::OnTunes(tunes) => match (Ran::find(reply), Tune::find(reply)) {
                (Some(ran), _) => {
                    let price = ran.order.total_cost_mc;
                    // Texts and numbers always serialize.
                    let shown = serde_json::to_vec(&ran).unwrap_or_default();
                    Ok(Outcome {
                        beside: Amounts::none().with(Measure::CostMc, price.unwrap_or(0)),
                        is_price_whole: price.is_some(),
                        cost_mc: price,
                        awaits: tunes.clone(),
                        ..Outcome::of(shown, ran.seen().collect())
                    })
                }
                (None, Some(tune)) => {
                    // One of theirs: nothing new is known of it but its prompts to come.
                    let outcome = concluded(&tune, usize::MAX, making);
                    Ok(Outcome { objects: Vec::new(), awaits: tunes.clone(), ..outcome })
                }
                (None, None) => Err(UpstreamError::Unreadable),
            },
        }
    }
}
