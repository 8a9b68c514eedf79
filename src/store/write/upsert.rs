//! One object into its row, and what is known of many.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::clock::Timestamp;
use crate::ids::{ReservationId, TuneId};
use crate::ownership::{AccountKey, ObjectId, ObjectKind, Seen};
use crate::store::rows::{id_in, time_in, time_out};

/// What matters of an object that is recorded.
pub(in crate::store) struct Known {
    pub(in crate::store) owner: i64,
    pub(in crate::store) reservation: Option<String>,
    pub(in crate::store) known_at: Timestamp,
    pub(in crate::store) is_finished: bool,
    /// As it was last seen.
    pub(in crate::store) members: Option<String>,
}

/// Those of these objects that are recorded, whoever's they are.
pub(in crate::store) fn known(
    conn: &Connection,
    account: &AccountKey,
    objects: &[Seen],
) -> Result<HashMap<ObjectId, Known>, rusqlite::Error> {
    const FIND: &str = "SELECT owner, reservation, known_at_ms, is_finished, members FROM objects \
        WHERE id = ?1 AND kind = ?2 AND account = ?3";
    let mut find = conn.prepare_cached(FIND)?;
    let mut all = HashMap::with_capacity(objects.len());
    for object in objects.iter().map(|seen| seen.object) {
        let Some(id) = id_in(object.id) else { continue };
        let known = find.query_row(params![id, object.kind.name(), account.as_str()], |row| {
            let known_at = time_out(row.get(2)?);
            Ok(Known {
                owner: row.get(0)?,
                reservation: row.get(1)?,
                known_at,
                is_finished: row.get(3)?,
                members: row.get(4)?,
            })
        });
        if let Some(known) = known.optional()? {
            all.insert(object, known);
        }
    }
    Ok(all)
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
pub(in crate::store) fn reservation_owner(
    conn: &Connection,
    account: &AccountKey,
    reservation: ReservationId,
) -> Result<Option<i64>, rusqlite::Error> {
    let mut find = conn.prepare_cached("SELECT owner FROM reservations WHERE id = ?1 AND account = ?2")?;
    let found = find.query_row(params![reservation.to_string(), account.as_str()], |row| row.get(0));
    // Nobody's, if whoever made it was forgotten.
    Ok(found.optional()?.flatten())
}

/// Whether an object that is recorded was made for nothing.
pub(in crate::store) fn is_free(
    conn: &Connection,
    account: &AccountKey,
    seen: &Seen,
) -> Result<bool, rusqlite::Error> {
    const FIND: &str = "SELECT is_free FROM objects WHERE id = ?1 AND kind = ?2 AND account = ?3";
    let values = params![id_in(seen.object.id), seen.object.kind.name(), account.as_str()];
    let found = conn.prepare_cached(FIND)?.query_row(values, |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(false))
}

/// When an unfinished object is looked at first, unless somebody asks for it before: not all at the same moment.
fn first_look(object: ObjectId, at: Timestamp) -> Timestamp {
    let after_ms = match object.kind {
        ObjectKind::Prompt => 5_000,
        ObjectKind::Tune => 30_000,
    };
    at.plus(Duration::from_millis(after_ms + object.id % 2_000))
}

/// What is known keeps its owner, and what a shorter reply lacks stays as it was.
const UPSERT: &str = "\
INSERT INTO objects (id, kind, account, owner, tune, pack, base_pack, reservation, known_at_ms, created_at_ms, \
finished_at_ms, expires_at_ms, is_finished, title, name, model_type, branch, text_lower, is_video, is_api, members, \
seen_at_ms, look_at_ms, vanishes_at_ms, is_free) \
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, \
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
look_at_ms = CASE WHEN excluded.members IS NULL OR NOT excluded.is_finished \
THEN COALESCE(objects.look_at_ms, CASE WHEN objects.is_finished OR objects.lost_at_ms IS NOT NULL \
THEN NULL ELSE excluded.look_at_ms END) END, \
lost_at_ms = CASE WHEN excluded.members IS NULL OR NOT excluded.is_finished THEN objects.lost_at_ms END, \
vanishes_at_ms = CASE WHEN objects.vanishes_at_ms >= excluded.vanishes_at_ms THEN objects.vanishes_at_ms \
ELSE COALESCE(excluded.vanishes_at_ms, objects.vanishes_at_ms) END, \
is_vanishing_told = CASE WHEN excluded.vanishes_at_ms > objects.vanishes_at_ms THEN 0 \
ELSE objects.is_vanishing_told END, \
is_free = CASE WHEN excluded.branch IS NULL THEN objects.is_free ELSE excluded.is_free END \
WHERE objects.owner = excluded.owner";

/// Writes an object as it was seen. `tune` is that of a prompt, `reservation` one of the same owner.
pub(in crate::store) fn upsert(
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
        (!seen.is_finished).then_some(time_in(first_look(seen.object, at))),
        seen.vanishes_at().map(time_in),
    ])?;
    Ok(())
}
