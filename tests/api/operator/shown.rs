//! What the operator is shown.

use astria_gateway::clock::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::harness::{Client, ISSUER, SHARED_TUNE, Spawn, TestGateway};
use super::{put, with_token};

/// A gateway on a file, on a day in January 2027.
async fn on_a_file(spawn: Spawn, folder: &TempDir) -> TestGateway {
    let url = format!("sqlite:{}/gateway.db", folder.path().display());
    spawn.config(|config| config.store.url = url).manual_clock_at(1_800_000_000).start().await
}

/// An end user who made a prompt.
async fn makes_a_prompt(gw: &TestGateway, subject: &str) {
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    gw.user(subject).post_json(&path, &json!({"prompt": {"text": "a cat"}})).await.ok();
}

/// What the ledger would write of a create that used two images and holds none.
fn used(folder: &TempDir, n: i64, pseudonym: &str, day: u32, operation: &str, state: &str) {
    let conn = Connection::open(folder.path().join("gateway.db")).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let lines = format!(
        "INSERT INTO reservations (n, id, request, account, owner, subject, plan, operation, day, scopes, tunes, \
         tune_watermark, prompt_watermark, lease_until_ms, state, \
         created_at_ms, look_at_ms, held_images) \
         SELECT {n}, 'r{n}', 'q{n}', '-', (SELECT id FROM owners WHERE pseudonym = '{pseudonym}'), '{pseudonym}', \
         'free', '{operation}', {day}, '[]', '[]', 0, 0, 0, '{state}', 0, \
         CASE WHEN '{state}' <> 'made' THEN 9000000000000000 END, 2; \
         INSERT INTO entries (reservation, kind, at_ms, held_images, used_images) VALUES ({n}, 'reserve', 0, 2, 0); \
         INSERT INTO entries (reservation, kind, at_ms, held_images, used_images) VALUES ({n}, 'settle', 0, -2, 2); \
         INSERT INTO totals (scope, period, used_images) VALUES ('u:{pseudonym}', {day}, 2) \
         ON CONFLICT (scope, period) DO UPDATE SET used_images = used_images + excluded.used_images;"
    );
    conn.execute_batch(&lines).unwrap();
}

/// Says something about an end user, so that the record has a name for them. Gives that name.
async fn named(operator: &Client, subject: &str) -> String {
    let body = json!({"subject": subject, "blocked": false, "reason": "a test"});
    let changed = put(operator, "/operator/user/block", &body).await.ok();
    changed["pseudonym"].as_str().unwrap().to_owned()
}

