//! A gateway that is killed: no callback that it has answered is forgotten, and each end is told once.

use std::time::Duration;

use serde_json::json;

use super::a_prompt;
use crate::command::{Site, http};
use crate::harness::{SHARED_TUNE, eventually_async};
use crate::ownership::{neighbour, user};

const KILLS: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f36_a_callback_that_was_answered_is_acted_on_after_a_kill_and_its_end_is_told_once() {
    let site = Site::with(|mock| mock.generate_ms = 86_400_000).await;
    // Looks by age come too late for this test: what ends a job is its callback.
    let config = site.config().replace("limit = 20", "limit = 1000");
    let mut served = site.serve(&config, &[]).await;
    let conn = neighbour(&site.path("gateway.db"));
    let number = |question: &str| conn.query_row(question, [], |row| row.get::<_, i64>(0)).unwrap();
    let mut ended = 0;
    for kill in 0..KILLS {
        let path = format!("/tunes/{SHARED_TUNE}/prompts");
        let made = user(&site, &served, "owner").post_json(&path, &a_prompt()).await.ok();
        let id = made["id"].as_u64().unwrap();
        let callback = site.mock.object(id).unwrap()["callback"].as_str().unwrap().to_owned();
        site.mock.set_callback(id, "");
        // As if it were minutes old: it is not due by its age for long.
        let later = "UPDATE objects SET look_at_ms = look_at_ms + 3600000 WHERE is_finished = 0";
        conn.execute(later, []).unwrap();
        site.mock.finish(id);
        let answered = http().post(&callback).json(&json!({"prompt": {"id": id}})).send().await.unwrap();
        assert_eq!(answered.status(), 200);
        tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_millis(kill % 4 * 3)).await;
        drop(served); // SIGKILL
        served = site.serve(&config, &[]).await;
        ended += 1;
        // The lease of the one that was killed ends first.
        let is_told = async || number("SELECT COUNT(*) FROM events WHERE kind = 'finished'") >= ended;
        eventually_async("its end", is_told).await;
    }
    assert_eq!(number("SELECT COUNT(*) FROM events WHERE kind = 'finished'"), ended, "each once");
    assert_eq!(number("SELECT COUNT(*) FROM objects WHERE is_finished = 0"), 0);
}
