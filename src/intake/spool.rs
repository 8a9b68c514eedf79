//! Uploads that are too large for memory, on disk.
//!
//! A spooled upload is one file without a name: the system frees it when it is closed, whether the request ended,
//! its task was dropped or the process was killed. So nothing is left over for a next start to look for, and
//! nobody else can open it. Reading and writing happen on the threads for blocking work.
//!
//! What it does *not* do: it survives no restart, and it does not know what a file holds.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::task::spawn_blocking;

use super::{Budget, Share};

/// What is written, and read back, in one go.
pub(super) const CHUNK_BYTES: usize = 256 * 1024;

/// Why a file is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpoolError {
    /// The disk, or the part of it that uploads may use, is full.
    #[error("there is no room")]
    Full,
    /// The disk failed; the log says how.
    #[error("the disk failed")]
    Failed,
}

impl SpoolError {
    fn of(error: &io::Error) -> Self {
        let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        tracing::error!(error = %error.kind(), "an upload could not be spooled");
        if full { Self::Full } else { Self::Failed }
    }
}

/// Where uploads are spooled. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: Arc<Path>,
    room: Budget,
}

impl Spool {
    /// Spools into `folder` (empty: the system's folder for temporary files), at most `room` at once.
    ///
    /// # Errors
    /// A file cannot be made there.
    pub fn new(folder: PathBuf, room: Budget) -> io::Result<Self> {
        let folder = if folder.as_os_str().is_empty() { std::env::temp_dir() } else { folder };
        tempfile::tempfile_in(&folder)?;
        Ok(Self { folder: folder.into(), room })
    }

    /// The same without a try: for a configuration that is looked at on another machine than the one it is for.
    pub fn untried(folder: PathBuf, room: Budget) -> Self {
        Self { folder: folder.into(), room }
    }

    /// What is on disk now.
    pub const fn room(&self) -> &Budget {
        &self.room
    }

    /// A new, empty file; `expected_bytes` of room are taken at once.
    ///
    /// Cancel safe: a file that nobody took closes.
    ///
    /// # Errors
    /// [`SpoolError::Full`] or [`SpoolError::Failed`].
    pub async fn create(&self, expected_bytes: u64) -> Result<SpoolWriter, SpoolError> {
        let share = self.room.take(expected_bytes).map_err(|_| SpoolError::Full)?;
        let folder = Arc::clone(&self.folder);
        let file = blocking(move || tempfile::tempfile_in(folder)).await?;
        Ok(SpoolWriter::on(file, share))
    }
}

/// One file that is being written, from its begin to its end.
#[derive(Debug)]
pub struct SpoolWriter {
    file: Arc<Kept>,
    /// What was not written yet.
    pending: BytesMut,
    written_bytes: u64,
    paid_bytes: u64,
}

/// The file and its room; both go when the last part of it does.
#[derive(Debug)]
struct Kept {
    file: File,
    room: std::sync::Mutex<Share>,
}

impl SpoolWriter {
    fn on(file: File, share: Share) -> Self {
        let paid_bytes = share.bytes();
        let file = Arc::new(Kept { file, room: std::sync::Mutex::new(share) });
        Self { file, pending: BytesMut::new(), written_bytes: 0, paid_bytes }
    }

    /// Bytes so far.
    pub fn size_bytes(&self) -> u64 {
        self.written_bytes + self.pending.len() as u64
    }

    /// Adds bytes at the end. Keeps at most one chunk in memory.
    ///
    /// Not cancel safe: a dropped call may or may not have written.
    ///
    /// # Errors
    /// [`SpoolError::Full`] or [`SpoolError::Failed`]; what was written before is still there.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), SpoolError> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_BYTES - self.pending.len()));
            self.pending.extend_from_slice(now);
            bytes = later;
            if self.pending.len() == CHUNK_BYTES {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Ends the part that began at `from_bytes`, as a file of its own to whoever reads it.
    ///
    /// # Errors
    /// As [`SpoolWriter::write`].
    pub async fn part(&mut self, from_bytes: u64) -> Result<SpooledFile, SpoolError> {
        self.flush().await?;
        let size_bytes = self.written_bytes.saturating_sub(from_bytes);
        Ok(SpooledFile { file: Arc::clone(&self.file), from_bytes, size_bytes })
    }

    async fn flush(&mut self) -> Result<(), SpoolError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let (at, chunk) = (self.written_bytes, std::mem::take(&mut self.pending));
        let end = at + chunk.len() as u64;
        if end > self.paid_bytes {
            let mut room = self.file.room.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            room.grow(end - self.paid_bytes).map_err(|_| SpoolError::Full)?;
            self.paid_bytes = end;
        }
        let file = Arc::clone(&self.file);
        let mut chunk = blocking(move || file.file.write_all_at(&chunk, at).map(|()| chunk)).await?;
        self.written_bytes = end;
        // Its memory serves the next chunk.
        chunk.clear();
        self.pending = chunk;
        Ok(())
    }
}

/// A range of a spooled file that nobody writes any more. Cheap to clone; the file closes with the last clone.
#[derive(Clone, Debug)]
pub struct SpooledFile {
    file: Arc<Kept>,
    from_bytes: u64,
    size_bytes: u64,
}

