//! The threads that look things up, each with a connection of its own that cannot write.
//!
//! They take from one queue, so that a long look-up holds up nobody while another thread is free. A connection is opened
//! when it is first needed, and anew after an error.
//!
//! What it does *not* do: it does not end a look-up that has begun when its caller leaves; one that has not is skipped.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use super::error::StoreError;
use super::open::Opening;

/// Looks something up and tells whoever waits for it.
pub(super) type Lookup = Box<dyn FnOnce(&Connection) -> Afterwards + Send>;

/// What becomes of a connection after a look-up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Afterwards {
    Keep,
    Discard,
}

/// No more look-ups are taken.
pub(super) struct Closed;

/// See the module.
pub(super) struct Readers {
    shared: Arc<Shared>,
    threads: TaskTracker,
}

struct Shared {
    queue: Mutex<Queue>,
    news: Condvar,
    /// In the queue.
    places: Arc<Semaphore>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Lookup, OwnedSemaphorePermit)>,
    is_closed: bool,
}

impl Readers {
    /// Starts so many threads, for which so many look-ups may wait.
    pub(super) fn start(opening: &Opening, threads: usize, max_queue: usize) -> Result<Self, StoreError> {
        let places = Arc::new(Semaphore::new(max_queue));
        let shared = Arc::new(Shared { queue: Mutex::default(), news: Condvar::new(), places });
        let readers = Self { shared, threads: TaskTracker::new() };
        for number in 0..threads {
            let (shared, opening) = (Arc::clone(&readers.shared), opening.clone());
            let running = readers.threads.token();
            let thread = std::thread::Builder::new().name(format!("store-reader-{number}"));
            let started = thread.spawn(move || {
                // Until its connection is closed.
                let _running = running;
                shared.run(&opening);
            });
            started.map_err(StoreError::Thread)?;
        }
        readers.threads.close();
        Ok(readers)
    }

    /// Waits for a place in the queue.
    ///
    /// Cancel safe: it is not looked up then.
    pub(super) async fn send(&self, lookup: Lookup) -> Result<(), Closed> {
        let place = Arc::clone(&self.shared.places).acquire_owned().await.map_err(|_| Closed)?;
        let mut queue = self.shared.lock();
        if queue.is_closed {
            return Err(Closed);
        }
        queue.waiting.push_back((lookup, place));
        drop(queue);
        self.shared.news.notify_one();
        Ok(())
    }

    /// Drops what waits, and returns when what has begun is done and the connections are closed.
    ///
    /// Cancel safe.
    pub(super) async fn close(&self) {
        self.stop();
        self.threads.wait().await;
    }

    fn stop(&self) {
        self.shared.places.close();
        let mut queue = self.shared.lock();
        queue.is_closed = true;
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        self.shared.news.notify_all();
        // Each tells its caller, without the lock.
        drop(waiting);
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Lookup> {
        let is_idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.is_closed;
        let queue = self.news.wait_while(self.lock(), is_idle);
        let taken = queue.unwrap_or_else(PoisonError::into_inner).waiting.pop_front();
        taken.map(|(lookup, _place)| lookup)
    }

    fn run(&self, opening: &Opening) {
        let mut connection = None;
        while let Some(lookup) = self.next() {
            let open = match connection.take().map_or_else(|| opening.reading(), Ok) {
                Ok(open) => open,
                Err(error) => {
                    tracing::error!(%error, "the store cannot be opened for a look-up");
                    continue;
                }
            };
            match catch_unwind(AssertUnwindSafe(|| lookup(&open))) {
                Ok(Afterwards::Keep) => connection = Some(open),
                Ok(Afterwards::Discard) => {}
                Err(_) => tracing::error!("a look-up in the store panicked"),
            }
        }
    }
}
