//! Lines from all threads, written by one: many with a single call.
//!
//! The lock is held to copy a line or to swap two buffers, never while something is written. Waking a thread costs
//! more than a line does, so the writer is woken for the first line only and then gathers for a moment.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long lines gather before they are written.
const GATHER: Duration = Duration::from_millis(20);
/// Enough for one call: the writer does not gather longer.
const BATCH_BYTES: usize = 64 * 1024;
/// Memory that an emptied buffer keeps.
const KEPT_BYTES: usize = 256 * 1024;
/// How long the end of the process waits for a reader that does not read.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// Lines that wait to be written.
pub(super) struct Queue {
    limit_bytes: usize,
    waiting: Mutex<Waiting>,
    wake: Condvar,
    ended: Condvar,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    lines: u64,
    writer: Writer,
    is_stopping: bool,
}

/// What the writing thread does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Writer {
    #[default]
    Busy,
    Asleep,
    Gathering,
    Ended,
}

/// Writes what is buffered when dropped, within a second: keep it until the process ends.
#[derive(Default)]
pub struct AccessLogGuard(Option<Arc<Queue>>);

/// Starts the writing thread; at most `limit_bytes` wait for it.
pub(super) fn start(
    limit_bytes: usize,
    mut out: impl Write + Send + 'static,
) -> std::io::Result<(Arc<Queue>, AccessLogGuard)> {
    let queue = Arc::new(Queue {
        limit_bytes,
        waiting: Mutex::default(),
        wake: Condvar::new(),
        ended: Condvar::new(),
        dropped: AtomicU64::new(0),
    });
    let writing = Arc::clone(&queue);
    std::thread::Builder::new().name("access-log".into()).spawn(move || {
        // Runs also if `out` panics: nobody must wait for a writer that is gone.
        let _end = End(&writing);
        writing.write_all(&mut out);
    })?;
    Ok((Arc::clone(&queue), AccessLogGuard(Some(queue))))
}

struct End<'a>(&'a Queue);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.writer = Writer::Ended;
        self.0.dropped.fetch_add(std::mem::take(&mut waiting.lines), Ordering::Relaxed);
        self.0.ended.notify_all();
    }
}

impl Queue {
    /// Takes a line, or counts it as dropped.
    pub(super) fn push(&self, line: &[u8]) {
        let mut waiting = self.lock();
        let size_bytes = waiting.bytes.len().saturating_add(line.len());
        if size_bytes > self.limit_bytes || waiting.writer == Writer::Ended {
            drop(waiting);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.bytes.extend_from_slice(line);
        waiting.lines += 1;
        let wakes = match waiting.writer {
            Writer::Asleep => true,
            Writer::Gathering => size_bytes >= BATCH_BYTES,
            Writer::Busy | Writer::Ended => false,
        };
        if wakes {
            waiting.writer = Writer::Busy;
            drop(waiting);
            self.wake.notify_one();
        }
    }

    pub(super) fn dropped_lines(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, out: &mut impl Write) {
        let mut batch = Vec::new();
        loop {
            let lines = self.take(&mut batch);
            if batch.is_empty() {
                return;
            }
            if out.write_all(&batch).and_then(|()| out.flush()).is_err() {
                // Nobody reads, or the disk is full: neither spin nor die.
                self.dropped.fetch_add(lines, Ordering::Relaxed);
            }
            batch.clear();
            batch.shrink_to(KEPT_BYTES);
        }
    }

    /// Waits for lines and swaps them into `batch`, which stays empty if there will be no more.
    fn take(&self, batch: &mut Vec<u8>) -> u64 {
        let mut waiting = self.lock();
        while waiting.bytes.is_empty() && !waiting.is_stopping {
            waiting.writer = Writer::Asleep;
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.writer = Writer::Gathering;
        let gathers = |waiting: &mut Waiting| !waiting.is_stopping && waiting.bytes.len() < BATCH_BYTES;
        let (mut waiting, _) =
            self.wake.wait_timeout_while(waiting, GATHER, gathers).unwrap_or_else(PoisonError::into_inner);
        waiting.writer = Writer::Busy;
        std::mem::swap(batch, &mut waiting.bytes);
        std::mem::take(&mut waiting.lines)
    }
}

impl Drop for AccessLogGuard {
    fn drop(&mut self) {
        let Some(queue) = self.0.take() else { return };
        let mut waiting = queue.lock();
        waiting.is_stopping = true;
        queue.wake.notify_one();
        let is_writing = |waiting: &mut Waiting| waiting.writer != Writer::Ended;
        // After that the process ends without the last lines.
        let _late = queue.ended.wait_timeout_while(waiting, LAST_WRITE, is_writing);
    }
}
