//! What the operator does with notifications that were given up.

use rusqlite::{Connection, params};
use serde_json::json;

use crate::notifications::Replay;
use crate::store::rows::time_in;

/// Their attempts and their time begin anew. It is recorded in the same transaction.
pub(super) fn replay(conn: &Connection, replay: &Replay) -> Result<u64, rusqlite::Error> {
    const ALL: &str = "UPDATE outbox SET due_at_ms = ?2, waits_since_ms = ?2, attempts = 0, gave_up_at_ms = NULL \
        WHERE endpoint = ?1 AND due_at_ms IS NULL";
    const ONE: &str = "UPDATE outbox SET due_at_ms = ?2, waits_since_ms = ?2, attempts = 0, gave_up_at_ms = NULL \
        WHERE webhook_id = ?1 AND due_at_ms IS NULL AND (?3 IS NULL OR endpoint = ?3)";
    // About no end user, so it names none.
    const RECORD: &str = "INSERT INTO operator_audit (at_ms, who, action, pseudonym, reason, before, after) \
        VALUES (?1, ?2, 'replay', '', ?3, ?4, ?5)";
    let Replay { ids, endpoint, who, reason, at } = replay;
    let at = time_in(*at);
    let mut replayed = 0;
    if ids.is_empty() {
        replayed += conn.prepare_cached(ALL)?.execute(params![endpoint, at])?;
    }
    for id in ids {
        replayed += conn.prepare_cached(ONE)?.execute(params![id, at, endpoint])?;
    }
    let asked = if ids.is_empty() { json!({ "endpoint": endpoint }) } else { json!({ "ids": ids }) };
    let done = json!({ "replayed": replayed });
    conn.prepare_cached(RECORD)?.execute(params![at, who, reason, asked.to_string(), done.to_string()])?;
    Ok(replayed as u64)
}
