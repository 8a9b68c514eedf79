//! Objects of the caller's, found and shown: what every handler that names one begins with.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;

use crate::accounts::Account;
use crate::ask::ask;
use crate::call::{Call, Caller, Facts};
use crate::ids::{PromptId, TuneId};
use crate::objects::{Prompt, Tune, View};
use crate::operation::Operation;
use crate::ownership::{AccountKey, Held, OwnedObject, Record};
use crate::principal::EndUserId;
use crate::problem::Problem;
use crate::refresh::Freshness;
use crate::reply::{self, Reply};
use crate::spend;
use crate::state::{AppState, State};
use crate::upstream::{UpstreamError, UpstreamRequest};

/// A failed call upstream, told to both sides.
pub(super) fn failed(error: &UpstreamError, operation: Operation) -> Problem {
    spend::report(error, operation);
    Problem::of_upstream(error, operation)
}

/// An id or a model's name in a path; at its end, with or without the `.json` that clients of the older API send.
///
/// # Errors
/// `not_found`: it is neither.
pub(super) fn read_tune<B>(call: &Call<Caller, B>, name: &str) -> Result<TuneId, Problem> {
    let text = call.path.get(name);
    let text = if name == "id" { text.strip_suffix(".json").unwrap_or(text) } else { text };
    call.state.rules.shared.read(text).ok_or_else(Problem::not_found)
}

/// An id in a path, with or without `.json`.
///
/// # Errors
/// `not_found`: it is none.
pub(super) fn read_prompt<B>(call: &Call<Caller, B>) -> Result<PromptId, Problem> {
    let text = call.path.get("id");
    PromptId::parse(text.strip_suffix(".json").unwrap_or(text)).ok_or_else(Problem::not_found)
}

/// The caller's own prompt that the path names; under the tune that it names, if it names one.
///
/// # Errors
/// `not_found`: there is none that is theirs.
pub(super) async fn own_prompt<B: Sync>(call: &Call<Caller, B>) -> Result<Held<PromptId>, Problem> {
    let under = if call.path.get("tune_id").is_empty() { None } else { Some(read_tune(call, "tune_id")?) };
    let id = read_prompt(call)?;
    let Caller { principal, account, .. } = &call.who;
    Ok(call.state.ownership.prompt(&account.key, principal.id(), id, under).await?)
}

/// The caller's own tune.
///
/// # Errors
/// `not_found`: there is none that is theirs.
pub(super) async fn own_tune<B: Sync>(call: &Call<Caller, B>, id: TuneId) -> Result<Held<TuneId>, Problem> {
    let Caller { principal, account, .. } = &call.who;
    Ok(call.state.ownership.tune(&account.key, principal.id(), id).await?)
}

/// Through the eyes of an owner.
pub(super) fn view<'a>(state: &'a State, caller: &Caller) -> View<'a> {
    view_on(state, &caller.account.key, Some(caller.principal.id()))
}

/// Through the eyes of an owner of objects on this account; of nobody, without one.
pub(crate) fn view_on<'a>(state: &'a State, account: &AccountKey, owner: Option<&EndUserId>) -> View<'a> {
    View {
        gateway_url: &state.gateway_url,
        prefix: owner.map(|owner| state.titles.of(account, owner)),
        pictures: state.images.of(account, state.clock.now()),
    }
}

/// A prompt as Astria has it now, or had it a moment ago.
///
/// # Errors
/// Astria's.
pub(super) async fn show_prompt<B: Sync>(
    call: &Call<Caller, B>,
    held: &Held<PromptId>,
) -> Result<Reply, Problem> {
    let operation = Operation::GetPrompt;
    let reply = poll(call, OwnedObject::Prompt(held.owned), &held.record, operation).await?;
    let prompt = Prompt::find(&reply).ok_or_else(|| failed(&UpstreamError::Unreadable, operation))?;
    let shown = prompt.show(&view(&call.state, &call.who), held.record.is_liked);
    Ok(reply::json_bytes(StatusCode::OK, shown.into()))
}

/// A tune as Astria has it now, or had it a moment ago.
///
/// # Errors
/// Astria's.
pub(super) async fn show_tune<B: Sync>(
    call: &Call<Caller, B>,
    held: &Held<TuneId>,
) -> Result<Reply, Problem> {
    let operation = Operation::GetTune;
    let reply = poll(call, OwnedObject::Tune(held.owned), &held.record, operation).await?;
    let tune = Tune::find(&reply).ok_or_else(|| failed(&UpstreamError::Unreadable, operation))?;
    Ok(reply::json_bytes(StatusCode::OK, tune.show(&view(&call.state, &call.who)).into()))
}

/// An unfinished object as it was last seen, if that was a moment ago: however many browsers poll it, Astria is asked once
/// in that time. Anything else as Astria has it now.
async fn poll<B: Sync>(
    call: &Call<Caller, B>,
    object: OwnedObject,
    record: &Record,
    operation: Operation,
) -> Result<Bytes, Problem> {
    let unfinished = Duration::from_millis(call.state.config.reconcile.poll_fresh_ms);
    let fresh = Freshness { unfinished, finished: Duration::ZERO };
    match &record.members {
        Some(members) if call.state.refresher.is_fresh(&call.who.account.key, record, fresh) => {
            Ok(Bytes::from(members.clone()))
        }
        _ => look(call, object, record, operation).await,
    }
}

/// The object's reply, joined with whoever else asks for it now.
///
/// # Errors
/// Astria's.
pub(super) async fn look<B: Sync>(
    call: &Call<Caller, B>,
    object: OwnedObject,
    record: &Record,
    operation: Operation,
) -> Result<Bytes, Problem> {
    let asking = asking(&call.state, &call.facts, &call.who.account);
    let answer = call.state.refresher.fetch(&call.who.account.key, object, record, asking).await;
    answer.map_err(|error| failed(&error, operation))
}

/// How a request of this caller's asks Astria, in its turn and within its trace, when it is the first to ask.
pub(super) fn asking(
    state: &AppState,
    facts: &Arc<Facts>,
    account: &Arc<Account>,
) -> impl FnOnce(UpstreamRequest) -> BoxFuture<'static, Result<Bytes, UpstreamError>> + use<> {
    let (state, facts, account) = (Arc::clone(state), Arc::clone(facts), Arc::clone(account));
    move |request| async move { ask(&state, &facts, &account, request).await }.boxed()
}

/// What is said of something that is done: a message, or nothing where the status or the clients want none.
pub(super) fn done(status: u16, message: &str) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if status == StatusCode::OK && !message.is_empty() {
        return reply::json(status, &json!({ "message": message }));
    }
    let mut reply = reply::json_bytes(status, Bytes::new());
    reply.headers_mut().remove(CONTENT_TYPE);
    reply
}
