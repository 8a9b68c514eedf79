//! How SQLite does what is asked: by index, in one statement.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use tempfile::tempdir;

use super::{in_folder, in_memory, neighbour, open, sql};
use crate::callback::{Callback, CallbackToken, Slot};
use crate::clock::Clock;
use crate::guests::{Caps, GuestId, GuestKeys};
use crate::ids::{PackId, TuneId};
use crate::ownership::{Filters, ListQuery, ObjectKind, Ownership, Sighting};
use crate::quota::{Closing, DueSince, Ending, Looked, LookedAt, Opening as Asked, Scope, Trail};
use crate::store::command::Command;
use crate::store::conformance::bench::{
    MINUTE, NOON, claim_by, conclusion, main_account, make, name_of, naming, opening, prompt, prompts,
    pseudonym, tune, user,
};
use crate::store::conformance::{claim, key};
use crate::store::guests::Beginning;
use crate::store::open::Opening;
use crate::store::{Observer, Store, events, ledger, read, rows::RECORD_COLUMNS};

/// How SQLite answers a question, in its own words.
pub(super) fn plan(conn: &Connection, question: &str) -> Vec<String> {
    let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
    let mut rows = explain.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get("detail").unwrap());
    }
    plan
}

#[tokio::test]
async fn no_row_that_a_create_writes_needs_a_temporary_table() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let _store = open(&settings).await;
    let conn = neighbour(&settings);
    for statement in [
        "INSERT INTO entries (reservation, kind, at_ms) VALUES (1, 'reserve', 0)",
        "UPDATE reservations SET state = 'made', look_at_ms = NULL WHERE n = 1",
        "UPDATE totals SET held_images = held_images + 1 WHERE scope = 'a' AND period = 0",
    ] {
        let mut explain = conn.prepare(&format!("EXPLAIN {statement}")).unwrap();
        let steps = explain.query_map([], |row| row.get::<_, String>("opcode")).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        assert!(
            steps.len() > 5 && !steps.iter().any(|step| step == "OpenEphemeral"),
            "{statement}: {steps:?}"
        );
    }
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
            (read::ERASURE.to_owned(), "INDEX objects_of_owner (owner=?)"),
            (read::ERASURE.to_owned(), "reservations_unended (owner=?)"),
            (read::ERASING.to_owned(), "owners_erasing"),
            (read::OBJECTS.to_owned(), "objects_of_owner (owner=?"),
            (events::AFTER.to_owned(), "events_of_owner (owner=? AND n>?)"),
            (events::STIRRED.to_owned(), "events USING INTEGER PRIMARY KEY (rowid>?)"),
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

/// Every statement that was run on a connection, once.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    fn of(conn: &mut Connection) -> Self {
        let all = Self::default();
        let add = all.clone();
        let trace = move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(_, sql) = event {
                let mut all = add.0.lock().unwrap();
                if !all.iter().any(|known| known == sql) {
                    all.push(sql.to_owned());
                }
            }
        };
        conn.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(trace)).unwrap();
        all
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn run(conn: &Connection, command: &Command) {
    let mut totals = ledger::Totals::default();
    assert!(command.run(conn, &mut totals).unwrap().is_ok(), "{}", command.name());
    totals.write(conn).unwrap();
}

