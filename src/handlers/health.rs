//! Health, for whoever restarts or routes: `/healthz` (the process answers) and `/readyz` (send requests).

use http::StatusCode;
use http::header::HeaderValue;
use serde_json::json;

use crate::accounts::Account;
use crate::call::{Answer, Call};
use crate::quota::Standing;
use crate::reply;
use crate::state::State;
use crate::telemetry::{
    AccountReading, BreakerState, EndpointReading, IssuerReading, PoolReading, Readiness, ReadinessFacts,
    Readings,
};
use crate::upstream;

/// The process answers.
pub async fn live(_: Call<()>) -> Answer {
    Ok(reply::json(StatusCode::OK, &json!({ "status": "ok" })))
}

/// Whether new requests are welcome, and what is waited for, in words; 503 where they are not.
pub async fn ready(call: Call<()>) -> Answer {
    let state = &call.state;
    let (with, without): (Vec<_>, Vec<_>) =
        state.authenticator.jwks_age_s().into_iter().partition(|(_, age_s)| age_s.is_some());
    let readiness = Readiness::judge(&ReadinessFacts {
        is_draining: state.tasks.is_closed(),
        up_for: state.clock.monotonic().saturating_sub(state.started),
        has_static_keys: state.authenticator.has_static_keys(),
        issuers_without_keys: without.into_iter().map(|(issuer, _)| issuer.to_string()).collect(),
        issuers_with_keys: with.len(),
        waits: Vec::new(),
    });
    let status = StatusCode::from_u16(readiness.status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    Ok(reply::json_bytes(status, readiness.to_json().into()))
}

/// What Prometheus scrapes, on the operator's listener only.
pub async fn metrics(call: Call<()>) -> Answer {
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    let standing = call.state.ledger.standing().await.ok();
    let endpoints = endpoints(&call.state).await;
    let text = call.state.metrics.render(&Readings { endpoints, ..readings(&call.state, standing) });
    Ok(reply::of_type(StatusCode::OK, kind, text.into()))
}

/// How things stand at the moment of a scrape.
fn readings(state: &State, standing: Option<Standing>) -> Readings {
    let count = |number: usize| Some(number as u64);
    let accounts = state.accounts.all();
    Readings {
        open_connections: Some(state.metrics.open_connections()),
        max_connections: count(state.config.server.max_connections),
        requests_in_flight: count(state.in_flight.count()),
        max_requests_in_flight: count(state.config.server.max_in_flight),
        event_streams: count(state.streams.count()),
        max_event_streams: count(state.config.events.max_streams),
        body_budget_used_bytes: Some(state.bodies.used_bytes()),
        body_budget_limit_bytes: Some(state.bodies.limit_bytes()),
        spooled_bytes: Some(state.spool.room().used_bytes()),
        store_queue_length: count(state.store.queue_length()),
        pack_cache_entries: Some(accounts.clone().map(|account| account.packs.entries()).sum()),
        pack_cache_bytes: Some(accounts.clone().map(|account| account.packs.size_bytes()).sum()),
        user_buckets: count(state.plan_limits.len()),
        open_reservations: standing.map(|standing| standing.open),
        unknown_reservations: standing.map(|standing| standing.unknown),
        presumed_reservations: standing.map(|standing| standing.presumed),
        dropped_access_log_lines: state.access_log.dropped_lines(),
        balance_alert_below_mc: Some(state.config.balance.alert_below_mc).filter(|mc| *mc > 0),
        pool: state.accounts.all().next().map(|account| {
            let (open, opened) = account.client.connections();
            PoolReading { open, opened }
        }),
        accounts: accounts.map(|account| reading(account)).collect(),
        issuers: state
            .authenticator
            .jwks_age_s()
            .into_iter()
            .map(|(issuer, age_s)| IssuerReading { issuer: issuer.to_string(), age_s })
            .collect(),
        ..Readings::default()
    }
}

/// Of each configured endpoint. A store that cannot be asked is no claim that nothing waits.
async fn endpoints(state: &State) -> Vec<EndpointReading> {
    if state.endpoints.is_empty() {
        return Vec::new();
    }
    let Ok(known) = state.store.outbox_standing().await else { return Vec::new() };
    let now = state.clock.now();
    let reading = |name: &str| match known.iter().find(|standing| standing.endpoint == name) {
        None => EndpointReading { endpoint: name.into(), ..EndpointReading::default() },
        Some(standing) => EndpointReading {
            endpoint: name.into(),
            waiting: standing.waiting,
            oldest_s: standing.oldest.map_or(0, |oldest| oldest.until(now).as_secs()),
            given_up: standing.given_up,
        },
    };
    state.endpoints.iter().map(|endpoint| reading(&endpoint.name)).collect()
}

fn reading(account: &Account) -> AccountReading {
    let now = account.upstream.reading();
    AccountReading {
        account: account.name.clone(),
        in_flight: now.in_flight as u64,
        waiting: now.queued as u64,
        breaker: match now.breaker {
            upstream::breaker::BreakerState::Closed => BreakerState::Closed,
            upstream::breaker::BreakerState::HalfOpen(_) => BreakerState::HalfOpen,
            upstream::breaker::BreakerState::Open(_) => BreakerState::Open,
        },
        backoff_s: now.paused_for_s,
        balance_mc: account.balance.last_mc(),
    }
}
