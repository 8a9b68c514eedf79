//! The durable record, in SQLite: what was spent, who owns what, who asked to be forgotten.
//!
//! It keeps what [`crate::quota`] and [`crate::ownership`] ask of a store ([`Books`](crate::quota::Books),
//! [`Index`](crate::ownership::Index), [`Subjects`](crate::ownership::Subjects)). Writes go through one thread that commits them in groups (`writer`);
//! look-ups go to a few threads with connections of their own (`readers`) and see what was answered before they began.
//! Only those threads call SQLite: no request's thread ever waits for the disk (ADR 0017).
//!
//! ```no_run
//! # async fn example() -> Result<(), astria_gateway::store::StoreError> {
//! use std::sync::Arc;
//! use astria_gateway::{clock::Clock, store::{Store, StoreSettings}};
//! let settings = StoreSettings { url: "sqlite:gateway.db".into(), ..StoreSettings::default() };
//! let store = Store::open(&settings, Clock::system(), Arc::new(())).await?;
//! store.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! A second gateway on the same file is safe: SQLite's locks keep the two apart and each waits for the other's commits,
//! on one machine and a local disk only.
//!
//! What it does *not* do: it makes no proofs, calls no upstream, and forgets no create by itself.

mod backup;
mod check;
mod command;
mod error;
mod events;
mod filters;
mod guests;
mod import;
mod inbox;
mod index;
mod leases;
mod ledger;
mod migrate;
mod observer;
mod open;
mod outbox;
mod people;
mod read;
mod readers;
mod rows;
mod sessions;
mod streams;
mod subjects;
mod write;
mod writer;

#[cfg(test)]
pub(crate) mod conformance;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

pub use self::check::Checked;
pub use self::error::StoreError;
pub use self::import::{CarryOver, Imported, Used};
pub use self::observer::Observer;
pub use self::streams::{KeepEvents, Trimmed};
use command::{Answer, Command};
use open::{Opening, Place};
use readers::{Afterwards, Lookup, Readers};
use writer::{Job, Write, Writer};

use crate::clock::Clock;
pub use crate::config::{CheckAtStart, Store as StoreSettings};
use crate::ownership::IndexError;

/// See the module.
pub struct Store {
    /// `None` once it is closed: the writer ends when nobody can give it anything any more.
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    /// `None`: the writer looks up, too.
    readers: Option<Readers>,
    writer: TaskTracker,
    timeout: Duration,
    observer: Arc<dyn Observer>,
    clock: Clock,
    /// The last event that this process wrote.
    news: watch::Sender<u64>,
}

impl Store {
    /// Opens the database, makes it if there is none, and applies new migrations unless `migrate_at_start` is off.
    ///
    /// Must be called within a Tokio runtime. Cancel safe.
    ///
    /// # Errors
    /// [`StoreError`]: the gateway must not start without its record.
    pub async fn open(
        settings: &StoreSettings,
        clock: Clock,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StoreError> {
        Self::open_with(Opening::new(settings)?, settings, clock, observer).await
    }

    async fn open_with(
        opening: Opening,
        settings: &StoreSettings,
        clock: Clock,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StoreError> {
        let how = opening.clone();
        let first = aside(move || how.first()).await?;
        let readers = match opening.place {
            Place::Memory => None,
            Place::File(_) => Some(Readers::start(&opening, settings.readers, settings.max_queue)?),
        };
        let (queue, jobs) = mpsc::channel(settings.max_queue);
        let news = watch::Sender::new(0);
        let writer = Writer {
            queue: jobs,
            commit_delay: match opening.place {
                Place::Memory => Duration::ZERO,
                Place::File(_) => Duration::from_micros(settings.commit_delay_us),
            },
            opening,
            connection: Some(first),
            clock: clock.clone(),
            observer: Arc::clone(&observer),
            news: news.clone(),
        };
        let tracker = TaskTracker::new();
        let running = tracker.token();
        let started = std::thread::Builder::new().name("store-writer".into()).spawn(move || {
            // Until its connection is closed.
            let _running = running;
            writer.run();
        });
        started.map_err(StoreError::Thread)?;
        tracker.close();
        let timeout = Duration::from_millis(settings.timeout_ms);
        Ok(Self { queue: Mutex::new(Some(queue)), readers, writer: tracker, timeout, observer, clock, news })
    }

    /// Applies new migrations and gives their names, for `astria-gateway migrate`.
    ///
    /// Cancel safe: all are applied or none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn migrate(settings: &StoreSettings) -> Result<Vec<String>, StoreError> {
        let opening = Opening::new(settings)?;
        let applied = aside(move || {
            let mut connection = opening.make()?;
            let applied = migrate::apply(&mut connection, opening.place.path())?;
            connection.close().map_err(|(_, error)| StoreError::of(error, opening.place.path()))?;
            Ok(applied)
        });
        applied.await
    }

    /// Commands that wait to be written.
    pub fn queue_length(&self) -> usize {
        self.queue().map_or(0, |queue| queue.max_capacity().saturating_sub(queue.capacity()))
    }

    /// Takes no more commands, does those that wait, and folds SQLite's log into the file. Again: nothing.
    ///
    /// Cancel safe: the threads end by themselves then, in any order.
    pub async fn close(&self) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last connection to be closed removes the log's files, if it may write.
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        drop(queue);
        self.writer.wait().await;
    }

