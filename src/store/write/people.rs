//! End users: their names, their erasure, and the audit record.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::clock::Timestamp;
use crate::guests::{GuestId, GuestState};
use crate::ownership::Erasure;
use crate::principal::EndUserId;
use crate::store::command::{Answer, Audit, Outcome};
use crate::store::guests;
use crate::store::rows::{time_in, time_out};

/// An end user's row.
pub(in crate::store) struct Owner {
    pub(in crate::store) id: i64,
    pub(in crate::store) erasing_since: Option<Timestamp>,
    /// The ledger's name of them is known.
    pub(in crate::store) is_named: bool,
}

/// The row of an end user, made if there is none. `None`: a guest that is nobody any more, whose late requests must not
/// make it somebody again.
pub(in crate::store) fn owner(conn: &Connection, who: &EndUserId) -> Result<Option<Owner>, rusqlite::Error> {
    if let Some(guest) = GuestId::of(who)
        && guests::state(conn, guest)? != GuestState::Alive
    {
        return Ok(None);
    }
    if let Some(known) = find_owner(conn, who)? {
        return Ok(Some(known));
    }
    let new = "INSERT INTO owners (issuer, subject) VALUES (?1, ?2) RETURNING id";
    let id = conn.prepare_cached(new)?.query_row(params![who.issuer, who.subject], |row| row.get(0))?;
    Ok(Some(Owner { id, erasing_since: None, is_named: false }))
}

/// The row of an end user, if there is one.
pub(in crate::store) fn find_owner(
    conn: &Connection,
    who: &EndUserId,
) -> Result<Option<Owner>, rusqlite::Error> {
    let known =
        "SELECT id, erasing_since_ms, pseudonym IS NOT NULL FROM owners WHERE issuer = ?1 AND subject = ?2";
    let mut known = conn.prepare_cached(known)?;
    let found = known.query_row(params![who.issuer, who.subject], |row| {
        let erasing_since = row.get::<_, Option<i64>>(1)?.map(time_out);
        Ok(Owner { id: row.get(0)?, erasing_since, is_named: row.get(2)? })
    });
    found.optional()
}

/// The operator finds people by name, the ledger knows pseudonyms.
pub(in crate::store) fn name(conn: &Connection, owner: i64, pseudonym: &str) -> Result<(), rusqlite::Error> {
    const NAME: &str = "UPDATE owners SET pseudonym = ?2 WHERE id = ?1 AND pseudonym IS NULL";
    conn.prepare_cached(NAME)?.execute(params![owner, pseudonym])?;
    Ok(())
}

pub(in crate::store) fn begin_erasure(conn: &Connection, who: &EndUserId, at: Timestamp) -> Outcome {
    if let Some(owner) = owner(conn, who)? {
        let begin = "UPDATE owners SET erasing_since_ms = ?2 WHERE id = ?1 AND erasing_since_ms IS NULL";
        conn.prepare_cached(begin)?.execute(params![owner.id, time_in(at)])?;
        guests::end(conn, who, false, at)?;
    }
    let erasure = crate::store::read::erasure(conn, who)?;
    let nothing = Erasure { started_at: at, objects_left: 0, open_creates: 0 };
    Ok(Ok(Answer::Erasure(erasure.unwrap_or(nothing))))
}

pub(in crate::store) fn finish_erasure(conn: &Connection, who: &EndUserId, entry: &Audit) -> Outcome {
    // Only of those who asked for it.
    let Some(Owner { id, erasing_since: Some(_), .. }) = find_owner(conn, who)? else {
        return Ok(Ok(Answer::Forgotten(false)));
    };
    // What became known since whoever asks has looked is still at Astria, and what a create still holds must end.
    let left = "SELECT EXISTS (SELECT 1 FROM objects WHERE owner = ?1 AND expired_at_ms IS NULL) \
                OR EXISTS (SELECT 1 FROM reservations INDEXED BY reservations_unended \
                WHERE owner = ?1 AND look_at_ms IS NOT NULL \
                AND state IN ('open', 'unknown', 'made'))";
    if conn.prepare_cached(left)?.query_row([id], |row| row.get(0))? {
        return Ok(Ok(Answer::Forgotten(false)));
    }
    // What was spent stays in the ledger, under a name that is nobody's.
    for forget in [
        "DELETE FROM idempotency WHERE owner = ?1",
        "DELETE FROM inbox WHERE reservation IN (SELECT id FROM reservations WHERE owner = ?1)",
        "DELETE FROM events WHERE owner = ?1",
        "DELETE FROM event_streams WHERE owner = ?1",
        "DELETE FROM sessions WHERE owner = ?1",
        "DELETE FROM outbox WHERE owner = ?1",
        "DELETE FROM open_themes WHERE reservation IN (SELECT n FROM reservations WHERE owner = ?1)",
        "UPDATE reservations SET owner = NULL, request = '', title = NULL, tunes = '[]', look_at_ms = NULL \
         WHERE owner = ?1",
        "DELETE FROM objects WHERE owner = ?1",
        "DELETE FROM owners WHERE id = ?1",
    ] {
        conn.prepare_cached(forget)?.execute([id])?;
    }
    add(conn, entry)?;
    Ok(Ok(Answer::Forgotten(true)))
}

pub(in crate::store) fn audit(conn: &Connection, entry: &Audit) -> Outcome {
    add(conn, entry)?;
    Ok(Ok(Answer::Done))
}

fn add(conn: &Connection, entry: &Audit) -> Result<(), rusqlite::Error> {
    let add = "INSERT INTO audit (at_ms, action, pseudonym, request_id, objects) VALUES (?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(add)?.execute(params![
        time_in(entry.at),
        entry.action,
        entry.pseudonym,
        entry.request_id,
        i64::try_from(entry.objects).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}
