//! The schema's versions, in the binary; each is applied once, in order, and never edited afterwards.
//!
//! The table `migrations` says which were applied and in which form, so that neither a later version of the gateway nor
//! an unreleased one is taken for this one. Databases of the first version, which kept that elsewhere, are taken over.
//!
//! What it does *not* do: it never goes back.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::error::StoreError;

pub(super) const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "ownership", include_str!("../../migrations/sqlite/0001_ownership.sql")),
    (2, "ledger", include_str!("../../migrations/sqlite/0002_ledger.sql")),
    (3, "jobs", include_str!("../../migrations/sqlite/0003_jobs.sql")),
    (4, "sessions", include_str!("../../migrations/sqlite/0004_sessions.sql")),
    (5, "guests", include_str!("../../migrations/sqlite/0005_guests.sql")),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    version       INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    sha256        BLOB NOT NULL,
    applied_at_ms INTEGER NOT NULL
) STRICT";

/// What was applied to a database.
struct Applied {
    version: i64,
    /// `None`: recorded by the version before this table was.
    sha256: Option<Vec<u8>>,
}

/// Applies what is missing: all of it or nothing. Gives the names of what was applied.
pub(super) fn apply(conn: &mut Connection, path: &Path) -> Result<Vec<String>, StoreError> {
    let of = |error| StoreError::of(error, path);
    // At once the only writer, so that two gateways that start together do not both apply.
    let whole = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(of)?;
    let before = applied(&whole).map_err(of)?;
    refuse_strange(&before)?;
    take_over(&whole).map_err(of)?;
    let mut new = Vec::new();
    for (version, name, sql) in missing(&before) {
        whole.execute_batch(sql).map_err(of)?;
        let note = "INSERT INTO migrations (version, name, sha256, applied_at_ms) \
                    VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER))";
        whole.execute(note, params![version, name, sha256(sql)]).map_err(of)?;
        new.push(format!("{version:04}_{name}"));
    }
    whole.commit().map_err(of)?;
    Ok(new)
}

/// Whether nothing is missing and nothing is newer. Writes nothing.
pub(super) fn check(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let applied = applied(conn).map_err(|error| StoreError::of(error, path))?;
    refuse_strange(&applied)?;
    match missing(&applied).count() {
        0 => Ok(()),
        missing => Err(StoreError::NotMigrated(missing)),
    }
}

fn missing(applied: &[Applied]) -> impl Iterator<Item = &'static (i64, &'static str, &'static str)> {
    MIGRATIONS.iter().filter(|(version, ..)| !applied.iter().any(|one| one.version == *version))
}

fn refuse_strange(applied: &[Applied]) -> Result<(), StoreError> {
    for one in applied {
        let Some((_, _, sql)) = MIGRATIONS.iter().find(|(version, ..)| *version == one.version) else {
            return Err(StoreError::NewerSchema(one.version));
        };
        if one.sha256.as_ref().is_some_and(|kept| *kept != sha256(sql)) {
            return Err(StoreError::OtherSchema(one.version));
        }
    }
    Ok(())
}

fn applied(conn: &Connection) -> Result<Vec<Applied>, rusqlite::Error> {
    let mut all = Vec::new();
    for (table, columns) in [("migrations", "version, sha256"), (OLD_TABLE, "version, NULL")] {
        if exists(conn, table)? {
            let mut rows = conn.prepare(&format!("SELECT {columns} FROM {table} ORDER BY version"))?;
            let rows = rows.query_map([], |row| Ok(Applied { version: row.get(0)?, sha256: row.get(1)? }))?;
            for row in rows {
                all.push(row?);
            }
        }
    }
    Ok(all)
}

fn exists(conn: &Connection, table: &str) -> Result<bool, rusqlite::Error> {
    let find = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    Ok(conn.query_row(find, [table], |_| Ok(())).optional()?.is_some())
}

fn sha256(sql: &str) -> Vec<u8> {
    digest(&SHA256, sql.as_bytes()).as_ref().to_vec()
}

/// Where the version before this one kept what was applied.
const OLD_TABLE: &str = "_sqlx_migrations";

/// Makes the table, with what the old one says, and drops that.
fn take_over(whole: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    whole.execute_batch(TABLE)?;
    if !exists(whole, OLD_TABLE)? {
        return Ok(());
    }
    let note = "INSERT INTO migrations (version, name, sha256, applied_at_ms) \
                SELECT version, ?2, ?3, COALESCE(unixepoch(installed_on), unixepoch()) * 1000 \
                FROM _sqlx_migrations WHERE version = ?1 ON CONFLICT (version) DO NOTHING";
    for (version, name, sql) in MIGRATIONS {
        whole.execute(note, params![version, name, sha256(sql)])?;
    }
    whole.execute_batch("DROP TABLE _sqlx_migrations")
}
