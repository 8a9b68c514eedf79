//! Small notes on one object. An object that is not recorded is left alone.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::ids::TuneId;
use crate::ownership::{AccountKey, ObjectId, ObjectKind};
use crate::store::command::{Answer, Outcome};
use crate::store::rows::{id_in, time_in};

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

pub(in crate::store) fn forget(conn: &Connection, account: &AccountKey, object: ObjectId) -> Outcome {
    on_one(conn, "DELETE FROM objects WHERE id = ?2 AND kind = ?3 AND account = ?1", account, object)?;
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
