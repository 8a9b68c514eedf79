//! Look-ups of notifications.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::clock::Timestamp;
use crate::notifications::{ListState, Listing, Notification, Standing};
use crate::principal::EndUserId;
use crate::store::events::{self, event_columns, joined_columns};
use crate::store::rows::{id_in, number_out, text, time_in, time_out};

pub(super) fn is_behind(conn: &Connection, endpoints: &[String]) -> Result<bool, rusqlite::Error> {
    const CURSOR: &str = "SELECT seq FROM outbox_cursors WHERE endpoint = ?1";
    // The other way round, an event that comes in between would be taken for handed out.
    let mut cursors = Vec::new();
    for endpoint in endpoints {
        let cursor: Option<i64> =
            conn.prepare_cached(CURSOR)?.query_row([endpoint], |row| row.get(0)).optional()?;
        cursors.push(cursor.map(number_out));
    }
    let last = events::last(conn)?;
    Ok(cursors.into_iter().any(|cursor| cursor.is_none_or(|cursor| cursor < last)))
}

pub(in crate::store) const DUE: &str = "SELECT id FROM outbox AS o INDEXED BY outbox_due \
    WHERE endpoint = ?1 AND due_at_ms <= ?2 AND due_at_ms IS NOT NULL \
    AND NOT EXISTS (SELECT 1 FROM outbox AS e INDEXED BY outbox_of_object WHERE e.endpoint = o.endpoint \
    AND e.account = o.account AND e.object_kind = o.object_kind AND e.object_id = o.object_id AND e.id < o.id \
    AND e.due_at_ms IS NOT NULL) ORDER BY due_at_ms, id LIMIT ?3";

pub(super) fn due(
    conn: &Connection,
    endpoint: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<u64>, rusqlite::Error> {
    let mut due = conn.prepare_cached(DUE)?;
    let found = due.query_map(params![endpoint, time_in(now), limit], |row| row.get(0).map(number_out))?;
    found.collect()
}

macro_rules! notifications {
    ($where:literal) => {
        concat!(
            "SELECT outbox.id, outbox.webhook_id, outbox.endpoint, owners.issuer, owners.subject, \
             outbox.waits_since_ms, outbox.attempts, outbox.due_at_ms, outbox.gave_up_at_ms, outbox.last_error, ",
            event_columns!("outbox"),
            ", ",
            joined_columns!(),
            " FROM outbox JOIN owners ON owners.id = outbox.owner \
             LEFT JOIN objects ON objects.id = outbox.object_id AND objects.kind = outbox.object_kind \
             AND objects.account = outbox.account AND objects.owner = outbox.owner \
             AND objects.expired_at_ms IS NULL WHERE ",
            $where
        )
    };
}

/// How many columns stand before the event's.
const OWN_COLUMNS: usize = 10;

fn notification(row: &Row<'_>) -> Result<Option<Notification>, rusqlite::Error> {
    let time = |column: usize| row.get::<_, Option<i64>>(column).map(|ms| ms.map(time_out));
    let Some(event) = events::event(row, OWN_COLUMNS)? else { return Ok(None) };
    Ok(Some(Notification {
        number: number_out(row.get(0)?),
        webhook_id: row.get(1)?,
        endpoint: row.get(2)?,
        who: EndUserId { issuer: text(row, 3)?.into(), subject: text(row, 4)?.into() },
        event,
        waits_since: time_out(row.get(5)?),
        attempts: row.get(6)?,
        due_at: time(7)?,
        gave_up_at: time(8)?,
        last_error: row.get(9)?,
    }))
}

pub(in crate::store) const FIND: &str = notifications!("outbox.id = ?1 AND outbox.due_at_ms IS NOT NULL");

pub(super) fn find(conn: &Connection, number: u64) -> Result<Option<Notification>, rusqlite::Error> {
    Ok(conn.prepare_cached(FIND)?.query_row([id_in(number)], notification).optional()?.flatten())
}

pub(in crate::store) const WAITING: &str = notifications!(
    "outbox.due_at_ms IS NOT NULL AND outbox.id > ?1 AND (?2 IS NULL OR outbox.endpoint = ?2) \
     ORDER BY outbox.id LIMIT ?3"
);
pub(in crate::store) const GIVEN_UP: &str = notifications!(
    "outbox.due_at_ms IS NULL AND outbox.id > ?1 AND (?2 IS NULL OR outbox.endpoint = ?2) \
     ORDER BY outbox.id LIMIT ?3"
);

pub(super) fn list(conn: &Connection, listing: &Listing) -> Result<Vec<Notification>, rusqlite::Error> {
    let after = i64::try_from(listing.after).unwrap_or(i64::MAX);
    let mut find = conn.prepare_cached(match listing.state {
        ListState::Waiting => WAITING,
        ListState::GivenUp => GIVEN_UP,
    })?;
    let mut rows = find.query(params![after, listing.endpoint, listing.limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(notification(row)?);
    }
    Ok(found)
}

pub(super) fn standing(conn: &Connection) -> Result<Vec<Standing>, rusqlite::Error> {
    const WAIT: &str = "SELECT endpoint, COUNT(*), MIN(waits_since_ms) FROM outbox INDEXED BY outbox_waiting \
        WHERE due_at_ms IS NOT NULL GROUP BY endpoint";
    const GIVEN_UP: &str = "SELECT endpoint, COUNT(*) FROM outbox INDEXED BY outbox_given_up \
        WHERE due_at_ms IS NULL GROUP BY endpoint";
    let mut all: BTreeMap<String, Standing> = BTreeMap::new();
    let mut of = |endpoint: &str, change: &dyn Fn(&mut Standing)| {
        let none = || Standing { endpoint: endpoint.into(), waiting: 0, oldest: None, given_up: 0 };
        change(all.entry(endpoint.into()).or_insert_with(none));
    };
    // One state of the record for both questions.
    let moment = conn.unchecked_transaction()?;
    let mut wait = moment.prepare_cached(WAIT)?;
    let mut rows = wait.query([])?;
    while let Some(row) = rows.next()? {
        let (waiting, oldest) = (number_out(row.get(1)?), row.get::<_, Option<i64>>(2)?.map(time_out));
        of(text(row, 0)?, &|standing| (standing.waiting, standing.oldest) = (waiting, oldest));
    }
    let mut given_up = moment.prepare_cached(GIVEN_UP)?;
    let mut rows = given_up.query([])?;
    while let Some(row) = rows.next()? {
        let count = number_out(row.get(1)?);
        of(text(row, 0)?, &|standing| standing.given_up = count);
    }
    Ok(all.into_values().collect())
}
