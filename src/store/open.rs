//! Where the database lies and how it is opened.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use super::{CheckAtStart, StoreSettings, check, migrate};

/// What every connection has. What a damaged or foreign schema brings along may not run.
const READING: &str = "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;";

/// What a connection that writes has besides: what was answered survives a loss of power, and what was erased is
/// overwritten. 64 MiB of pages, because what is written is nearly always read first.
const WRITING: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; \
     PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;";

/// Prepared statements that a connection keeps: more than there are.
const STATEMENTS: usize = 128;

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
}

/// How connections are made. Everything here waits for the disk: not for the runtime's own threads.
#[derive(Clone)]
pub(super) struct Opening {
    pub(super) place: Place,
    pub(super) busy_timeout: Duration,
    pub(super) migrate_at_start: bool,
    pub(super) check_at_start: CheckAtStart,
    /// What every connection is told besides.
    pub(super) pragmas: &'static str,
}

impl Opening {
    pub(super) fn new(settings: &StoreSettings) -> Result<Self, StoreError> {
        Ok(Self {
            place: Place::parse(&settings.url)?,
            busy_timeout: Duration::from_millis(settings.busy_timeout_ms),
            migrate_at_start: settings.migrate_at_start,
            check_at_start: settings.check_at_start,
            pragmas: "",
        })
    }

    /// The connection that writes, to a database with this version's schema.
    pub(super) fn first(&self) -> Result<Connection, StoreError> {
        let mut first = self.make()?;
        let path = self.place.path();
        if self.migrate_at_start || self.place == Place::Memory {
            let applied = migrate::apply(&mut first, path)?;
            if self.place != Place::Memory && !applied.is_empty() {
                tracing::info!(applied = applied.join(" "), "the store has a new schema");
            }
        } else {
            migrate::check(&first, path)?;
        }
        if self.place != Place::Memory {
            // By a connection that sorts on the disk: a large ledger is more than memory should hold.
            let looking = self.reading().map_err(|error| StoreError::of(error, path))?;
            check::at_start(&looking, self.check_at_start, path)?;
        }
        Ok(first)
    }

    /// A connection that may write, to a file that exists from here on.
    pub(super) fn make(&self) -> Result<Connection, StoreError> {
        if let Place::File(path) = &self.place {
            make_file(path)?;
        }
        self.writing().map_err(|error| StoreError::of(error, self.place.path()))
    }

    /// A connection that may write. In memory it is a new, empty database.
    pub(super) fn writing(&self) -> Result<Connection, rusqlite::Error> {
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.execute_batch(WRITING)?;
        Ok(connection)
    }

    /// A connection that may only read, to a file of this version's schema.
    pub(super) fn look(&self) -> Result<Connection, StoreError> {
        let path = self.place.path();
        if !path.exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let connection = self.reading().map_err(|error| StoreError::of(error, path))?;
        migrate::check(&connection, path)?;
        Ok(connection)
    }

    /// A connection that may only read, to a file.
    pub(super) fn reading(&self) -> Result<Connection, rusqlite::Error> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    fn connect(&self, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
        // Each connection stays on one thread at a time: SQLite needs no lock of its own. A path is no URI.
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match &self.place {
            Place::Memory => Connection::open_in_memory_with_flags(flags)?,
            Place::File(path) => Connection::open_with_flags(path, flags)?,
        };
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A statement is planned once, not anew for each value that could decide about a partial index.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(READING)?;
        connection.execute_batch(self.pragmas)?;
        Ok(connection)
    }
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