/// One create in all its ways: two prompts, of which one is there and one is presumed, found, and both end.
fn a_create_in_all_its_ways(conn: &Connection, n: u64) {
    let at = NOON.plus(MINUTE);
    let trail = Trail { tunes: vec![TuneId::from_u64(n)], title: None, is_nameless: true };
    let operation = crate::operation::Operation::CreateTheme;
    let asked = opening(&main_account(), &format!("other {}", n % 20), NOON);
    let limits = [(crate::quota::Period::Day, 1_000_000), (crate::quota::Period::Total, 10_000_000)];
    let limits = limits.map(|(per, limit)| crate::quota::Limit {
        scope: asked.scopes[0].clone(),
        shared_by: crate::quota::SharedBy::EndUser,
        of: crate::quota::Measure::Images,
        per,
        limit,
    });
    let claimed = Some(claim(&n.to_string()));
    let (amounts, max_jobs) = (prompts(2, 2, 20), Some(1000));
    let asked =
        Asked { trail, operation, claim: claimed, amounts, max_jobs, limits: limits.to_vec(), ..asked };
    let reservation = asked.reservation;
    let repeated = asked.clone();
    let too_much = Asked {
        claim: None,
        amounts: prompts(1, 1 << 40, 1),
        reservation: crate::ids::ReservationId::generate(),
        trail: Trail::default(),
        ..asked.clone()
    };
    run(conn, &Command::Open(Box::new(asked)));
    run(conn, &Command::Open(Box::new(repeated)));
    run(conn, &Command::Open(Box::new(too_much)));
    let close = |closing| run(conn, &Command::Close(Box::new(closing)));
    let see = |objects| {
        let found_on = Some(TuneId::from_u64(n));
        let sighting = Sighting { account: main_account(), objects, found_on, at };
        run(conn, &Command::See(Box::new(sighting)));
    };
    run(conn, &Command::Expire { at, awaits_until: at, of_all: true });
    let running = |id| crate::ownership::Seen { is_finished: false, ..prompt(id, n) };
    let first = naming(reservation, running(10_000 + n));
    let part = Ending::Made { is_complete: false, is_price_whole: n.is_multiple_of(2) };
    let beside = prompts(0, 0, 7);
    let awaits = vec![TuneId::from_u64(n)];
    let report = vec![(Scope::Account(main_account()), 0)];
    close(Closing {
        ending: part,
        beside,
        awaits,
        report,
        ..conclusion(reservation, vec![tune(n), first.clone()])
    });
    close(Closing { ending: Ending::Presumed, ..conclusion(reservation, vec![]) });
    see(vec![running(20_000 + n)]);
    see(vec![prompt(10_000 + n, n), prompt(20_000 + n, n)]);
    close(Closing { reply: Some(key("made")), ..conclusion(reservation, vec![]) });
    let looked = [LookedAt::Create(reservation), LookedAt::Object(main_account(), first.object, DueSince(1))];
    let looked = looked.map(|at_what| Looked { at_what, again_at: at });
    run(conn, &Command::Looked(looked.to_vec()));
    let token = CallbackToken { reservation, slot: Slot::All, expires_at: at };
    let callback = Callback { token, objects: vec![first.object], at };
    run(conn, &Command::Receive(Box::new(callback)));
    run(conn, &Command::ForgetCallbacks(at));
    run(conn, &Command::Lose { account: main_account(), object: first.object, at });
    run(conn, &Command::Vanishing { at, warn_until: at.plus(MINUTE) });
    run(conn, &Command::Forget { account: main_account(), object: first.object, at });
    run(conn, &Command::ForgetKeys(at));
    let account = main_account();
    run(conn, &Command::Cost { account, kind: "prompt".into(), each_mc: 5, at });
}

#[test]
fn no_statement_of_the_ledger_walks_through_a_table() {
    let folder = tempdir().unwrap();
    let opening = Opening::new(&in_folder(&folder)).unwrap();
    let mut conn = opening.first().unwrap();
    for n in 1..=60 {
        a_create_in_all_its_ways(&conn, n);
    }
    let statements = Statements::of(&mut conn);
    let (mut asked, mut sorts) = (0, Vec::new());
    for (n, statistics) in [(61, None), (62, Some("ANALYZE"))] {
        if let Some(analyze) = statistics {
            sql(&conn, analyze);
        }
        statements.take();
        a_create_in_all_its_ways(&conn, n);
        let places = [(Scope::EndUser(pseudonym("other 1")), 0)];
        ledger::view::usage(&conn, &places).unwrap();
        ledger::view::standing(&conn).unwrap();
        let due = ledger::view::due(&conn, NOON.plus(9 * MINUTE), 9).unwrap();
        for create in due.creates {
            ledger::view::create(&conn, create.reservation).unwrap();
        }
        for statement in statements.take() {
            if statement.starts_with("SAVEPOINT") || statement.starts_with("R") || statement.starts_with("--")
            {
                continue;
            }
            asked += 1;
            for step in plan(&conn, &statement) {
                // Those that somebody must look for are walked through, by an index of them alone; and lists that came
                // with the question.
                let is_walk = step.starts_with("SCAN")
                    && !step.contains("USING INDEX reservations_due")
                    && !step.contains("json_each")
                    && !step.contains("CONSTANT ROW");
                assert!(!is_walk, "{step}\n{statement}");
                if step.contains("TEMP B-TREE") {
                    sorts.push(format!("{step}\n{statement}"));
                }
            }
        }
    }
    assert!(asked > 60, "{asked} statements were run");
    // The few objects of one create, and how many stand where.
    assert!(
        sorts.iter().all(|sort| sort.contains("reservation = ?1") || sort.contains("GROUP BY state")),
        "{sorts:#?}"
    );
}

