//! Events: written with the change that they tell of, read by end user.

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tokio::sync::watch;

use super::Store;
use super::rows::{id_in, kind_out, number_out, record, text, text_or_none, time_in, time_out};
use super::write::upsert::Known;
use crate::clock::Timestamp;
use crate::events::{Event, EventKind, EventLog, Kept, Stirred};
use crate::ids::TuneId;
use crate::ownership::{AccountKey, IndexError, ObjectId, Seen};
use crate::principal::EndUserId;

/// What is told of an object that was seen, if anything.
pub(super) fn change(known: Option<&Known>, seen: &Seen) -> Option<EventKind> {
    if seen.members.is_empty() {
        // It was only named.
        return None;
    }
    let is_new_end = seen.is_finished && !known.is_some_and(|known| known.is_finished);
    let is_same = known.is_some_and(|known| known.members.as_deref() == Some(&*seen.members));
    match (is_new_end, seen.counts.is_failed) {
        (true, true) => Some(EventKind::Failed),
        (true, false) => Some(EventKind::Finished),
        (false, _) if is_same => None,
        (false, _) => Some(EventKind::Updated),
    }
}

/// Writes an event of an end user's.
pub(super) fn tell(
    conn: &Connection,
    account: &AccountKey,
    owner: i64,
    (object, tune): (ObjectId, Option<TuneId>),
    kind: EventKind,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    const NUMBER: &str = "UPDATE owners SET last_event = last_event + 1 WHERE id = ?1 RETURNING last_event";
    const TELL: &str = "INSERT INTO events (owner, n, at_ms, kind, account, object_kind, object_id, tune) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let number: i64 = conn.prepare_cached(NUMBER)?.query_row([owner], |row| row.get(0))?;
    conn.prepare_cached(TELL)?.execute(params![
        owner,
        number,
        time_in(at),
        kind.word(),
        account.as_str(),
        object.kind.name(),
        id_in(object.id),
        tune.and_then(|tune| id_in(tune.get())),
    ])?;
    Ok(())
}

/// The last event in everybody's order; 0: there was none.
pub(super) const LAST: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'events'";

pub(super) fn last(conn: &Connection) -> Result<u64, rusqlite::Error> {
    let last = conn.prepare_cached(LAST)?.query_row([], |row| row.get(0)).optional()?;
    Ok(number_out(last.unwrap_or_default()))
}

/// A kind as it was kept; `None`: of a later version.
pub(super) fn event_kind_out(word: &str) -> Option<EventKind> {
    EventKind::ALL.into_iter().find(|kind| kind.word() == word)
}

/// The object's columns, of the row `objects` that may be absent.
macro_rules! joined_columns {
    () => {
        "objects.kind, objects.id, objects.tune, objects.pack, objects.is_free, objects.is_finished, \
         objects.is_liked, objects.seen_at_ms, objects.members"
    };
}

/// The event's columns, then the object as it is now.
macro_rules! event_columns {
    ($of:literal) => {
        concat!(
            $of,
            ".n, ",
            $of,
            ".at_ms, ",
            $of,
            ".kind, ",
            $of,
            ".account, ",
            $of,
            ".object_kind, ",
            $of,
            ".object_id, ",
            $of,
            ".tune"
        )
    };
}
pub(super) use event_columns;
pub(super) use joined_columns;

/// How many columns an event has before its object's.
pub(super) const EVENT_COLUMNS: usize = 7;

/// An event from the columns of [`event_columns`] and [`joined_columns`], the first of which has this number. `None`: of a
/// kind that a later version writes.
pub(super) fn event(row: &Row<'_>, first: usize) -> Result<Option<Event>, rusqlite::Error> {
    let Some(kind) = event_kind_out(text(row, first + 2)?) else { return Ok(None) };
    let object = ObjectId { kind: kind_out(text(row, first + 4)?)?, id: number_out(row.get(first + 5)?) };
    let is_there = text_or_none(row, first + EVENT_COLUMNS)?.is_some();
    let tune: Option<i64> = row.get(first + 6)?;
    Ok(Some(Event {
        number: number_out(row.get(first)?),
        at: time_out(row.get(first + 1)?),
        kind,
        account: AccountKey::new(text(row, first + 3)?),
        object,
        tune: tune.map(|tune| TuneId::from_u64(number_out(tune))),
        record: if is_there { Some(record(row, first + EVENT_COLUMNS)?) } else { None },
    }))
}

