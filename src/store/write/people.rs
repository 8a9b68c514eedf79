//! End users: their names, their erasure, and the audit record.

use sqlx::{Row as _, SqliteConnection};

use crate::clock::Timestamp;
use crate::ownership::Erasure;
use crate::principal::EndUserId;
use crate::store::command::{Answer, Audit, Outcome};
use crate::store::rows::{time_in, time_out};

/// An end user's row.
pub(super) struct Owner {
    pub(super) id: i64,
    pub(super) erasing_since: Option<Timestamp>,
}

/// The row of an end user, made if there is none.
pub(super) async fn owner(conn: &mut SqliteConnection, who: &EndUserId) -> Result<Owner, sqlx::Error> {
    if let Some(known) = find_owner(conn, who).await? {
        return Ok(known);
    }
    let new = sqlx::query("INSERT INTO owners (issuer, subject) VALUES ($1, $2) RETURNING id");
    let row = new.bind(&*who.issuer).bind(&*who.subject).fetch_one(conn).await?;
    Ok(Owner { id: row.try_get(0)?, erasing_since: None })
}

/// The row of an end user, if there is one.
pub(super) async fn find_owner(
    conn: &mut SqliteConnection,
    who: &EndUserId,
) -> Result<Option<Owner>, sqlx::Error> {
    let known = sqlx::query("SELECT id, erasing_since_ms FROM owners WHERE issuer = $1 AND subject = $2");
    let Some(row) = known.bind(&*who.issuer).bind(&*who.subject).fetch_optional(conn).await? else {
        return Ok(None);
    };
    let erasing_since = row.try_get::<Option<i64>, _>(1)?.map(time_out);
    Ok(Some(Owner { id: row.try_get(0)?, erasing_since }))
}

pub(in crate::store) async fn begin_erasure(
    conn: &mut SqliteConnection,
    who: &EndUserId,
    at: Timestamp,
) -> Outcome {
    let owner = owner(conn, who).await?;
    let begin = "UPDATE owners SET erasing_since_ms = $2 WHERE id = $1 AND erasing_since_ms IS NULL";
    sqlx::query(begin).bind(owner.id).bind(time_in(at)).execute(&mut *conn).await?;
    let erasure = crate::store::read::erasure(conn, who).await?;
    let nothing = Erasure { started_at: at, objects_left: 0, open_creates: 0 };
    Ok(Ok(Answer::Erasure(erasure.unwrap_or(nothing))))
}

pub(in crate::store) async fn finish_erasure(
    conn: &mut SqliteConnection,
    who: &EndUserId,
    entry: &Audit,
) -> Outcome {
    // Only of those who asked for it.
    let Some(Owner { id, erasing_since: Some(_) }) = find_owner(conn, who).await? else {
        return Ok(Ok(Answer::Forgotten(false)));
    };
    // What became known since whoever asks has looked is still at Astria.
    let left = "SELECT EXISTS (SELECT 1 FROM objects WHERE owner = $1) \
                OR EXISTS (SELECT 1 FROM reservations WHERE owner = $1 AND state = 'open')";
    if sqlx::query(left).bind(id).fetch_one(&mut *conn).await?.try_get(0)? {
        return Ok(Ok(Answer::Forgotten(false)));
    }
    for forget in ["DELETE FROM reservations WHERE owner = $1", "DELETE FROM owners WHERE id = $1"] {
        sqlx::query(forget).bind(id).execute(&mut *conn).await?;
    }
    add(conn, entry).await?;
    Ok(Ok(Answer::Forgotten(true)))
}

pub(in crate::store) async fn audit(conn: &mut SqliteConnection, entry: &Audit) -> Outcome {
    add(conn, entry).await?;
    Ok(Ok(Answer::Done))
}

async fn add(conn: &mut SqliteConnection, entry: &Audit) -> Result<(), sqlx::Error> {
    let add = "INSERT INTO audit (at_ms, action, pseudonym, request_id, objects) VALUES ($1, $2, $3, $4, $5)";
    sqlx::query(add)
        .bind(time_in(entry.at))
        .bind(entry.action)
        .bind(&entry.pseudonym)
        .bind(&entry.request_id)
        .bind(i64::try_from(entry.objects).unwrap_or(i64::MAX))
        .execute(conn)
        .await?;
    Ok(())
}
