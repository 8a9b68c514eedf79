//! What the operator reads of the ledger's tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;
use rusqlite::Connection;
use tempfile::tempdir;

use super::plans::plan;
use super::{in_folder, neighbour, open, sql};
use crate::people::conformance::{NOON, user};
use crate::people::{
    By, HeldState, People, PeriodNumbers, Reason, ReservationQuery, UsagePages, UsageQuery, UsageRow,
};
use crate::people::{Change, Order};
use crate::pseudonym::{Pseudonym, Pseudonyms};
use crate::quota::Measure;
use crate::store::Store;
use crate::store::people::{look, usage};

mod in_memory {
    use std::sync::Arc;

    use crate::people::conformance::{Made, people_conformance};
    use crate::store::tests::{in_memory, open};

    async fn make() -> Made {
        (Arc::new(open(&in_memory()).await), Box::new(()))
    }

    people_conformance!(make);
}

mod in_a_file {
    use std::sync::Arc;

    use crate::people::conformance::{Made, people_conformance};
    use crate::store::tests::{in_folder, open};

    async fn make() -> Made {
        let folder = tempfile::tempdir().unwrap();
        (Arc::new(open(&in_folder(&folder)).await), Box::new(folder))
    }

    people_conformance!(make);
}

const TODAY: PeriodNumbers = PeriodNumbers { day: 20_261_121, month: 202_611 };

fn named(subject: &str) -> Pseudonym {
    Pseudonyms::new(b"a key").of(&user(subject))
}

/// An end user of the operator's; so they have a name.
async fn known(store: &Store, subject: &str) {
    let (who, reason) = ("support".into(), Reason::parse("a test").unwrap());
    let (person, pseudonym) = (user(subject), named(subject));
    let order = Order { who, at: NOON, person, pseudonym, reason, change: Change::Unblock };
    store.change(order).await.unwrap();
}

/// A reservation of one image at 100 millicents that was settled for two, or is held.
fn reserve(conn: &Connection, n: i64, subject: &str, day: u32, operation: &str, state: &str) {
    let subject = named(subject);
    sql(
        conn,
        &format!(
            "INSERT INTO reservations (n, id, request, account, owner, subject, plan, operation, day, scopes, \
             tunes, tune_watermark, prompt_watermark, lease_until_ms, state, created_at_ms, look_at_ms, held_images, held_cost_mc) \
             SELECT {n}, 'r{n}', 'q{n}', 'main', (SELECT id FROM owners WHERE pseudonym = '{subject}'), \
             '{subject}', 'free', '{operation}', {day}, '[\"u:x\",\"t:acme\",\"a:main\"]', '[]', 0, 0, 0, '{state}', {n}000, \
             CASE WHEN '{state}' <> 'made' THEN {n}000 END, 1, 100; \
             INSERT INTO entries (reservation, kind, at_ms, held_images, held_cost_mc) \
             VALUES ({n}, 'reserve', 0, 1, 100); \
             INSERT INTO totals (scope, period) VALUES ('u:{subject}', {day}), ('u:{subject}', 0), ('a:main', {day}) \
             ON CONFLICT DO NOTHING"
        ),
    );
    if state == "made" {
        let settle = "INSERT INTO entries (reservation, kind, at_ms, held_images, held_cost_mc, used_images, used_cost_mc) \
             VALUES (";
        sql(conn, &format!("{settle}{n}, 'settle', 0, -1, -100, 2, 200)"));
    }
}

async fn all(store: &Arc<Store>, by: &str) -> Vec<UsageRow> {
    let people: Arc<dyn People> = Arc::<Store>::clone(store);
    let query =
        UsageQuery::parse(Some("2026-10-01"), Some("2026-11-30"), Some(by), date(2026, 11, 21)).unwrap();
    let (mut pages, mut rows) = (UsagePages::new(people, query), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        rows.extend(page);
    }
    rows
}

#[tokio::test]
async fn usage_adds_up_however_it_is_told() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = Arc::new(open(&settings).await);
    let people: Vec<String> = (0..25).map(|number| format!("user {number}")).collect();
    for subject in &people {
        known(&store, subject).await;
    }
    let conn = neighbour(&settings);
    let mut n = 0;
    for subject in &people {
        for (day, operation, state) in [
            (20_260_930, "create_prompt", "made"), // before
            (20_261_001, "create_prompt", "made"),
            (20_261_120, "create_prompt", "made"),
            (20_261_120, "create_prompt", "unknown"),
            (20_261_120, "create_tune", "made"),
            (20_261_130, "create_prompt", "made"),
            (20_261_201, "create_prompt", "made"), // after
        ] {
            n += 1;
            reserve(&conn, n, subject, day, operation, state);
        }
    }
    for (by, lines) in [
        ("", 1),
        ("day", 3),
        ("operation", 2),
        ("day,operation", 4),
        ("user", 25),
        ("user,day", 75),
        ("user,operation", 50),
        ("user,day,operation", 100),
    ] {
        let rows = all(&store, by).await;
        assert_eq!(rows.len(), lines, "{by}");
        let sum = |amount: &dyn Fn(&UsageRow) -> u64| rows.iter().map(amount).sum::<u64>();
        assert_eq!(sum(&|row| row.creates), 125, "{by}");
        assert_eq!(sum(&|row| row.used.get(Measure::Images)), 200, "{by}");
        assert_eq!(sum(&|row| row.used.get(Measure::CostMc)), 20_000, "{by}");
        assert_eq!(sum(&|row| row.held.get(Measure::Images)), 25, "{by}");
        let is_told = By::parse(by).unwrap();
        for row in &rows {
            let told = (row.day.is_some(), row.operation.is_some(), row.person.is_some());
            assert_eq!(told, (is_told.day, is_told.operation, is_told.user), "{by}");
        }
        let lines: BTreeSet<_> = rows
            .iter()
            .map(|row| (row.day, row.operation.clone(), row.person.as_ref().map(|who| who.pseudonym.clone())))
            .collect();
        assert_eq!(lines.len(), rows.len(), "each line is about something else: {by}");
    }
    let of_users = all(&store, "user").await;
    assert!(of_users.iter().all(|row| row.person.as_ref().unwrap().id.is_some()));
    sql(&conn, "UPDATE reservations SET owner = NULL; DELETE FROM owners");
    let of_forgotten = all(&store, "user").await;
    assert!(of_forgotten.iter().all(|row| row.person.as_ref().unwrap().id.is_none()));
    assert_eq!(of_forgotten.iter().map(|row| row.creates).sum::<u64>(), 125);
}

