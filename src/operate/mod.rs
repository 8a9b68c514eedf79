//! What the operator asks for and changes, as the API and the commands both do it: the same checks, the same JSON.
//!
//! ```text
//! handlers/operator, cli/operator  →  here  →  people (a store)  →  the overrides that requests meet
//! ```
//!
//! What it does *not* do: it does not ask who is calling; whoever calls says who they are, and that is recorded.

mod notifications;
mod shown;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

pub use notifications::{notifications, read_list_state, replay};

use crate::config::Config;
use crate::people::{
    Change, MAX_GRANT, Order, PeopleError, PeriodNumbers, Reason, ReservationQuery, Search, UsagePages,
    UsageQuery, date_of_day,
};
use crate::principal::EndUserId;
use crate::quota::{Measure, Period};
use crate::state::State;

/// Lines of one page that asks for no number, and the most.
pub const USUAL_LIMIT: u32 = 100;
/// See [`USUAL_LIMIT`].
pub const MAX_LIMIT: u32 = 500;
/// The longest subject of a token.
const MAX_SUBJECT_BYTES: usize = 255;

/// A change as it is asked for: what it may be is checked by [`change`].
#[derive(Clone, Debug)]
pub enum Wish {
    /// This plan, or again the token's.
    Plan(Option<String>),
    /// So much more in the present period.
    Grant {
        /// Of what.
        of: Measure,
        /// Over what time.
        per: Period,
        /// How much more.
        amount: u64,
    },
    /// Refuse everything, or nothing any more.
    Block(bool),
}

/// The end user that is meant. The issuer may be left out where only one is configured.
///
/// # Errors
/// [`PeopleError::IssuerMissing`], [`PeopleError::Subject`]
pub fn end_user(config: &Config, issuer: Option<&str>, subject: &str) -> Result<EndUserId, PeopleError> {
    if !(1..=MAX_SUBJECT_BYTES).contains(&subject.len()) {
        return Err(PeopleError::Subject);
    }
    let known = issuers(config);
    let issuer = match (issuer, known.len()) {
        (Some(issuer), _) => issuer,
        (None, 1) => known.first().copied().unwrap_or_default(),
        (None, _) => return Err(PeopleError::IssuerMissing),
    };
    Ok(EndUserId { issuer: issuer.into(), subject: subject.into() })
}

fn issuers(config: &Config) -> BTreeSet<&str> {
    let of_tokens = config.auth.issuers.iter().map(|issuer| issuer.issuer.as_str());
    let of_services = config.auth.service_keys.iter().map(|key| key.issuer.as_str());
    of_tokens.chain(of_services).collect()
}

/// End users by the order in which they first came.
///
/// Cancel safe.
///
/// # Errors
/// [`PeopleError::Unavailable`]
pub async fn users(state: &State, search: &Search) -> Result<Json, PeopleError> {
    let found = state.people.search(search).await?;
    let next = next(&found, search.limit, |known| known.number);
    let users: Vec<Json> = found.iter().map(|known| shown::known(state, known)).collect();
    Ok(json!({ "users": users, "next": next }))
}

/// Everything about one of them.
///
/// Cancel safe.
///
/// # Errors
/// [`PeopleError::Unavailable`]
pub async fn user(state: &State, id: &EndUserId) -> Result<Json, PeopleError> {
    let (now, pseudonym) = (periods(state), state.pseudonyms.of(id));
    let person = state.people.person(id, pseudonym, now).await?;
    Ok(shown::person(state, id, pseudonym, now, &person))
}

/// Changes one thing about one end user, records it, and has every request from now on meet it.
///
/// Cancel safe: a call that is cancelled has changed and recorded it, or neither.
///
/// # Errors
/// Whatever makes no sense, and [`PeopleError::Unavailable`].
pub async fn change(
    state: &State,
    who: &str,
    person: EndUserId,
    reason: &str,
    wish: Wish,
) -> Result<Json, PeopleError> {
    let reason = Reason::parse(reason)?;
    if !issuers(&state.config).contains(&*person.issuer) {
        return Err(PeopleError::UnknownIssuer(person.issuer.to_string()));
    }
    let change = match wish {
        Wish::Plan(Some(plan)) if !state.config.plans.contains_key(&plan) => {
            return Err(PeopleError::UnknownPlan(plan));
        }
        Wish::Plan(plan) => Change::Plan(plan),
        Wish::Grant { amount, .. } if !(1..=MAX_GRANT).contains(&amount) => return Err(PeopleError::Amount),
        Wish::Grant { of, per, amount } => Change::Grant { of, per, period: periods(state).get(per), amount },
        Wish::Block(true) => Change::Block,
        Wish::Block(false) => Change::Unblock,
    };
    let (action, pseudonym) = (change.action(), state.pseudonyms.of(&person));
    let (who, at) = (who.to_owned(), state.clock.now());
    tracing::info!(who, action, "the operator changes what holds for an end user");
    let order = Order { who, at, person: person.clone(), pseudonym, reason, change };
    let changed = state.people.change(order).await?;
    state.overrides.refresh().await;
    Ok(shown::changed(&person, pseudonym, &changed))
}

/// What was used: part after part.
pub fn usage(state: &State, query: UsageQuery) -> UsagePages {
    UsagePages::new(Arc::clone(&state.people), query)
}

/// Reservations without a certain end, the oldest first.
///
/// Cancel safe.
///
/// # Errors
/// [`PeopleError::Unavailable`]
pub async fn reservations(state: &State, query: &ReservationQuery) -> Result<Json, PeopleError> {
    let found = state.people.reservations(query).await?;
    let next = next(&found, query.limit, |held| held.number);
    let lines: Vec<Json> = found.iter().map(shown::reservation).collect();
    Ok(json!({ "reservations": lines, "next": next }))
}

/// What the operator did, the newest first.
///
/// Cancel safe.
///
/// # Errors
/// [`PeopleError::Unavailable`]
pub async fn audit(state: &State, after: Option<u64>, limit: u32) -> Result<Json, PeopleError> {
    let found = state.people.deeds(after, limit).await?;
    let next = next(&found, limit, |deed| deed.number);
    let lines: Vec<Json> = found.iter().map(shown::deed).collect();
    Ok(json!({ "audit": lines, "next": next }))
}

/// The operator's today.
pub fn today(state: &State) -> Date {
    date_of_day(periods(state).day).unwrap_or_default()
}

fn periods(state: &State) -> PeriodNumbers {
    // The gateway does not start with a zone that does not exist.
    let zone = TimeZone::get(&state.config.quota.time_zone).unwrap_or(TimeZone::UTC);
    PeriodNumbers::at(state.clock.now(), &zone)
}

/// Where a list goes on after a full page.
fn next<T>(page: &[T], limit: u32, number: impl Fn(&T) -> u64) -> Option<u64> {
    page.last().filter(|_| u32::try_from(page.len()).is_ok_and(|lines| lines >= limit)).map(number)
}
