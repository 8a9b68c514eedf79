//! LOG-01 to LOG-03: what must never stand in a log line.

use std::io::Write;
use std::sync::{Arc, Mutex};

use astria_gateway::config::{Log, LogFormat};
use astria_gateway::telemetry::subscriber;
use serde_json::json;

use crate::harness::{SHARED_TUNE, logs, spawn_gateway};

#[tokio::test]
async fn log_01_no_secret_of_a_run_stands_in_its_logs_or_metrics_whatever_fails() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("log-01");
    let token = gw.token("log-01", "free");

    user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &json!({"prompt": {"text": "a cat"}})).await;
    let cut = token.get(..token.len() - 4).unwrap();
    assert_eq!(gw.with_token(cut).get("/packs").await.status, 401);
    gw.with_token(&gw.signing).get("/packs").await;
    gw.with_token(&format!("x.{}.y", gw.signing)).get("/packs").await;

    let (logged, metrics) = (logs::text(), gw.operator("/metrics").await);
    for text in [&logged, &metrics] {
        gw.assert_no_secret(text, "a log line or a metric");
        assert!(!text.contains(&token) && !text.contains(cut), "a token was written down");
    }
    assert!(logged.contains("astria_gateway::access"), "there are lines at all");
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn log_02_no_value_of_an_event_can_begin_a_line_or_steer_a_terminal() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let captured = Captured::default();
        let writer = captured.clone();
        let hostile = "a\r\n2026-11-21T00:00:00Z  INFO forged: line\u{1b}[2J\u{7f}\u{8}\0";
        let settings = Log { format, ..Log::default() };
        tracing::subscriber::with_default(subscriber(&settings, move || writer.clone()), || {
            tracing::info!(displayed = %hostile, debugged = ?hostile, text = hostile, "{hostile}");
        });
        let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        let line = text.strip_suffix('\n').unwrap();
        assert!(line.contains("forged: line"), "{line}");
        assert!(!line.chars().any(char::is_control), "{format:?}: {line:?}");
        if format == LogFormat::Json {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
}

#[tokio::test]
async fn log_03_no_query_and_no_callback_path_is_logged() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let mark = uuid::Uuid::new_v4().simple().to_string();

    user.get(&format!("/packs?listed={mark}")).await;
    user.get(&format!("/prompts/77?{mark}={mark}")).await;
    user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts?q={mark}"), &json!({"prompt": {"text": "a cat"}}))
        .await;
    let callback = format!("/gateway/callbacks/1.{mark}.{mark}");
    assert_eq!(gw.anonymous().post(&callback, "application/json", "{}").await.status, 404);
    user.get(&format!("/nowhere/{mark}")).await;

    let (logged, metrics) = (logs::text(), gw.operator("/metrics").await);
    assert!(!logged.contains(&mark) && !metrics.contains(&mark), "a query or a path was written down");
}