#[tokio::test]
async fn without_a_ledger_nothing_was_used() {
    let folder = tempdir().unwrap();
    let store = Arc::new(open(&in_folder(&folder)).await);
    for by in ["", "day", "operation", "user", "user,day,operation"] {
        assert_eq!(all(&store, by).await, [], "{by}");
    }
}

#[tokio::test]
async fn an_end_users_page_tells_what_was_used_and_is_held() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    known(&store, "a").await;
    let conn = neighbour(&settings);
    for (n, state) in (1..).zip(["open", "unknown", "unknown", "presumed", "made", "nothing"]) {
        reserve(&conn, n, "a", TODAY.day, "create_prompt", state);
    }
    reserve(&conn, 9, "b", TODAY.day, "create_prompt", "open");
    for (scope, period, used) in
        [("u", 20_261_121, 1), ("u", 202_611, 2), ("u", 0, 3), ("u", 20_261_120, 90), ("t", 0, 90)]
    {
        let who = named("a");
        sql(
            &conn,
            &format!(
                "INSERT OR REPLACE INTO totals (scope, period, used_images, held_tunes) VALUES ('{scope}:{who}', {period}, {used}, 4)"
            ),
        );
    }

    let person = store.person(&user("a"), named("a"), TODAY).await.unwrap();

    let used = [person.day, person.month, person.total].map(|tally| tally.used.get(Measure::Images));
    assert_eq!((used, person.day.held.get(Measure::Tunes)), ([1, 2, 3], 4));
    assert_eq!(person.reservations, [1, 2, 1]);
}

#[tokio::test]
async fn reservations_without_a_certain_end_are_listed_the_oldest_first() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    known(&store, "a").await;
    let conn = neighbour(&settings);
    for (n, state) in (1..).zip(["open", "made", "unknown", "presumed", "nothing", "open"]) {
        reserve(&conn, n, "a", TODAY.day, "create_prompt", state);
    }
    let list = async |states: &[HeldState], after, limit| {
        let query = ReservationQuery { states: states.to_vec(), after, limit };
        let found = store.reservations(&query).await.unwrap();
        found.iter().map(|held| held.number).collect::<Vec<_>>()
    };
    assert_eq!(list(&HeldState::ALL, 0, 9).await, [1, 3, 4, 6]);
    assert_eq!(list(&[HeldState::Open], 0, 1).await, [1]);
    assert_eq!(list(&[HeldState::Open, HeldState::Presumed], 1, 9).await, [4, 6]);
    let query = ReservationQuery { states: vec![HeldState::Unknown], after: 0, limit: 9 };
    let held = store.reservations(&query).await.unwrap().remove(0);
    assert_eq!((held.id.as_str(), held.person, held.state), ("r3", Some(user("a")), HeldState::Unknown));
    assert_eq!(held.tenant.as_deref(), Some("acme"));
    assert_eq!((held.held.get(Measure::Images), held.created_at.unix_ms()), (1, 3000));
}

#[tokio::test]
async fn the_operators_questions_read_no_table_of_the_ledger_whole() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let _store = open(&settings).await;
    let conn = neighbour(&settings);
    let by = |by| usage::statement(By::parse(by).unwrap());
    for (question, wanted) in [
        (look::SEARCH.to_owned(), "INTEGER PRIMARY KEY (rowid>?)"),
        (look::OBJECTS.to_owned(), "objects_of_owner (owner=?)"),
        (look::SAID_OF.to_owned(), "overrides"),
        (look::GRANTED_TO.to_owned(), "(pseudonym=?)"),
        (look::TOTALS.clone(), "(scope=? AND period=?)"),
        (look::HELD.to_owned(), "reservations_unended (owner=?"),
        (look::RESERVATIONS.clone(), "reservations_due"),
        (look::DEEDS.to_owned(), "owners_of_pseudonym"),
        (by(""), "(day>? AND day<?)"),
        (by("day,operation"), "(day>? AND day<?)"),
        (by("user"), "PRIMARY KEY (scope>? AND scope<?)"),
        (by("user,day,operation"), "reservations_of_owner (owner=? AND day>? AND day<?)"),
        (by("user,day,operation"), "reservations_of_forgotten (subject=? AND day>? AND day<?)"),
        (by("user,day,operation"), "(reservation=?)"),
    ] {
        let plan = plan(&conn, &question).join("\n");
        assert!(plan.contains(wanted), "{question}\n{plan}");
        for table in ["r", "e", "entries", "o", "owners", "reservations", "grants", "totals"] {
            let is_read_whole = plan.lines().any(|line| line == format!("SCAN {table}"));
            assert!(!is_read_whole, "{question}\n{plan}");
        }
    }
}
