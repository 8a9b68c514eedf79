//! The schema's versions, in the binary; each is applied once, in order, and never edited afterwards.
//!
//! What it does *not* do: it never goes back.

use std::path::Path;

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection as _, SqlSafeStr as _, SqliteConnection};

use super::error::StoreError;

const MIGRATIONS: &[(i64, &str, &str)] =
    &[(1, "ownership", include_str!("../../migrations/sqlite/0001_ownership.sql"))];

/// Where sqlx keeps what was applied.
const TABLE: &str = "_sqlx_migrations";

fn migrator() -> Migrator {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}

/// Applies what is missing: all of it or nothing. Gives the names of what was applied.
///
/// Cancel safe: nothing is applied then.
pub(super) async fn apply(conn: &mut SqliteConnection, path: &Path) -> Result<Vec<String>, StoreError> {
    // At once the only writer, so that two gateways that start together do not both apply.
    let mut whole = conn.begin_with("BEGIN IMMEDIATE").await.map_err(|error| StoreError::of(error, path))?;
    let before = applied(&mut whole, path).await?;
    migrator().run_direct(None, &mut *whole, false).await.map_err(|error| refused(error, path))?;
    whole.commit().await.map_err(|error| StoreError::of(error, path))?;
    let new = MIGRATIONS.iter().filter(|(version, ..)| !before.contains(version));
    Ok(new.map(|(version, name, _)| format!("{version:04}_{name}")).collect())
}

/// Whether nothing is missing and nothing is newer.
///
/// Cancel safe.
pub(super) async fn check(conn: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let applied = applied(conn, path).await?;
    let known = |version: &i64| MIGRATIONS.iter().any(|(known, ..)| known == version);
    if let Some(newer) = applied.iter().find(|version| !known(version)) {
        return Err(StoreError::NewerSchema(*newer));
    }
    match MIGRATIONS.len().saturating_sub(applied.len()) {
        0 => Ok(()),
        missing => Err(StoreError::NotMigrated(missing)),
    }
}

async fn applied(conn: &mut SqliteConnection, path: &Path) -> Result<Vec<i64>, StoreError> {
    let exists = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1";
    let exists = sqlx::query(exists).bind(TABLE).fetch_optional(&mut *conn).await;
    if exists.map_err(|error| StoreError::of(error, path))?.is_none() {
        return Ok(Vec::new());
    }
    let applied = conn.list_applied_migrations(TABLE).await.map_err(|error| refused(error, path))?;
    Ok(applied.into_iter().map(|one| one.version).collect())
}

fn refused(error: MigrateError, path: &Path) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::NewerSchema(version),
        MigrateError::VersionMismatch(version) => StoreError::OtherSchema(version),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::of(error, path)
        }
        other => StoreError::Other(sqlx::Error::Migrate(Box::new(other))),
    }
}