impl SpooledFile {
    /// How long it is.
    pub const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Reads at most `max_bytes` from `at` on; fewer only at its end.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`SpoolError::Failed`]
    pub async fn read(&self, at: u64, max_bytes: usize) -> Result<Bytes, SpoolError> {
        let this = self.clone();
        blocking(move || this.read_now(at, max_bytes)).await
    }

    /// Changes its content in place, in one visit to the threads for blocking work: `change` gets everything and says
    /// what comes of it; bytes of the same length are written back. At most one copy is in memory at a time, and it
    /// is the caller who pays for it.
    ///
    /// Not cancel safe: a dropped call may or may not have written.
    ///
    /// # Errors
    /// [`SpoolError::Failed`], also for another length.
    pub async fn edit<T: Send + 'static>(
        &self,
        change: impl FnOnce(Bytes) -> (T, Option<Bytes>) + Send + 'static,
    ) -> Result<T, SpoolError> {
        let this = self.clone();
        blocking(move || {
            let whole = usize::try_from(this.size_bytes).map_err(io::Error::other)?;
            let (result, changed) = change(this.read_now(0, whole)?);
            if let Some(bytes) = changed {
                if bytes.len() != whole {
                    return Err(io::Error::other("an edit changed a spooled file's length"));
                }
                this.file.file.write_all_at(&bytes, this.from_bytes)?;
            }
            Ok(result)
        })
        .await
    }

    fn read_now(&self, at: u64, max_bytes: usize) -> io::Result<Bytes> {
        let left = usize::try_from(self.size_bytes.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(max_bytes)];
        self.file.file.read_exact_at(&mut bytes, self.from_bytes + at)?;
        Ok(bytes.into())
    }
}

/// The same range of the same file.
impl PartialEq for SpooledFile {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
            && (self.from_bytes, self.size_bytes) == (other.from_bytes, other.size_bytes)
    }
}

impl Eq for SpooledFile {}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, SpoolError> {
    match spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| SpoolError::of(&error)),
        // It panicked, or the runtime ends.
        Err(_) => Err(SpoolError::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool(room_bytes: u64) -> (tempfile::TempDir, Spool) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().into(), Budget::new(room_bytes)).unwrap();
        (folder, spool)
    }

    #[tokio::test]
    async fn parts_of_one_file_read_as_they_were_written_and_have_no_name() {
        let (folder, spool) = spool(10_000_000);
        let mut writer = spool.create(0).await.unwrap();
        let contents = [vec![1; 10], vec![], vec![2; CHUNK_BYTES * 2 + 7], vec![3; CHUNK_BYTES]];
        let mut parts = Vec::new();
        for content in &contents {
            let from = writer.size_bytes();
            for piece in content.chunks(100_000) {
                writer.write(piece).await.unwrap();
            }
            parts.push(writer.part(from).await.unwrap());
        }
        drop(writer);
        for (part, content) in parts.iter().zip(&contents) {
            assert_eq!(part.size_bytes(), content.len() as u64);
            assert_eq!(part.read(0, usize::MAX).await.unwrap(), content);
            assert_eq!(part.read(5, 3).await.unwrap(), content[5.min(content.len())..8.min(content.len())]);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(spool.room().used_bytes(), contents.iter().map(|c| c.len() as u64).sum::<u64>());
        drop(parts);
        assert_eq!(spool.room().used_bytes(), 0);
    }

    #[tokio::test]
    async fn an_edit_stays_within_its_part() {
        let (_folder, spool) = spool(1000);
        let mut writer = spool.create(9).await.unwrap();
        writer.write(b"abcdefghi").await.unwrap();
        let whole = writer.part(0).await.unwrap();
        let middle = SpooledFile { file: Arc::clone(&whole.file), from_bytes: 3, size_bytes: 3 };

        let seen = middle.edit(|bytes| (bytes, Some(Bytes::from_static(b"___")))).await.unwrap();
        assert_eq!(seen, "def");
        assert_eq!(whole.read(0, 100).await.unwrap(), "abc___ghi");
        let longer = middle.edit(|_| ((), Some(Bytes::from_static(b"____")))).await;
        assert_eq!(longer, Err(SpoolError::Failed));
        assert_eq!(whole.read(0, 100).await.unwrap(), "abc___ghi");
    }

    #[tokio::test]
    async fn a_full_disk_and_a_used_up_room_are_refusals() {
        let (_folder, spool) = spool(100);
        assert_eq!(spool.create(101).await.unwrap_err(), SpoolError::Full);
        let mut writer = spool.create(0).await.unwrap();
        writer.write(&[0; 101]).await.unwrap();
        assert_eq!(writer.part(0).await.unwrap_err(), SpoolError::Full);

        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut writer = SpoolWriter::on(full, spool.room().take(0).unwrap());
        writer.write(b"x").await.unwrap();
        assert_eq!(writer.part(0).await.unwrap_err(), SpoolError::Full);
        assert_eq!(spool.room().used_bytes(), 1);
        drop(writer);
        assert_eq!(spool.room().used_bytes(), 0);
    }
}
