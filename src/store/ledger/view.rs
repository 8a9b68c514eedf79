//! Look-ups in the ledger.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::create::{CreateRow, create_columns, find, read};
use super::keys;
use super::totals::Totals;
use crate::clock::Timestamp;
use crate::ids::ReservationId;
use crate::operation::Operation;
use crate::ownership::{AccountKey, ObjectId, Record};
use crate::principal::EndUserId;
use crate::quota::{Create, Due, DueObject, DueSince, LastCost, Scope, Standing, Trail, Usage};
use crate::store::inbox;
use crate::store::rows::{
    RECORD_COLUMNS, id_in, number_out, record, record_columns, text, time_in, time_out,
};

pub(in crate::store) fn usage(conn: &Connection, of: &[(Scope, u32)]) -> Result<Vec<Usage>, rusqlite::Error> {
    let mut totals = Totals::default();
    of.iter().map(|(scope, period)| totals.usage(conn, &scope.to_string(), *period)).collect()
}

pub(in crate::store) fn standing(conn: &Connection) -> Result<Standing, rusqlite::Error> {
    const COUNT: &str =
        "SELECT state, COUNT(*) FROM reservations WHERE look_at_ms IS NOT NULL GROUP BY state";
    let mut standing = Standing::default();
    let mut count = conn.prepare_cached(COUNT)?;
    let mut rows = count.query([])?;
    while let Some(row) = rows.next()? {
        let number = number_out(row.get(1)?);
        match text(row, 0)? {
            "open" => standing.open = number,
            "unknown" => standing.unknown = number,
            "presumed" => standing.presumed = number,
            _ => {}
        }
    }
    Ok(standing)
}

pub(in crate::store) fn create(
    conn: &Connection,
    id: ReservationId,
) -> Result<Option<Create>, rusqlite::Error> {
    find(conn, id)?.map(|row| whole(conn, row)).transpose()
}

/// A row with everything that stands elsewhere.
fn whole(conn: &Connection, row: CreateRow) -> Result<Create, rusqlite::Error> {
    const OWNER: &str = "SELECT issuer, subject FROM owners WHERE id = ?1";
    const OBJECTS: &str = concat!(
        "SELECT ",
        record_columns!(),
        " FROM objects WHERE reservation = ?1 AND account = ?2 ORDER BY kind DESC, id"
    );
    let owner = conn
        .prepare_cached(OWNER)?
        .query_row([row.owner], |row| {
            Ok(EndUserId { issuer: text(row, 0)?.into(), subject: text(row, 1)?.into() })
        })
        .optional()?;
    let mut objects = conn.prepare_cached(OBJECTS)?;
    let objects =
        objects.query_map(params![row.id.to_string(), row.account.as_str()], |row| record(row, 0))?;
    let held = row.held();
    Ok(Create {
        reservation: row.id,
        owner,
        operation: row.operation.unwrap_or(Operation::CreatePrompt),
        trail: Trail {
            is_nameless: row.operation == Some(Operation::CreateTheme),
            tunes: row.tunes,
            title: row.title,
        },
        watermarks: row.watermarks,
        state: row.state,
        held,
        created_at: row.created_at,
        ended_at: row.ended_at.unwrap_or(row.lease_until),
        looks: row.looks,
        has_key: keys::waits(conn, row.n)?,
        objects: objects.collect::<Result<Vec<Record>, _>>()?,
        account: row.account,
    })
}

pub(in crate::store) fn due(conn: &Connection, now: Timestamp, limit: u32) -> Result<Due, rusqlite::Error> {
    const OBJECTS: &str = concat!(
        "SELECT ",
        record_columns!(),
        ", account, looks, known_at_ms, look_at_ms FROM objects WHERE look_at_ms <= ?1 ORDER BY look_at_ms LIMIT ?2"
    );
    const CREATES: &str = concat!(
        "SELECT ",
        create_columns!(),
        " FROM reservations WHERE look_at_ms <= ?1 AND state <> 'open' ORDER BY look_at_ms LIMIT ?2"
    );
    let values = params![time_in(now), limit];
    let mut objects = conn.prepare_cached(OBJECTS)?;
    let objects = objects.query_map(values, due_object)?;
    let objects = objects.collect::<Result<Vec<_>, _>>()?;
    let mut creates = conn.prepare_cached(CREATES)?;
    let creates = creates.query_map(values, read)?.collect::<Result<Vec<_>, _>>()?;
    let creates = creates.into_iter().map(|row| whole(conn, row)).collect::<Result<_, _>>()?;
    Ok(Due { objects, creates })
}

/// An object, then its account and its looks.
fn due_object(row: &Row<'_>) -> Result<DueObject, rusqlite::Error> {
    let number = |column: usize| row.get::<_, i64>(RECORD_COLUMNS + column);
    let since = number(3)?;
    Ok(DueObject {
        account: AccountKey::new(text(row, RECORD_COLUMNS)?),
        record: record(row, 0)?,
        looks: u32::try_from(number(1)?).unwrap_or(u32::MAX),
        known_at: time_out(number(2)?),
        is_told: inbox::is_told(since),
        since: DueSince(since),
    })
}

pub(super) fn looked_after(
    conn: &Connection,
    account: &AccountKey,
    objects: &[ObjectId],
) -> Result<Vec<DueObject>, rusqlite::Error> {
    const FIND: &str = concat!(
        "SELECT ",
        record_columns!(),
        ", account, looks, known_at_ms, look_at_ms FROM objects \
         WHERE id = ?1 AND kind = ?2 AND account = ?3 AND look_at_ms IS NOT NULL"
    );
    let mut find = conn.prepare_cached(FIND)?;
    let mut found = Vec::new();
    for object in objects {
        let values = params![id_in(object.id), object.kind.name(), account.as_str()];
        found.extend(find.query_row(values, due_object).optional()?);
    }
    Ok(found)
}

pub(super) fn last_costs(conn: &Connection) -> Result<Vec<LastCost>, rusqlite::Error> {
    const ALL: &str = "SELECT account, kind, each_mc FROM last_costs ORDER BY at_ms DESC LIMIT 10000";
    let mut all = conn.prepare_cached(ALL)?;
    let all =
        all.query_map([], |row| Ok((AccountKey::new(text(row, 0)?), row.get(1)?, number_out(row.get(2)?))))?;
    all.collect()
}
