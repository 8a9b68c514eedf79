//! `backup`, `ledger check` and `ledger import`, beside a gateway that serves, and what a start does with a ledger.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use mock_astria::{Fault, FaultRule};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::super::harness::{Client, ISSUER, Process, SHARED_TUNE, eventually};
use super::super::ownership::{neighbour, run, token, user};
use super::{Served, Site, http};

/// `pro` has a quota, and room for many requests.
pub fn config(site: &Site) -> String {
    site.config().replace(
        "[plans.pro]",
        "[plans.pro]\nrequests_per_s = 1000.0\nburst = 10000\n\
         quotas = [{ of = \"images\", per = \"total\", limit = 1000 }, { of = \"cost_mc\", per = \"total\", limit = 100000000 }]",
    )
}

pub async fn create(user: &Client) -> Value {
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    user.post_json(&path, &json!({"prompt": {"text": "a cat"}})).await.ok()
}

/// Images that were used and that are held.
pub async fn images(user: &Client) -> (u64, u64) {
    let account = user.get("/gateway/account").await.ok();
    let state = &account["quotas"][0];
    assert_eq!(state["of"], "images");
    (state["used"].as_u64().unwrap(), state["held"].as_u64().unwrap())
}

pub async fn stop(served: Served) {
    served.process.terminate();
    assert_eq!(served.process.ended().await.0, 0);
}

/// The output of a check that finds nothing.
pub async fn agrees(site: &Site) -> String {
    let (code, out, errors) = run(site, &["ledger", "check"], &[]).await;
    assert!(code == 0 && out.starts_with("the ledger agrees: "), "{code} {out}{errors}");
    out
}

/// `serve` with this configuration does not start: what it says.
pub async fn refusal(site: &Site, config: &str) -> String {
    site.write("config.toml", config);
    let (code, out, errors) = run(site, &["serve"], &[]).await;
    assert_eq!((code, out.as_str()), (78, ""), "{errors}");
    errors
}

fn back_up(site: &Site, more: &[&str]) -> Process {
    let (file, config) = (site.path("copy.db"), site.path("config.toml"));
    let arguments = ["backup", file.to_str().unwrap(), "--config", config.to_str().unwrap()];
    Process::gateway(site.folder.path(), &[&arguments, more].concat(), &[])
}

fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quota_13_a_backup_under_load_has_what_was_answered_before_it_and_agrees_with_itself() {
    let site = Site::new().await;
    let config = config(&site);
    let served = site.serve(&config, &[]).await;
    let before: Vec<Value> =
        futures_util::future::join_all((0..6).map(async |_| create(&user(&site, &served, "a")).await)).await;
    let load = futures_util::future::join_all((0..8).map(async |_| {
        for _ in 0..8 {
            create(&user(&site, &served, "b")).await;
        }
    }));

    let (backup, _) = tokio::join!(back_up(&site, &[]).ended(), load);

    let (code, out, errors) = backup;
    assert!(code == 0 && out.contains("the ledger agrees"), "{out}{errors}");
    let copy = site.path("copy.db");
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let left = names(site.folder.path());
    assert!(!left.iter().any(|name| name.starts_with(".tmp") || name.starts_with("copy.db-")), "{left:?}");
    stop(served).await;

    // Restored into another place.
    std::fs::create_dir(site.path("restored")).unwrap();
    std::fs::rename(&copy, site.path("restored/gateway.db")).unwrap();
    let restored = config.replace("/gateway.db", "/restored/gateway.db");
    site.write("config.toml", &restored);
    agrees(&site).await;
    let served = site.serve(&restored, &[]).await;
    let a = user(&site, &served, "a");
    assert_eq!(images(&a).await, (6, 0));
    for prompt in before {
        a.get(&format!("/prompts/{}", prompt["id"])).await.ok();
    }
    create(&a).await;
    assert_eq!(images(&a).await, (7, 0));
    agrees(&site).await;
}

#[tokio::test]
async fn a_backup_replaces_nothing_unless_told_so_and_never_what_is_in_use() {
    let site = Site::new().await;
    let served = site.serve(&config(&site), &[]).await;
    create(&user(&site, &served, "a")).await;
    assert_eq!(back_up(&site, &[]).ended().await.0, 0);
    let first = std::fs::read(site.path("copy.db")).unwrap();
    create(&user(&site, &served, "a")).await;

    let (code, _, errors) = back_up(&site, &[]).ended().await;
    assert!(code == 1 && errors.contains("--force"), "{errors}");
    assert_eq!(std::fs::read(site.path("copy.db")).unwrap(), first);
    assert_eq!(back_up(&site, &["--force"]).ended().await.0, 0);
    assert_ne!(std::fs::read(site.path("copy.db")).unwrap(), first);

    let file = site.path("gateway.db");
    let (code, _, errors) = run(&site, &["backup", file.to_str().unwrap()], &["--force"]).await;
    assert!(code == 1 && errors.contains("in use"), "{errors}");
    create(&user(&site, &served, "a")).await;
}

