//! A process that is killed loses nothing that it answered.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use tempfile::tempdir;

use super::{in_folder, neighbour, open};
use crate::ids::ReservationId;
use crate::ownership::Index as _;
use crate::quota::Books as _;
use crate::store::StoreSettings;
use crate::store::conformance::bench::{begin, conclude, conclusion, main_account, prompt, tune, user};

/// Tells the child where to write.
const URL: &str = "STORE_TEST_KILLED_URL";
/// Objects of one create.
const EACH: u64 = 3;

/// The child: creates until it is killed, and says what was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of the test below"]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn child() {
    let Ok(url) = std::env::var(URL) else { return };
    let store = open(&StoreSettings { url, ..StoreSettings::default() }).await;
    let lane = async |lane: u64| {
        for round in 0.. {
            let first = (round * 4 + lane) * EACH + 1;
            let reservation = begin(&store, "a").await.unwrap();
            println!("\nbegun {reservation}");
            let objects = std::iter::once(tune(first)).chain((1..EACH).map(|i| prompt(first + i, first)));
            conclude(&store, conclusion(reservation, objects.collect())).await.unwrap();
            println!("\nmade {reservation} {first}");
        }
    };
    tokio::join!(lane(0), lane(1), lane(2), lane(3));
}

#[tokio::test]
async fn f_24_after_a_kill_every_answered_write_is_there_and_no_half_conclusion() {
    for enough in [1, 23, 60] {
        // Each child begins with the same ids.
        let folder = tempdir().unwrap();
        let settings = in_folder(&folder);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::killed::child", "--ignored", "--nocapture"])
            .env(URL, &settings.url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut begun, mut made) = (Vec::new(), Vec::new());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["begun", id] => begun.push(ReservationId::parse(id).unwrap()),
                ["made", _, first] => made.push(first.parse::<u64>().unwrap()),
                _ => {}
            }
            if made.len() == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(made.len() >= enough, "the child did not work: {made:?}");

        let store = open(&settings).await;
        for first in made {
            let wanted: Vec<_> =
                (1..EACH).map(|i| prompt(first + i, first).object).chain([tune(first).object]).collect();
            let found = store.find(&main_account(), &user("a"), &wanted).await.unwrap();
            assert_eq!(found.len(), wanted.len(), "{first}");
        }
        let conn = neighbour(&settings);
        for reservation in begun {
            let question = "SELECT state, (SELECT COUNT(*) FROM objects WHERE reservation = ?1) \
                            FROM reservations WHERE id = ?1";
            let found = conn.query_row(question, [reservation.to_string()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
            });
            let (state, objects) = found.unwrap();
            assert!(matches!((state.as_str(), objects), ("open", 0) | ("made", 3)), "{state} with {objects}");
        }
        assert!(store.audit_ledger().await.unwrap().is_empty(), "no half entry");
        store.close().await;
        drop(conn);
    }
}
