//! The JSON that the operator reads.

use serde_json::{Value as Json, json};

use crate::clock::Timestamp;
use crate::people::{
    Changed, Deed, Grant, HeldReservation, HeldState, Known, PeriodNumbers, Person, Tally, date_of_day,
};
use crate::principal::EndUserId;
use crate::pseudonym::Pseudonym;
use crate::quota::{Amounts, Measure};
use crate::state::State;

pub(super) fn known(state: &State, known: &Known) -> Json {
    let pseudonym = state.pseudonyms.of(&known.id);
    let said = state.overrides.of(pseudonym);
    json!({
        "issuer": &*known.id.issuer,
        "subject": &*known.id.subject,
        "pseudonym": pseudonym.to_string(),
        "plan": said.as_ref().and_then(|said| said.plan.as_deref()),
        "blocked": said.as_ref().is_some_and(|said| said.block.is_some()),
        "erasing_since": known.erasing_since.map(Timestamp::rfc_3339),
    })
}

pub(super) fn person(
    state: &State,
    id: &EndUserId,
    pseudonym: Pseudonym,
    now: PeriodNumbers,
    person: &Person,
) -> Json {
    let said = &person.said;
    let block = said.block.as_ref();
    let reservations: Json = HeldState::ALL
        .into_iter()
        .zip(person.reservations)
        .map(|(state, count)| (state.name().to_owned(), json!(count)))
        .collect();
    json!({
        "issuer": &*id.issuer,
        "subject": &*id.subject,
        "pseudonym": pseudonym.to_string(),
        "known": person.is_known,
        "erasing_since": person.erasing_since.map(Timestamp::rfc_3339),
        // Between the two stands what their token claims, which nobody knows before they call.
        "plan": { "override": said.plan.as_deref(), "default": state.config.plans_default },
        "block": block.map(|block| json!({ "since": block.at.rfc_3339(), "reason": block.reason })),
        "grants": said.grants.iter().map(grant).collect::<Vec<_>>(),
        "usage": {
            "day": tally(&date(now.day), &person.day),
            "month": tally(date(now.day).get(..7).unwrap_or_default(), &person.month),
            "total": tally("total", &person.total),
        },
        "objects": person.objects,
        "reservations": reservations,
    })
}

pub(super) fn changed(id: &EndUserId, pseudonym: Pseudonym, changed: &Changed) -> Json {
    json!({
        "issuer": &*id.issuer,
        "subject": &*id.subject,
        "pseudonym": pseudonym.to_string(),
        "was_known": changed.was_known,
        "before": recorded(&changed.before),
        "after": recorded(&changed.after),
    })
}

pub(super) fn reservation(held: &HeldReservation) -> Json {
    json!({
        "number": held.number,
        "id": held.id,
        "state": held.state.name(),
        "operation": held.operation,
        "account": held.account,
        "issuer": issuer(held.person.as_ref()),
        "subject": subject(held.person.as_ref()),
        "pseudonym": held.pseudonym,
        "plan": held.plan,
        "tenant": held.tenant,
        "created_at": held.created_at.rfc_3339(),
        "ended_at": held.ended_at.map(Timestamp::rfc_3339),
        "held": amounts(&held.held),
    })
}

pub(super) fn deed(deed: &Deed) -> Json {
    json!({
        "number": deed.number,
        "at": deed.at.rfc_3339(),
        "who": deed.who,
        "action": deed.action,
        "issuer": issuer(deed.person.as_ref()),
        "subject": subject(deed.person.as_ref()),
        "pseudonym": deed.pseudonym,
        "reason": deed.reason,
        "before": recorded(&deed.before),
        "after": recorded(&deed.after),
    })
}

fn issuer(id: Option<&EndUserId>) -> Option<&str> {
    id.map(|id| &*id.issuer)
}

fn subject(id: Option<&EndUserId>) -> Option<&str> {
    id.map(|id| &*id.subject)
}

fn grant(grant: &Grant) -> Json {
    json!({
        "of": grant.of,
        "per": grant.per,
        "period": grant.period,
        "amount": grant.amount,
        "at": grant.at.rfc_3339(),
    })
}

fn tally(period: &str, tally: &Tally) -> Json {
    json!({ "period": period, "used": amounts(&tally.used), "held": amounts(&tally.held) })
}

/// Every measure by its name.
fn amounts(amounts: &Amounts) -> Json {
    Measure::ALL.into_iter().map(|of| (of.name().to_owned(), json!(amounts.get(of)))).collect()
}

/// What was recorded as JSON, and stays a text if it is none.
fn recorded(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn date(day: u32) -> String {
    date_of_day(day).map(|date| date.to_string()).unwrap_or_default()
}
