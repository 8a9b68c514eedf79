//! Look-ups of the operator's: each sees one state of the record, or sees it again after a change.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{amounts, columns, name};
use crate::people::{
    Block, Deed, Grant, HeldReservation, HeldState, Known, Override, PeriodNumbers, Person, ReservationQuery,
    Search, Tally,
};
use crate::principal::EndUserId;
use crate::pseudonym::Pseudonym;
use crate::quota::{Measure, Period};
use crate::store::rows::{number_out, time_out};

pub(in crate::store) const REVISION: &str = "SELECT revision FROM operator_revision WHERE one = 1";

pub(super) fn revision(conn: &Connection) -> Result<u64, rusqlite::Error> {
    let found = conn.prepare_cached(REVISION)?.query_row([], |row| row.get(0)).optional()?;
    Ok(number_out(found.unwrap_or_default()))
}

pub(in crate::store) const SAID: &str = "SELECT pseudonym, plan, blocked_at_ms, block_reason FROM overrides";
pub(in crate::store) const GRANTED: &str = "SELECT pseudonym, of, per, period, amount, at_ms FROM grants \
    WHERE per = 'total' OR (per = 'day' AND period >= ?1) OR (per = 'month' AND period >= ?2)";

pub(super) fn overrides(
    conn: &Connection,
    since: PeriodNumbers,
) -> Result<Vec<(Pseudonym, Override)>, rusqlite::Error> {
    let mut people: HashMap<Pseudonym, Override> = HashMap::new();
    let mut said = conn.prepare_cached(SAID)?;
    let mut rows = said.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(who) = pseudonym(row)? {
            people.insert(who, said_of(row)?);
        }
    }
    let mut granted = conn.prepare_cached(GRANTED)?;
    let mut rows = granted.query(params![since.day, since.month])?;
    while let Some(row) = rows.next()? {
        if let (Some(who), Some(grant)) = (pseudonym(row)?, grant(row)?) {
            people.entry(who).or_default().grants.push(grant);
        }
    }
    Ok(people.into_iter().collect())
}

/// A row of [`SAID`].
fn said_of(row: &Row<'_>) -> Result<Override, rusqlite::Error> {
    let (plan, at): (Option<Box<str>>, Option<i64>) = (row.get(1)?, row.get(2)?);
    let reason: Option<String> = row.get(3)?;
    let block = at.map(|at| Block { at: time_out(at), reason: reason.unwrap_or_default() });
    Ok(Override { plan: plan.map(Into::into), block, grants: Vec::new() })
}

/// A row of [`GRANTED`]; none of a measure that this version does not know.
fn grant(row: &Row<'_>) -> Result<Option<Grant>, rusqlite::Error> {
    let (of, per): (Box<str>, Box<str>) = (row.get(1)?, row.get(2)?);
    let of = Measure::ALL.into_iter().find(|known| known.name() == &*of);
    let per = Period::ALL.into_iter().find(|known| known.name() == &*per);
    let (period, amount, at) = (row.get(3)?, number_out(row.get(4)?), time_out(row.get(5)?));
    Ok(of.zip(per).map(|(of, per)| Grant { of, per, period, amount, at }))
}

fn pseudonym(row: &Row<'_>) -> Result<Option<Pseudonym>, rusqlite::Error> {
    Ok(Pseudonym::parse(row.get_ref(0)?.as_str()?))
}

pub(in crate::store) const SEARCH: &str = "SELECT id, issuer, subject, erasing_since_ms FROM owners \
    WHERE id > ?1 AND (?2 IS NULL OR issuer = ?2) AND (?3 = '' OR instr(lower(subject), lower(?3)) > 0) \
    ORDER BY id LIMIT ?4";

pub(super) fn search(conn: &Connection, search: &Search) -> Result<Vec<Known>, rusqlite::Error> {
    let after = i64::try_from(search.after).unwrap_or(i64::MAX);
    let mut find = conn.prepare_cached(SEARCH)?;
    let found = find.query_map(params![after, search.issuer, search.text, search.limit], |row| {
        let (issuer, subject): (Box<str>, Box<str>) = (row.get(1)?, row.get(2)?);
        Ok(Known {
            number: number_out(row.get(0)?),
            id: EndUserId { issuer: issuer.into(), subject: subject.into() },
            erasing_since: row.get::<_, Option<i64>>(3)?.map(time_out),
        })
    })?;
    found.collect()
}

pub(in crate::store) const OBJECTS: &str = "SELECT COUNT(*) FROM objects WHERE owner = ?1";
pub(in crate::store) const SAID_OF: &str =
    "SELECT pseudonym, plan, blocked_at_ms, block_reason FROM overrides WHERE pseudonym = ?1";
pub(in crate::store) const GRANTED_TO: &str = "SELECT pseudonym, of, per, period, amount, at_ms FROM grants \
    WHERE pseudonym = ?1 AND (per = 'total' OR (per = 'day' AND period = ?2) OR (per = 'month' AND period = ?3)) \
    ORDER BY id";
pub(in crate::store) static TOTALS: LazyLock<String> = LazyLock::new(|| {
    let (used, held) = (columns(|of| format!("used_{of}")), columns(|of| format!("held_{of}")));
    format!("SELECT period, {used}, {held} FROM totals WHERE scope = 'u:' || ?1 AND period IN (0, ?2, ?3)")
});
pub(in crate::store) const HELD: &str = "SELECT state, COUNT(*) FROM reservations \
    INDEXED BY reservations_unended WHERE owner = ?1 AND look_at_ms IS NOT NULL AND state IN ('open', 'unknown', 'presumed') GROUP BY state";

