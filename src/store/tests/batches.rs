//! Which commands share a commit.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::{TempDir, tempdir};

use super::{held, in_folder, in_memory};
use crate::clock::Clock;
use crate::ownership::Index as _;
use crate::store::conformance::bench::{NOON, begin, main_account, tune};
use crate::store::{Observer, Store, StoreSettings};

/// How many commands each commit had.
#[derive(Default)]
struct Commits(Mutex<Vec<usize>>);

impl Observer for Commits {
    fn command(&self, _: &'static str, _: &'static str) {}
    fn lookup(&self, _: &'static str, _: &'static str) {}
    fn overrun(&self) {}
    fn committed(&self, commands: usize, _: Duration) {
        self.0.lock().unwrap().push(commands);
    }
}

async fn counted(folder: &TempDir, commit_delay: Duration) -> (Store, Arc<Commits>) {
    let commit_delay_us = u64::try_from(commit_delay.as_micros()).unwrap();
    let settings = StoreSettings { commit_delay_us, ..in_folder(folder) };
    let commits = Arc::new(Commits::default());
    let store =
        Store::open(&settings, Clock::manual(NOON), Arc::clone(&commits) as Arc<dyn Observer>).await.unwrap();
    (store, commits)
}

#[tokio::test]
async fn whoever_writes_alone_does_not_wait_for_company() {
    let folder = tempdir().unwrap();
    let (store, commits) = counted(&folder, Duration::from_hours(1)).await;
    for _ in 0..5 {
        assert!(begin(&store, "a").await.is_ok());
    }
    assert_eq!(*commits.0.lock().unwrap(), [1; 5]);
}

#[tokio::test]
async fn commands_in_company_wait_for_more_and_are_committed_with_it() {
    let folder = tempdir().unwrap();
    let (store, commits) = counted(&folder, Duration::from_secs(1)).await;
    let release = held(&store).await;
    let together = async {
        tokio::join!(begin(&store, "a"), begin(&store, "a"), begin(&store, "a"), begin(&store, "a"))
    };
    let mut together = std::pin::pin!(together);
    // Once: all four are queued.
    assert!(futures_util::poll!(together.as_mut()).is_pending());
    drop(release);
    // Time for the writer to take the four.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (late, (first, ..)) = tokio::join!(begin(&store, "a"), together);
    assert!(late.is_ok() && first.is_ok());
    assert_eq!(*commits.0.lock().unwrap(), [5]);
}

#[tokio::test]
async fn commands_that_wait_together_are_written_together() {
    let commits = Arc::new(Commits::default());
    let observer = Arc::clone(&commits) as Arc<dyn Observer>;
    let store = Store::open(&in_memory(), Clock::manual(NOON), observer).await.unwrap();
    let (account, object) = (main_account(), tune(7).object);
    let doubts = (0..300).map(|_| store.doubt(&account, object));
    let release = held(&store).await;
    // Unconstrained, so that each was queued when all were asked once.
    let doubts = tokio::task::unconstrained(futures_util::future::try_join_all(doubts));
    let mut doubts = std::pin::pin!(doubts);
    assert!(futures_util::poll!(doubts.as_mut()).is_pending());
    assert_eq!(store.queue_length(), 300);
    drop(release);
    doubts.await.unwrap();
    let written = commits.0.lock().unwrap().clone();
    assert_eq!(written.iter().sum::<usize>(), 300);
    assert!(written.iter().all(|batch| *batch <= 128) && written.len() < 20, "{written:?}");
}
