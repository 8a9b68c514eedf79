//! A copy of the database, made while a gateway works on it.
//!
//! The copy is taken as the database is at one moment, looked through, and only then gets its name: what lies under the
//! name of a backup is whole and can be trusted.
//!
//! What it does *not* do: it keeps no earlier ones, and it does not encrypt. The file holds names and prompts, and the
//! gateway's own keys; it is for its user alone (mode 0600).

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tempfile::{NamedTempFile, PersistError};

use super::check::{Checked, ledger, pages};
use super::error::StoreError;
use super::open::{Opening, Place};
use super::{Store, StoreSettings, aside};

impl Store {
    /// Copies the database to a new file `to`, or in the place of an old one if `force`, and gives what is in it.
    ///
    /// Cancel safe: the file is there whole, or not at all.
    ///
    /// # Errors
    /// [`StoreError`]: there is no new backup. A copy that does not agree with itself is none.
    pub async fn back_up(settings: &StoreSettings, to: PathBuf, force: bool) -> Result<Checked, StoreError> {
        let opening = Opening::new(settings)?;
        if opening.place == Place::Memory {
            return Err(StoreError::Missing("memory:".into()));
        }
        aside(move || back_up(&opening, &to, force)).await
    }
}

fn back_up(opening: &Opening, to: &Path, force: bool) -> Result<Checked, StoreError> {
    let failed = |source| StoreError::Backup { path: to.to_owned(), source };
    let from = opening.look()?;
    refuse_taken(opening.place.path(), to, force)?;
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // For our own user only; gone if anything fails.
    let new = NamedTempFile::new_in(folder).map_err(failed)?;
    let checked = copy(&from, new.path())?;
    if let Some(difference) = checked.differences.first() {
        let path = opening.place.path().to_owned();
        return Err(StoreError::Untrusted { path, difference: difference.clone() });
    }
    new.as_file().sync_all().map_err(failed)?;
    let named = if force { new.persist(to) } else { new.persist_noclobber(to) };
    match named {
        Ok(_) => {}
        Err(PersistError { error, .. }) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(StoreError::BackupExists(to.to_owned()));
        }
        Err(PersistError { error, .. }) => return Err(failed(error)),
    }
    // The name, too, is to be there after a loss of power.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(checked)
}

/// A name that is in use as another thing, or, without `force`, at all.
fn refuse_taken(store: &Path, to: &Path, force: bool) -> Result<(), StoreError> {
    let is_store = match (store.canonicalize(), to.canonicalize()) {
        (Ok(store), Ok(to)) => store == to,
        _ => false,
    };
    // What a database in use has beside it would be taken for a part of the copy.
    let mut beside = to.as_os_str().to_owned();
    beside.push("-wal");
    if is_store || Path::new(&beside).exists() {
        return Err(StoreError::BackupInUse(to.to_owned()));
    }
    if !force && to.exists() {
        return Err(StoreError::BackupExists(to.to_owned()));
    }
    Ok(())
}

/// Copies, and looks through the copy.
fn copy(from: &Connection, path: &Path) -> Result<Checked, StoreError> {
    let of = |error| StoreError::of(error, path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut to = Connection::open_with_flags(path, flags).map_err(of)?;
    // In one step, so that it is the state of one moment; whoever writes meanwhile does not wait for it.
    match Backup::new(from, &mut to).and_then(|copying| copying.step(-1)).map_err(of)? {
        StepResult::Done => {}
        _ => return Err(StoreError::Locked),
    }
    // A copy of one file, without a log beside it.
    to.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(of)?;
    pages(&to, path)?;
    let checked = ledger(&to).map_err(of)?;
    to.close().map_err(|(_, error)| of(error))?;
    Ok(checked)
}
