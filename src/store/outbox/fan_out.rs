//! From events to notifications.

use aws_lc_rs::rand;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::clock::Timestamp;
use crate::notifications::{FannedOut, Filter};
use crate::store::events::{self, event_kind_out};
use crate::store::rows::{kind_out, text, time_in};

/// These endpoints are configured; a new one begins after the last event.
pub(super) fn follow(conn: &Connection, endpoints: &[String], at: Timestamp) -> Result<u64, rusqlite::Error> {
    const FOLLOW: &str = "INSERT INTO outbox_cursors (endpoint, seq, seen_at_ms) VALUES (?1, ?2, ?3) \
        ON CONFLICT (endpoint) DO UPDATE SET seen_at_ms = excluded.seen_at_ms";
    let last = i64::try_from(events::last(conn)?).unwrap_or(i64::MAX);
    for endpoint in endpoints {
        conn.prepare_cached(FOLLOW)?.execute(params![endpoint, last, time_in(at)])?;
    }
    Ok(endpoints.len() as u64)
}

pub(super) fn fan_out(
    conn: &Connection,
    endpoints: &[(String, Filter)],
    limit: u32,
    at: Timestamp,
) -> Result<FannedOut, rusqlite::Error> {
    let mut done = FannedOut::default();
    for (endpoint, filter) in endpoints {
        let of_one = hand_out(conn, endpoint, filter, limit, at)?;
        done.made += of_one.made;
        done.is_more |= of_one.is_more;
    }
    Ok(done)
}

fn hand_out(
    conn: &Connection,
    endpoint: &str,
    filter: &Filter,
    limit: u32,
    at: Timestamp,
) -> Result<FannedOut, rusqlite::Error> {
    const CURSOR: &str = "SELECT seq FROM outbox_cursors WHERE endpoint = ?1";
    const NEW: &str = "SELECT seq, kind, object_kind FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    const TAKE: &str = "INSERT INTO outbox (endpoint, webhook_id, owner, n, at_ms, kind, account, object_kind, \
        object_id, tune, waits_since_ms, due_at_ms) \
        SELECT ?1, ?2, owner, n, at_ms, kind, account, object_kind, object_id, tune, ?4, ?4 FROM events WHERE seq = ?3";
    const MOVE: &str = "UPDATE outbox_cursors SET seq = ?2 WHERE endpoint = ?1";
    let cursor: Option<i64> =
        conn.prepare_cached(CURSOR)?.query_row([endpoint], |row| row.get(0)).optional()?;
    let Some(cursor) = cursor else {
        follow(conn, &[endpoint.to_owned()], at)?;
        return Ok(FannedOut::default());
    };
    let (mut seen, mut last, mut wanted) = (0, cursor, Vec::new());
    let mut new = conn.prepare_cached(NEW)?;
    let mut rows = new.query(params![cursor, limit])?;
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        seen += 1;
        // One that a later version has written is told by that version's names, which nobody here knows.
        let kind = event_kind_out(text(row, 1)?);
        let object = kind_out(text(row, 2)?)?;
        wanted.extend(kind.filter(|kind| filter.passes(object, *kind)).map(|_| last));
    }
    drop(rows);
    if seen < limit {
        // Those in between were forgotten with whose they were.
        last = last.max(i64::try_from(events::last(conn)?).unwrap_or(i64::MAX));
    }
    for seq in &wanted {
        conn.prepare_cached(TAKE)?.execute(params![endpoint, webhook_id()?, seq, time_in(at)])?;
    }
    if last > cursor {
        conn.prepare_cached(MOVE)?.execute(params![endpoint, last])?;
    }
    Ok(FannedOut { made: wanted.len() as u64, is_more: seen == limit })
}

/// 128 random bits.
fn webhook_id() -> Result<String, rusqlite::Error> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    Ok(format!("msg_{:032x}", u128::from_be_bytes(bytes)))
}
