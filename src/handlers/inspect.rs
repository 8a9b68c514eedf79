//! Photo inspection: one photo in, a flat object of traits out; never cached, never logged.

use std::collections::BTreeSet;

use crate::call::{Answer, Call};
use crate::money::Millicents;
use crate::objects::show_inspection;
use crate::operation::Operation;
use crate::ownership::{Proven, References};
use crate::params::{Params, encode};
use crate::policy::{JudgedInspection, PlanRules, PolicyError, PolicyRules, judge_inspection};
use crate::prices::Job;
use crate::quota::{Amounts, Measure, Trail};
use crate::spend::{Creation, Making, Notes, Outcome, spend};
use crate::state::State;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// `POST /images/inspect`
pub async fn inspect(call: Call) -> Answer {
    spend(call, InspectImage).await
}

struct InspectImage;

impl Creation for InspectImage {
    type Judged = JudgedInspection;
    const OPERATION: Operation = Operation::InspectImage;
    // No id, no list: nobody could ask Astria for it.
    const CAN_BE_FOUND_AGAIN: bool = false;

    fn judge(
        &self,
        params: Params,
        rules: &PolicyRules,
        plan: &PlanRules<'_>,
    ) -> Result<JudgedInspection, PolicyError> {
        judge_inspection(params, rules, plan)
    }

    /// A photo and a class: no object of Astria's.
    fn names(&self, _: &JudgedInspection) -> References {
        References::default()
    }

    fn is_free(&self, _: &JudgedInspection, _: &Proven) -> bool {
        false
    }

    fn jobs(&self, _: &JudgedInspection, _: &State) -> (Vec<Job>, Option<Millicents>) {
        (vec![Job::new(Self::OPERATION, None, BTreeSet::new())], None)
    }

    fn amounts(&self, judged: &JudgedInspection, making: &Making<'_>) -> Amounts {
        Amounts::none().with(Measure::Inspections, 1).with(Measure::CostMc, self.cost_mc(judged, making))
    }

    fn notes(&self, judged: &mut JudgedInspection) -> Notes {
        Notes { dropped: std::mem::take(&mut judged.dropped), clamped: Vec::new() }
    }

    fn status(&self, _: &State) -> u16 {
        200
    }

    /// It leaves none.
    fn trail(&self, _: &JudgedInspection, _: &Making<'_>) -> Trail {
        Trail::default()
    }

    /// An inspection ends with its reply: there is nothing to call back for.
    fn request(&self, judged: &mut JudgedInspection, _: &Making<'_>) -> Option<UpstreamRequest> {
        let body = encode(&judged.params);
        let path = Path::new().literal("images/inspect");
        Some(UpstreamRequest::post(Self::OPERATION, path, body.content_type, body.segments))
    }

    fn conclude(
        &self,
        _: &JudgedInspection,
        reply: &[u8],
        making: &Making<'_>,
    ) -> Result<Outcome, UpstreamError> {
        let shown = show_inspection(reply).ok_or(UpstreamError::Unreadable)?;
        Ok(Outcome { beside: making.held, ..Outcome::of(shown, Vec::new()) })
    }
}
