//! Whether a database can be trusted: at each start, and when the operator asks.
//!
//! What it does *not* do: it mends nothing, and it asks Astria nothing. A backup is the cure.

use std::path::Path;

use rusqlite::Connection;

use super::error::StoreError;
use super::open::{Opening, Place};
use super::{CheckAtStart, Store, StoreSettings, aside, ledger};

/// What a whole check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Changes of what is held and used.
    pub entries: u64,
    /// Creates.
    pub reservations: u64,
    /// Sums, one a scope and period.
    pub totals: u64,
    /// Objects that were booked.
    pub charges: u64,
    /// What does not agree, in words; empty: everything does.
    pub differences: Vec<String>,
}

impl Store {
    /// Looks through the whole ledger as it is at one moment, beside a gateway that goes on.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read.
    pub async fn check(settings: &StoreSettings) -> Result<Checked, StoreError> {
        let opening = Opening::new(settings)?;
        if opening.place == Place::Memory {
            return Ok(Checked::default());
        }
        aside(move || {
            let connection = opening.look()?;
            pages(&connection, opening.place.path())?;
            ledger(&connection).map_err(|error| StoreError::of(error, opening.place.path()))
        })
        .await
    }
}

/// Files up to this are looked through at each start: seconds.
const QUICK_BYTES: u64 = 256 * 1024 * 1024;
/// Ledgers up to this are added up at each start: a second.
const QUICK_ENTRIES: i64 = 50_000;

/// Refuses what the gateway must not spend by.
pub(super) fn at_start(conn: &Connection, how: CheckAtStart, path: &Path) -> Result<(), StoreError> {
    let of = |error| StoreError::of(error, path);
    let wrong = match how {
        CheckAtStart::Off => return Ok(()),
        CheckAtStart::Quick => {
            // A start of a large one would take minutes; `ledger check` looks through any.
            if std::fs::metadata(path).is_ok_and(|file| file.len() <= QUICK_BYTES) {
                pages(conn, path)?;
            }
            let last = "SELECT COALESCE(MAX(id), 0) FROM entries";
            let entries: i64 = conn.query_row(last, [], |row| row.get(0)).map_err(of)?;
            if entries <= QUICK_ENTRIES {
                ledger(conn).map_err(of)?.differences
            } else {
                ledger::holds(conn).map_err(of)?
            }
        }
        CheckAtStart::Full => {
            pages(conn, path)?;
            ledger(conn).map_err(of)?.differences
        }
    };
    match wrong.into_iter().next() {
        None => Ok(()),
        Some(difference) => Err(StoreError::Untrusted { path: path.to_owned(), difference }),
    }
}

/// Whether the file's pages are what SQLite wrote.
pub(super) fn pages(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let of = |error| StoreError::of(error, path);
    let said: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(of)?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Corrupt(path.to_owned())) }
}

/// The whole ledger, as it is at one moment.
pub(super) fn ledger(conn: &Connection) -> Result<Checked, rusqlite::Error> {
    let moment = conn.unchecked_transaction()?;
    let mut differences = ledger::holds(&moment)?;
    differences.extend(ledger::differences(&moment)?);
    let ledger::Size { entries, reservations, totals, charges } = ledger::size(&moment)?;
    // A create that has no end is looked at by both.
    let mut seen = std::collections::HashSet::new();
    differences.retain(|difference| seen.insert(difference.clone()));
    Ok(Checked { entries, reservations, totals, charges, differences })
}
