//! One object into its row, and what is known of many.

use std::collections::HashMap;

use sqlx::{Row as _, SqliteConnection};

use crate::clock::Timestamp;
use crate::ids::{ReservationId, TuneId};
use crate::ownership::{AccountKey, ObjectId, ObjectKind, Seen};
use crate::store::rows::{id_in, kind_out, number_out, time_in, time_out};

/// What matters of an object that is recorded.
pub(super) struct Known {
    pub(super) owner: i64,
    pub(super) reservation: Option<String>,
    pub(super) known_at: Timestamp,
}

/// Those of these objects that are recorded, whoever's they are.
pub(super) async fn known(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    objects: &[Seen],
) -> Result<HashMap<ObjectId, Known>, sqlx::Error> {
    if objects.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = |kind| json_ids(objects.iter().map(|seen| seen.object).filter(|object| object.kind == kind));
    let find = "SELECT kind, id, owner, reservation, known_at_ms FROM objects \
                WHERE account = $1 AND kind = 'tune' AND id IN (SELECT value FROM json_each($2)) \
                UNION ALL SELECT kind, id, owner, reservation, known_at_ms FROM objects \
                WHERE account = $1 AND kind = 'prompt' AND id IN (SELECT value FROM json_each($3))";
    let find =
        sqlx::query(find).bind(account.as_str()).bind(ids(ObjectKind::Tune)).bind(ids(ObjectKind::Prompt));
    let rows = find.fetch_all(conn).await?;
    let read = rows.iter().map(|row| {
        let object = ObjectId { kind: kind_out(row.try_get(0)?)?, id: number_out(row.try_get(1)?) };
        let known_at = time_out(row.try_get(4)?);
        Ok((object, Known { owner: row.try_get(2)?, reservation: row.try_get(3)?, known_at }))
    });
    read.collect()
}

/// Ids as one parameter, however many they are.
pub(in crate::store) fn json_ids(objects: impl Iterator<Item = ObjectId>) -> String {
    let mut text = String::from("[");
    for id in objects.filter_map(|object| id_in(object.id)) {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(itoa::Buffer::new().format(id));
    }
    text.push(']');
    text
}

/// Whose the reservation is that an object names, on this account.
pub(super) async fn reservation_owner(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    reservation: ReservationId,
) -> Result<Option<i64>, sqlx::Error> {
    let find = sqlx::query("SELECT owner FROM reservations WHERE id = $1 AND account = $2");
    let row = find.bind(reservation.to_string()).bind(account.as_str()).fetch_optional(conn).await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// What is known keeps its owner, and what a shorter reply lacks stays as it was.
const UPSERT: &str = "\
INSERT INTO objects (id, kind, account, owner, tune, pack, base_pack, reservation, known_at_ms, created_at_ms, \
finished_at_ms, expires_at_ms, is_finished, title, name, model_type, branch, text_lower, is_video, is_api, members, \
seen_at_ms, is_free) \
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
COALESCE($17 = 'fast', (SELECT base.is_free FROM objects AS base \
WHERE base.id = $5 AND base.kind = 'tune' AND base.account = $3), 0)) \
ON CONFLICT (id, kind, account) DO UPDATE SET \
tune = COALESCE(excluded.tune, objects.tune), \
pack = COALESCE(excluded.pack, objects.pack), \
base_pack = COALESCE(excluded.base_pack, objects.base_pack), \
reservation = COALESCE(objects.reservation, excluded.reservation), \
created_at_ms = COALESCE(excluded.created_at_ms, objects.created_at_ms), \
finished_at_ms = COALESCE(excluded.finished_at_ms, objects.finished_at_ms), \
expires_at_ms = COALESCE(excluded.expires_at_ms, objects.expires_at_ms), \
is_finished = CASE WHEN excluded.members IS NULL THEN objects.is_finished ELSE excluded.is_finished END, \
title = COALESCE(excluded.title, objects.title), \
name = COALESCE(excluded.name, objects.name), \
model_type = COALESCE(excluded.model_type, objects.model_type), \
branch = COALESCE(excluded.branch, objects.branch), \
text_lower = COALESCE(excluded.text_lower, objects.text_lower), \
is_video = objects.is_video | excluded.is_video, \
is_api = COALESCE(excluded.is_api, objects.is_api), \
members = COALESCE(excluded.members, objects.members), \
seen_at_ms = COALESCE(excluded.seen_at_ms, objects.seen_at_ms), \
is_free = CASE WHEN excluded.branch IS NULL THEN objects.is_free ELSE excluded.is_free END \
WHERE objects.owner = excluded.owner";

/// Writes an object as it was seen. `tune` is that of a prompt, `reservation` one of the same owner.
pub(super) async fn upsert(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    owner: i64,
    seen: &Seen,
    tune: Option<TuneId>,
    reservation: Option<ReservationId>,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let Some(id) = id_in(seen.object.id) else { return Ok(()) };
    let is_tune = seen.object.kind == ObjectKind::Tune;
    let traits = &seen.traits;
    sqlx::query(UPSERT)
        .bind(id)
        .bind(seen.object.kind.name())
        .bind(account.as_str())
        .bind(owner)
        .bind(tune.filter(|_| !is_tune).and_then(|tune| id_in(tune.get())))
        .bind(seen.pack.and_then(|pack| id_in(pack.get())))
        .bind(seen.base_pack.and_then(|pack| id_in(pack.get())))
        .bind(reservation.map(|reservation| reservation.to_string()))
        .bind(time_in(at))
        .bind(seen.created_at.map(time_in))
        .bind(seen.finished_at.map(time_in))
        .bind(seen.expires_at.map(time_in))
        .bind(seen.is_finished)
        .bind(&traits.title)
        .bind(&traits.name)
        .bind(&traits.model_type)
        .bind(traits.branch.as_ref().filter(|_| is_tune))
        .bind(traits.text.as_ref().map(|text| text.to_lowercase()))
        .bind(traits.is_video)
        .bind(traits.is_api)
        .bind(Some(&seen.members).filter(|members| !members.is_empty()))
        // Of one that was only named, nothing is known yet.
        .bind((!seen.members.is_empty()).then_some(time_in(at)))
        .execute(conn)
        .await?;
    Ok(())
}
