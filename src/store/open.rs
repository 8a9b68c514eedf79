//! Where the database lies and how it is opened.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection};

use super::connections::Connections;
use super::error::StoreError;
use super::{StoreSettings, migrate};

/// `store.url`, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Lost when it is closed.
    Memory,
    /// A file.
    File(PathBuf),
}

impl Place {
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() && !path.contains(['?', '\0']) => Ok(Self::File(path.into())),
            None if url == "memory:" => Ok(Self::Memory),
            Some(_) | None => Err(StoreError::Url),
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Memory => Path::new("memory:"),
            Self::File(path) => path,
        }
    }

    /// What every connection has.
    pub(super) fn options(&self, settings: &StoreSettings) -> SqliteConnectOptions {
        let options = match self {
            Self::Memory => SqliteConnectOptions::new().in_memory(true),
            Self::File(path) => SqliteConnectOptions::new().filename(path),
        };
        options
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(settings.busy_timeout_ms))
            // What a damaged or foreign schema brings along may not run.
            .pragma("trusted_schema", "OFF")
            .thread_name(|n| format!("store-{n}"))
            // Statements are ours and without values, but each would be formatted.
            .disable_statement_logging()
    }
}

/// What a connection that writes has besides.
fn writing(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        // What was answered survives a loss of power.
        .synchronous(SqliteSynchronous::Full)
        // What was erased is overwritten.
        .pragma("secure_delete", "ON")
        .pragma("journal_size_limit", "67108864")
}

/// Opens the one connection that writes and makes room for those that read.
pub(super) async fn open(
    place: &Place,
    settings: &StoreSettings,
    options: SqliteConnectOptions,
) -> Result<(Connections, Connections), StoreError> {
    let mut first = connect(place, &options).await?;
    if settings.migrate_at_start || *place == Place::Memory {
        let applied = migrate::apply(&mut first, place.path()).await?;
        if *place != Place::Memory && !applied.is_empty() {
            tracing::info!(applied = applied.join(" "), "the store has a new schema");
        }
    } else {
        migrate::check(&mut first, place.path()).await?;
    }
    let is_memory = *place == Place::Memory;
    let writers = Connections::new(writing(options.clone()), Some(first), 1, is_memory);
    let readers = match place {
        Place::Memory => writers.clone(),
        Place::File(_) => Connections::new(options.read_only(true), None, settings.readers, false),
    };
    Ok((writers, readers))
}

/// One connection that may write, to a file that exists from here on.
pub(super) async fn connect(
    place: &Place,
    options: &SqliteConnectOptions,
) -> Result<SqliteConnection, StoreError> {
    if let Place::File(path) = place {
        make_file(path)?;
    }
    writing(options.clone()).connect().await.map_err(|error| StoreError::of(error, place.path()))
}

/// Makes the file, for our own user only; SQLite gives the files beside it the same mode.
fn make_file(path: &Path) -> Result<(), StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(StoreError::FolderMissing(folder.to_owned()));
    }
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    match file.and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            tracing::warn!(
                "others than the gateway's user may open the file of store.url; set its mode to 0600"
            );
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::StorageFull => Err(StoreError::Full),
        Err(_) => Err(StoreError::NotWritable(path.to_owned())),
    }
}
