//! Trouble while the gateway runs: it is said, nothing half is left, and it goes on by itself.

use std::sync::Arc;

use tempfile::tempdir;

use super::{held, in_folder, in_memory, neighbour, number, open, sql};
use crate::clock::Clock;
use crate::ownership::{Index as _, IndexError};
use crate::quota::{BooksError, Opening as Asked};
use crate::store::conformance::bench::{
    NOON, begin, conclude, conclusion, main_account, opening, prompt, tune, user,
};
use crate::store::open::Opening;
use crate::store::{Store, StoreSettings};

#[tokio::test]
async fn f_24_a_full_disk_is_said_and_the_writer_recovers_without_a_restart() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    // A limit of the connection stands for the end of the disk.
    let opening = Opening { pragmas: "PRAGMA max_page_count = 112", ..Opening::new(&settings).unwrap() };
    let clock = Clock::manual(NOON);
    let store = Store::open_with(opening, &settings, clock, Arc::new(())).await.unwrap();
    let fill = async || {
        let reservation = begin(&store, "a").await?;
        let long = "x".repeat(40_000);
        let objects = (0..4).map(|id| crate::ownership::Seen { members: long.clone(), ..prompt(id + 1, 7) });
        conclude(&store, conclusion(reservation, objects.collect())).await.map(|_| reservation)
    };
    let reservation = begin(&store, "a").await.unwrap();
    let whole = conclusion(reservation, vec![tune(7), tune(8)]);
    let mut failed = 0;
    while fill().await.is_ok() {
        store.forget(&main_account(), tune(1).object).await.unwrap();
        failed += 1;
        assert!(failed < 100, "it never got full");
        sql(&neighbour(&settings), "UPDATE objects SET id = id + 10");
    }
    assert_eq!(fill().await, Err(BooksError::Unavailable));
    // What is read is read on.
    assert!(store.find(&main_account(), &user("a"), &[tune(7).object]).await.unwrap().is_empty());
    sql(&neighbour(&settings), "DELETE FROM objects");
    conclude(&store, whole).await.unwrap();
    assert_eq!(
        store.find(&main_account(), &user("a"), &[tune(7).object, tune(8).object]).await.unwrap().len(),
        2
    );
}

#[tokio::test]
async fn f_25_a_locked_file_is_waited_for_then_said_and_then_used_again() {
    let folder = tempdir().unwrap();
    let settings = StoreSettings { busy_timeout_ms: 50, ..in_folder(&folder) };
    let store = open(&settings).await;
    let holder = neighbour(&settings);
    sql(&holder, "BEGIN IMMEDIATE");
    assert_eq!(begin(&store, "a").await, Err(BooksError::Unavailable));
    assert!(store.find(&main_account(), &user("a"), &[tune(7).object]).await.is_ok(), "readers do not wait");
    sql(&holder, "ROLLBACK");
    assert!(begin(&store, "a").await.is_ok());
}

#[tokio::test]
async fn f_25_who_waits_too_long_is_told_so_and_a_create_that_nobody_waits_for_is_not_begun() {
    let folder = tempdir().unwrap();
    let settings = StoreSettings { timeout_ms: 30, max_queue: 1, ..in_folder(&folder) };
    let store = open(&settings).await;
    let release = held(&store).await;
    let begun = futures_util::future::join_all((0..5).map(|_| begin(&store, "a"))).await;
    assert!(begun.iter().all(|begun| *begun == Err(BooksError::Unavailable)));
    drop(release);
    store.close().await;
    assert_eq!(number(&neighbour(&settings), "SELECT COUNT(*) FROM reservations"), 0);
}

#[tokio::test]
async fn a_caller_that_leaves_leaves_nothing_half() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    let reservation = begin(&store, "a").await.unwrap();
    let objects: Vec<_> = (1..=50).map(|id| prompt(id, 7)).collect();
    let mut concluding = Box::pin(conclude(&store, conclusion(reservation, objects)));
    // Once: the command is queued.
    let _ = futures_util::poll!(concluding.as_mut());
    drop(concluding);
    store.close().await;
    let store = open(&settings).await;
    let wanted: Vec<_> = (1..=50).map(|id| prompt(id, 7).object).collect();
    assert_eq!(store.find(&main_account(), &user("a"), &wanted).await.unwrap().len(), 50);
}

#[tokio::test]
async fn a_command_that_is_refused_takes_no_other_with_it() {
    let store = open(&in_memory()).await;
    let reservation = begin(&store, "a").await.unwrap();
    let twice = Asked { reservation, ..opening(&main_account(), "a", NOON) };
    let release = held(&store).await;
    let all = async {
        tokio::join!(begin(&store, "a"), crate::quota::Books::open(&store, twice), begin(&store, "a"))
    };
    let mut all = std::pin::pin!(all);
    // Once: all are queued.
    assert!(futures_util::poll!(all.as_mut()).is_pending());
    drop(release);
    let (first, wrong, second) = all.await;
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(wrong, Err(BooksError::AlreadyReserved));
}

#[tokio::test]
async fn a_panic_in_the_stores_threads_is_answered_and_they_go_on() {
    let folder = tempdir().unwrap();
    for settings in [in_memory(), StoreSettings { readers: 1, ..in_folder(&folder) }] {
        let store = open(&settings).await;
        let bug = |_: &rusqlite::Connection| -> Result<(), rusqlite::Error> { panic!("a bug") };
        assert_eq!(store.read("bug", bug).await, Err(IndexError::Unavailable));
        assert!(store.find(&main_account(), &user("a"), &[tune(7).object]).await.unwrap().is_empty());

        let written = store.write(crate::store::command::Command::Panic).await;
        assert_eq!(written.err(), Some(IndexError::Unavailable));
        let reservation = begin(&store, "a").await.unwrap();
        assert!(conclude(&store, conclusion(reservation, vec![tune(7)])).await.is_ok());
    }
}

#[tokio::test]
async fn a_look_up_whose_caller_left_before_it_began_is_skipped() {
    let store = open(&in_memory()).await;
    let release = held(&store).await;
    let (looked, was_looked) = std::sync::mpsc::channel();
    let look = move |_: &rusqlite::Connection| {
        looked.send(()).unwrap();
        Ok(())
    };
    let mut left = Box::pin(store.read("left", look));
    assert!(futures_util::poll!(left.as_mut()).is_pending());
    drop(left);
    drop(release);
    store.close().await;
    assert!(was_looked.recv().is_err());
}
