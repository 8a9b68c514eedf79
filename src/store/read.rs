//! Look-ups: each is one statement.

use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::filters::Statement;
use super::rows::{
    RECORD_COLUMNS, id_in, number_out, record, record_columns, text, text_or_none, time_in, time_out,
};
use super::write::upsert::json_ids;
use crate::clock::Timestamp;
use crate::ids::{ReservationId, TuneId};
use crate::ownership::{AccountKey, Cursor, Erasure, Found, ListQuery, ObjectId, ObjectKind, Page, Record};
use crate::principal::EndUserId;

/// Tunes that one list names as awaiting prompts; the longest unlooked-at first.
const MAX_AWAITING: i64 = 100;

/// A stranger's object costs what an unknown one costs: the index begins with the owner, so its row is not touched.
pub(super) const FIND: &str = concat!(
    "WITH me AS (SELECT id FROM owners WHERE issuer = ?1 AND subject = ?2) SELECT ",
    record_columns!(),
    " FROM objects INDEXED BY objects_of_owner WHERE owner = (SELECT id FROM me) AND account = ?3 \
     AND kind = 'tune' AND id IN (SELECT value FROM json_each(?4)) AND expired_at_ms IS NULL UNION ALL SELECT ",
    record_columns!(),
    " FROM objects INDEXED BY objects_of_owner WHERE owner = (SELECT id FROM me) AND account = ?3 \
     AND kind = 'prompt' AND id IN (SELECT value FROM json_each(?5)) AND expired_at_ms IS NULL"
);

pub(super) fn find(
    conn: &Connection,
    account: &AccountKey,
    owner: &EndUserId,
    wanted: &[ObjectId],
) -> Result<Vec<Record>, rusqlite::Error> {
    let ids = |kind| json_ids(wanted.iter().copied().filter(|object| object.kind == kind));
    let (tunes, prompts) = (ids(ObjectKind::Tune), ids(ObjectKind::Prompt));
    let mut find = conn.prepare_cached(FIND)?;
    let found = find
        .query_map(params![owner.issuer, owner.subject, account.as_str(), tunes, prompts], |row| {
            record(row, 0)
        })?;
    found.collect()
}

pub(super) fn list(
    conn: &Connection,
    account: &AccountKey,
    owner: &EndUserId,
    kind: ObjectKind,
    query: &ListQuery,
    now: Timestamp,
) -> Result<Page, rusqlite::Error> {
    let Statement { sql, values } = list_statement(account, owner, kind, query, now);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut page = Page::default();
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(0)? == 0 {
            page.records.push(record(row, 1)?);
        } else {
            let tune = TuneId::from_u64(number_out(row.get(2)?));
            page.awaiting.push((tune, row.get::<_, Option<i64>>(8)?.map(time_out)));
        }
    }
    // A union promises no order.
    page.records.sort_unstable_by_key(|record| std::cmp::Reverse(record.object.id));
    Ok(page)
}

/// The part of the list and, in the same statement, the tunes that await prompts.
pub(super) fn list_statement(
    account: &AccountKey,
    owner: &EndUserId,
    kind: ObjectKind,
    query: &ListQuery,
    now: Timestamp,
) -> Statement {
    let mut sql = Statement::new("WITH me AS (SELECT id FROM owners WHERE issuer = ");
    sql.bind(owner.issuer.to_string()).push(" AND subject = ").bind(owner.subject.to_string());
    sql.push(concat!(
        "), page AS (SELECT ",
        record_columns!(),
        " FROM objects WHERE owner = (SELECT id FROM me) AND expired_at_ms IS NULL"
    ));
    sql.push(" AND account = ").bind(account.as_str().to_owned());
    sql.push(" AND kind = ").bind(kind.name().to_owned());
    if let Some(tune) = query.tune {
        // NULL equals nothing: a tune that cannot be has no prompts.
        sql.push(" AND tune = ").bind(id_in(tune.get()));
    }
    if let Some(before) = query.before_id {
        sql.push(" AND id < ").bind(i64::try_from(before).unwrap_or(i64::MAX));
    }
    super::filters::push(&mut sql, &query.filters);
    sql.push(" ORDER BY id DESC LIMIT ").bind(i64::from(query.limit));
    sql.push(" OFFSET ").bind(i64::try_from(query.offset).unwrap_or(i64::MAX));
    sql.push("), awaiting AS (SELECT id, swept_at_ms FROM objects WHERE owner = (SELECT id FROM me)");
    sql.push(" AND account = ").bind(account.as_str().to_owned());
    sql.push(" AND awaits_until_ms > ").bind(time_in(now));
    if let Some(tune) = query.tune {
        sql.push(" AND id = ").bind(id_in(tune.get()));
    }
    sql.push(" AND kind = 'tune' ORDER BY swept_at_ms LIMIT ").bind(MAX_AWAITING);
    sql.push(concat!(") SELECT 0, ", record_columns!(), " FROM page UNION ALL "));
    sql.push("SELECT 1, 'tune', id, NULL, NULL, 0, 0, 0, swept_at_ms, NULL FROM awaiting");
    sql
}

