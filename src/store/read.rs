//! Look-ups: each is one statement.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::rows::{RECORD_COLUMNS, id_in, number_out, record, record_columns, time_in, time_out};
use super::write::upsert::json_ids;
use crate::clock::Timestamp;
use crate::ids::{ReservationId, TuneId};
use crate::ownership::{AccountKey, Cursor, Erasure, Found, ListQuery, ObjectId, ObjectKind, Page, Record};
use crate::principal::EndUserId;

/// Tunes that one list names as awaiting prompts; the longest unlooked-at first.
const MAX_AWAITING: i64 = 100;

/// A stranger's object costs what an unknown one costs: the index begins with the owner, so its row is not touched.
pub(super) const FIND: &str = concat!(
    "WITH me AS (SELECT id FROM owners WHERE issuer = $1 AND subject = $2) SELECT ",
    record_columns!(),
    " FROM objects INDEXED BY objects_of_owner WHERE owner = (SELECT id FROM me) AND account = $3 \
     AND kind = 'tune' AND id IN (SELECT value FROM json_each($4)) UNION ALL SELECT ",
    record_columns!(),
    " FROM objects INDEXED BY objects_of_owner WHERE owner = (SELECT id FROM me) AND account = $3 \
     AND kind = 'prompt' AND id IN (SELECT value FROM json_each($5))"
);

pub(super) async fn find(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    owner: &EndUserId,
    wanted: &[ObjectId],
) -> Result<Vec<Record>, sqlx::Error> {
    let ids = |kind| json_ids(wanted.iter().copied().filter(|object| object.kind == kind));
    let find = sqlx::query(FIND).bind(&*owner.issuer).bind(&*owner.subject).bind(account.as_str());
    let rows = find.bind(ids(ObjectKind::Tune)).bind(ids(ObjectKind::Prompt)).fetch_all(conn).await?;
    rows.iter().map(|row| record(row, 0)).collect()
}

