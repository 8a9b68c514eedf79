//! How SQLite does what is asked: by index, in one statement.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::tempdir;

use super::{held, in_folder, in_memory, neighbour, open, sql};
use crate::clock::Clock;
use crate::ids::{PackId, TuneId};
use crate::ownership::conformance::{NOON, main_account, make, prompt, tune, user};
use crate::ownership::{Filters, Index as _, ListQuery, ObjectKind, Ownership};
use crate::store::{Observer, Store, read, rows::RECORD_COLUMNS};

/// How SQLite answers a question, in its own words.
fn plan(conn: &Connection, question: &str) -> Vec<String> {
    let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
    let mut rows = explain.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get("detail").unwrap());
    }
    plan
}

#[tokio::test]
async fn every_question_is_answered_by_an_index() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    for other in 0..60_u64 {
        let objects = vec![tune(1000 + other), prompt(1000 + other, 1000 + other)];
        make(&store, &format!("other {}", other % 20), objects).await;
    }
    make(&store, "a", (1..200).map(|id| prompt(id, 7)).chain([tune(7)]).collect()).await;
    let conn = neighbour(&settings);
    let list = |query: ListQuery| {
        read::list_statement(&main_account(), &user("a"), ObjectKind::Prompt, &query, NOON).sql
    };
    let of_tune = ListQuery { tune: Some(TuneId::from_u64(7)), limit: 20, ..ListQuery::default() };
    let filters = Filters {
        titles: vec!["a".into()],
        text: Some("a".into()),
        pack: Some(PackId::from_u64(1)),
        is_liked: Some(true),
        created_from: Some(NOON),
        ..Filters::default()
    };
    let filtered = ListQuery { filters, before_id: Some(9), offset: 3, limit: 20, ..ListQuery::default() };
    // With its own idea of how the rows are spread, and without.
    for statistics in [None, Some("ANALYZE")] {
        if let Some(analyze) = statistics {
            sql(&conn, analyze);
        }
        let questions = [
            (read::FIND.to_owned(), "objects_of_owner (owner=? AND account=? AND kind=? AND id=?)"),
            (
                list(ListQuery { limit: 20, ..ListQuery::default() }),
                "objects_of_owner (owner=? AND account=? AND kind=?",
            ),
            (list(of_tune.clone()), "objects_of_tune (account=? AND tune=? AND owner=? AND kind=?"),
            (list(filtered.clone()), "objects_of_owner (owner=? AND account=? AND kind=?"),
            (list(of_tune.clone()), "sqlite_autoindex_objects_1 (id=? AND kind=? AND account=?)"),
            (list(ListQuery::default()), "objects_awaiting (owner=? AND account=? AND awaits_until_ms>?)"),
            (read::LOOK_UP.to_owned(), "sqlite_autoindex_objects_1 (id=?)"),
            (read::ERASURE.to_owned(), "COVERING INDEX objects_of_owner (owner=?)"),
            (read::ERASURE.to_owned(), "reservations_of_owner (owner=? AND state=?)"),
            (read::ERASING.to_owned(), "owners_erasing"),
            (read::OBJECTS.to_owned(), "objects_of_owner (owner=?"),
            (read::CREATES.to_owned(), "reservations_of_owner (owner=?"),
            (crate::store::write::creates::OPEN.to_owned(), "reservations_open (created_at_ms<?)"),
            (
                "UPDATE objects SET seen_at_ms = NULL WHERE account = ?1 AND tune = ?2".into(),
                "objects_of_tune (account=? AND tune=?)",
            ),
            (
                "SELECT MAX(id) FROM objects WHERE account = ?1 AND kind = 'tune'".into(),
                "objects_tunes (account=?)",
            ),
            (
                "SELECT id FROM objects WHERE reservation = ?1".into(),
                "objects_of_reservation (reservation=?)",
            ),
            (
                "SELECT id FROM objects WHERE account = ?1 AND is_finished = 0 AND seen_at_ms < ?2".into(),
                "objects_unfinished (account=? AND seen_at_ms<?)",
            ),
            ("DELETE FROM reservations WHERE owner = ?1".into(), "reservations_of_owner (owner=?)"),
        ];
        for (question, index) in questions {
            let plan = plan(&conn, &question).join("\n");
            assert!(
                !plan.contains("SCAN objects") && !plan.contains("SCAN reservations"),
                "{question}\n{plan}"
            );
            assert!(plan.contains(index), "{question}\n{plan}");
        }
        let ordered = plan(&conn, &list(of_tune.clone()));
        let sorts = ordered.iter().filter(|detail| detail.contains("TEMP B-TREE")).count();
        assert!(sorts <= 1, "only the few tunes that await prompts are sorted");
    }
}

#[derive(Default)]
struct Lookups(Mutex<Vec<&'static str>>);

impl Observer for Lookups {
    fn command(&self, _: &'static str, _: &'static str) {}
    fn lookup(&self, lookup: &'static str, outcome: &'static str) {
        assert_eq!(outcome, "done");
        self.0.lock().unwrap().push(lookup);
    }
    fn committed(&self, _: usize, _: Duration) {}
}

#[tokio::test]
async fn a_list_of_ten_thousand_objects_is_one_question() {
    let lookups = Arc::new(Lookups::default());
    let observer = Arc::clone(&lookups);
    let store = Store::open(&in_memory(), Clock::manual(NOON), observer).await.unwrap();
    make(&store, "a", (1..=10_000).map(|id| prompt(id, id % 100 + 1)).collect()).await;
    let ownership = Ownership::new(Arc::new(store));
    let query = ListQuery { limit: 120, offset: 5000, ..ListQuery::default() };
    let page = ownership.list(&main_account(), &user("a"), ObjectKind::Prompt, &query, NOON).await.unwrap();
    assert_eq!(page.records.len(), 120);
    assert_eq!(page.records[0].1.object.id, 5000);
    assert_eq!(*lookups.0.lock().unwrap(), ["list"]);
}

#[tokio::test]
async fn the_watermark_is_the_highest_tune_of_the_account() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    make(&store, "a", vec![tune(70), tune(7), prompt(700, 7)]).await;
    make(&store, "b", vec![]).await;
    let conn = neighbour(&settings);
    let mut question = conn.prepare("SELECT watermark FROM reservations ORDER BY watermark").unwrap();
    let watermarks = question.query_map([], |row| row.get(0)).unwrap();
    assert_eq!(watermarks.collect::<Result<Vec<i64>, _>>().unwrap(), [0, 70]);
}

#[test]
fn the_columns_of_a_record_are_as_many_as_are_read() {
    assert_eq!(crate::store::rows::record_columns!().split(", ").count(), RECORD_COLUMNS);
}

#[tokio::test]
async fn commands_that_wait_together_are_written_together() {
    #[derive(Default)]
    struct Batches(Mutex<Vec<usize>>);
    impl Observer for Batches {
        fn command(&self, _: &'static str, _: &'static str) {}
        fn lookup(&self, _: &'static str, _: &'static str) {}
        fn committed(&self, commands: usize, _: Duration) {
            self.0.lock().unwrap().push(commands);
        }
    }
    let batches = Arc::new(Batches::default());
    let observer = Arc::clone(&batches);
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
    let written = batches.0.lock().unwrap().clone();
    assert_eq!(written.iter().sum::<usize>(), 300);
    assert!(written.iter().all(|batch| *batch <= 128) && written.len() < 20, "{written:?}");
}