pub(super) const LOOK_UP: &str = concat!(
    "SELECT ",
    record_columns!(),
    ", account, reservation, (SELECT issuer FROM owners WHERE owners.id = objects.owner), \
     (SELECT subject FROM owners WHERE owners.id = objects.owner) FROM objects WHERE id = ?1"
);

pub(super) fn look_up(conn: &Connection, id: u64) -> Result<Vec<Found>, rusqlite::Error> {
    let mut find = conn.prepare_cached(LOOK_UP)?;
    let found = find.query_map([id_in(id)], |row| {
        let name = |column: usize| text(row, RECORD_COLUMNS + column);
        Ok(Found {
            record: record(row, 0)?,
            account: AccountKey::new(name(0)?),
            reservation: text_or_none(row, RECORD_COLUMNS + 1)?.and_then(ReservationId::parse),
            owner: EndUserId { issuer: name(2)?.into(), subject: name(3)?.into() },
        })
    })?;
    found.collect()
}

pub(super) const ERASURE: &str = "SELECT erasing_since_ms, \
    (SELECT COUNT(*) FROM objects WHERE objects.owner = owners.id AND expired_at_ms IS NULL), \
    (SELECT COUNT(*) FROM reservations INDEXED BY reservations_unended \
    WHERE reservations.owner = owners.id AND look_at_ms IS NOT NULL AND state IN ('open', 'unknown')) \
    FROM owners WHERE issuer = ?1 AND subject = ?2 AND erasing_since_ms IS NOT NULL";

pub(super) fn erasure(conn: &Connection, owner: &EndUserId) -> Result<Option<Erasure>, rusqlite::Error> {
    let mut find = conn.prepare_cached(ERASURE)?;
    let found = find.query_row(params![owner.issuer, owner.subject], |row| {
        Ok(Erasure {
            started_at: time_out(row.get(0)?),
            objects_left: number_out(row.get(1)?),
            open_creates: number_out(row.get(2)?),
        })
    });
    found.optional()
}

pub(super) const ERASING: &str = "SELECT issuer, subject FROM owners \
    WHERE erasing_since_ms IS NOT NULL ORDER BY erasing_since_ms LIMIT 10000";

pub(super) fn erasing(conn: &Connection) -> Result<Vec<EndUserId>, rusqlite::Error> {
    let mut find = conn.prepare_cached(ERASING)?;
    let found = find.query_map([], |row| Ok(EndUserId { issuer: row.get(0)?, subject: row.get(1)? }))?;
    found.collect()
}

pub(super) const OBJECTS: &str = concat!(
    "SELECT ",
    record_columns!(),
    ", account FROM objects WHERE owner = (SELECT id FROM owners WHERE issuer = ?1 AND subject = ?2) \
     AND (account, kind, id) > (?3, ?4, ?5) AND expired_at_ms IS NULL ORDER BY account, kind, id LIMIT ?6"
);

pub(super) fn objects(
    conn: &Connection,
    owner: &EndUserId,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Vec<(AccountKey, Record)>, rusqlite::Error> {
    // Nothing comes before empty names and 0.
    let (account, kind, id) =
        after.map_or(("", "", 0), |at| (at.account.as_str(), at.object.kind.name(), at.object.id));
    let id = i64::try_from(id).unwrap_or(i64::MAX);
    let mut find = conn.prepare_cached(OBJECTS)?;
    let found = find.query_map(params![owner.issuer, owner.subject, account, kind, id, limit], |row| {
        Ok((AccountKey::new(text(row, RECORD_COLUMNS)?), record(row, 0)?))
    })?;
    found.collect()
}
