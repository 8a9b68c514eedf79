//! A few open connections to one database, lent one at a time.
//!
//! sqlx's own pool starts a task and asks the connection once more whenever one comes back, which costs more than a
//! look-up by key; connections to a file need neither (ADR 0016).

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// See the module. Clones lend the same connections.
#[derive(Clone)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    options: SqliteConnectOptions,
    /// What is in memory is lost with its only connection.
    is_memory: bool,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Connections {
    /// At most `places` of them, `first` among them.
    pub(super) fn new(
        options: SqliteConnectOptions,
        first: Option<SqliteConnection>,
        places: usize,
        is_memory: bool,
    ) -> Self {
        let idle = Mutex::new(first.into_iter().collect());
        Self(Arc::new(Shared { options, is_memory, places: Arc::new(Semaphore::new(places)), idle }))
    }

    /// Waits for one.
    ///
    /// Cancel safe.
    pub(super) async fn lend(&self) -> Result<Lent, sqlx::Error> {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        let place = place.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            // Anew it would be empty.
            None if self.0.is_memory => return Err(sqlx::Error::PoolClosed),
            None => self.0.options.connect().await?,
        };
        Ok(Lent { connection: Some(connection), home: self.clone(), _place: place })
    }

    /// Lends no more and closes what is not lent.
    ///
    /// Not cancel safe: what is left is closed without waiting.
    pub(super) async fn close(&self) {
        self.0.places.close();
        loop {
            let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(connection) = idle else { break };
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a connection to the store did not close cleanly");
            }
        }
    }
}

/// A connection that goes back when dropped. A statement whose future was dropped ends by itself: the driver's thread
/// stops it when nobody takes its rows.
pub(super) struct Lent {
    /// `None` only while it is dropped.
    connection: Option<SqliteConnection>,
    home: Connections,
    _place: OwnedSemaphorePermit,
}

impl Lent {
    /// The connection.
    pub(super) fn get(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Does not go back, so that the next one is opened anew: after an error of the disk.
    pub(super) fn discard(mut self) {
        if !self.home.0.is_memory {
            self.connection = None;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.home.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
