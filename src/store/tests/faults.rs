//! Trouble while the gateway runs: it is said, nothing half is left, and it goes on by itself.

use std::sync::Arc;

use tempfile::tempdir;

use super::{in_folder, in_memory, neighbour, open, sql};
use crate::clock::Clock;
use crate::ownership::conformance::{NOON, begin, conclusion, main_account, prompt, tune, user};
use crate::ownership::{Index as _, IndexError};
use crate::store::open::Place;
use crate::store::{Store, StoreSettings};

#[tokio::test]
async fn f_24_a_full_disk_is_said_and_the_writer_recovers_without_a_restart() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let place = Place::parse(&settings.url).unwrap();
    // A limit of the connection stands for the end of the disk.
    let options = place.options(&settings).pragma("max_page_count", "64");
    let clock = Clock::manual(NOON);
    let store = Store::open_with(&place, options, &settings, clock, Arc::new(())).await.unwrap();
    let fill = async || {
        let reservation = begin(&store, "a").await?;
        let long = "x".repeat(40_000);
        let objects = (0..4).map(|id| crate::ownership::Seen { members: long.clone(), ..prompt(id + 1, 7) });
        store.conclude(conclusion(reservation, objects.collect())).await.map(|_| reservation)
    };
    let reservation = begin(&store, "a").await.unwrap();
    let whole = conclusion(reservation, vec![tune(7), tune(8)]);
    let mut failed = 0;
    while fill().await.is_ok() {
        store.forget(&main_account(), tune(1).object).await.unwrap();
        failed += 1;
        assert!(failed < 100, "it never got full");
        let mut conn = neighbour(&settings).await;
        sql(&mut conn, "UPDATE objects SET id = id + 10").await;
    }
    assert_eq!(fill().await, Err(IndexError::Unavailable));
    // What is read is read on.
    assert!(store.find(&main_account(), &user("a"), &[tune(7).object]).await.unwrap().is_empty());
    sql(&mut neighbour(&settings).await, "DELETE FROM objects").await;
    store.conclude(whole).await.unwrap();
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
    let mut holder = neighbour(&settings).await;
    sql(&mut holder, "BEGIN IMMEDIATE").await;
    assert_eq!(begin(&store, "a").await, Err(IndexError::Unavailable));
    assert!(store.find(&main_account(), &user("a"), &[tune(7).object]).await.is_ok(), "readers do not wait");
    sql(&mut holder, "ROLLBACK").await;
    assert!(begin(&store, "a").await.is_ok());
}

#[tokio::test]
async fn f_25_who_waits_too_long_is_told_so_and_a_create_that_nobody_waits_for_is_not_begun() {
    let folder = tempdir().unwrap();
    let settings = StoreSettings { timeout_ms: 30, max_queue: 1, ..in_folder(&folder) };
    let store = open(&settings).await;
    let mut holder = neighbour(&settings).await;
    sql(&mut holder, "BEGIN IMMEDIATE").await;
    let begun = futures_util::future::join_all((0..5).map(|_| begin(&store, "a"))).await;
    assert!(begun.iter().all(|begun| *begun == Err(IndexError::Unavailable)));
    sql(&mut holder, "ROLLBACK").await;
    store.close().await;
    let left: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM reservations").fetch_one(&mut holder).await.unwrap();
    // The first was being written when its caller left.
    assert!(left <= 1, "{left}");
}

#[tokio::test]
async fn a_caller_that_leaves_leaves_nothing_half() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    let reservation = begin(&store, "a").await.unwrap();
    let objects: Vec<_> = (1..=50).map(|id| prompt(id, 7)).collect();
    let mut concluding = store.conclude(conclusion(reservation, objects));
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
    let (account, owner) = (main_account(), user("a"));
    let twice = crate::ownership::Opened {
        reservation,
        account: &account,
        owner: &owner,
        operation: crate::operation::Operation::CreatePrompt,
        tune: None,
        title: None,
        at: NOON,
    };
    let (first, wrong, second) = tokio::join!(begin(&store, "a"), store.begin(twice), begin(&store, "a"));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(wrong, Err(IndexError::Unavailable));
}