/// A guest from its beginning to its end, and the next one's beginning.
fn a_guest_in_all_its_ways(conn: &Connection, n: u64) {
    let (guest, idle) = (GuestId::generate().unwrap(), GuestId::generate().unwrap());
    let network = GuestKeys::new(&[7; 32]).network([192, 0, 2, 1].into());
    let caps = Caps { per_network: 1000, in_all: 1000 };
    for guest in [guest, idle] {
        run(conn, &Command::BeginGuest(Box::new(Beginning { guest, network, caps, at: NOON })));
    }
    let owner = guest.end_user();
    let subject = name_of(&owner);
    let asked = Asked {
        owner,
        subject,
        scopes: vec![Scope::EndUser(subject), Scope::Guests],
        amounts: prompts(1, 2, 10),
        claim: Some(claim(&format!("guest {n}"))),
        ..opening(&main_account(), "a", NOON)
    };
    let made = conclusion(asked.reservation, vec![prompt(90_000 + n, 7)]);
    run(conn, &Command::Open(Box::new(asked)));
    run(conn, &Command::Close(Box::new(made)));
    let limits = vec![crate::quota::Limit {
        scope: Scope::EndUser(pseudonym("other 1")),
        shared_by: crate::quota::SharedBy::EndUser,
        of: crate::quota::Measure::Images,
        per: crate::quota::Period::Month,
        limit: 1,
    }];
    let claim = crate::guests::Claim { limits, ..claim_by(guest, "other 1", NOON) };
    run(conn, &Command::ClaimGuest(Box::new(claim)));
    let later = NOON.plus(100_000 * MINUTE);
    run(conn, &Command::ForgetGuests { before: NOON, at: later });
}

#[test]
fn no_statement_about_guests_walks_through_a_table() {
    let folder = tempdir().unwrap();
    let opening = Opening::new(&in_folder(&folder)).unwrap();
    let mut conn = opening.first().unwrap();
    for n in 1..=60 {
        a_create_in_all_its_ways(&conn, n);
        a_guest_in_all_its_ways(&conn, n);
    }
    let statements = Statements::of(&mut conn);
    let mut asked = 0;
    for (n, statistics) in [(61, None), (62, Some("ANALYZE"))] {
        if let Some(analyze) = statistics {
            sql(&conn, analyze);
        }
        statements.take();
        a_guest_in_all_its_ways(&conn, n);
        for statement in statements.take().into_iter().filter(|statement| !statement.starts_with("--")) {
            asked += 1;
            for step in plan(&conn, &statement) {
                let is_walk = step.starts_with("SCAN") && !step.contains("CONSTANT ROW");
                assert!(!is_walk, "{step}\n{statement}");
            }
        }
    }
    assert!(asked > 40, "{asked} statements were run");
}

#[derive(Default)]
struct Lookups(Mutex<Vec<&'static str>>);

impl Observer for Lookups {
    fn command(&self, _: &'static str, _: &'static str) {}
    fn lookup(&self, lookup: &'static str, outcome: &'static str) {
        assert_eq!(outcome, "done");
        self.0.lock().unwrap().push(lookup);
    }
    fn overrun(&self) {}
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
async fn the_watermarks_are_the_highest_tune_and_prompt_of_the_account() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    make(&store, "a", vec![tune(70), tune(7), prompt(700, 7)]).await;
    make(&store, "b", vec![]).await;
    let conn = neighbour(&settings);
    let mut question =
        conn.prepare("SELECT tune_watermark, prompt_watermark FROM reservations ORDER BY n").unwrap();
    let watermarks = question.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(watermarks.collect::<Result<Vec<(i64, i64)>, _>>().unwrap(), [(0, 0), (70, 700)]);
}

#[test]
fn the_columns_of_a_record_are_as_many_as_are_read() {
    assert_eq!(crate::store::rows::record_columns!().split(", ").count(), RECORD_COLUMNS);
}
