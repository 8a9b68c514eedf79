//! Several gateways on one database: one of them looks after jobs, and another when that one is gone.

use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use super::a_prompt;
use crate::command::Site;
use crate::harness::{SHARED_TUNE, eventually, eventually_async};
use crate::ownership::{neighbour, user};

fn holder(conn: &Connection) -> String {
    conn.query_row("SELECT holder FROM leases WHERE name = 'reconcile'", [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_gateways_one_looks_after_jobs_and_the_other_when_it_is_killed() {
    let site = Site::with(|mock| mock.generate_ms = 86_400_000).await;
    let config = site.config();
    let first = site.serve(&config, &[]).await;
    let conn = neighbour(&site.path("gateway.db"));
    eventually_async("a lease", async || conn.prepare("SELECT 1 FROM leases").unwrap().exists([]).unwrap())
        .await;
    let was = holder(&conn);
    let second = site.serve(&config, &[]).await;
    let create = async |served| {
        let path = format!("/tunes/{SHARED_TUNE}/prompts");
        let made = user(&site, served, "owner").post_json(&path, &a_prompt()).await.ok();
        made["id"].as_u64().unwrap()
    };
    let ids = [create(&first).await, create(&second).await];
    let is_there = async |served, id: u64| {
        let prompt: Value = user(&site, served, "owner").get(&format!("/prompts/{id}")).await.ok();
        !prompt["images"].as_array().unwrap().is_empty()
    };
    // A callback that reaches the one that only listens is acted on by the other.
    site.mock.finish(ids[0]);
    site.mock.finish(ids[1]);
    let ended = |count: i64| {
        let of = "SELECT COUNT(*) FROM events WHERE kind = 'finished'";
        conn.query_row(of, [], |row| row.get::<_, i64>(0)).unwrap() == count
    };
    eventually("the end of both", || ended(2)).await;
    assert_eq!(holder(&conn), was, "the first goes on");
    assert!(is_there(&second, ids[0]).await && is_there(&first, ids[1]).await);

    let third = create(&second).await;
    drop(first); // SIGKILL
    site.mock.finish(third);
    let taken = tokio::time::Instant::now() + Duration::from_secs(30);
    while !ended(3) {
        assert!(tokio::time::Instant::now() < taken, "nobody took over");
        tokio::task::yield_now().await;
    }
    assert_ne!(holder(&conn), was);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_stops_gives_its_lease_back() {
    let site = Site::new().await;
    let first = site.serve(&site.config(), &[]).await;
    let conn = neighbour(&site.path("gateway.db"));
    eventually_async("a lease", async || conn.prepare("SELECT 1 FROM leases").unwrap().exists([]).unwrap())
        .await;
    first.process.terminate();
    first.process.ended().await;
    assert!(!conn.prepare("SELECT 1 FROM leases WHERE name = 'reconcile'").unwrap().exists([]).unwrap());
}
