//! Prompts: create one on a shared tune, and read one's own.

use http::StatusCode;

use crate::ask::ask;
use crate::call::{Answer, Call, Caller};
use crate::callback::Slot;
use crate::ids::{PromptId, TuneId};
use crate::operation::Operation;
use crate::ownership::{MemoryOwnershipError, Owned};
use crate::params::{self, Params, encode};
use crate::policy::{JudgedPrompt, PlanRules, PolicyError, PolicyRules, judge_prompt};
use crate::problem::Problem;
use crate::quota::{Amounts, Measure};
use crate::reply;
use crate::spend::{self, Creation, Outcome, spend};
use crate::state::State;
use crate::upstream::{self, UpstreamError, UpstreamRequest, objects};

/// `POST /tunes/{tune_id}/prompts`
pub async fn create_on_tune(mut call: Call) -> Answer {
    let path_tune = Some(call.path.take("tune_id"));
    create(call, CreatePrompt { path_tune }).await
}

/// `POST /prompts`
pub async fn create_at_root(call: Call) -> Answer {
    create(call, CreatePrompt { path_tune: None }).await
}

async fn create(call: Call, creation: CreatePrompt) -> Answer {
    let created = spend(call, creation).await?;
    let mut response = reply::json_bytes(StatusCode::CREATED, created.shown);
    reply::name_dropped(&mut response, &created.dropped);
    Ok(response)
}

struct CreatePrompt {
    path_tune: Option<String>,
}

impl Creation for CreatePrompt {
    type Judged = JudgedPrompt;
    const OPERATION: Operation = Operation::CreatePrompt;

    fn judge(
        &self,
        params: Params,
        rules: &PolicyRules,
        plan: &PlanRules<'_>,
    ) -> Result<JudgedPrompt, PolicyError> {
        judge_prompt(params, self.path_tune.as_deref(), rules, plan)
    }

    fn amounts(&self, judged: &JudgedPrompt, state: &State) -> Amounts {
        let images = u64::from(judged.images);
        Amounts::none()
            .with(Measure::Prompts, 1)
            .with(Measure::Images, images)
            .with(Measure::Videos, u64::from(judged.videos))
            .with(Measure::CostMc, state.config.quota.unknown_cost_mc.times(images).0)
    }

    fn dropped(&self, judged: &mut JudgedPrompt) -> Vec<String> {
        std::mem::take(&mut judged.dropped)
    }

    fn request(&self, judged: &mut JudgedPrompt, callback: impl Fn(Slot) -> String) -> UpstreamRequest {
        judged.params.insert("prompt[callback]", params::Value::Text(callback(Slot::Prompt(0))));
        let body = encode(&judged.params);
        let path = upstream::Path::new().literal("tunes").id(judged.tune_id.get()).literal("prompts");
        UpstreamRequest::post(Self::OPERATION, path, body.content_type, body.segments)
    }

    fn conclude(
        &self,
        judged: &JudgedPrompt,
        reply: &[u8],
        state: &State,
        caller: &Caller,
    ) -> Result<Outcome, UpstreamError> {
        let prompt = objects::Prompt::find(reply).ok_or(UpstreamError::Unreadable)?;
        let (id, tune) = (prompt.id, prompt.tune);
        if tune != judged.tune_id {
            return Err(UpstreamError::Unreadable);
        }
        match state.ownership.record_prompt(&caller.account.key, id, tune, caller.principal.id()) {
            Ok(()) => {}
            // Somebody else's prompt came back: it must not be shown.
            Err(MemoryOwnershipError::Conflict) => return Err(UpstreamError::Unreadable),
            Err(MemoryOwnershipError::Full) => {
                tracing::error!("the ownership index is full: a prompt has no owner");
            }
        }
        let images = prompt.number("num_images").unwrap_or(u64::from(judged.images));
        let mut actual = self.amounts(judged, state).with(Measure::Images, images);
        if let Some(cost_mc) = prompt.number("cost_mc") {
            actual = actual.with(Measure::CostMc, cost_mc);
        }
        Ok(Outcome { shown: prompt.show(&state.gateway_url).into(), actual })
    }
}

/// `GET /prompts/{id}`
pub async fn get(call: Call) -> Answer {
    let id = parse_prompt(call.path.get("id"))?;
    let Caller { principal, account, .. } = &call.who;
    let owned = call.state.ownership.find_prompt(&account.key, id, principal.id());
    show(&call, owned.ok_or_else(Problem::not_found)?).await
}

/// `GET /tunes/{tune_id}/prompts/{id}`
pub async fn get_of_tune(call: Call) -> Answer {
    let tune = call.path.get("tune_id");
    let models = &call.state.rules.models;
    let tune = models.get(tune.strip_prefix('@').unwrap_or(tune)).copied().or_else(|| TuneId::parse(tune));
    let (tune, id) = (tune.ok_or_else(Problem::not_found)?, parse_prompt(call.path.get("id"))?);
    let Caller { principal, account, .. } = &call.who;
    let owned = call.state.ownership.find_prompt_of_tune(&account.key, tune, id, principal.id());
    show(&call, owned.ok_or_else(Problem::not_found)?).await
}

/// An id with or without the `.json` that clients of the older API send.
fn parse_prompt(text: &str) -> Result<PromptId, Problem> {
    PromptId::parse(text.strip_suffix(".json").unwrap_or(text)).ok_or_else(Problem::not_found)
}

async fn show(call: &Call, owned: Owned<PromptId>) -> Answer {
    let operation = Operation::GetPrompt;
    let path =
        upstream::Path::new().literal("tunes").id(owned.tune().get()).literal("prompts").id(owned.id().get());
    let failed = |error: UpstreamError| {
        spend::report(&error, operation);
        Problem::of_upstream(&error, operation)
    };
    let request = UpstreamRequest::get(operation, path);
    let reply = ask(&call.state, &call.facts, &call.who.account, request).await.map_err(failed)?;
    let prompt = objects::Prompt::find(&reply).ok_or_else(|| failed(UpstreamError::Unreadable))?;
    if prompt.id != owned.id() {
        return Err(failed(UpstreamError::Unreadable));
    }
    Ok(reply::json_bytes(StatusCode::OK, prompt.show(&call.state.gateway_url).into()))
}