pub(super) fn person(
    conn: &Connection,
    id: &EndUserId,
    pseudonym: Pseudonym,
    now: PeriodNumbers,
) -> Result<Person, rusqlite::Error> {
    let (mut person, pseudonym) = (Person::default(), pseudonym.to_string());
    let owner = "SELECT id, erasing_since_ms FROM owners WHERE issuer = ?1 AND subject = ?2";
    let owner = conn
        .prepare_cached(owner)?
        .query_row(params![id.issuer, id.subject], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((owner, erasing_since)) = owner {
        let (owner, erasing_since): (i64, Option<i64>) = (owner, erasing_since);
        person.is_known = true;
        person.erasing_since = erasing_since.map(time_out);
        person.objects = number_out(conn.prepare_cached(OBJECTS)?.query_row([owner], |row| row.get(0))?);
        let mut held = conn.prepare_cached(HELD)?;
        let mut rows = held.query([owner])?;
        while let Some(row) = rows.next()? {
            let state = HeldState::parse(row.get_ref(0)?.as_str()?);
            if let Some(count) = state.and_then(|state| person.reservations.get_mut(state as usize)) {
                *count = number_out(row.get(1)?);
            }
        }
    }
    person.said =
        conn.prepare_cached(SAID_OF)?.query_row([&pseudonym], said_of).optional()?.unwrap_or_default();
    let mut granted = conn.prepare_cached(GRANTED_TO)?;
    for grant in granted.query_map(params![pseudonym, now.day, now.month], grant)? {
        person.said.grants.extend(grant?);
    }
    let mut totals = conn.prepare_cached(&TOTALS)?;
    let mut rows = totals.query(params![pseudonym, now.day, now.month])?;
    while let Some(row) = rows.next()? {
        let tally = Tally { used: amounts(row, 1)?, held: amounts(row, 1 + Measure::ALL.len())? };
        match row.get::<_, u32>(0)? {
            0 => person.total = tally,
            day if day == now.day => person.day = tally,
            _ => person.month = tally,
        }
    }
    Ok(person)
}

pub(in crate::store) static RESERVATIONS: LazyLock<String> = LazyLock::new(|| {
    // Whatever has no certain end is looked for, so the index of those has them all.
    format!(
        "SELECT r.n, r.id, r.account, r.subject, o.issuer, o.subject, r.plan, \
         (SELECT SUBSTR(value, 3) FROM json_each(r.scopes) WHERE value LIKE 't:%'), r.operation, r.state, \
         r.created_at_ms, r.ended_at_ms, {} FROM reservations AS r INDEXED BY reservations_due LEFT JOIN owners AS o ON o.id = r.owner \
         WHERE r.look_at_ms IS NOT NULL AND r.state IN ('open', 'unknown', 'presumed') AND r.n > ?1 \
         AND r.state IN (SELECT value FROM json_each(?2)) ORDER BY r.n LIMIT ?3",
        columns(|of| format!("r.held_{of}"))
    )
});

pub(super) fn reservations(
    conn: &Connection,
    query: &ReservationQuery,
) -> Result<Vec<HeldReservation>, rusqlite::Error> {
    let after = i64::try_from(query.after).unwrap_or(i64::MAX);
    let states =
        format!("[\"{}\"]", query.states.iter().map(|state| state.name()).collect::<Vec<_>>().join("\",\""));
    let mut find = conn.prepare_cached(&RESERVATIONS)?;
    let found = find.query_map(params![after, states, query.limit], |row| {
        Ok(HeldReservation {
            number: number_out(row.get(0)?),
            id: row.get(1)?,
            account: row.get(2)?,
            pseudonym: row.get(3)?,
            person: name(row, 4)?,
            plan: row.get(6)?,
            tenant: row.get(7)?,
            operation: row.get(8)?,
            // The statement gives no other.
            state: HeldState::parse(row.get_ref(9)?.as_str()?).unwrap_or(HeldState::Unknown),
            created_at: time_out(row.get(10)?),
            ended_at: row.get::<_, Option<i64>>(11)?.map(time_out),
            held: amounts(row, 12)?,
        })
    })?;
    found.collect()
}

pub(in crate::store) const DEEDS: &str = "SELECT a.id, a.at_ms, a.who, a.action, a.pseudonym, o.issuer, o.subject, \
    a.reason, a.before, a.after FROM operator_audit AS a LEFT JOIN owners AS o ON o.pseudonym = a.pseudonym \
    WHERE a.id < ?1 ORDER BY a.id DESC LIMIT ?2";

pub(super) fn deeds(
    conn: &Connection,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<Deed>, rusqlite::Error> {
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let mut find = conn.prepare_cached(DEEDS)?;
    let found = find.query_map(params![before, limit], |row| {
        Ok(Deed {
            number: number_out(row.get(0)?),
            at: time_out(row.get(1)?),
            who: row.get(2)?,
            action: row.get(3)?,
            pseudonym: Some(row.get(4)?).filter(|name: &String| !name.is_empty()),
            person: name(row, 5)?,
            reason: row.get(7)?,
            before: row.get(8)?,
            after: row.get(9)?,
        })
    })?;
    found.collect()
}
