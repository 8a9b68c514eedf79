//! Photo inspection: one photo in, a flat object of traits out; never cached, never logged.

use http::StatusCode;

use crate::call::{Answer, Call, Caller};
use crate::callback::Slot;
use crate::operation::Operation;
use crate::params::{Params, encode};
use crate::policy::{JudgedInspection, PlanRules, PolicyError, PolicyRules, judge_inspection};
use crate::quota::{Amounts, Measure};
use crate::reply;
use crate::spend::{Creation, Outcome, spend};
use crate::state::State;
use crate::upstream::{Path, UpstreamError, UpstreamRequest, objects};

/// `POST /images/inspect`
pub async fn inspect(call: Call) -> Answer {
    let created = spend(call, InspectImage).await?;
    let mut response = reply::json_bytes(StatusCode::OK, created.shown);
    reply::name_dropped(&mut response, &created.dropped);
    Ok(response)
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
        _: &PlanRules<'_>,
    ) -> Result<JudgedInspection, PolicyError> {
        judge_inspection(params, rules)
    }

    fn amounts(&self, _: &JudgedInspection, state: &State) -> Amounts {
        Amounts::none()
            .with(Measure::Inspections, 1)
            .with(Measure::CostMc, state.config.quota.unknown_cost_mc.0)
    }

    fn dropped(&self, judged: &mut JudgedInspection) -> Vec<String> {
        std::mem::take(&mut judged.dropped)
    }

    /// An inspection ends with its reply: there is nothing to call back for.
    fn request(&self, judged: &mut JudgedInspection, _: impl Fn(Slot) -> String) -> UpstreamRequest {
        let body = encode(&judged.params);
        UpstreamRequest::post(
            Self::OPERATION,
            Path::new().literal("images/inspect"),
            body.content_type,
            body.segments,
        )
    }

    fn conclude(
        &self,
        judged: &JudgedInspection,
        reply: &[u8],
        state: &State,
        _: &Caller,
    ) -> Result<Outcome, UpstreamError> {
        let shown = objects::show_inspection(reply).ok_or(UpstreamError::Unreadable)?.into();
        Ok(Outcome { shown, actual: self.amounts(judged, state) })
    }
}
