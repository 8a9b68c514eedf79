//! Entries: each change of what is held and used.

use rusqlite::{Connection, params};

use super::columns::{Change, MEASURES, each, measures, negative};
use super::create::CreateRow;
use super::totals::Totals;
use crate::clock::Timestamp;
use crate::ownership::ObjectId;
use crate::quota::{Day, Period};
use crate::store::rows::{id_in, time_in};

/// Why something changes.
#[derive(Clone, Copy)]
pub(in crate::store) enum Kind {
    Reserve,
    Settle,
    Release,
    Adjust,
    Presume,
    Reverse,
    Import,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Settle => "settle",
            Self::Release => "release",
            Self::Adjust => "adjust",
            Self::Presume => "presume",
            Self::Reverse => "reverse",
            Self::Import => "import",
        }
    }
}

/// One entry.
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) object: Option<ObjectId>,
    pub(super) held: Change,
    pub(super) used: Change,
    pub(super) is_overrun: bool,
    pub(super) at: Timestamp,
}

/// The periods of a day.
pub(super) fn periods(day: Day) -> [u32; 3] {
    [Period::Day, Period::Month, Period::Total].map(|per| day.period(per))
}

/// Writes an entry.
pub(super) fn write(conn: &Connection, reservation: i64, entry: &Entry) -> Result<(), rusqlite::Error> {
    const WRITE: &str = concat!(
        "INSERT INTO entries (reservation, kind, at_ms, object_kind, object_id, is_overrun, ",
        measures!("held_"),
        ", ",
        measures!("used_"),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
    );
    let [h0, h1, h2, h3, h4, h5] = entry.held;
    let [u0, u1, u2, u3, u4, u5] = entry.used;
    conn.prepare_cached(WRITE)?.execute(params![
        reservation,
        entry.kind.name(),
        time_in(entry.at),
        entry.object.map(|object| object.kind.name()),
        entry.object.and_then(|object| id_in(object.id)),
        entry.is_overrun,
        h0,
        h1,
        h2,
        h3,
        h4,
        h5,
        u0,
        u1,
        u2,
        u3,
        u4,
        u5,
    ])?;
    Ok(())
}

/// What a command changes of one create's totals, written once at its end.
#[derive(Default)]
pub(in crate::store) struct Postings {
    held: Change,
    used: Change,
}

impl Postings {
    /// Writes an entry and remembers its change; the row's hold follows.
    pub(super) fn post(
        &mut self,
        conn: &Connection,
        create: &mut CreateRow,
        entry: &Entry,
    ) -> Result<(), rusqlite::Error> {
        if create.day.is_none() || (entry.held == [0; MEASURES] && entry.used == [0; MEASURES]) {
            return Ok(());
        }
        write(conn, create.n, entry)?;
        self.held = each(&self.held, &entry.held, |a, b| a + b);
        self.used = each(&self.used, &entry.used, |a, b| a + b);
        create.held = each(&create.held, &entry.held, |a, b| a + b);
        Ok(())
    }

    /// Adds it to the totals.
    pub(super) fn flush(
        self,
        conn: &Connection,
        totals: &mut Totals,
        create: &CreateRow,
    ) -> Result<(), rusqlite::Error> {
        let Some(day) = create.day else { return Ok(()) };
        if self.held == [0; MEASURES] && self.used == [0; MEASURES] {
            return Ok(());
        }
        for scope in &create.scopes {
            for period in periods(day) {
                totals.add(conn, scope, period, &self.held, &self.used)?;
            }
        }
        Ok(())
    }
}

/// Gives back what a create still holds.
pub(super) fn release(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    let held = negative(&create.held);
    let entry = Entry { kind: Kind::Release, object: None, held, used: [0; MEASURES], is_overrun: false, at };
    postings.post(conn, create, &entry)
}
