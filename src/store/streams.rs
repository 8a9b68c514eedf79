//! Streams that tickets have opened, and events that are old enough to be forgotten.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Store;
use super::command::{Answer, Command, Outcome};
use super::index::answer;
use super::rows::{number_out, time_in};
use super::write::people::owner;
use crate::clock::Timestamp;
use crate::ownership::IndexError;
use crate::principal::EndUserId;

/// Streams of one end user that can be opened again; a further one takes the place of the one that expires first.
const MAX_STREAMS_EACH: u32 = 256;
/// Rows that one command takes out: what others write waits for it.
const MAX_TRIMMED: u32 = 2000;

/// For how long events are kept.
#[derive(Clone, Copy, Debug)]
pub struct KeepEvents {
    /// So long; twice as long, if somebody has to pass them on and has not.
    pub keep: Duration,
    /// Of one end user so many.
    pub max_each: u64,
}

/// How far a look for old events has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Up to here in everybody's order it is known who has too many.
    pub through: u64,
    /// There may be more to take out.
    pub is_more: bool,
}

/// What a ticket opens.
pub(super) struct OpenStream {
    hash: [u8; 32],
    who: EndUserId,
    at: Timestamp,
    opens_until: Timestamp,
    expires_at: Timestamp,
}

pub(super) const KNOWN: &str = "SELECT 1 FROM event_streams JOIN owners ON owners.id = event_streams.owner \
    WHERE event_streams.id = ?1 AND issuer = ?2 AND subject = ?3";

fn is_known(conn: &Connection, hash: &[u8; 32], who: &EndUserId) -> Result<bool, rusqlite::Error> {
    let mut known = conn.prepare_cached(KNOWN)?;
    Ok(known.query_row(params![hash, who.issuer, who.subject], |_| Ok(())).optional()?.is_some())
}

pub(super) fn open_stream(conn: &Connection, stream: &OpenStream) -> Outcome {
    let OpenStream { hash, who, at, opens_until, expires_at } = stream;
    if is_known(conn, hash, who)? {
        return Ok(Ok(Answer::Held(true)));
    }
    if at >= opens_until {
        return Ok(Ok(Answer::Held(false)));
    }
    let Some(owner) = owner(conn, who)? else { return Ok(Ok(Answer::Held(false))) };
    let owner = owner.id;
    const NOTE: &str = "INSERT INTO event_streams (id, owner, expires_at_ms) VALUES (?1, ?2, ?3)";
    conn.prepare_cached(NOTE)?.execute(params![hash, owner, time_in(*expires_at)])?;
    const BOUND: &str = "DELETE FROM event_streams WHERE id IN (SELECT id FROM event_streams \
        WHERE owner = ?1 AND id <> ?2 ORDER BY expires_at_ms DESC LIMIT -1 OFFSET ?3)";
    conn.prepare_cached(BOUND)?.execute(params![owner, hash, MAX_STREAMS_EACH - 1])?;
    Ok(Ok(Answer::Held(true)))
}

/// Events up to here may go when their time is over: everybody who passes them on has.
const PASSED_ON: &str = "SELECT COALESCE(MIN(seq), 9223372036854775807) FROM outbox_cursors";

/// The oldest first.
pub(super) const OLD: &str = "SELECT seq, at_ms FROM events ORDER BY seq LIMIT ?1";

pub(super) const EXPIRED: &str = "DELETE FROM event_streams WHERE id IN \
    (SELECT id FROM event_streams WHERE expires_at_ms <= ?1 LIMIT ?2)";

pub(super) const STIRRED_SINCE: &str = "SELECT owner, MAX(seq), COUNT(*) FROM \
    (SELECT seq, owner FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2) GROUP BY owner";

pub(super) const TOO_MANY: &str = "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE owner = ?1 \
    AND n <= (SELECT last_event FROM owners WHERE id = ?1) - ?2 AND seq <= ?3 ORDER BY n LIMIT ?4)";

