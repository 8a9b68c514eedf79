//! What the writer is told to do with notifications.

use rusqlite::{Connection, params};

use super::{fan_out, operator};
use crate::clock::Timestamp;
use crate::notifications::{Attempt, FannedOut, Filter, Replay};
use crate::store::command::{Answer, Outcome};
use crate::store::rows::{id_in, time_in};

/// See the methods of the store that make one each.
pub(in crate::store) enum Change {
    Follow { endpoints: Vec<String>, at: Timestamp },
    FanOut { endpoints: Vec<(String, Filter)>, limit: u32, at: Timestamp },
    Delivered(u64),
    Failed(Attempt),
    Recovered { endpoint: String, at: Timestamp },
    Tidy { endpoints: Vec<String>, at: Timestamp, give_up_before: Timestamp, forget_before: Timestamp },
    Replay(Replay),
}

/// What it did.
pub(in crate::store) enum Told {
    Count(u64),
    FannedOut(FannedOut),
}

impl Told {
    pub(super) const fn count(self) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::FannedOut(_) => 0,
        }
    }
}

impl Change {
    /// Its name in metrics.
    pub(in crate::store) const fn name(&self) -> &'static str {
        match self {
            Self::Follow { .. } => "outbox_follow",
            Self::FanOut { .. } => "outbox_fan_out",
            Self::Delivered(_) => "outbox_delivered",
            Self::Failed(_) => "outbox_failed",
            Self::Recovered { .. } => "outbox_recovered",
            Self::Tidy { .. } => "outbox_tidy",
            Self::Replay(_) => "outbox_replay",
        }
    }

    pub(in crate::store) fn run(&self, conn: &Connection) -> Outcome {
        let told = match self {
            Self::Follow { endpoints, at } => fan_out::follow(conn, endpoints, *at).map(Told::Count),
            Self::FanOut { endpoints, limit, at } => {
                fan_out::fan_out(conn, endpoints, *limit, *at).map(Told::FannedOut)
            }
            Self::Delivered(number) => delivered(conn, *number).map(Told::Count),
            Self::Failed(attempt) => failed(conn, attempt).map(Told::Count),
            Self::Recovered { endpoint, at } => recovered(conn, endpoint, *at).map(Told::Count),
            Self::Tidy { endpoints, at, give_up_before, forget_before } => {
                tidy(conn, endpoints, *at, (*give_up_before, *forget_before)).map(Told::Count)
            }
            Self::Replay(replay) => operator::replay(conn, replay).map(Told::Count),
        };
        Ok(Ok(Answer::Outbox(told?)))
    }
}

fn delivered(conn: &Connection, number: u64) -> Result<u64, rusqlite::Error> {
    let gone = conn.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id_in(number)])?;
    Ok(gone as u64)
}

fn failed(conn: &Connection, attempt: &Attempt) -> Result<u64, rusqlite::Error> {
    const NOTE: &str = "UPDATE outbox SET attempts = attempts + 1, due_at_ms = ?2, last_error = ?3 \
        WHERE id = ?1 AND due_at_ms IS NOT NULL";
    const GIVE_UP: &str = "UPDATE outbox SET due_at_ms = NULL, gave_up_at_ms = ?2 \
        WHERE id = ?1 AND due_at_ms IS NOT NULL AND waits_since_ms <= ?3";
    const GIVE_ALL_UP: &str = "UPDATE outbox SET due_at_ms = NULL, gave_up_at_ms = ?2, \
        last_error = COALESCE(last_error, ?4) \
        WHERE endpoint = ?1 AND due_at_ms IS NOT NULL AND waits_since_ms <= ?3";
    let Attempt { number, endpoint, at, due_at, give_up_before, is_of_endpoint, error } = attempt;
    let (at, give_up_before) = (time_in(*at), time_in(*give_up_before));
    conn.prepare_cached(NOTE)?.execute(params![id_in(*number), time_in(*due_at), error])?;
    let given_up = if *is_of_endpoint {
        conn.prepare_cached(GIVE_ALL_UP)?.execute(params![endpoint, at, give_up_before, error])?
    } else {
        conn.prepare_cached(GIVE_UP)?.execute(params![id_in(*number), at, give_up_before])?
    };
    Ok(given_up as u64)
}

fn recovered(conn: &Connection, endpoint: &str, at: Timestamp) -> Result<u64, rusqlite::Error> {
    const WAKE: &str = "UPDATE outbox SET due_at_ms = ?2 WHERE endpoint = ?1 AND due_at_ms > ?2";
    Ok(conn.prepare_cached(WAKE)?.execute(params![endpoint, time_in(at)])? as u64)
}

fn tidy(
    conn: &Connection,
    endpoints: &[String],
    at: Timestamp,
    (give_up_before, forget_before): (Timestamp, Timestamp),
) -> Result<u64, rusqlite::Error> {
    // Endpoints that this process does not know may be another's, whose configuration is newer. Nobody sends to those
    // that none has had for so long.
    const GIVE_UP: &str = "UPDATE outbox SET due_at_ms = NULL, gave_up_at_ms = ?1, \
        last_error = COALESCE(last_error, 'not_configured') WHERE due_at_ms IS NOT NULL AND waits_since_ms <= ?2 \
        AND endpoint IN (SELECT endpoint FROM outbox_cursors WHERE seen_at_ms <= ?2)";
    const FORGET: &str = "DELETE FROM outbox WHERE due_at_ms IS NULL AND gave_up_at_ms <= ?1 \
        AND endpoint IN (SELECT endpoint FROM outbox_cursors)";
    const FORGET_CURSORS: &str = "DELETE FROM outbox_cursors WHERE seen_at_ms <= ?1 \
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.endpoint = outbox_cursors.endpoint AND due_at_ms IS NOT NULL) \
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.endpoint = outbox_cursors.endpoint AND due_at_ms IS NULL)";
    fan_out::follow(conn, endpoints, at)?;
    let given_up = conn.prepare_cached(GIVE_UP)?.execute(params![time_in(at), time_in(give_up_before)])?;
    conn.prepare_cached(FORGET)?.execute([time_in(forget_before)])?;
    conn.prepare_cached(FORGET_CURSORS)?.execute([time_in(give_up_before)])?;
    Ok(given_up as u64)
}
