//! Prompts: make one, copy one, read, like and delete one's own.

mod create;
mod duplicate;
mod make;

use http::Method;

use super::shown::{done, failed, own_prompt, show_prompt};
use crate::ask::ask;
use crate::call::{Answer, Call};
use crate::ids::PromptId;
use crate::operation::Operation;
use crate::ownership::Held;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

pub use create::{create_at_root, create_on_tune};
pub use duplicate::duplicate;

/// `GET /prompts/{id}`, `GET /tunes/{tune_id}/prompts/{id}`
pub async fn get(call: Call) -> Answer {
    let held = own_prompt(&call).await?;
    show_prompt(&call, &held).await
}

/// `DELETE /prompts/{id}`, `DELETE /tunes/{tune_id}/prompts/{id}`
pub async fn delete(call: Call) -> Answer {
    let operation = Operation::DeletePrompt;
    let held = own_prompt(&call).await?;
    let path = Path::new().literal("prompts").prompt(held.owned);
    let request = UpstreamRequest::bare(operation, Method::DELETE, path);
    let answer = ask(&call.state, &call.facts, &call.who.account, request).await;
    if matches!(answer, Ok(_) | Err(UpstreamError::NotFound)) {
        forget(&call, &held).await?;
    }
    answer.map_err(|error| failed(&error, operation))?;
    Ok(done(call.state.config.replies.delete_prompt_status, "Prompt successfully deleted"))
}

/// `POST /prompts/{id}/likes`, `POST /prompts/{id}/like`
pub async fn like(call: Call) -> Answer {
    set_like(call, Operation::LikePrompt, Method::POST, true).await
}

/// `DELETE /prompts/{id}/likes`, `DELETE /prompts/{id}/like`
pub async fn unlike(call: Call) -> Answer {
    set_like(call, Operation::UnlikePrompt, Method::DELETE, false).await
}

/// Told to Astria, and kept here: a like is its end user's.
async fn set_like(call: Call, operation: Operation, method: Method, is_liked: bool) -> Answer {
    let held = own_prompt(&call).await?;
    let path = Path::new().literal("prompts").prompt(held.owned).literal("likes");
    let request = UpstreamRequest::bare(operation, method, path);
    if let Err(error) = ask(&call.state, &call.facts, &call.who.account, request).await {
        if matches!(error, UpstreamError::NotFound) {
            forget(&call, &held).await?;
        }
        return Err(failed(&error, operation));
    }
    let index = call.state.ownership.index();
    index.like(&call.who.account.key, held.record.object, is_liked).await?;
    Ok(done(call.state.config.replies.like_status, ""))
}

async fn forget(call: &Call, held: &Held<PromptId>) -> Result<(), crate::ownership::IndexError> {
    call.state.ownership.index().forget(&call.who.account.key, held.record.object).await
}
