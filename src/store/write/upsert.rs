//! One object into its row, and what is known of many.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::clock::Timestamp;
use crate::ids::{ReservationId, TuneId};
use crate::ownership::{AccountKey, ObjectId, ObjectKind, Seen};
use crate::store::rows::{id_in, kind_out, number_out, text, time_in, time_out};

/// What matters of an object that is recorded.
pub(super) struct Known {
    pub(super) owner: i64,
    pub(super) reservation: Option<String>,
    pub(super) known_at: Timestamp,
}

/// Those of these objects that are recorded, whoever's they are.
pub(super) fn known(
    conn: &Connection,
    account: &AccountKey,
    objects: &[Seen],
) -> Result<HashMap<ObjectId, Known>, rusqlite::Error> {
    if objects.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = |kind| json_ids(objects.iter().map(|seen| seen.object).filter(|object| object.kind == kind));
    let find = "SELECT kind, id, owner, reservation, known_at_ms FROM objects \
                WHERE account = ?1 AND kind = 'tune' AND id IN (SELECT value FROM json_each(?2)) \
                UNION ALL SELECT kind, id, owner, reservation, known_at_ms FROM objects \
                WHERE account = ?1 AND kind = 'prompt' AND id IN (SELECT value FROM json_each(?3))";
    let (tunes, prompts) = (ids(ObjectKind::Tune), ids(ObjectKind::Prompt));
    let mut find = conn.prepare_cached(find)?;
    let found = find.query_map(params![account.as_str(), tunes, prompts], |row| {
        let object = ObjectId { kind: kind_out(text(row, 0)?)?, id: number_out(row.get(1)?) };
        let known_at = time_out(row.get(4)?);
        Ok((object, Known { owner: row.get(2)?, reservation: row.get(3)?, known_at }))
    })?;
    found.collect()
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
pub(super) fn reservation_owner(
    conn: &Connection,
    account: &AccountKey,
    reservation: ReservationId,
) -> Result<Option<i64>, rusqlite::Error> {
    let mut find = conn.prepare_cached("SELECT owner FROM reservations WHERE id = ?1 AND account = ?2")?;
    find.query_row(params![reservation.to_string(), account.as_str()], |row| row.get(0)).optional()
}

/// What is known keeps its owner, and what a shorter reply lacks stays as it was.
const UPSERT: &str = "\
INSERT INTO objects (id, kind, account, owner, tune, pack, base_pack, reservation, known_at_ms, created_at_ms, \
finished_at_ms, expires_at_ms, is_finished, title, name, model_type, branch, text_lower, is_video, is_api, members, \
seen_at_ms, is_free) \
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, \
COALESCE(?17 = 'fast', (SELECT base.is_free FROM objects AS base \
WHERE base.id = ?5 AND base.kind = 'tune' AND base.account = ?3), 0)) \
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
pub(super) fn upsert(
    conn: &Connection,
    account: &AccountKey,
    owner: i64,
    seen: &Seen,
    tune: Option<TuneId>,
    reservation: Option<ReservationId>,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    let Some(id) = id_in(seen.object.id) else { return Ok(()) };
    let is_tune = seen.object.kind == ObjectKind::Tune;
    let traits = &seen.traits;
    conn.prepare_cached(UPSERT)?.execute(params![
        id,
        seen.object.kind.name(),
        account.as_str(),
        owner,
        tune.filter(|_| !is_tune).and_then(|tune| id_in(tune.get())),
        seen.pack.and_then(|pack| id_in(pack.get())),
        seen.base_pack.and_then(|pack| id_in(pack.get())),
        reservation.map(|reservation| reservation.to_string()),
        time_in(at),
        seen.created_at.map(time_in),
        seen.finished_at.map(time_in),
        seen.expires_at.map(time_in),
        seen.is_finished,
        &traits.title,
        &traits.name,
        &traits.model_type,
        traits.branch.as_ref().filter(|_| is_tune),
        traits.text.as_ref().map(|text| text.to_lowercase()),
        traits.is_video,
        traits.is_api,
        Some(&seen.members).filter(|members| !members.is_empty()),
        // Of one that was only named, nothing is known yet.
        (!seen.members.is_empty()).then_some(time_in(at)),
    ])?;
    Ok(())
}