pub(super) fn trim(conn: &Connection, at: Timestamp, keep: KeepEvents, after: u64) -> Outcome {
    let before = |times: u32| {
        let kept_ms =
            u64::try_from(keep.keep.as_millis()).unwrap_or(u64::MAX).saturating_mul(u64::from(times));
        time_in(Timestamp::from_unix_ms(at.unix_ms().saturating_sub(kept_ms)))
    };
    let passed_on: i64 = conn.prepare_cached(PASSED_ON)?.query_row([], |row| row.get(0))?;
    // The oldest come first in everybody's order, so what need not go ends the look.
    let mut old = conn.prepare_cached(OLD)?;
    let mut rows = old.query([MAX_TRIMMED])?;
    let (mut through, mut count) = (0, 0);
    while let Some(row) = rows.next()? {
        let (seq, at_ms): (i64, i64) = (row.get(0)?, row.get(1)?);
        if at_ms >= before(1) || (seq > passed_on && at_ms >= before(2)) {
            break;
        }
        (through, count) = (seq, count + 1);
    }
    conn.prepare_cached("DELETE FROM events WHERE seq <= ?1")?.execute([through])?;
    let expired = conn.prepare_cached(EXPIRED)?.execute(params![time_in(at), MAX_TRIMMED])?;
    let is_more = count == MAX_TRIMMED || expired == MAX_TRIMMED as usize;
    let (through, is_more_of_each) = trim_each(conn, keep.max_each, after, passed_on)?;
    Ok(Ok(Answer::Trimmed(Trimmed { through, is_more: is_more || is_more_of_each })))
}

/// Whoever got events after this number may have too many of them.
fn trim_each(
    conn: &Connection,
    max_each: u64,
    after: u64,
    passed_on: i64,
) -> Result<(u64, bool), rusqlite::Error> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut stirred = conn.prepare_cached(STIRRED_SINCE)?;
    let mut rows = stirred.query(params![number(after), MAX_TRIMMED])?;
    let (mut through, mut seen, mut left) = (after, 0, MAX_TRIMMED);
    while let Some(row) = rows.next()? {
        let (owner, last, count): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let values = params![owner, number(max_each), passed_on, left];
        let trimmed = conn.prepare_cached(TOO_MANY)?.execute(values)?;
        left = left.saturating_sub(u32::try_from(trimmed).unwrap_or(u32::MAX));
        if left == 0 {
            // The rest of them next time.
            return Ok((after, true));
        }
        through = through.max(number_out(last));
        seen += count;
    }
    Ok((through, seen == i64::from(MAX_TRIMMED)))
}

impl Store {
    /// Notes that a ticket's stream is opened, by the hash of its id. `true`: the first time and before
    /// `times.0`, or again; it is forgotten after `times.1`.
    ///
    /// Cancel safe: it is noted or not.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn open_stream(
        &self,
        hash: [u8; 32],
        who: &EndUserId,
        (opens_until, expires_at): (Timestamp, Timestamp),
    ) -> Result<bool, IndexError> {
        let asked = who.clone();
        // Most come back: that writes nothing.
        if self.read("event_stream", move |conn| is_known(conn, &hash, &asked)).await? {
            return Ok(true);
        }
        let stream = OpenStream { hash, who: who.clone(), at: self.clock.now(), opens_until, expires_at };
        answer!(self, Command::OpenStream(Box::new(stream)), Answer::Held(is_open) => is_open)
    }

    /// Takes out some of the events, and of the tickets' streams, whose time is over. `after`: where the last look came to.
    ///
    /// Cancel safe: they are taken out or not.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn trim_events(&self, keep: KeepEvents, after: u64) -> Result<Trimmed, IndexError> {
        let command = Command::TrimEvents { at: self.clock.now(), keep, after };
        answer!(self, command, Answer::Trimmed(trimmed) => trimmed)
    }
}
