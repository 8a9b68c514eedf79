//! Gateways as programs: a restart, and two of them on one database.

use serde_json::json;

use super::EVENTS;
use crate::command::Site;
use crate::harness::{SHARED_TUNE, finished};
use crate::ownership::user;

#[tokio::test]
async fn an_event_that_one_gateway_writes_reaches_a_stream_at_another() {
    let site = Site::new().await;
    let (one, two) = (site.serve(&site.config(), &[]).await, site.serve(&site.config(), &[]).await);
    let mut page = user(&site, &two, "first").listen(EVENTS).await;
    page.until("quota.changed").await;

    let first = user(&site, &one, "first");
    let body = json!({"prompt": {"text": "a cat"}});
    let made = first.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.ok();
    finished(&first, &format!("/prompts/{}", made["id"])).await;

    assert_eq!(page.until("prompt.finished").await.data["object"]["id"], made["id"]);
}

#[tokio::test]
async fn a_ticket_and_what_happened_meanwhile_outlive_a_restart() {
    let site = Site::new().await;
    let config = site.config();
    let one = site.serve(&config, &[]).await;
    let first = user(&site, &one, "first");
    let ticket = first.post_json("/gateway/events/ticket", &json!({})).await.ok();
    let ticket = ticket["ticket"].as_str().unwrap().to_owned();
    let path = format!("{EVENTS}?ticket={ticket}");
    let mut page = one.anonymous().listen(&path).await;
    page.until("quota.changed").await;
    let body = json!({"prompt": {"text": "a cat"}});
    first.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.ok();
    let last = page.until("prompt.updated").await.id.unwrap();
    one.process.terminate();
    assert_eq!(page.until("stream.end").await.data["reason"], "restarting");
    let (code, _, said) = one.process.ended().await;
    assert!(code == 0 && !said.contains(&ticket), "{said}");

    let two = site.serve(&config, &[]).await;
    let mut page = two.anonymous().header("last-event-id", &format!("{last}")).listen(&path).await;
    assert_eq!(page.next().await.unwrap().id, Some(last));
    let body = json!({"prompt": {"text": "a dog"}});
    user(&site, &two, "first").post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.ok();
    assert!(page.until("prompt.updated").await.id.unwrap() > last);
}
