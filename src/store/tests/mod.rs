//! What only this store promises, and the suite that each one passes.

mod conformance;
mod faults;
mod killed;
mod opening;
mod plans;

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use tempfile::TempDir;

use super::{Store, StoreSettings};
use crate::clock::Clock;
use crate::ownership::conformance::NOON;

/// Settings for a file in a folder of the test's own.
fn in_folder(folder: &TempDir) -> StoreSettings {
    let url = format!("sqlite:{}", folder.path().join("gateway.db").display());
    StoreSettings { url, ..StoreSettings::default() }
}

/// Settings for a database that is lost with its connection.
fn in_memory() -> StoreSettings {
    StoreSettings { url: "memory:".into(), ..StoreSettings::default() }
}

async fn open(settings: &StoreSettings) -> Store {
    Store::open(settings, Clock::manual(NOON), Arc::new(())).await.unwrap()
}

/// As another process would open the file.
async fn neighbour(settings: &StoreSettings) -> SqliteConnection {
    let path = settings.url.strip_prefix("sqlite:").unwrap();
    SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(60)).connect().await.unwrap()
}

async fn sql(conn: &mut SqliteConnection, statement: &'static str) {
    sqlx::query(statement).execute(conn).await.unwrap();
}
