//! The operator's commands, beside a gateway that runs.

use super::super::command::Site;
use super::super::harness::Process;
use super::super::ownership::neighbour;
use super::killed::{config, user};
use super::*;

async fn run(site: &Site, arguments: &[&str]) -> (i32, Value, String) {
    let file = site.path("config.toml");
    let arguments = [&["notifications"], arguments, &["--config", file.to_str().unwrap()]].concat();
    let process = Process::gateway(site.folder.path(), &arguments, &[("USER", "alex")]);
    let (code, out, err) = process.never_prints([site.api_key.as_str(), SECRET]).ended().await;
    (code, serde_json::from_str(&out).unwrap_or_default(), err)
}

#[tokio::test]
async fn a_command_lists_what_was_given_up_and_has_a_running_gateway_send_it_again() {
    let (site, app) = (Site::new().await, App::start().await);
    app.answer(Answer::Status(500, 0));
    let served = site.serve(&config(&site, &app), &[]).await;
    let id = a_prompt(&user(&site, &served, "first")).await;
    let conn = neighbour(&site.path("gateway.db"));
    let count = || conn.query_row("SELECT COUNT(*) FROM outbox", [], |row| row.get::<_, i64>(0)).unwrap();
    eventually("an attempt", || !app.received().is_empty() && count() == 2).await;
    conn.execute("UPDATE outbox SET due_at_ms = NULL, gave_up_at_ms = unixepoch() * 1000", []).unwrap();

    let (code, listed, _) = run(&site, &["list"]).await;
    assert_eq!((code, listed["notifications"].as_array().unwrap().len()), (0, 2));
    assert_eq!(listed["notifications"][0]["object"]["id"], id);
    app.answer(Answer::Status(200, 0));
    let first = listed["notifications"][0]["id"].as_str().unwrap();
    let (code, done, err) = run(&site, &["replay", "--ids", first, "--reason", "mended"]).await;
    assert_eq!((code, &done["replayed"]), (0, &json!(1)), "{err}");
    eventually("the first", || app.taken().len() == 1).await;
    let (_, done, _) = run(&site, &["replay", "--endpoint", "app", "--reason", "mended"]).await;
    assert_eq!(done["replayed"], 1);
    eventually("all", || app.taken().len() == 2).await;

    assert_eq!(run(&site, &["list", "--state", "waiting"]).await.1["notifications"], json!([]));
    assert_eq!(run(&site, &["replay", "--reason", "x"]).await.0, 2);
    assert_eq!(run(&site, &["replay", "--endpoint", "other", "--reason", "x"]).await.0, 1);
}