fn subjects(list: &Value) -> Vec<&str> {
    list["users"].as_array().unwrap().iter().map(|user| user["subject"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn end_users_are_found_and_paged_through() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let operator = gw.at_operator(Some(&token));
    for subject in ["Anna", "bob", "johanna"] {
        makes_a_prompt(&gw, subject).await;
    }
    let body = json!({"subject": "bob", "blocked": true, "reason": "a test"});
    put(&operator, "/operator/user/block", &body).await.ok();

    let all = operator.get("/operator/users").await.ok();
    let page = operator.get("/operator/users?limit=2").await.ok();
    let rest = operator.get(&format!("/operator/users?limit=2&after={}", page["next"])).await.ok();

    assert_eq!(subjects(&all), ["Anna", "bob", "johanna"]);
    assert_eq!((subjects(&page), subjects(&rest)), (vec!["Anna", "bob"], vec!["johanna"]));
    assert_eq!(rest["next"], Value::Null);
    assert_eq!(subjects(&operator.get("/operator/users?search=ANNA").await.ok()), ["Anna", "johanna"]);
    assert!(subjects(&operator.get("/operator/users?issuer=https://other.example").await.ok()).is_empty());
    let flags = |user: &Value| (user["blocked"].clone(), user["issuer"].clone());
    assert_eq!(flags(&all["users"][1]), (json!(true), json!(ISSUER)));
    assert_eq!(flags(&all["users"][0]), (json!(false), json!(ISSUER)));
}

#[tokio::test]
async fn an_end_users_page_shows_what_was_said_made_and_held() {
    let (spawn, token) = with_token();
    let gw = spawn.manual_clock_at(1_800_000_000).start().await;
    let operator = gw.at_operator(Some(&token));
    makes_a_prompt(&gw, "first").await;
    let body = json!({"subject": "first", "plan": "pro", "reason": "a test"});
    put(&operator, "/operator/user/plan", &body).await.ok();
    for (per, amount) in [("day", 5), ("total", 7)] {
        let grant =
            json!({"subject": "first", "of": "images", "per": per, "amount": amount, "reason": "a test"});
        operator.post_json("/operator/user/grants", &grant).await.ok();
    }
    let path = format!("/operator/user?issuer={ISSUER}&subject=first");

    let page = operator.get(&path).await.ok();

    assert_eq!(page["plan"], json!({"override": "pro", "default": "free"}));
    assert_eq!((&page["known"], &page["objects"], &page["block"]), (&json!(true), &json!(1), &Value::Null));
    let grants: Vec<_> = page["grants"].as_array().unwrap().iter().map(|grant| &grant["amount"]).collect();
    assert_eq!(grants, [&json!(5), &json!(7)]);
    let periods = ["day", "month", "total"].map(|per| page["usage"][per]["period"].clone());
    assert_eq!(periods, [json!("2027-01-15"), json!("2027-01"), json!("total")]);
    assert!(page["usage"]["day"]["used"]["images"].is_u64());
    assert_eq!(operator.get("/operator/user?subject=nobody").await.ok()["known"], false);
    // A grant of a day is one of that day.
    gw.clock.advance(std::time::Duration::from_secs(86_400));
    let page = operator.get(&path).await.ok();
    assert_eq!(page["grants"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn usage_is_exported_as_json_lines_and_csv_that_no_spreadsheet_runs() {
    let (spawn, token) = with_token();
    let folder = TempDir::new().unwrap();
    let gw = on_a_file(spawn, &folder).await;
    assert_eq!(gw.clock.now(), Timestamp::from_unix_s(1_800_000_000));
    let operator = gw.at_operator(Some(&token));
    let (plain, formula) = (named(&operator, "first").await, named(&operator, "=1+1,\"x\"").await);
    used(&folder, 1001, &plain, 20_270_102, "create_prompt", "made");
    used(&folder, 1002, &plain, 20_270_115, "create_prompt", "made");
    used(&folder, 1003, &formula, 20_270_115, "inspect_image", "made");
    used(&folder, 1004, &formula, 20_261_231, "inspect_image", "made"); // last month
    let get = async |query: &str| {
        let reply = operator.get(&format!("/operator/usage?{query}")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("cache-control")),
            (200, Some("no-store")),
            "{query}"
        );
        (reply.header("content-type").unwrap().to_owned(), reply.text())
    };

    let (kind, csv) = get("by=day,operation,user&format=csv").await;
    let (lines_kind, lines) = get("by=day&format=jsonl").await;
    let (_, whole) = get("by=user").await;

    assert_eq!(kind, "text/csv; charset=utf-8; header=present");
    let head = "day,operation,issuer,subject,pseudonym,creates,used_images,";
    assert!(csv.starts_with(head) && csv.ends_with("\r\n"), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), 4);
    assert!(csv.contains(&format!("2027-01-02,create_prompt,{ISSUER},first,{plain},1,2,")), "{csv}");
    assert!(csv.contains(&format!(",{ISSUER},\"'=1+1,\"\"x\"\"\",{formula},1,2,")), "{csv}");
    assert_eq!(lines_kind, "application/jsonl");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let days: Vec<_> = lines.iter().map(|line| (&line["day"], &line["used"]["images"])).collect();
    assert_eq!(days, [(&json!("2027-01-02"), &json!(2)), (&json!("2027-01-15"), &json!(4))]);
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["usage"].as_array().unwrap().len(), 2);
    let (_, all) = get("by=&from=2026-12-31&to=2027-01-15").await;
    let all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!((&all["usage"][0]["creates"], &all["usage"][0]["used"]["images"]), (&json!(4), &json!(8)));
}

#[tokio::test]
async fn reservations_without_a_certain_end_are_listed_by_state() {
    let (spawn, token) = with_token();
    let folder = TempDir::new().unwrap();
    let gw = on_a_file(spawn, &folder).await;
    let operator = gw.at_operator(Some(&token));
    gw.expect_unknown();
    let name = named(&operator, "first").await;
    for (n, state) in (1001..).zip(["unknown", "made", "presumed", "unknown"]) {
        used(&folder, n, &name, 20_270_115, "create_prompt", state);
    }
    let numbers = async |query: &str| -> Vec<u64> {
        let list = operator.get(&format!("/operator/reservations{query}")).await.ok();
        let lines = list["reservations"].as_array().unwrap();
        lines.iter().map(|held| held["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers("").await, [1001, 1003, 1004]);
    assert_eq!(numbers("?state=presumed,open").await, [1003]);
    assert_eq!(numbers("?limit=1&after=1001").await, [1003]);
    let first = operator.get("/operator/reservations?limit=1").await.ok();
    assert_eq!(first["next"], 1001);
    let held = &first["reservations"][0];
    assert_eq!(
        (&held["subject"], &held["state"], &held["held"]["images"]),
        (&json!("first"), &json!("unknown"), &json!(2))
    );
}