pub(super) async fn list(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    owner: &EndUserId,
    kind: ObjectKind,
    query: &ListQuery,
    now: Timestamp,
) -> Result<Page, sqlx::Error> {
    let mut statement = list_statement(account, owner, kind, query, now);
    let mut page = Page::default();
    for row in statement.build().fetch_all(conn).await? {
        if row.try_get::<i64, _>(0)? == 0 {
            page.records.push(record(&row, 1)?);
        } else {
            let tune = TuneId::from_u64(number_out(row.try_get(2)?));
            page.awaiting.push((tune, row.try_get::<Option<i64>, _>(8)?.map(time_out)));
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
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("WITH me AS (SELECT id FROM owners WHERE issuer = ");
    sql.push_bind(owner.issuer.to_string()).push(" AND subject = ").push_bind(owner.subject.to_string());
    sql.push(concat!(
        "), page AS (SELECT ",
        record_columns!(),
        " FROM objects WHERE owner = (SELECT id FROM me)"
    ));
    sql.push(" AND account = ").push_bind(account.as_str().to_owned());
    sql.push(" AND kind = ").push_bind(kind.name());
    if let Some(tune) = query.tune {
        // NULL equals nothing: a tune that cannot be has no prompts.
        sql.push(" AND tune = ").push_bind(id_in(tune.get()));
    }
    if let Some(before) = query.before_id {
        sql.push(" AND id < ").push_bind(i64::try_from(before).unwrap_or(i64::MAX));
    }
    super::filters::push(&mut sql, &query.filters);
    sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(query.limit));
    sql.push(" OFFSET ").push_bind(i64::try_from(query.offset).unwrap_or(i64::MAX));
    sql.push("), awaiting AS (SELECT id, swept_at_ms FROM objects WHERE owner = (SELECT id FROM me)");
    sql.push(" AND account = ").push_bind(account.as_str().to_owned());
    sql.push(" AND awaits_until_ms > ").push_bind(time_in(now));
    if let Some(tune) = query.tune {
        sql.push(" AND id = ").push_bind(id_in(tune.get()));
    }
    sql.push(" AND kind = 'tune' ORDER BY swept_at_ms LIMIT ").push_bind(MAX_AWAITING);
    sql.push(concat!(") SELECT 0, ", record_columns!(), " FROM page UNION ALL "));
    sql.push("SELECT 1, 'tune', id, NULL, NULL, 0, 0, 0, swept_at_ms, NULL FROM awaiting");
    sql
}

pub(super) const LOOK_UP: &str = concat!(
    "SELECT ",
    record_columns!(),
    ", account, reservation, (SELECT issuer FROM owners WHERE owners.id = objects.owner), \
     (SELECT subject FROM owners WHERE owners.id = objects.owner) FROM objects WHERE id = $1"
);

pub(super) async fn look_up(conn: &mut SqliteConnection, id: u64) -> Result<Vec<Found>, sqlx::Error> {
    let rows = sqlx::query(LOOK_UP).bind(id_in(id)).fetch_all(conn).await?;
    let found = rows.iter().map(|row| {
        let text = |column: usize| row.try_get::<&str, _>(RECORD_COLUMNS + column);
        let reservation: Option<&str> = row.try_get(RECORD_COLUMNS + 1)?;
        Ok(Found {
            record: record(row, 0)?,
            account: AccountKey::new(text(0)?),
            reservation: reservation.and_then(ReservationId::parse),
            owner: EndUserId { issuer: text(2)?.into(), subject: text(3)?.into() },
        })
    });
    found.collect()
}

pub(super) const ERASURE: &str = "SELECT erasing_since_ms, \
    (SELECT COUNT(*) FROM objects WHERE objects.owner = owners.id), \
    (SELECT COUNT(*) FROM reservations WHERE reservations.owner = owners.id AND state = 'open') \
    FROM owners WHERE issuer = $1 AND subject = $2 AND erasing_since_ms IS NOT NULL";

pub(super) async fn erasure(
    conn: &mut SqliteConnection,
    owner: &EndUserId,
) -> Result<Option<Erasure>, sqlx::Error> {
    let find = sqlx::query(ERASURE).bind(&*owner.issuer).bind(&*owner.subject);
    let Some(row) = find.fetch_optional(conn).await? else { return Ok(None) };
    Ok(Some(Erasure {
        started_at: time_out(row.try_get(0)?),
        objects_left: number_out(row.try_get(1)?),
        open_creates: number_out(row.try_get(2)?),
    }))
}

pub(super) const ERASING: &str = "SELECT issuer, subject FROM owners \
    WHERE erasing_since_ms IS NOT NULL ORDER BY erasing_since_ms LIMIT 10000";

pub(super) async fn erasing(conn: &mut SqliteConnection) -> Result<Vec<EndUserId>, sqlx::Error> {
    let rows = sqlx::query(ERASING).fetch_all(conn).await?;
    let name = |row: &SqliteRow, column: usize| row.try_get::<&str, _>(column).map(Into::into);
    rows.iter().map(|row| Ok(EndUserId { issuer: name(row, 0)?, subject: name(row, 1)? })).collect()
}

pub(super) const CREATES: &str =
    "SELECT id FROM reservations WHERE owner = (SELECT id FROM owners WHERE issuer = $1 AND subject = $2)";

pub(super) async fn creates(
    conn: &mut SqliteConnection,
    owner: &EndUserId,
) -> Result<Vec<ReservationId>, sqlx::Error> {
    let rows = sqlx::query(CREATES).bind(&*owner.issuer).bind(&*owner.subject).fetch_all(conn).await?;
    let read = rows.iter().map(|row| row.try_get::<&str, _>(0).map(ReservationId::parse));
    Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub(super) const OBJECTS: &str = concat!(
    "SELECT ",
    record_columns!(),
    ", account FROM objects WHERE owner = (SELECT id FROM owners WHERE issuer = $1 AND subject = $2) \
     AND (account, kind, id) > ($3, $4, $5) ORDER BY account, kind, id LIMIT $6"
);

pub(super) async fn objects(
    conn: &mut SqliteConnection,
    owner: &EndUserId,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Vec<(AccountKey, Record)>, sqlx::Error> {
    // Nothing comes before empty names and 0.
    let (account, kind, id) =
        after.map_or(("", "", 0), |at| (at.account.as_str(), at.object.kind.name(), at.object.id));
    let find = sqlx::query(OBJECTS).bind(&*owner.issuer).bind(&*owner.subject).bind(account).bind(kind);
    let find = find.bind(i64::try_from(id).unwrap_or(i64::MAX)).bind(i64::from(limit));
    let rows = find.fetch_all(conn).await?;
    let read = rows
        .iter()
        .map(|row| Ok((AccountKey::new(row.try_get::<&str, _>(RECORD_COLUMNS)?), record(row, 0)?)));
    read.collect()
}