#[tokio::test]
async fn quota_13_a_total_that_is_not_the_sum_of_its_entries_is_found() {
    let site = Site::new().await;
    let config = config(&site);
    let served = site.serve(&config, &[]).await;
    create(&user(&site, &served, "a")).await;
    assert!(agrees(&site).await.contains(" 1 reservations"), "beside the gateway");
    stop(served).await;
    let conn = neighbour(&site.path("gateway.db"));
    conn.execute_batch("UPDATE totals SET used_images = used_images + 1 WHERE period = 0").unwrap();
    drop(conn);

    let (code, out, errors) = run(&site, &["ledger", "check"], &[]).await;
    assert!(code == 1 && out.contains("period 0") && errors.contains("does not agree"), "{out}{errors}");
    let (code, _, errors) = back_up(&site, &[]).ended().await;
    assert!(code == 1 && errors.contains("cannot be trusted") && !site.path("copy.db").exists(), "{errors}");
    let full = config.replace("[store]", "[store]\ncheck_at_start = \"full\"");
    for config in [&config, &full] {
        let said = refusal(&site, config).await;
        assert!(said.contains("cannot be trusted") && said.contains("ledger check --config FILE"), "{said}");
    }
    let off = config.replace("[store]", "[store]\ncheck_at_start = \"off\"");
    let served = site.serve(&off, &[]).await;
    create(&user(&site, &served, "a")).await;
}

#[tokio::test]
async fn quota_13_a_start_refuses_totals_that_know_of_less_than_is_held() {
    let site = Site::new().await;
    let config = config(&site);
    let served = site.serve(&config, &[]).await;
    site.mock.inject(FaultRule::new(Fault::Delay(Duration::from_secs(20))).method("POST"));
    let request = http()
        .post(format!("{}/tunes/{SHARED_TUNE}/prompts", served.url))
        .bearer_auth(token(&site, "a"))
        .json(&json!({"prompt": {"text": "a cat"}}))
        .send();
    let mut request = std::pin::pin!(request);
    let arrived = eventually("the call's arrival", || !site.mock.requests().is_empty());
    tokio::select! {
        _ = &mut request => panic!("it was answered"),
        () = arrived => {}
    }
    drop(served); // SIGKILL
    agrees(&site).await;
    let damage = |change: &str| neighbour(&site.path("gateway.db")).execute_batch(change).unwrap();

    damage("UPDATE totals SET held_images = held_images - 1 WHERE period = 0 AND scope LIKE 'a:%'");
    let said = refusal(&site, &config).await;
    assert!(said.contains("a total of period 0 knows of less than is held"), "{said}");
    assert!(said.contains("put a backup in its place") && said.contains("ledger check"), "{said}");
    damage("UPDATE totals SET held_images = held_images + 1 WHERE period = 0 AND scope LIKE 'a:%'");
    damage("UPDATE reservations SET held_images = held_images - 1");
    let said = refusal(&site, &config).await;
    assert!(said.contains("holds something else than its entries say"), "{said}");

    let off = config.replace("[store]", "[store]\ncheck_at_start = \"off\"");
    site.serve(&off, &[]).await;
}

/// A database of the version before, which kept usage in memory.
fn of_the_version_before(path: &Path, rows: &str) -> Connection {
    const SCHEMA: &str = include_str!("../../../migrations/sqlite/0001_ownership.sql");
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    conn.execute_batch(SCHEMA).unwrap();
    conn.execute_batch(
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL, \
         applied_at_ms INTEGER NOT NULL) STRICT",
    )
    .unwrap();
    let sum = digest(&SHA256, SCHEMA.as_bytes());
    conn.execute("INSERT INTO migrations VALUES (1, 'ownership', ?1, 0)", [sum.as_ref()]).unwrap();
    conn.execute_batch(rows).unwrap();
    conn
}

