//! What the start of a gateway meets.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use tempfile::tempdir;

use super::{in_folder, neighbour, number, open, sql};
use crate::clock::Clock;
use crate::ids::{ReservationId, TuneId};
use crate::ownership::{Index as _, IndexError};
use crate::quota::{Books as _, BooksError, Usage};
use crate::store::conformance::bench::{
    NOON, begin, conclude, conclusion, main_account, make, prompt, tune, usage, user,
};
use crate::store::{Store, StoreError, StoreSettings};

async fn refusal(settings: &StoreSettings) -> StoreError {
    Store::open(settings, Clock::manual(NOON), Arc::new(())).await.err().unwrap()
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = open(&settings).await;
    make(&store, "a", vec![tune(7)]).await;
    let unended = begin(&store, "a").await.unwrap();
    let key = store.key("titles").await.unwrap();
    store.close().await;
    store.close().await;
    assert_eq!(begin(&store, "a").await, Err(BooksError::Unavailable));
    assert_eq!(
        store.find(&main_account(), &user("a"), &[tune(7).object]).await,
        Err(IndexError::Unavailable)
    );

    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["gateway.db"], "the log is folded in");
    let store = open(&settings).await;
    assert_eq!(store.find(&main_account(), &user("a"), &[tune(7).object]).await.unwrap().len(), 1);
    assert_eq!(store.key("titles").await, Ok(key));
    assert!(conclude(&store, conclusion(unended, vec![tune(8)])).await.is_ok());
}

#[tokio::test]
async fn closing_does_what_was_queued_before() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let store = Arc::new(open(&settings).await);
    let begun: Vec<_> = (0..200)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio_util::task::TaskTracker::new().spawn(async move { begin(&*store, "a").await.is_ok() })
        })
        .collect();
    let answered = futures_util::future::join_all(begun);
    let (answered, ()) = tokio::join!(answered, store.close());
    let done = answered.into_iter().filter(|answer| *answer.as_ref().unwrap()).count();
    let count = number(&neighbour(&settings), "SELECT COUNT(*) FROM reservations");
    assert_eq!(usize::try_from(count).unwrap(), done);
}

#[tokio::test]
async fn iso_01_the_files_are_the_gateways_own() {
    let folder = tempdir().unwrap();
    let store = open(&in_folder(&folder)).await;
    make(&store, "a", vec![tune(7)]).await;
    store.find(&main_account(), &user("a"), &[tune(7).object]).await.unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{names:?}");
    }
    names.sort_unstable();
    assert_eq!(names, ["gateway.db", "gateway.db-shm", "gateway.db-wal"]);
}

#[tokio::test]
async fn what_cannot_be_opened_is_refused_with_what_to_mend() {
    let folder = tempdir().unwrap();
    let at = |path: &str| StoreSettings {
        url: format!("sqlite:{}", folder.path().join(path).display()),
        ..StoreSettings::default()
    };
    for url in ["", "sqlite:", "postgres://x", "sqlite:a?mode=ro", "memory"] {
        let settings = StoreSettings { url: url.into(), ..StoreSettings::default() };
        assert!(matches!(refusal(&settings).await, StoreError::Url), "{url}");
    }
    assert!(matches!(refusal(&at("missing/gateway.db")).await, StoreError::FolderMissing(_)));
    fs::create_dir(folder.path().join("folder.db")).unwrap();
    assert!(matches!(refusal(&at("folder.db")).await, StoreError::NotWritable(_)));
    fs::write(folder.path().join("text.db"), "no database at all, but a text. ".repeat(200)).unwrap();
    let error = refusal(&at("text.db")).await;
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
    assert!(error.to_string().contains("text.db is damaged, or not a database; put a backup in its place"));
}

#[tokio::test]
async fn a_damaged_schema_is_refused() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    open(&settings).await.close().await;
    let path = folder.path().join("gateway.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100..4096].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(refusal(&settings).await, StoreError::Corrupt(_)));
}

#[tokio::test]
async fn a_later_schema_is_refused_and_left_alone() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    open(&settings).await.close().await;
    let later = "INSERT INTO migrations VALUES (9999, 'of the future', x'00', 0)";
    sql(&neighbour(&settings), later);
    for migrate_at_start in [true, false] {
        let error = refusal(&StoreSettings { migrate_at_start, ..settings.clone() }).await;
        assert!(matches!(error, StoreError::NewerSchema(9999)), "{error}");
    }
    assert!(matches!(Store::migrate(&settings).await, Err(StoreError::NewerSchema(9999))));
}

#[tokio::test]
async fn a_schema_of_another_form_is_refused() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    open(&settings).await.close().await;
    sql(&neighbour(&settings), "UPDATE migrations SET sha256 = x'00'");
    for migrate_at_start in [true, false] {
        let error = refusal(&StoreSettings { migrate_at_start, ..settings.clone() }).await;
        assert!(matches!(error, StoreError::OtherSchema(1)), "{error}");
    }
}

/// Turns a database into one of the first version, which recorded its migrations in another table.
fn as_of_the_first_version(settings: &StoreSettings, version: i64) {
    let old = "DROP TABLE migrations; CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, \
               description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
               success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL);";
    let conn = neighbour(settings);
    sql(&conn, old);
    let row = "INSERT INTO _sqlx_migrations VALUES (?1, 'ownership', '2026-11-20 12:00:00', TRUE, x'00', 7)";
    conn.execute(row, [version]).unwrap();
}

