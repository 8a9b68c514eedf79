//! The gateway is killed at random points of creates whose answers are lost, delayed and cut: in the end Astria's objects,
//! their owners and the ledger are equal, nothing is counted twice, and nothing is held.

use std::collections::BTreeSet;
use std::time::Duration;

use mock_astria::{Fault, FaultRule};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use crate::command::{Site, http};
use crate::harness::SHARED_TUNE;
use crate::ids::a_tune;
use crate::ownership::{neighbour, token, user};

const KILLS: u64 = 50;
/// Creates that are under way when it is killed.
const AT_ONCE: u64 = 4;

/// A small generator of numbers, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn config(site: &Site) -> String {
    let of = |of: &str| format!(r#"{{ of = "{of}", per = "total", limit = 100000000 }}"#);
    let quotas = ["images", "tunes", "prompts", "cost_mc"].map(of).join(", ");
    site.config()
        .replace(
            r#"allow = ["inspect_image", "create_prompt", "create_tune"]"#,
            &format!(
                r#"allow = ["run_pack", "create_prompt", "create_tune", "duplicate_prompt", "create_theme"]
                requests_per_s = 1000.0
                burst = 10000
                quotas = [{quotas}]"#
            ),
        )
        .replace(
            "[plans.free]",
            "[reconcile]\nmiss_after_s = 3\ntheme_close_s = 4\nrequests_per_s = 200.0\n[plans.free]",
        )
        .replace("[store]", "timeout_ms = 1000\nqueue_timeout_ms = 500\n[store]")
}

fn request(dice: &mut Dice, own: &[u64], n: u64) -> (String, Value) {
    let images = 1 + dice.below(4);
    let prompt = json!({"prompt": {"text": format!("ohwx man, {n}"), "num_images": images}});
    let tune = own[usize::try_from(dice.below(own.len() as u64)).unwrap()];
    match dice.below(7) {
        0 | 1 => (format!("/tunes/{SHARED_TUNE}/prompts"), prompt),
        2 => (format!("/tunes/{tune}/prompts"), prompt),
        3 => {
            let mut body = a_tune(&format!("tune {n}"));
            body["tune"]["prompts_attributes"] = json!([{"text": "ohwx man on a bench", "num_images": 2}]);
            ("/tunes".into(), body)
        }
        4 => ("/themes".into(), json!({"theme": {"theme": format!("theme {n}"), "tune_ids": [tune]}})),
        5 => ("/p/corporate-headshots/tunes".into(), a_tune(&format!("pack {n}"))),
        _ => ("/p/corporate-headshots/tunes".into(), json!({"tune": {"tune_ids": [tune]}})),
    }
}

fn fault(dice: &mut Dice) -> Option<Fault> {
    match dice.below(7) {
        0 => Some(Fault::Status504AfterProcessing),
        1 => Some(Fault::CutBeforeReply),
        2 => Some(Fault::CutMidReply),
        3 => Some(Fault::Status500),
        4 => Some(Fault::Status500AfterProcessing),
        5 => Some(Fault::Delay(Duration::from_millis(5 + dice.below(60)))),
        _ => None,
    }
}

fn numbers(conn: &Connection, question: &str) -> BTreeSet<u64> {
    let mut question = conn.prepare(question).unwrap();
    let rows = question.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    rows.map(|row| u64::try_from(row.unwrap()).unwrap()).collect()
}

fn number(conn: &Connection, question: &str) -> u64 {
    conn.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
}

fn sum(objects: &[Value], member: &str) -> u64 {
    objects.iter().map(|object| object[member].as_u64().unwrap_or(0)).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f18_quota_03_after_fifty_kills_astria_ownership_and_the_ledger_are_equal() {
    let site = Site::new().await;
    let config = config(&site);
    let token = token(&site, "owner");
    let mut dice = Dice(20_261_121);
    let mut served = site.serve(&config, &[]).await;
    let mut own = Vec::new();
    for title in ["first", "second", "third"] {
        let tune = a_tune(title);
        own.push(user(&site, &served, "owner").post_json("/tunes", &tune).await.ok()["id"].as_u64().unwrap());
    }
    user(&site, &served, "owner").get("/p/corporate-headshots").await.ok();
    for kill in 0..KILLS {
        let tasks = TaskTracker::new();
        for n in 0..AT_ONCE {
            if let Some(fault) = fault(&mut dice) {
                site.mock.inject(FaultRule::new(fault).method("POST"));
            }
            let (path, body) = request(&mut dice, &own, kill * AT_ONCE + n);
            let request = http().post(format!("{}{path}", served.url)).bearer_auth(&token).json(&body);
            // Whatever the client gets, or nothing.
            tasks.spawn(async move { request.send().await.ok() });
        }
        tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_millis(dice.below(90))).await;
        drop(served); // SIGKILL
        tasks.close();
        tasks.wait().await;
        site.mock.clear_faults();
        served = site.serve(&config, &[]).await;
    }

    // Leases end, and everything is looked for until it is found or certainly not there.
    let conn = neighbour(&site.path("gateway.db"));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    let unended = "SELECT COUNT(*) FROM reservations WHERE look_at_ms IS NOT NULL";
    while number(&conn, unended) > 0 {
        assert!(tokio::time::Instant::now() < deadline, "{} creates have no end", number(&conn, unended));
        tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_millis(200)).await;
    }
    assert!(number(&conn, "SELECT COUNT(*) FROM reservations") > KILLS, "too few creates were begun");
    assert!(
        number(&conn, "SELECT COUNT(*) FROM reservations WHERE state = 'nothing'") > 0,
        "nothing was lost"
    );

    let (tunes, prompts) = (site.mock.tunes(), site.mock.prompts());
    let ids = |objects: &[Value]| -> BTreeSet<u64> {
        objects.iter().map(|object| object["id"].as_u64().unwrap()).collect()
    };
    for (kind, objects) in [("tune", &tunes), ("prompt", &prompts)] {
        let owned = format!(
            "SELECT id FROM objects WHERE kind = '{kind}' AND owner = (SELECT id FROM owners WHERE subject = 'owner')"
        );
        assert_eq!(numbers(&conn, &owned), ids(objects), "owned {kind}s");
        let charged = format!("SELECT id FROM charges WHERE kind = '{kind}'");
        assert_eq!(numbers(&conn, &charged), ids(objects), "charged {kind}s");
    }
    let used = |of: &str| {
        number(&conn, &format!("SELECT used_{of} FROM totals WHERE scope LIKE 'u:%' AND period = 0"))
    };
    assert_eq!(used("tunes"), tunes.len() as u64);
    assert_eq!(used("prompts"), prompts.len() as u64);
    // What they made is told when their jobs end: each is looked at.
    let client = user(&site, &served, "owner");
    for id in ids(&prompts) {
        client.get(&format!("/prompts/{id}")).await.ok();
    }
    assert_eq!(used("images"), sum(&prompts, "num_images"));
    let held = "SELECT SUM(held_images + held_tunes + held_prompts + held_cost_mc) FROM totals";
    assert_eq!(number(&conn, held), 0);
    for of in ["held_images", "used_images", "used_cost_mc", "used_prompts"] {
        let entries = number(&conn, &format!("SELECT SUM({of}) FROM entries"));
        let total = number(&conn, &format!("SELECT {of} FROM totals WHERE scope LIKE 'u:%' AND period = 0"));
        assert_eq!(entries, total, "{of}");
    }
}
