//! The durable record, in SQLite: who owns what, which creates were begun, who asked to be forgotten.
//!
//! It keeps what [`crate::ownership`] asks of a store ([`Index`](crate::ownership::Index),
//! [`Subjects`](crate::ownership::Subjects)). Writes go through one task that commits them in groups (`writer`);
//! look-ups go to a few connections of their own and see what was answered before they began.
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

mod command;
mod connections;
mod error;
mod filters;
mod index;
mod migrate;
mod observer;
mod open;
mod read;
mod rows;
mod subjects;
mod write;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::error::StoreError;
pub use self::observer::Observer;
use command::{Answer, Command};
use connections::Connections;
use open::Place;
use writer::{Job, Writer};

use crate::clock::Clock;
pub use crate::config::Store as StoreSettings;
use crate::ownership::IndexError;

/// See the module.
pub struct Store {
    queue: mpsc::Sender<Job>,
    writers: Connections,
    readers: Connections,
    closing: CancellationToken,
    tasks: TaskTracker,
    timeout: Duration,
    observer: Arc<dyn Observer>,
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
        let place = Place::parse(&settings.url)?;
        let options = place.options(settings);
        Self::open_with(&place, options, settings, clock, observer).await
    }

    async fn open_with(
        place: &Place,
        options: SqliteConnectOptions,
        settings: &StoreSettings,
        clock: Clock,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StoreError> {
        let (writers, readers) = open::open(place, settings, options).await?;
        let (queue, jobs) = mpsc::channel(settings.max_queue);
        let closing = CancellationToken::new();
        let writer = Writer {
            queue: jobs,
            connections: writers.clone(),
            closing: closing.clone(),
            clock,
            observer: Arc::clone(&observer),
        };
        let tasks = TaskTracker::new();
        tasks.spawn(writer.run());
        tasks.close();
        let timeout = Duration::from_millis(settings.timeout_ms);
        Ok(Self { queue, writers, readers, closing, tasks, timeout, observer })
    }

    /// Applies new migrations and gives their names, for `astria-gateway migrate`.
    ///
    /// Cancel safe: all are applied or none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn migrate(settings: &StoreSettings) -> Result<Vec<String>, StoreError> {
        let place = Place::parse(&settings.url)?;
        let mut connection = open::connect(&place, &place.options(settings)).await?;
        let applied = migrate::apply(&mut connection, place.path()).await?;
        connection.close().await.map_err(|error| StoreError::of(error, place.path()))?;
        Ok(applied)
    }

    /// Commands that wait to be written.
    pub fn queue_length(&self) -> usize {
        self.queue.max_capacity().saturating_sub(self.queue.capacity())
    }

    /// Takes no more commands, does those that wait, and folds SQLite's log into the file. Again: nothing.
    ///
    /// Not cancel safe: what waits may be left undone, and is answered so; nothing answered is lost.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.wait().await;
        self.readers.close().await;
        self.writers.close().await;
    }

    /// Has a command done, or waits in vain for `store.timeout_ms`.
    async fn write(&self, command: Command) -> Result<Answer, IndexError> {
        let name = command.name();
        let (reply, answer) = oneshot::channel();
        let done = async {
            let queued = self.queue.send(Job { command, reply }).await;
            queued.map_err(|_| IndexError::Unavailable)?;
            answer.await.map_err(|_| IndexError::Unavailable)?
        };
        timeout(self.timeout, done).await.unwrap_or_else(|_| {
            self.observer.command(name, "timed_out");
            Err(IndexError::Unavailable)
        })
    }

    /// Has something looked up, or waits in vain for `store.timeout_ms`.
    async fn read<T>(
        &self,
        name: &'static str,
        lookup: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> Result<T, sqlx::Error> + Send,
    ) -> Result<T, IndexError> {
        let look = async {
            let mut lent = self.readers.lend().await?;
            let found = lookup(lent.get()?).await;
            if found.is_err() {
                lent.discard();
            }
            found
        };
        let found = timeout(self.timeout, look).await;
        let outcome = match &found {
            Ok(Ok(_)) => "done",
            Ok(Err(error)) => {
                tracing::error!(%error, lookup = name, "the store could not be asked");
                "failed"
            }
            Err(_) => "timed_out",
        };
        self.observer.lookup(name, outcome);
        found.ok().and_then(Result::ok).ok_or(IndexError::Unavailable)
    }
}
