//! The disk under the ledger: full, and damaged. What cannot be written down is not spent, reads go on, and what Astria
//! made meanwhile is recorded as soon as there is room, without a restart.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::process::Command;
use std::time::Duration;

use mock_astria::{Fault, FaultRule};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use super::command::backup::{agrees, config, create, images, refusal, stop};
use super::command::{Served, Site};
use super::harness::{Client, Process, Reply, SHARED_TUNE, eventually};
use super::ownership::{neighbour, user};

/// `serve`, as a program that lives on when a file may not grow: a write beyond the limit fails, as on a full disk.
async fn serve(site: &Site, config: &str) -> Served {
    let file = site.write("config.toml", config);
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" serve --config \"$1\"", env!("CARGO_BIN_EXE_astria-gateway")])
        .arg(file)
        .env_clear()
        .env("TMPDIR", site.folder.path());
    site.ready(Process::start(command).unwrap()).await
}

/// No file of the process grows beyond so many bytes from now on; `None`: any size.
fn limit_files(served: &Served, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(served.process.id()).unwrap());
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

async fn try_create(user: &Client) -> Reply {
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    user.post_json(&path, &json!({"prompt": {"text": "a cat"}})).await
}

async fn is_recorded(user: &Client, prompt: &Value) {
    let path = format!("/prompts/{}", prompt["id"]);
    let recorded = async {
        let mut often = tokio::time::interval(Duration::from_millis(50));
        while user.get(&path).await.status != 200 {
            often.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), recorded).await.expect("it is recorded in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_24_a_full_disk_refuses_creates_and_what_was_made_meanwhile_is_counted_when_there_is_room() {
    let site = Site::new().await;
    let config = config(&site);
    let served = serve(&site, &config).await;
    let a = user(&site, &served, "a");
    let first = create(&a).await;
    let posts = || site.mock.requests().iter().filter(|request| request.method == "POST").count();
    let wal = site.path("gateway.db-wal");

    // It is full from the moment on at which the call is at Astria.
    site.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(500))).method("POST"));
    let (made, ()) = tokio::join!(try_create(&a), async {
        eventually("the call's arrival", || posts() == 2).await;
        limit_files(&served, Some(fs::metadata(&wal).unwrap().len()));
    });
    let made = made.ok();
    for _ in 0..3 {
        let refused = try_create(&a).await;
        assert!(refused.header("retry-after").is_some());
        refused.problem(503, "ledger_unavailable");
    }
    assert_eq!(posts(), 2, "what cannot be written down is not sent");
    a.get(&format!("/prompts/{}", first["id"])).await.ok();
    assert_eq!(a.get("/prompts").await.ok().as_array().unwrap().len(), 1);
    assert_eq!(images(&a).await, (1, 1), "it is held");

    limit_files(&served, None);
    create(&a).await;
    is_recorded(&a, &made).await;
    assert_eq!(images(&a).await, (3, 0));
    assert!(agrees(&site).await.contains(" 3 reservations"));
}

/// Where the first page of a table lies in the file.
fn page_of(site: &Site, table: &str) -> (u64, usize) {
    let conn = neighbour(&site.path("gateway.db"));
    let root = "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let root: u32 = conn.query_row(root, [table], |row| row.get(0)).unwrap();
    let size: u32 = conn.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    (u64::from(root - 1) * u64::from(size), size.try_into().unwrap())
}

/// Writes over a page, and gives what was there.
fn overwrite(site: &Site, at: u64, bytes: &[u8]) -> Vec<u8> {
    let file = OpenOptions::new().read(true).write(true).open(site.path("gateway.db")).unwrap();
    let mut before = vec![0; bytes.len()];
    file.read_exact_at(&mut before, at).unwrap();
    file.write_all_at(bytes, at).unwrap();
    before
}

#[tokio::test]
async fn f_24_a_damaged_ledger_is_refused_at_the_start_and_what_to_do_is_said() {
    let site = Site::new().await;
    let config = config(&site);
    let served = serve(&site, &config).await;
    create(&user(&site, &served, "a")).await;
    stop(served).await;
    let (at, size) = page_of(&site, "entries");
    let good = overwrite(&site, at, &vec![0x5a; size]);

    let said = refusal(&site, &config).await;

    assert!(said.contains("is damaged, or not a database; put a backup in its place"), "{said}");
    overwrite(&site, at, &good);
    let served = serve(&site, &config).await;
    assert_eq!(images(&user(&site, &served, "a")).await, (1, 0));
}

#[tokio::test]
async fn f_24_a_ledger_that_is_damaged_while_it_is_used_refuses_creates_and_reads_go_on() {
    let site = Site::new().await;
    let config = config(&site).replace("[store]", "[store]\ncheck_at_start = \"off\"");
    let served = serve(&site, &config).await;
    let first = create(&user(&site, &served, "a")).await;
    stop(served).await;
    let (at, size) = page_of(&site, "totals");
    let served = serve(&site, &config).await;
    let a = user(&site, &served, "a");
    let good = overwrite(&site, at, &vec![0x5a; size]);

    try_create(&a).await.problem(503, "ledger_unavailable");
    a.get(&format!("/prompts/{}", first["id"])).await.ok();
    a.get("/prompts").await.ok();

    overwrite(&site, at, &good);
    create(&a).await;
    assert_eq!(images(&a).await, (2, 0));
    agrees(&site).await;
}
