//! What only this store promises, and the suite that each one passes.

mod batches;
mod conformance;
mod durable;
mod events;
mod faults;
mod guests;
mod interleavings;
mod killed;
mod opening;
mod outbox;
mod overruns;
mod people;
mod plans;
mod read_only;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::readers::Afterwards;
use super::writer::Job;
use super::{Store, StoreSettings};
use crate::clock::Clock;
use crate::store::conformance::Made;
use crate::store::conformance::bench::NOON;

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

/// What the suite works with.
async fn made(settings: &StoreSettings, clock: Clock, alive: Box<dyn Any + Send + Sync>) -> Made {
    let store = Store::open(settings, clock.clone(), Arc::new(())).await.unwrap();
    Made { store: Arc::new(store), clock, _alive: alive }
}

/// As another process would open the file.
fn neighbour(settings: &StoreSettings) -> Connection {
    let conn = Connection::open(settings.url.strip_prefix("sqlite:").unwrap()).unwrap();
    conn.busy_timeout(Duration::from_secs(60)).unwrap();
    conn
}

fn sql(conn: &Connection, statement: &str) {
    conn.execute_batch(statement).unwrap();
}

fn number(conn: &Connection, question: &str) -> i64 {
    conn.query_row(question, [], |row| row.get(0)).unwrap()
}

/// Keeps the writer of a store busy until the sender is used or dropped, so that what is asked meanwhile waits together.
async fn held(store: &Store) -> oneshot::Sender<()> {
    let (release, wait) = oneshot::channel::<()>();
    let (begun, is_held) = oneshot::channel();
    let hold = move |_: &Connection| {
        let _ = begun.send(());
        let _ = wait.blocking_recv();
        Afterwards::Keep
    };
    store.enqueue(Job::Look(Box::new(hold))).await.unwrap();
    is_held.await.unwrap();
    release
}
