//! Lists of the caller's own tunes and prompts, from the index; never a filtered page of Astria's.
//!
//! One query if everything is fresh. What is not is looked at, many at once, and the list is read again: so what
//! Astria does not have any more is not in it, and what takes its place is. While Astria is down, objects are shown as
//! last seen.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;

use super::list_query::{self, Asked};
use super::shown::{asking, read_tune, view};
use crate::call::{Answer, Call, Caller};
use crate::ids::TuneId;
use crate::objects::{Prompt, Tune, View};
use crate::ownership::{AccountKey, ListQuery, ObjectKind, OwnedObject, Owns, Record, References};
use crate::problem::Problem;
use crate::refresh::{Freshness, Refresher};
use crate::reply;
use crate::upstream::{UpstreamError, UpstreamRequest};

/// Rows that come in for such as are gone may be old themselves; after so many rounds they are shown as they are.
const MAX_ROUNDS: usize = 3;
/// Tunes that one list looks through for prompts that nobody told of.
const MAX_SWEPT: usize = 8;

/// `GET /tunes`
pub async fn tunes(call: Call) -> Answer {
    answer(&call, ObjectKind::Tune, None).await
}

/// `GET /prompts`
pub async fn prompts(call: Call) -> Answer {
    answer(&call, ObjectKind::Prompt, None).await
}

/// `GET /tunes/{tune_id}/prompts`: of a shared tune, the caller's own prompts only.
pub async fn prompts_of_tune(call: Call) -> Answer {
    let tune = read_tune(&call, "tune_id")?;
    answer(&call, ObjectKind::Prompt, Some(tune)).await
}

async fn answer(call: &Call, kind: ObjectKind, under: Option<TuneId>) -> Answer {
    let view = view(&call.state, &call.who);
    let prefix = view.prefix.as_ref().ok_or_else(Problem::not_found)?;
    let Asked { mut query, tune, dropped } = list_query::read(call, kind, prefix)?;
    let mut named = References::default();
    under.into_iter().chain(tune).for_each(|tune| named.use_tune(tune));
    let Caller { principal, account, .. } = &call.who;
    call.state.ownership.prove(&account.key, principal.id(), &named, &call.state.rules.shared).await?;
    query.tune = under.or(tune);
    let contradictory = under.zip(tune).is_some_and(|(under, tune)| under != tune);
    let records = if contradictory { Vec::new() } else { fresh(call, kind, &query).await? };
    let shown = show(kind, &records, &view);
    let mut reply = reply::json_bytes(StatusCode::OK, shown.into());
    reply::name_dropped(&mut reply, &dropped);
    Ok(reply)
}

/// The records of a page, as fresh as they can be had in time.
async fn fresh(call: &Call, kind: ObjectKind, query: &ListQuery) -> Result<Vec<Record>, Problem> {
    let (state, config) = (&call.state, &call.state.config.lists);
    let Caller { principal, account, .. } = &call.who;
    let freshness = Freshness {
        unfinished: Duration::from_millis(config.unfinished_fresh_ms),
        finished: Duration::from_secs(config.finished_fresh_s),
    };
    let deadline = tokio::time::Instant::now() + Duration::from_millis(config.refresh_timeout_ms);
    let (user, mut rounds) = (call.facts.principal(), 0);
    loop {
        let now = state.clock.now();
        let owns = state.ownership.list(&account.key, principal.id(), kind, query, now).await?;
        let Owns { records, awaiting } = owns;
        let mut looks = Vec::new();
        for (object, record) in &records {
            if !state.refresher.is_fresh(&account.key, record, freshness) {
                let asking = asking(state, &call.facts, account);
                looks.push(look(
                    state.refresher.clone(),
                    account.key.clone(),
                    *object,
                    record.clone(),
                    asking,
                ));
            }
        }
        let sweep_fresh = Duration::from_millis(config.sweep_fresh_ms);
        let unswept: Vec<_> = awaiting
            .into_iter()
            .filter(|(_, last)| {
                kind == ObjectKind::Prompt && last.is_none_or(|last| last.until(now) >= sweep_fresh)
            })
            .take(MAX_SWEPT)
            .collect();
        rounds += 1;
        if rounds > MAX_ROUNDS || (looks.is_empty() && unswept.is_empty()) {
            return Ok(records.into_iter().map(|(_, record)| record).collect());
        }
        let looking = async {
            let looked: Vec<bool> = stream::iter(looks).buffer_unordered(config.fan_out).collect().await;
            let mut all_well = looked.into_iter().all(|well| well);
            for (tune, _) in unswept {
                all_well &= state.refresher.sweep(account, tune, user).await.is_ok();
            }
            all_well
        };
        let all_well = tokio::time::timeout_at(deadline, looking).await;
        if !matches!(all_well, Ok(true)) {
            // Astria is slow or down: once more what is known, and no second try.
            let owns = state.ownership.list(&account.key, principal.id(), kind, query, now).await?;
            return Ok(owns.records.into_iter().map(|(_, record)| record).collect());
        }
    }
}

/// Whether Astria said how the object is; that it is gone is an answer too.
async fn look<F>(
    refresher: Refresher,
    account: AccountKey,
    object: OwnedObject,
    record: Record,
    asking: impl FnOnce(UpstreamRequest) -> F,
) -> bool
where
    F: Future<Output = Result<Bytes, UpstreamError>> + Send + 'static,
{
    let look = refresher.fetch(&account, object, &record, asking).await;
    matches!(look, Ok(_) | Err(UpstreamError::NotFound))
}

/// A JSON list. An object that was never seen whole has nothing to show yet.
fn show(kind: ObjectKind, records: &[Record], view: &View<'_>) -> Vec<u8> {
    let mut list = Vec::with_capacity(records.len() * 1024 + 2);
    list.push(b'[');
    for record in records {
        let Some(members) = record.members.as_deref().map(str::as_bytes) else { continue };
        let shown = match kind {
            ObjectKind::Tune => Tune::find(members).map(|tune| tune.show(view)),
            ObjectKind::Prompt => Prompt::find(members).map(|prompt| prompt.show(view, record.is_liked)),
        };
        let Some(shown) = shown else { continue };
        if list.len() > 1 {
            list.push(b',');
        }
        list.extend_from_slice(&shown);
    }
    list.push(b']');
    list
}
