//! Prompts: create one on a shared tune, and read one's own.

use axum::Extension;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::reply;
use crate::callback::Slot;
use crate::ids::{PromptId, TuneId};
use crate::middleware::authenticate::Caller;
use crate::operation::Operation;
use crate::ownership::{Owned, OwnershipError};
use crate::params::{self, Params, encode};
use crate::policy::{JudgedPrompt, PlanRules, PolicyError, PolicyRules, judge_prompt};
use crate::principal::EndUserId;
use crate::problem::Problem;
use crate::quota::{Amounts, Measure};
use crate::spend::{self, Creation, Outcome, ReceivedBody, Spender, spend};
use crate::state::{AppState, State};
use crate::upstream::{self, UpstreamError, UpstreamRequest, objects};

/// `POST /tunes/{tune_id}/prompts`
pub async fn create_on_tune(
    Shared(state): Shared<AppState>,
    Extension(caller): Extension<Caller>,
    Path(tune): Path<String>,
    body: ReceivedBody,
) -> Result<Response, Problem> {
    create(state, caller, CreatePrompt { path_tune: Some(tune) }, body).await
}

/// `POST /prompts`
pub async fn create_at_root(
    Shared(state): Shared<AppState>,
    Extension(caller): Extension<Caller>,
    body: ReceivedBody,
) -> Result<Response, Problem> {
    create(state, caller, CreatePrompt { path_tune: None }, body).await
}

async fn create(
    state: AppState,
    caller: Caller,
    creation: CreatePrompt,
    body: ReceivedBody,
) -> Result<Response, Problem> {
    let spender = Spender { id: caller.principal.id().clone(), plan: caller.plan };
    let created = spend(state, spender, creation, body).await?;
    let mut response = reply::json(StatusCode::CREATED, &created.shown);
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
        reply: Value,
        state: &State,
        owner: &EndUserId,
    ) -> Result<Outcome, UpstreamError> {
        let (object, prompt, tune) = objects::find_prompt(&reply).ok_or(UpstreamError::Unreadable)?;
        if tune != judged.tune_id {
            return Err(UpstreamError::Unreadable);
        }
        match state.ownership.record_prompt(&state.account, prompt, tune, owner) {
            Ok(()) => {}
            // Somebody else's prompt came back: it must not be shown.
            Err(OwnershipError::Conflict) => return Err(UpstreamError::Unreadable),
            Err(OwnershipError::Full) => {
                tracing::error!("the ownership index is full: a prompt has no owner");
            }
        }
        let number = |name: &str| object.get(name).and_then(Value::as_u64);
        let images = number("num_images").unwrap_or(u64::from(judged.images));
        let mut actual = self.amounts(judged, state).with(Measure::Images, images);
        if let Some(cost_mc) = number("cost_mc") {
            actual = actual.with(Measure::CostMc, cost_mc);
        }
        Ok(Outcome { shown: objects::show_prompt(object, &state.gateway_url, tune, prompt), actual })
    }
}

/// `GET /prompts/{id}`
pub async fn get(
    Shared(state): Shared<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = parse_prompt(&id)?;
    let owned = state.ownership.find_prompt(&state.account, id, caller.principal.id());
    show(&state, owned.ok_or_else(Problem::not_found)?).await
}

/// `GET /tunes/{tune_id}/prompts/{id}`
pub async fn get_of_tune(
    Shared(state): Shared<AppState>,
    Extension(caller): Extension<Caller>,
    Path((tune, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let tune = state
        .rules
        .models
        .get(tune.strip_prefix('@').unwrap_or(&tune))
        .copied()
        .or_else(|| TuneId::parse(&tune));
    let (tune, id) = (tune.ok_or_else(Problem::not_found)?, parse_prompt(&id)?);
    let owned = state.ownership.find_prompt_of_tune(&state.account, tune, id, caller.principal.id());
    show(&state, owned.ok_or_else(Problem::not_found)?).await
}

/// An id with or without the `.json` that clients of the older API send.
fn parse_prompt(text: &str) -> Result<PromptId, Problem> {
    PromptId::parse(text.strip_suffix(".json").unwrap_or(text)).ok_or_else(Problem::not_found)
}

async fn show(state: &State, owned: Owned<PromptId>) -> Result<Response, Problem> {
    let operation = Operation::GetPrompt;
    let path =
        upstream::Path::new().literal("tunes").id(owned.tune().get()).literal("prompts").id(owned.id().get());
    let failed = |error: UpstreamError| {
        spend::report(&error, operation);
        Problem::of_upstream(&error, operation)
    };
    let reply = state.upstream.call(UpstreamRequest::get(operation, path)).await.map_err(failed)?;
    let (object, id, tune) = objects::find_prompt(&reply).ok_or_else(|| failed(UpstreamError::Unreadable))?;
    if id != owned.id() {
        return Err(failed(UpstreamError::Unreadable));
    }
    Ok(reply::json(StatusCode::OK, &objects::show_prompt(object, &state.gateway_url, tune, id)))
}
