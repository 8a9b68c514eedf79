//! A file that cannot be written to any more.

use std::sync::Arc;

use tempfile::tempdir;

use super::{in_folder, open};
use crate::clock::Clock;
use crate::ownership::{Index as _, IndexError};
use crate::store::conformance::bench::{NOON, main_account, tune, user};
use crate::store::open::Opening;
use crate::store::{Store, StoreSettings};

#[tokio::test]
async fn f_24_a_file_that_cannot_be_written_refuses_writes_and_is_read_on() {
    let folder = tempdir().unwrap();
    let settings = StoreSettings { migrate_at_start: false, ..in_folder(&folder) };
    let first = open(&StoreSettings { migrate_at_start: true, ..settings.clone() }).await;
    let (account, owner) = (main_account(), user("a"));
    first.import(&account, &owner, vec![tune(7)], NOON).await.unwrap();
    first.close().await;
    // A limit of the connection stands for a file system that became read-only.
    let opening = Opening { pragmas: "PRAGMA query_only = ON", ..Opening::new(&settings).unwrap() };

    let store = Store::open_with(opening, &settings, Clock::manual(NOON), Arc::new(())).await.unwrap();

    let object = tune(7).object;
    for _ in 0..2 {
        assert_eq!(store.forget(&account, object).await, Err(IndexError::Unavailable));
        assert_eq!(store.find(&account, &owner, &[object]).await.unwrap().len(), 1);
    }
}
