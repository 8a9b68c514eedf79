//! What creating a prompt and copying one have in common: everything but where it comes from and where it goes.

use super::super::shown::view;
use crate::callback::Slot;
use crate::ids::TuneId;
use crate::money::Millicents;
use crate::objects::Prompt;
use crate::operation::Operation;
use crate::ownership::{Proven, References};
use crate::params::{Params, Value, encode};
use crate::policy::{PlanRules, PolicyError, PolicyRules, Priced};
use crate::prices::Job;
use crate::quota::{Amounts, Measure, Trail};
use crate::spend::{Creation, Making, Notes, Outcome};
use crate::state::State;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// A prompt that may be made.
pub(super) struct Draft {
    /// On this tune.
    pub(super) tune: TuneId,
    /// As it is sent, but for the callback.
    pub(super) params: Params,
    /// Every object that it names.
    pub(super) names: References,
    /// Texts into which Astria fills the tune's characteristics.
    pub(super) templates: Vec<String>,
    /// What it makes at most, and what enters its price.
    pub(super) priced: Priced,
    /// What became of the parameters.
    pub(super) notes: Notes,
}

/// Where a prompt comes from.
pub(super) trait Source: Send + Sync + 'static {
    /// What making it is called.
    const OPERATION: Operation;

    /// Judges it.
    fn judge(&self, params: Params, rules: &PolicyRules, plan: &PlanRules<'_>) -> Result<Draft, PolicyError>;

    /// Where it is sent; `None` if what stands in there was not proven.
    fn path(&self, draft: &Draft, proven: &Proven) -> Option<Path>;
}

/// Makes one prompt.
pub(super) struct MakePrompt<S>(pub(super) S);

impl<S: Source> Creation for MakePrompt<S> {
    type Judged = Draft;
    const OPERATION: Operation = S::OPERATION;

    fn judge(&self, params: Params, rules: &PolicyRules, plan: &PlanRules<'_>) -> Result<Draft, PolicyError> {
        self.0.judge(params, rules, plan)
    }

    fn names(&self, draft: &Draft) -> References {
        draft.names.clone()
    }

    fn templates<'a>(&self, draft: &'a Draft) -> (Option<TuneId>, Vec<&'a str>) {
        (Some(draft.tune), draft.templates.iter().map(String::as_str).collect())
    }

    fn is_free(&self, draft: &Draft, proven: &Proven) -> bool {
        proven.tune(draft.tune).is_some_and(|tune| tune.is_free())
    }

    fn jobs(&self, draft: &Draft, state: &State) -> (Vec<Job>, Option<Millicents>) {
        let shared = state.rules.shared.find(draft.tune).map(|_| draft.tune);
        (vec![Job::prompt(Self::OPERATION, shared, &draft.priced)], None)
    }

    fn amounts(&self, draft: &Draft, making: &Making<'_>) -> Amounts {
        Amounts::none()
            .with(Measure::Prompts, 1)
            .with(Measure::Images, draft.priced.images.into())
            .with(Measure::Videos, draft.priced.videos().into())
            .with(Measure::CostMc, self.cost_mc(draft, making))
    }

    fn notes(&self, draft: &mut Draft) -> Notes {
        std::mem::take(&mut draft.notes)
    }

    fn trail(&self, draft: &Draft, _: &Making<'_>) -> Trail {
        Trail { tunes: vec![draft.tune], title: None, is_nameless: false }
    }

    fn request(&self, draft: &mut Draft, making: &Making<'_>) -> Option<UpstreamRequest> {
        let path = self.0.path(draft, making.proven)?;
        // A copy without it would call back under the original's name.
        draft.params.insert("prompt[callback]", Value::Text(making.callback(Slot::Prompt(0))));
        let body = encode(&draft.params);
        Some(UpstreamRequest::post(Self::OPERATION, path, body.content_type, body.segments))
    }

    fn conclude(&self, draft: &Draft, reply: &[u8], making: &Making<'_>) -> Result<Outcome, UpstreamError> {
        let prompt = Prompt::find(reply).ok_or(UpstreamError::Unreadable)?;
        if prompt.tune != draft.tune {
            return Err(UpstreamError::Unreadable);
        }
        let shown = prompt.show(&view(making.state, making.caller), false);
        Ok(Outcome { cost_mc: prompt.number("cost_mc"), ..Outcome::of(shown, vec![prompt.seen()]) })
    }
}
