//! Why a store cannot be opened, in words by which an operator can mend it.

use std::path::PathBuf;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `store.url` is of no known form.
    #[error("store.url must be \"memory:\" or \"sqlite:PATH\"")]
    Url,
    /// The folder of the file does not exist.
    #[error("store.url: the folder {} does not exist; make it, for the gateway's own user", .0.display())]
    FolderMissing(PathBuf),
    /// The file or its folder may not be written to.
    #[error(
        "store.url: {} cannot be written to; the gateway's user needs to write the file and its folder \
         (SQLite keeps two more files beside it)", .0.display()
    )]
    NotWritable(PathBuf),
    /// Somebody else holds the file for longer than `store.busy_timeout_ms`.
    #[error("store.url: the database is locked by another process; is a backup or a migration running?")]
    Locked,
    /// The disk is full.
    #[error("store.url: no room is left on the disk")]
    Full,
    /// The file is damaged, or no database.
    #[error(
        "store.url: {} is damaged, or not a database; put a backup in its place, with the files of the same name \
         that end in -wal and -shm removed", .0.display()
    )]
    Corrupt(PathBuf),
    /// There is no file.
    #[error("store.url: there is no file {}; is this the configuration that the gateway has?", .0.display())]
    Missing(PathBuf),
    /// The ledger does not agree with itself.
    #[error(
        "store.url: the ledger in {path} cannot be trusted: {difference}; `astria-gateway ledger check --config FILE` \
         tells all that differs; put a backup in its place, or set store.check_at_start = \"off\" to spend by it as it is",
        path = path.display()
    )]
    Untrusted {
        /// Where.
        path: PathBuf,
        /// The first thing that differs.
        difference: String,
    },
    /// A backup's name is taken.
    #[error("{} exists; say --force to replace it", .0.display())]
    BackupExists(PathBuf),
    /// A backup would lie where a database is in use.
    #[error("{} is a database in use, or beside one ({}-wal exists); give the backup another name", .0.display(), .0.display())]
    BackupInUse(PathBuf),
    /// A backup cannot be written.
    #[error("the backup {path} cannot be written: {source}", path = path.display())]
    Backup {
        /// Where it should lie.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// These figures were imported before.
    #[error("this file was imported before: nothing was changed")]
    ImportedBefore,
    /// An end user whose data is being erased uses nothing.
    #[error("line {0}: this end user's data is being erased; nothing was imported")]
    Erasing(usize),
    /// A later version of the gateway was here.
    #[error(
        "store.url: the database has the schema of a later version (migration {0}); run that version, or go back \
         to a backup"
    )]
    NewerSchema(i64),
    /// A migration was changed after it had been applied: not a released version.
    #[error("store.url: migration {0} was applied in another form than this version has it")]
    OtherSchema(i64),
    /// `store.migrate_at_start` is off and there is something to do.
    #[error(
        "store.url: the database lacks {0} migration(s) of this version; run `astria-gateway migrate --config FILE`, \
         or set store.migrate_at_start = true"
    )]
    NotMigrated(usize),
    /// Anything else.
    #[error("store.url: the database cannot be opened: {0}")]
    Other(#[source] rusqlite::Error),
    /// The operating system gives no thread.
    #[error("the store's threads cannot be started: {0}")]
    Thread(#[source] std::io::Error),
}

impl StoreError {
    /// What SQLite's codes mean for this file. Source: <https://sqlite.org/rescode.html> (read 2026-11-21).
    pub(super) fn of(error: rusqlite::Error, path: &std::path::Path) -> Self {
        match primary_code(&error) {
            Some(5 | 6) => Self::Locked,
            Some(8 | 14) => Self::NotWritable(path.to_owned()),
            Some(11 | 26) => Self::Corrupt(path.to_owned()),
            Some(13) => Self::Full,
            _ => Self::Other(error),
        }
    }
}

/// SQLite's primary result code.
fn primary_code(error: &rusqlite::Error) -> Option<i32> {
    let (rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. }) = error
    else {
        return None;
    };
    Some(error.extended_code & 0xff)
}

/// Whether the statement itself was wrong, so that others of the same transaction may go on.
pub(super) fn is_of_one_command(error: &rusqlite::Error) -> bool {
    // 19: a constraint.
    primary_code(error) == Some(19)
}
