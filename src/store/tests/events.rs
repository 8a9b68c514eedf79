//! Events are found by index, and forgotten a few at a time, but not before they were passed on.

use std::time::Duration;

use tempfile::{TempDir, tempdir};

use super::plans::plan;
use super::{in_folder, neighbour, open, sql};
use crate::events::EventLog as _;
use crate::store::conformance::bench::{NOON, main_account, user};
use crate::store::streams::{EXPIRED, KNOWN, OLD, STIRRED_SINCE, TOO_MANY};
use crate::store::{KeepEvents, Store, StoreSettings, Trimmed, events};

/// A store with this many events of one end user, a minute old, and ten of each of fifty others.
async fn with_events(count: u32) -> (TempDir, StoreSettings, Store) {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    let conn = neighbour(&settings);
    let at = NOON.unix_ms() - 60_000;
    let account = main_account();
    sql(&conn, "INSERT INTO owners (issuer, subject) VALUES ('x', 'nobody')");
    let who = user("a");
    let (issuer, subject) = (&who.issuer, &who.subject);
    sql(
        &conn,
        &format!(
            "INSERT INTO owners (id, issuer, subject, last_event) VALUES (7, '{issuer}', '{subject}', {count})"
        ),
    );
    for other in 100..150 {
        sql(
            &conn,
            &format!(
                "INSERT INTO owners (id, issuer, subject, last_event) VALUES ({other}, 'x', '{other}', 10)"
            ),
        );
    }
    let insert = |owner: &str, n: &str, rows: u32| {
        sql(
            &conn,
            &format!(
                "WITH RECURSIVE t (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < {rows}) \
                 INSERT INTO events (owner, n, at_ms, kind, account, object_kind, object_id) \
                 SELECT {owner}, {n}, {at}, 'updated', '{}', 'prompt', 9 FROM t",
                account.as_str()
            ),
        );
    };
    insert("7", "i", count);
    insert("100 + (i - 1) / 10", "(i - 1) % 10 + 1", 500);
    (folder, settings, store)
}

fn keep(keep_s: u64, max_each: u64) -> KeepEvents {
    KeepEvents { keep: Duration::from_secs(keep_s), max_each }
}

/// Everything whose time is over; gives how many steps it took.
async fn trim(store: &Store, keep: KeepEvents) -> u32 {
    let (mut steps, mut through) = (0, 0);
    loop {
        steps += 1;
        let Trimmed { through: now, is_more } = store.trim_events(keep, through).await.unwrap();
        through = now;
        if !is_more {
            return steps;
        }
    }
}

async fn kept(store: &Store) -> Vec<u64> {
    let kept = store.events_after(&user("a"), &main_account(), 0, 100_000).await.unwrap();
    kept.events.iter().map(|event| event.number).collect()
}

fn count(settings: &StoreSettings) -> u32 {
    neighbour(settings).query_row("SELECT COUNT(*) FROM events", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_is_too_old_goes_a_few_at_a_time() {
    let (_folder, settings, store) = with_events(5000).await;
    assert_eq!(trim(&store, keep(60, 100_000)).await, 3);
    assert_eq!(count(&settings), 5500, "a minute is not over");
    assert_eq!(trim(&store, keep(59, 100_000)).await, 3);
    assert_eq!(count(&settings), 0);
    let kept = store.events_after(&user("a"), &main_account(), 4999, 9).await.unwrap();
    assert!(kept.is_gap && kept.events.is_empty() && kept.last == 5000);
    assert!(!store.events_after(&user("a"), &main_account(), 5000, 9).await.unwrap().is_gap);
}

#[tokio::test]
async fn of_who_has_too_many_the_oldest_go_and_nobody_elses() {
    let (_folder, settings, store) = with_events(5000).await;
    assert!(trim(&store, keep(3600, 1000)).await > 2);
    assert_eq!(kept(&store).await, (4001..=5000).collect::<Vec<_>>());
    assert_eq!(count(&settings), 1500);
}

#[tokio::test]
async fn what_somebody_must_pass_on_is_kept_twice_as_long_and_no_longer() {
    let (_folder, settings, store) = with_events(100).await;
    sql(
        &neighbour(&settings),
        "INSERT INTO outbox_cursors (endpoint, seq, seen_at_ms) VALUES ('a', 40, 0), ('b', 90, 0)",
    );
    trim(&store, keep(50, 10)).await;
    assert_eq!(kept(&store).await, (41..=100).collect::<Vec<_>>());
    trim(&store, keep(29, 10)).await;
    assert_eq!(count(&settings), 0);
}

#[tokio::test]
async fn a_page_says_up_to_where_it_has_told_everything() {
    let (_folder, settings, store) = with_events(100).await;
    sql(&neighbour(&settings), "UPDATE events SET account = 'another' WHERE owner = 7 AND n > 60");
    // Of a later version, after this one was put back.
    sql(&neighbour(&settings), "UPDATE events SET kind = 'painted' WHERE owner = 7 AND n BETWEEN 11 AND 30");
    let after = async |number| {
        let kept = store.events_after(&user("a"), &main_account(), number, 10).await.unwrap();
        (kept.events.len(), kept.through, kept.last)
    };
    assert_eq!(after(0).await, (10, 10, 100));
    assert_eq!(after(10).await, (0, 20, 100));
    assert_eq!(after(45).await, (10, 55, 100));
    assert_eq!(after(55).await, (5, 100, 100));
}

#[tokio::test]
async fn no_question_about_events_walks_through_them() {
    let (_folder, settings, _store) = with_events(5000).await;
    let conn = neighbour(&settings);
    for statistics in [None, Some("ANALYZE")] {
        if let Some(analyze) = statistics {
            sql(&conn, analyze);
        }
        for question in [events::AFTER, events::STIRRED, STIRRED_SINCE, TOO_MANY, KNOWN, EXPIRED] {
            let plan = plan(&conn, question).join("\n");
            // What stands within was found by an index.
            let walks = plan.lines().filter(|step| step.starts_with("SCAN") && !step.ends_with("new"));
            let walks: Vec<_> = walks.filter(|step| !step.contains("(subquery")).collect();
            assert!(walks.is_empty(), "{question}\n{plan}");
        }
        // Only its beginning.
        assert_eq!(plan(&conn, OLD), ["SCAN events"]);
    }
}
