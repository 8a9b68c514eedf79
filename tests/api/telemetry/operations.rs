//! `docs/operations.md`, the alerts and the dashboard name what the gateway shows, all of it and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use astria_gateway::clock::Timestamp;
use astria_gateway::operation::Operation;
use astria_gateway::store::Observer as _;
use astria_gateway::telemetry::{
    AccountReading, EndpointReading, IssuerReading, Metrics, PoolReading, Readings,
};
use astria_gateway::upstream::measure::{Observer as _, Outcome};

const DOCS: &str = include_str!("../../../docs/operations.md");
const ALERTS: &str = include_str!("../../../deploy/prometheus/alerts.yaml");
const DASHBOARD: &str = include_str!("../../../deploy/grafana/astria-gateway.json");

/// A page of metrics on which everything has happened and everything is known.
fn everything() -> String {
    let metrics = Metrics::new();
    let took = Duration::from_millis(1);
    metrics.request(Some(Operation::ListPacks), 200, "", took);
    metrics.observe(Operation::ListPacks, Outcome::Status(200), took);
    metrics.limited("ip");
    metrics.shed("in_flight");
    metrics.dropped_params(Operation::CreatePrompt);
    metrics.reconciled(Operation::CreatePrompt, "found");
    metrics.pack_cache("hit");
    metrics.callback("first");
    metrics.event_sent("prompt.finished");
    metrics.event_stream_ended("left");
    metrics.notifications("app", "delivered", 1);
    metrics.refused_connection("address_full");
    metrics.command("begin", "done");
    metrics.lookup("find", "done");
    metrics.committed(1, took);
    metrics.reloaded(true, Timestamp::from_unix_s(1));
    metrics.render(&Readings {
        open_connections: Some(1),
        max_connections: Some(1),
        requests_in_flight: Some(1),
        max_requests_in_flight: Some(1),
        event_streams: Some(1),
        max_event_streams: Some(1),
        body_budget_used_bytes: Some(1),
        body_budget_limit_bytes: Some(1),
        spooled_bytes: Some(1),
        pack_cache_entries: Some(1),
        pack_cache_bytes: Some(1),
        address_buckets: Some(1),
        user_buckets: Some(1),
        open_reservations: Some(1),
        unknown_reservations: Some(1),
        presumed_reservations: Some(0),
        store_queue_length: Some(1),
        dropped_access_log_lines: 1,
        balance_alert_below_mc: Some(1),
        pool: Some(PoolReading { open: 1, opened: 1 }),
        accounts: vec![AccountReading {
            account: "default".into(),
            balance_mc: Some(1),
            ..AccountReading::default()
        }],
        endpoints: vec![EndpointReading { endpoint: "app".into(), ..EndpointReading::default() }],
        issuers: vec![IssuerReading { issuer: "https://issuer.example".into(), age_s: Some(1) }],
    })
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// As documented: a histogram has one name, a counter ends in `_total`.
fn shown() -> BTreeSet<String> {
    let page = everything();
    let mut shown = BTreeSet::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (metric, kind) = line.split_once(' ').unwrap();
        shown.insert(match kind {
            "counter" => format!("{metric}_total"),
            "info" => format!("{metric}_info"),
            _ => metric.to_owned(),
        });
    }
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        assert!(shown.contains(base(&name(line))), "{line}");
    }
    shown
}

/// A histogram's own name.
fn base(name: &str) -> &str {
    let ends = ["_bucket", "_sum", "_count"];
    ends.iter()
        .find_map(|end| name.strip_suffix(end))
        .filter(|base| base.ends_with("_seconds") || base.ends_with("_batch_commands"))
        .unwrap_or(name)
}

/// Every metric of ours that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for prefix in ["astria_gateway_", "process_"] {
        for (at, _) in text.match_indices(prefix) {
            let is_start = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            if is_start {
                found.insert(base(&name(&text[at..])).to_owned());
            }
        }
    }
    found
}

#[test]
fn operations_explains_every_metric_and_no_other() {
    let rows = DOCS.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter(|row| row.starts_with("astria_gateway_") || row.starts_with("process_"));
    let explained: Vec<String> = rows.map(name).collect();
    let unique: BTreeSet<String> = explained.iter().cloned().collect();
    assert_eq!(explained.len(), unique.len(), "a metric is explained twice");
    assert_eq!(unique, shown());
    assert!(named(DOCS).is_subset(&shown()), "{:?}", named(DOCS).difference(&shown()).collect::<Vec<_>>());
}

#[test]
fn alerts_and_dashboard_use_metrics_that_exist() {
    let board: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    assert!(board["panels"].as_array().unwrap().len() > 10);
    let shown = shown();
    for (place, text) in [("alerts", ALERTS), ("dashboard", DASHBOARD)] {
        let named = named(text);
        assert!(named.len() > 10, "{place}");
        assert_eq!(named.difference(&shown).collect::<Vec<_>>(), Vec::<&String>::new(), "{place}");
    }
}

#[test]
fn every_metric_of_ours_is_on_the_dashboard_or_in_an_alert() {
    let used: BTreeSet<String> = named(DASHBOARD).union(&named(ALERTS)).cloned().collect();
    let spare = ["astria_gateway_limit_buckets", "process_threads", "process_start_time_seconds"];
    let unused: Vec<_> =
        shown().difference(&used).filter(|name| !spare.contains(&name.as_str())).cloned().collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
    let alerts: Vec<&str> = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let links: Vec<&str> = ALERTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("runbook_url: docs/operations.md#"))
        .collect();
    let chapter = DOCS.split("\n## Alerts\n").nth(1).unwrap();
    let runbooks: BTreeSet<&str> = chapter.lines().filter_map(|line| line.strip_prefix("### ")).collect();

    assert_eq!(links, alerts.iter().map(|alert| alert.to_lowercase()).collect::<Vec<_>>());
    assert_eq!(alerts.into_iter().collect::<BTreeSet<_>>(), runbooks);
}

#[test]
fn no_label_can_hold_a_user() {
    let allowed = [
        "account",
        "code",
        "command",
        "event",
        "endpoint",
        "issuer",
        "kind",
        "le",
        "limit",
        "log",
        "lookup",
        "operation",
        "outcome",
        "reason",
        "status",
        "version",
    ];
    for line in everything().lines().filter(|line| !line.starts_with('#')) {
        let labels = line.split_once('{').map_or("", |(_, rest)| rest.split_once('}').unwrap().0);
        for label in labels.split("\",").filter(|label| !label.is_empty()) {
            let label = label.split_once('=').unwrap().0;
            assert!(allowed.contains(&label), "{label}: {line}");
        }
    }
}
