//! Packs, from the cache: `GET /packs`, `GET /gallery/packs`, `GET /p/{id_or_slug}`.

use std::sync::Arc;

use http::header::HeaderValue;

use super::rendered::send;
use crate::accounts::Account;
use crate::call::{Answer, Call, Facts};
use crate::headers::CACHE_STATUS;
use crate::ids::PackId;
use crate::money::Millicents;
use crate::operation::Operation;
pub use crate::packs::PackFacts;
use crate::packs::{PackKey, Rendered, Served};
use crate::params::{Value, parse_query};
use crate::problem::{Code, Problem};
use crate::reply;
use crate::spend;
use crate::state::AppState;
use crate::upstream::{self, UpstreamRequest};

type Query = Vec<(&'static str, String)>;

/// `GET /packs`
pub async fn list(call: Call) -> Answer {
    answer(&call, Operation::ListPacks, upstream::Path::new().literal("packs"), call.query()).await
}

/// `GET /gallery/packs`
pub async fn gallery(call: Call) -> Answer {
    let path = upstream::Path::new().literal("gallery/packs");
    answer(&call, Operation::ListGalleryPacks, path, call.query()).await
}

/// `GET /p/{id_or_slug}`, with or without `.json`.
pub async fn get(call: Call) -> Answer {
    answer(&call, Operation::GetPack, path_of(call.path.get("id"))?, "").await
}

/// A pack that end users see, as a run of it needs to know it.
///
/// # Errors
/// `not_found`: there is no such pack for end users. Astria's.
pub async fn facts(
    state: &AppState,
    facts: &Facts,
    account: &Account,
    name: &str,
) -> Result<PackFacts, Problem> {
    let asked = (Operation::GetPack, path_of(name)?);
    let (rendered, _) = look(state, facts, account, asked, &Query::new()).await?;
    let shown = serde_json::from_slice(&rendered.plain).ok();
    let unit = Millicents(state.config.packs.cost_unit_mc);
    shown.as_ref().and_then(|pack| PackFacts::read(pack, unit)).ok_or_else(Problem::not_found)
}

/// An id or a slug, with or without `.json`.
fn path_of(name: &str) -> Result<upstream::Path, Problem> {
    let name = name.strip_suffix(".json").unwrap_or(name);
    let numeric = name.bytes().all(|b| b.is_ascii_digit());
    let path = upstream::Path::new().literal("p");
    let path = if numeric { PackId::parse(name).map(|id| path.pack(id)) } else { path.slug(name) };
    path.ok_or_else(Problem::not_found)
}

async fn answer(call: &Call, operation: Operation, path: upstream::Path, query: &str) -> Answer {
    let (query, dropped) = normalise(query, &call.state)?;
    let (state, facts, account) = (&call.state, &call.facts, &call.who.account);
    let (rendered, served) = look(state, facts, account, (operation, path), &query).await?;
    let mut response = send(&rendered, call.headers(), "private, no-cache");
    if let Ok(status) = HeaderValue::try_from(cache_status(served)) {
        response.headers_mut().insert(CACHE_STATUS, status);
    }
    reply::name_dropped(&mut response, &dropped);
    Ok(response)
}

/// From the cache, or by one call for all who ask.
async fn look(
    state: &AppState,
    facts: &Facts,
    account: &Account,
    (operation, path): (Operation, upstream::Path),
    query: &Query,
) -> Result<(Arc<Rendered>, Served), Problem> {
    let request = UpstreamRequest::get(operation, path).query(query);
    let key = PackKey { account: account.key.clone(), path_and_query: request.path_and_query().to_owned() };
    let started = state.clock.monotonic();
    let looked_up = account.packs.get(key, request).await;
    if !matches!(looked_up, Ok((_, Served::Hit { .. }))) {
        facts.add_upstream(state.clock.monotonic().saturating_sub(started));
    }
    let (answer, served) = looked_up.map_err(|error| {
        state.metrics.pack_cache("error");
        spend::report(&error, operation);
        Problem::of_upstream(&error, operation)
    })?;
    let outcome = match served {
        Served::Hit { ttl_s } if ttl_s < 0 => "stale",
        Served::Hit { .. } => "hit",
        Served::Miss { collapsed: false } => "miss",
        Served::Miss { collapsed: true } => "collapsed",
    };
    state.metrics.pack_cache(outcome);
    facts.set_cache(outcome);
    Ok((answer.ok_or_else(Problem::not_found)?, served))
}

/// RFC 9211: either a hit with its remaining freshness, or why the request was forwarded.
fn cache_status(served: Served) -> String {
    match served {
        Served::Hit { ttl_s } => format!("astria-gateway; hit; ttl={ttl_s}"),
        Served::Miss { collapsed: false } => "astria-gateway; fwd=miss; stored".to_owned(),
        Served::Miss { collapsed: true } => "astria-gateway; fwd=miss; collapsed".to_owned(),
    }
}

/// The known parameters in one order and spelling, so that one list has one key; and the names of the others.
fn normalise(query: &str, state: &AppState) -> Result<(Query, Vec<String>), Problem> {
    let sent = parse_query(query, &state.param_limits)?;
    let (mut known, mut dropped, mut errors) = (Query::new(), Vec::new(), Vec::new());
    for (name, value) in sent.root {
        let Value::Text(text) = value else {
            dropped.push(name);
            continue;
        };
        let number = |max: u64| text.parse::<u64>().ok().filter(|n| *n <= max).map(|n| n.to_string());
        let flag = || matches!(text.as_str(), "true" | "false").then(|| text.clone());
        let (name, value) = match name.as_str() {
            "public" => ("public", flag()),
            "listed" => ("listed", flag()),
            "limit" => ("limit", number(120).filter(|n| n != "0")),
            "offset" => ("offset", number(10_000)),
            _ => {
                dropped.push(name);
                continue;
            }
        };
        match value {
            Some(value) => known.push((name, value)),
            None => errors.push((name.to_owned(), vec!["is not valid".to_owned()])),
        }
    }
    if !errors.is_empty() {
        return Err(Problem::new(Code::ValidationFailed, "Mend the fields that are named, then send again.")
            .with_errors(errors));
    }
    known.sort();
    Ok((known, dropped))
}
