//! What the operator changes about one end user.

use serde_json::{Value, json};

use super::super::harness::{Client, ISSUER, SHARED_TUNE, logs};
use super::{put, with_token};

async fn plan_of(user: &Client) -> Value {
    user.get("/gateway/account").await.ok()["plan"].clone()
}

async fn set_plan(operator: &Client, subject: &str, plan: Option<&str>) -> Value {
    let body = json!({"issuer": ISSUER, "subject": subject, "plan": plan, "reason": "asked by phone"});
    put(operator, "/operator/user/plan", &body).await.ok()
}

async fn block(operator: &Client, subject: &str, blocked: bool) -> Value {
    let body = json!({"subject": subject, "blocked": blocked, "reason": "sells our pictures"});
    put(operator, "/operator/user/block", &body).await.ok()
}

#[tokio::test]
async fn the_operators_plan_counts_more_than_the_tokens_until_it_is_taken_back() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let (operator, first, second) = (gw.at_operator(Some(&token)), gw.user("first"), gw.user("second"));
    assert_eq!(plan_of(&first).await, "free");

    let changed = set_plan(&operator, "first", Some("pro")).await;

    assert_eq!((&changed["before"], &changed["after"]), (&json!({"plan": null}), &json!({"plan": "pro"})));
    assert_eq!((plan_of(&first).await, plan_of(&second).await), (json!("pro"), json!("free")));
    set_plan(&operator, "first", None).await;
    assert_eq!(plan_of(&first).await, "free");
}

#[tokio::test]
async fn a_plan_of_the_operators_that_is_configured_no_more_is_the_default_and_is_counted() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let (operator, pro) = (gw.at_operator(Some(&token)), gw.pro_user("first"));
    set_plan(&operator, "first", Some("pro")).await;
    let unknown = async || {
        let metrics = gw.operator("/metrics").await;
        let line =
            metrics.lines().find(|line| line.starts_with("astria_gateway_unknown_plans_total")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!((plan_of(&pro).await, unknown().await), (json!("pro"), 0));

    gw.reload(|configured| drop(configured.config.plans.remove("pro")));

    assert_eq!((plan_of(&pro).await, unknown().await), (json!("free"), 1));
}

#[tokio::test]
async fn a_block_counts_at_once_also_for_a_token_that_was_verified_before() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let (operator, first, second) = (gw.at_operator(Some(&token)), gw.user("first"), gw.user("second"));
    first.get("/gateway/account").await.ok(); // from here on it is remembered

    assert_eq!(block(&operator, "first", true).await["after"], json!({"blocked": true}));

    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    for refused in [
        first.get("/gateway/account").await,
        first.get("/packs").await,
        first.post_json(&path, &json!({"prompt": {"text": "a cat"}})).await,
        gw.user("first").get("/prompts").await,
    ] {
        let told = refused.problem(403, "blocked");
        assert!(!told.to_string().contains("sells"), "the reason is the operator's");
    }
    second.get("/gateway/account").await.ok();
    assert!(gw.mock.requests().iter().all(|request| request.method != "POST"), "nothing was made");
    block(&operator, "first", false).await;
    first.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn a_block_outlives_a_reload() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    block(&gw.at_operator(Some(&token)), "first", true).await;
    gw.reload(|_| {});
    gw.user("first").get("/gateway/account").await.problem(403, "blocked");
}

#[tokio::test]
async fn every_change_is_recorded_with_who_when_why_before_and_after() {
    let (spawn, token) = with_token();
    let gw = spawn.manual_clock_at(1_800_000_000).start().await;
    let operator = gw.at_operator(Some(&token));
    set_plan(&operator, "first", Some("pro")).await;
    let grant =
        json!({"subject": "second", "of": "images", "per": "month", "amount": 50, "reason": "a lost day"});
    operator.post_json("/operator/user/grants", &grant).await.ok();
    block(&operator, "first", true).await;

    let audit = operator.get("/operator/audit?limit=2").await.ok();
    let (deeds, next) = (audit["audit"].as_array().unwrap(), &audit["next"]);

    assert_eq!(deeds.len(), 2);
    let blocked = &deeds[0];
    for (member, value) in [
        ("who", json!("support")),
        ("action", json!("block")),
        ("issuer", json!(ISSUER)),
        ("subject", json!("first")),
        ("reason", json!("sells our pictures")),
        ("before", json!({"blocked": false})),
        ("after", json!({"blocked": true})),
        ("at", json!("2027-01-15T08:00:00Z")),
    ] {
        assert_eq!(blocked[member], value, "{member}");
    }
    assert_eq!(deeds[1]["after"], json!({"of": "images", "per": "month", "period": 202_701, "granted": 50}));
    let older = operator.get(&format!("/operator/audit?after={next}")).await.ok();
    assert_eq!((older["audit"][0]["action"].clone(), older["next"].clone()), (json!("plan"), Value::Null));
}

#[tokio::test]
async fn names_of_people_stand_in_no_metric_and_no_log_line() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let (operator, mark) = (gw.at_operator(Some(&token)), uuid::Uuid::new_v4().simple().to_string());
    gw.user(&mark).get("/gateway/account").await.ok();
    set_plan(&operator, &mark, Some("pro")).await;
    let reason = format!("because {mark}");
    let body = json!({"subject": mark, "blocked": true, "reason": reason});
    put(&operator, "/operator/user/block", &body).await.ok();
    gw.user(&mark).get("/gateway/account").await.problem(403, "blocked");
    for path in ["users?search=", "user?subject=", "user?issuer=x&subject="] {
        operator.get(&format!("/operator/{path}{mark}")).await.ok();
    }
    put(&operator, "/operator/user/plan", &json!({"subject": mark, "plan": mark, "reason": "x"})).await;

    let (logged, metrics) = (logs::text(), gw.operator("/metrics").await);

    assert!(!logged.contains(&mark) && !metrics.contains(&mark));
    for text in [&logged, &metrics] {
        assert!(!text.contains(&token), "a token was written down");
    }
    assert!(logged.contains("the operator changes"), "it is logged that something was");
}