    fn queue(&self) -> Option<mpsc::Sender<Job>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn enqueue(&self, job: Job) -> Result<(), IndexError> {
        let queue = self.queue().ok_or(IndexError::Unavailable)?;
        queue.send(job).await.map_err(|_| IndexError::Unavailable)
    }

    /// Has a command done, or waits in vain for `store.timeout_ms`.
    ///
    /// Cancel safe: the command may be done or not.
    async fn write(&self, command: Command) -> Result<Answer, IndexError> {
        let name = command.name();
        let (reply, answer) = oneshot::channel();
        let done = async {
            self.enqueue(Job::Write(Write { command, reply })).await?;
            answer.await.map_err(|_| IndexError::Unavailable)?
        };
        timeout(self.timeout, done).await.unwrap_or_else(|_| {
            self.observer.command(name, "timed_out");
            Err(IndexError::Unavailable)
        })
    }

    /// Has a command done without waiting for it; where the queue is full it is not done.
    fn write_unheard(&self, command: Command) {
        let (reply, _) = oneshot::channel();
        let queued = self.queue().map(|queue| queue.try_send(Job::Write(Write { command, reply })));
        if !matches!(queued, Some(Ok(()))) {
            tracing::warn!("the store was too busy to note that a create was left; its lease's end does");
        }
    }

    /// Has something looked up, or waits in vain for `store.timeout_ms`.
    ///
    /// Cancel safe.
    async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        lookup: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, IndexError> {
        let (reply, answer) = oneshot::channel();
        let lookup: Lookup = Box::new(move |connection| {
            if reply.is_closed() {
                return Afterwards::Keep;
            }
            match lookup(connection) {
                Ok(found) => {
                    // Nobody may be waiting any more.
                    let _ = reply.send(found);
                    Afterwards::Keep
                }
                Err(error) => {
                    tracing::error!(%error, lookup = name, "the store could not be asked");
                    Afterwards::Discard
                }
            }
        });
        let found = async {
            match &self.readers {
                Some(readers) => readers.send(lookup).await.ok()?,
                None => self.enqueue(Job::Look(lookup)).await.ok()?,
            }
            answer.await.ok()
        };
        let found = timeout(self.timeout, found).await;
        let outcome = match &found {
            Ok(Some(_)) => "done",
            Ok(None) => "failed",
            Err(_) => "timed_out",
        };
        self.observer.lookup(name, outcome);
        found.ok().flatten().ok_or(IndexError::Unavailable)
    }
}

/// Does what waits for the disk without keeping the runtime's own threads.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(StoreError::Thread(io::Error::other(error))))
}