/// A database as the first version left it: one end user with a tune, a create that made it, and one that was cut off.
fn of_the_first_version(settings: &StoreSettings) -> ReservationId {
    let conn = neighbour(settings);
    sql(&conn, include_str!("../../../migrations/sqlite/0001_ownership.sql"));
    let (made, cut_off) = (ReservationId::generate(), ReservationId::generate());
    let rows = format!(
        "INSERT INTO owners (id, issuer, subject) VALUES (1, 'https://id.example', 'a'); \
         INSERT INTO objects (id, kind, account, owner, reservation, known_at_ms, is_finished, is_free, is_video, \
             members) VALUES (7, 'tune', 'main', 1, '{made}', 1000, 0, 0, 0, '{{}}'); \
         INSERT INTO reservations VALUES ('{made}', 'main', 1, 'create_tune', NULL, 'x', 3, 'made', 0, 900, 1000); \
         INSERT INTO reservations VALUES ('{cut_off}', 'main', 1, 'create_prompt', 7, NULL, 7, 'open', 0, 2000, NULL); \
         CREATE TABLE migrations (unused INTEGER);"
    );
    sql(&conn, &rows);
    as_of_the_first_version(settings, 1);
    cut_off
}

#[tokio::test]
async fn a_database_of_the_first_version_is_taken_over_with_what_is_in_it() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let cut_off = of_the_first_version(&settings);

    // Whoever migrates by hand is told so, and nothing is changed before.
    let error = refusal(&StoreSettings { migrate_at_start: false, ..settings.clone() }).await;
    let all = crate::store::migrate::MIGRATIONS.len();
    assert!(matches!(error, StoreError::NotMigrated(missing) if missing == all - 1), "{error}");
    assert_eq!(number(&neighbour(&settings), "SELECT COUNT(*) FROM _sqlx_migrations"), 1);
    let store = open(&settings).await;

    assert_eq!(store.find(&main_account(), &user("a"), &[tune(7).object]).await.unwrap().len(), 1);
    let conn = neighbour(&settings);
    let checksums = "SELECT COUNT(DISTINCT sha256) FROM migrations WHERE length(sha256) = 32";
    assert_eq!(number(&conn, checksums), i64::try_from(all).unwrap());
    assert_eq!(number(&conn, "SELECT applied_at_ms FROM migrations WHERE version = 1"), 1_795_176_000_000);
    assert_eq!(number(&conn, "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'"), 0);

    // What was cut off is looked for, and nothing of it counts: its quota was kept elsewhere.
    assert_eq!(store.expire(NOON, NOON, true).await, Ok(1));
    let due = store.due(NOON, 9).await.unwrap();
    assert_eq!(due.objects.len(), 1);
    let [create] = due.creates.as_slice() else { panic!("{:?}", due.creates) };
    assert_eq!((create.reservation, create.watermarks), (cut_off, (7, 0)));
    assert_eq!(create.trail.tunes, [TuneId::from_u64(7)]);
    let closed = conclude(&store, conclusion(cut_off, vec![prompt(70, 7)])).await.unwrap();
    assert!(!closed.is_overrun && !closed.is_repeat);
    assert_eq!(usage(&store, "a").await, Usage::default());
    assert!(store.audit_ledger().await.unwrap().is_empty());
    store.close().await;
    assert!(Store::migrate(&settings).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_of_the_first_version_with_a_later_schema_is_refused_and_left_alone() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    open(&settings).await.close().await;
    as_of_the_first_version(&settings, 9999);
    for migrate_at_start in [true, false] {
        let error = refusal(&StoreSettings { migrate_at_start, ..settings.clone() }).await;
        assert!(matches!(error, StoreError::NewerSchema(9999)), "{error}");
    }
    assert_eq!(number(&neighbour(&settings), "SELECT COUNT(*) FROM _sqlx_migrations"), 1);
}

#[tokio::test]
async fn migrations_wait_for_the_operator_if_told_so() {
    let folder = tempdir().unwrap();
    let settings = StoreSettings { migrate_at_start: false, ..in_folder(&folder) };
    let error = refusal(&settings).await;
    let all = crate::store::migrate::MIGRATIONS.iter();
    let all: Vec<String> = all.map(|(version, name, _)| format!("{version:04}_{name}")).collect();
    assert!(matches!(error, StoreError::NotMigrated(missing) if missing == all.len()), "{error}");
    assert_eq!(Store::migrate(&settings).await.unwrap(), all);
    assert!(Store::migrate(&settings).await.unwrap().is_empty());
    make(&open(&settings).await, "a", vec![tune(7)]).await;
}

#[tokio::test]
async fn two_gateways_that_start_together_share_the_file() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let (one, other) = tokio::join!(open(&settings), open(&settings));
    make(&one, "a", vec![tune(7)]).await;
    make(&other, "b", vec![tune(8)]).await;
    assert_eq!(other.find(&main_account(), &user("a"), &[tune(7).object]).await.unwrap().len(), 1);
    assert_eq!(one.find(&main_account(), &user("b"), &[tune(8).object]).await.unwrap().len(), 1);
    assert_eq!(one.key("titles").await, other.key("titles").await);
}