pub(super) const AFTER: &str = concat!(
    "SELECT ",
    event_columns!("events"),
    ", ",
    joined_columns!(),
    " FROM events LEFT JOIN objects ON objects.id = events.object_id AND objects.kind = events.object_kind \
     AND objects.account = events.account AND objects.owner = events.owner AND objects.expired_at_ms IS NULL \
     WHERE events.owner = ?1 AND events.n > ?2 AND events.account = ?3 ORDER BY events.n LIMIT ?4"
);

fn after(
    conn: &Connection,
    who: &EndUserId,
    account: &AccountKey,
    after: u64,
    limit: u32,
) -> Result<Kept, rusqlite::Error> {
    // One state of the record for both questions.
    let moment = conn.unchecked_transaction()?;
    const WHO: &str = "SELECT id, last_event, (SELECT MIN(n) FROM events WHERE events.owner = owners.id) \
        FROM owners WHERE issuer = ?1 AND subject = ?2";
    let found = moment.prepare_cached(WHO)?.query_row(params![who.issuer, who.subject], |row| {
        Ok((row.get::<_, i64>(0)?, number_out(row.get(1)?), row.get::<_, Option<i64>>(2)?.map(number_out)))
    });
    let Some((owner, last, first)) = found.optional()? else {
        return Ok(Kept { is_gap: after > 0, ..Kept::default() });
    };
    // A number of the future is of a record that was restored since.
    let is_gap = after > last || (after < last && first.is_none_or(|first| after + 1 < first));
    let after = if is_gap { 0 } else { after };
    let mut statement = moment.prepare_cached(AFTER)?;
    let mut rows = statement.query(params![owner, id_or_zero(after), account.as_str(), limit])?;
    let (mut events, mut count, mut through) = (Vec::new(), 0, after);
    while let Some(row) = rows.next()? {
        through = number_out(row.get(0)?);
        count += 1;
        events.extend(event(row, 0)?);
    }
    if count < limit {
        through = last;
    }
    Ok(Kept { events, is_gap, through, last })
}

fn id_or_zero(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// `CROSS`: in this order. Left to choose, SQLite goes through all end users for the few that have news.
pub(super) const STIRRED: &str = "SELECT owners.issuer, owners.subject, MAX(new.seq) FROM \
    (SELECT seq, owner FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2) AS new \
    CROSS JOIN owners ON owners.id = new.owner GROUP BY new.owner";

fn stirred(conn: &Connection, after_seq: u64, limit: u32) -> Result<Stirred, rusqlite::Error> {
    let mut statement = conn.prepare_cached(STIRRED)?;
    let mut rows = statement.query(params![id_or_zero(after_seq), limit])?;
    let mut stirred = Stirred { seq: after_seq, ..Stirred::default() };
    while let Some(row) = rows.next()? {
        stirred.whose.push(EndUserId { issuer: text(row, 0)?.into(), subject: text(row, 1)?.into() });
        stirred.seq = stirred.seq.max(number_out(row.get(2)?));
    }
    Ok(stirred)
}

impl EventLog for Store {
    fn events_after<'a>(
        &'a self,
        who: &'a EndUserId,
        account: &'a AccountKey,
        number: u64,
        limit: u32,
    ) -> BoxFuture<'a, Result<Kept, IndexError>> {
        let (who, account) = (who.clone(), account.clone());
        Box::pin(self.read("events_after", move |conn| after(conn, &who, &account, number, limit)))
    }

    fn stirred(&self, after_seq: u64, limit: u32) -> BoxFuture<'_, Result<Stirred, IndexError>> {
        Box::pin(self.read("stirred", move |conn| stirred(conn, after_seq, limit)))
    }

    fn last_seq(&self) -> BoxFuture<'_, Result<u64, IndexError>> {
        Box::pin(self.read("last_event", last))
    }

    fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }
}
