//! Small notes on one object. An object that is not recorded is left alone.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::clock::Timestamp;
use crate::events::EventKind;
use crate::ids::TuneId;
use crate::ownership::{AccountKey, KEPT_AT_ASTRIA, ObjectId, ObjectKind};
use crate::store::command::{Answer, Outcome};
use crate::store::events;
use crate::store::rows::{id_in, number_out, time_in};

pub(in crate::store) fn swept(
    conn: &Connection,
    account: &AccountKey,
    tune: TuneId,
    at: Timestamp,
    is_done: bool,
) -> Outcome {
    let Some(id) = id_in(tune.get()) else { return Ok(Ok(Answer::Done)) };
    let note = "UPDATE objects SET swept_at_ms = ?3, \
                awaits_until_ms = CASE WHEN ?4 THEN NULL ELSE awaits_until_ms END \
                WHERE id = ?2 AND kind = 'tune' AND account = ?1";
    conn.prepare_cached(note)?.execute(params![account.as_str(), id, time_in(at), is_done])?;
    Ok(Ok(Answer::Done))
}

pub(in crate::store) fn doubt(conn: &Connection, account: &AccountKey, object: ObjectId) -> Outcome {
    let note = "UPDATE objects SET seen_at_ms = NULL WHERE id = ?2 AND kind = ?3 AND account = ?1";
    on_one(conn, note, account, object)?;
    Ok(Ok(Answer::Done))
}

pub(in crate::store) fn forget(
    conn: &Connection,
    account: &AccountKey,
    object: ObjectId,
    at: Timestamp,
) -> Outcome {
    const FIND: &str = "SELECT owner, tune, COALESCE(expires_at_ms, finished_at_ms + ?5) <= ?4 FROM objects \
        WHERE id = ?2 AND kind = ?3 AND account = ?1 AND expired_at_ms IS NULL";
    let values = params![account.as_str(), id_in(object.id), object.kind.name(), time_in(at)];
    let kept_ms = i64::try_from(KEPT_AT_ASTRIA.as_millis()).unwrap_or(i64::MAX);
    let found = [values, params![kept_ms]].concat();
    let found = conn.prepare_cached(FIND)?.query_row(&*found, |row| {
        let tune: Option<i64> = row.get(1)?;
        let tune = tune.map(|tune| TuneId::from_u64(number_out(tune)));
        Ok((row.get::<_, i64>(0)?, tune, row.get::<_, Option<bool>>(2)?.unwrap_or(false)))
    });
    if let Some((owner, tune, is_its_time)) = found.optional()? {
        if is_its_time {
            // Whose it was stays known, so that a number which comes up again is nobody else's; what it was does not.
            const EXPIRE: &str = "UPDATE objects SET expired_at_ms = ?4, is_finished = 1, look_at_ms = NULL, members = NULL, \
                text_lower = NULL, title = NULL WHERE id = ?2 AND kind = ?3 AND account = ?1";
            conn.prepare_cached(EXPIRE)?.execute(values)?;
        } else {
            let delete = "DELETE FROM objects WHERE id = ?2 AND kind = ?3 AND account = ?1";
            on_one(conn, delete, account, object)?;
        }
        events::tell(conn, account, owner, (object, tune), EventKind::Deleted, at)?;
    }
    if object.kind == ObjectKind::Tune {
        // They may be gone with it: nobody knows before Astria says so for each.
        let doubt = "UPDATE objects SET seen_at_ms = NULL WHERE account = ?1 AND tune = ?2";
        conn.prepare_cached(doubt)?.execute(params![account.as_str(), id_in(object.id)])?;
    }
    Ok(Ok(Answer::Done))
}

pub(in crate::store) fn like(
    conn: &Connection,
    account: &AccountKey,
    object: ObjectId,
    is_liked: bool,
) -> Outcome {
    let note = if is_liked {
        "UPDATE objects SET is_liked = 1 WHERE id = ?2 AND kind = ?3 AND account = ?1"
    } else {
        "UPDATE objects SET is_liked = 0 WHERE id = ?2 AND kind = ?3 AND account = ?1"
    };
    on_one(conn, note, account, object)?;
    Ok(Ok(Answer::Done))
}

fn on_one(
    conn: &Connection,
    statement: &'static str,
    account: &AccountKey,
    object: ObjectId,
) -> Result<(), rusqlite::Error> {
    let Some(id) = id_in(object.id) else { return Ok(()) };
    conn.prepare_cached(statement)?.execute(params![account.as_str(), id, object.kind.name()])?;
    Ok(())
}