#[tokio::test]
async fn what_was_used_before_the_ledger_is_counted_once_from_what_is_recorded() {
    let site = Site::new().await;
    let config = config(&site);
    let account = format!("-/{}", site.workspace);
    let rows =
        format!("INSERT INTO owners (id, issuer, subject) VALUES (1, '{ISSUER}', 'a'), (2, '{ISSUER}', 'b')");
    let conn = of_the_version_before(&site.path("gateway.db"), &rows);
    let id = |n: u32| format!("{n:032x}");
    let now: i64 = conn.query_row("SELECT unixepoch() * 1000", [], |row| row.get(0)).unwrap();
    for (n, owner, operation, state) in [
        (1, 1, "create_prompt", "made"),
        (2, 1, "create_tune", "made"),
        (3, 2, "inspect_image", "made"),
        (4, 2, "create_prompt", "unknown"),
        (5, 2, "create_prompt", "nothing"),
    ] {
        let add = "INSERT INTO reservations (id, account, owner, operation, watermark, state, created_at_ms) \
            VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)";
        conn.execute(add, params![id(n), account, owner, operation, state, now]).unwrap();
    }
    for (kind, object, reservation, is_finished, members) in [
        (
            "prompt",
            11,
            1,
            true,
            r#"{"id":11,"tune_id":7,"num_images":4,"images":["a","b","c"],"trained_at":"2026-11-20T00:00:00Z","cost_mc":900}"#,
        ),
        ("prompt", 12, 1, false, r#"{"id":12,"tune_id":7,"num_images":2}"#),
        ("prompt", 13, 1, true, r#"{"id":13,"tune_id":7,"num_images":2,"user_error":"bad"}"#),
        (
            "tune",
            21,
            2,
            true,
            r#"{"id":21,"title":"t","trained_at":"2026-11-20T00:00:00Z","cost_mc":150000}"#,
        ),
    ] {
        let add = "INSERT INTO objects (id, kind, account, owner, tune, reservation, known_at_ms, is_finished, is_free, \
            is_video, members) VALUES (?1, ?2, ?3, 1, 7, ?4, ?5, ?6, 0, 0, ?7)";
        conn.execute(add, params![object, kind, account, id(reservation), now, is_finished, members])
            .unwrap();
    }
    drop(conn);

    // The second start counts nothing again.
    for _ in 0..2 {
        let mut served = site.serve(&config, &[]).await;
        let (a, b) = (user(&site, &served, "a"), user(&site, &served, "b"));
        // Three pictures there and two to come; the failed job's count nothing.
        assert_eq!(images(&a).await, (5, 0));
        let cost = async |user: &Client| user.get("/gateway/account").await.ok()["quotas"][1]["used"].clone();
        // Of the one that is being made the price is not known: 10 000 an image.
        assert_eq!(cost(&a).await, 900 + 2 * 10_000 + 150_000);
        assert_eq!((images(&b).await, cost(&b).await), ((0, 0), json!(10_000)));
        agrees(&site).await;
        served.process.terminate();
        served.process.error_line(|line| line.contains("draining")).await;
        served.process.ended().await;
    }
    let conn = neighbour(&site.path("gateway.db"));
    let count = |question: &str| conn.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM entries WHERE kind = 'import'"), 4);
    assert_eq!(count("SELECT COUNT(*) FROM reservations WHERE day = 0"), 0);
    assert_eq!(count("SELECT COUNT(*) FROM reservations WHERE subject = '' OR scopes = '[]'"), 0);
    assert_eq!(
        count("SELECT COUNT(*) FROM charges WHERE is_final = 0"),
        1,
        "it is made right when its job ends"
    );
    assert_eq!(count("SELECT used_tunes FROM totals WHERE period = 0 AND scope LIKE 'a:%'"), 1);
    assert_eq!(count("SELECT used_inspections FROM totals WHERE period = 0 AND scope LIKE 'a:%'"), 1);
}

#[tokio::test]
async fn figures_of_before_the_gateway_are_booked_once_and_whole_or_not_at_all() {
    let site = Site::new().await;
    let config = config(&site);
    site.write("config.toml", &config);
    let rows = [("a", "images", 12), ("a", "prompts", 3), ("b", "cost_mc", 5000)];
    let row = |(who, of, amount): (&str, &str, u64)| format!("{ISSUER},{who},{of},2026-11-20,{amount}\n");
    let table = "issuer,subject,of,day,amount\n".to_owned() + &rows.map(row).concat();
    let file = site.write("used.csv", &table);
    let import = async || run(&site, &["ledger", "import", file.to_str().unwrap()], &[]).await;
    std::fs::write(&file, table.clone() + "https://nobody.example,a,images,2026-11-20,1\n").unwrap();
    let (code, _, errors) = import().await;
    assert!(code == 1 && errors.contains("line 5") && errors.contains("issuer"), "{errors}");
    std::fs::write(&file, &table).unwrap();

    let (code, out, errors) = import().await;

    assert!(code == 0 && out.contains("2 days"), "{out}{errors}");
    let (code, _, errors) = import().await;
    assert!(code == 1 && errors.contains("imported before"), "{errors}");
    agrees(&site).await;
    let served = site.serve(&config, &[]).await;
    assert_eq!(images(&user(&site, &served, "a")).await, (12, 0));
    assert_eq!(images(&user(&site, &served, "b")).await, (0, 0));
}
