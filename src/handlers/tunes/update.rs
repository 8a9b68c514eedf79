//! `PATCH /tunes/{id}`: one's own tune's title, name, extension and characteristics.
//!
//! Characteristics are filled into texts that wait for their turn, so those texts are judged again with the new values.

use http::StatusCode;
use serde_json::Value as Json;

use super::super::shown::{failed, own_tune, read_tune, view};
use crate::ask::ask;
use crate::call::{Answer, Call, Caller};
use crate::middleware::read_params::read_params;
use crate::objects::Tune;
use crate::operation::Operation;
use crate::ownership::{ListQuery, ObjectKind, Sighting};
use crate::params::{Value, encode};
use crate::policy::{JudgedTuneUpdate, judge_characteristics_for, judge_tune_update};
use crate::problem::Problem;
use crate::reply;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// Prompts that are looked through for such as wait, newest first: in pages, and so many of these.
const PAGE: u32 = 120;
const MAX_PAGES: usize = 20;

/// See the module.
pub async fn update(call: Call) -> Answer {
    let operation = Operation::UpdateTune;
    let (call, body) = call.split();
    let id = read_tune(&call, "id")?;
    let held = own_tune(&call, id).await?;
    let (params, _share) = read_params(&call.state, &call.facts, &call.head.headers, body).await?;
    let plan = call.who.plan.policy();
    let mut judged = judge_tune_update(params, &call.state.rules, &plan)?;
    check_waiting(&call, &judged, id).await?;
    let view = view(&call.state, &call.who);
    if let (Some(title), Some(prefix)) = (&judged.title, &view.prefix) {
        judged.params.insert("tune[title]", Value::Text(prefix.add(title)));
    }
    let body = encode(&judged.params);
    let path = Path::new().literal("tunes").own_tune(held.owned);
    let request = UpstreamRequest::patch(operation, path, body.content_type, body.segments);
    let account = &call.who.account;
    let answer = ask(&call.state, &call.facts, account, request).await;
    let index = call.state.ownership.index();
    let reply = match answer {
        Ok(reply) => reply,
        Err(error) => {
            match error {
                UpstreamError::NotFound => index.forget(&account.key, id.into()).await?,
                // It may have been carried out.
                _ => index.doubt(&account.key, id.into()).await?,
            }
            return Err(failed(&error, operation));
        }
    };
    let tune = Tune::find(&reply).filter(|tune| tune.id == id);
    let mut shown = match tune {
        Some(tune) => {
            let (at, objects) = (call.state.clock.now(), vec![tune.seen()]);
            index.see(Sighting { account: account.key.clone(), objects, found_on: None, at }).await?;
            reply::json_bytes(StatusCode::OK, tune.show(&view).into())
        }
        // Changed, and answered without saying how it is now.
        None => {
            index.doubt(&account.key, id.into()).await?;
            super::show_tune(&call, &held).await?
        }
    };
    reply::name_dropped(&mut shown, &judged.dropped);
    Ok(shown)
}

/// Judges the texts of prompts that wait on this tune with its new characteristics.
async fn check_waiting(
    call: &Call<Caller, ()>,
    judged: &JudgedTuneUpdate,
    id: crate::ids::TuneId,
) -> Result<(), Problem> {
    let Some(characteristics) = &judged.characteristics else { return Ok(()) };
    let (state, Caller { principal, account, .. }) = (&call.state, &call.who);
    let mut query = ListQuery { tune: Some(id), limit: PAGE, ..ListQuery::default() };
    let mut members: Vec<Json> = Vec::new();
    for _ in 0..MAX_PAGES {
        let now = state.clock.now();
        let owns =
            state.ownership.list(&account.key, principal.id(), ObjectKind::Prompt, &query, now).await?;
        let waiting = owns.records.iter().filter(|(_, record)| !record.is_finished);
        members
            .extend(waiting.filter_map(|(_, record)| serde_json::from_str(record.members.as_deref()?).ok()));
        query.before_id = owns.records.last().map(|(_, record)| record.object.id);
        if owns.records.len() < PAGE as usize {
            break;
        }
    }
    let texts: Vec<&str> = members
        .iter()
        .flat_map(|prompt| ["text", "negative_prompt", "video_prompt"].map(|name| prompt.get(name)))
        .filter_map(|text| text?.as_str())
        .collect();
    let named = judge_characteristics_for(&texts, characteristics, &state.rules, &call.who.plan.policy())?;
    state.ownership.prove(&account.key, principal.id(), &named, &state.rules.shared).await?;
    Ok(())
}
