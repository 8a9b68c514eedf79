//! Notifications that nobody took for three days: listed and sent again by the operator.

use astria_gateway::auth::new_service_key;
use astria_gateway::config::OperatorToken;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

/// A gateway whose app has refused two prompts' events for three days; and the operator.
async fn with_given_up(app: &App) -> (TestGateway, Client) {
    app.answer(Answer::Status(500, 0));
    let (token, sha256) = new_service_key().unwrap();
    let tokens = vec![OperatorToken { name: "support".into(), sha256: vec![sha256] }];
    let gw = telling(app).config(|c| c.operator.tokens = tokens).manual_clock().start().await;
    let operator = gw.at_operator(Some(&token));
    a_prompt(&gw.user("first")).await;
    a_prompt(&gw.user("first")).await;
    eventually("an attempt", || !app.received().is_empty()).await;
    for _ in 0..3 {
        so_many_wait(&gw, 4).await;
        settled(&gw, app).await;
        let before = app.received().len();
        gw.clock.advance(DAY);
        in_time(&gw, Duration::from_secs(1), "an attempt", || app.received().len() > before).await;
    }
    nothing_waits(&gw).await;
    (gw, operator)
}

async fn list(operator: &Client, query: &str) -> Vec<Value> {
    let page = operator.get(&format!("/operator/notifications{query}")).await.ok();
    page["notifications"].as_array().unwrap().clone()
}

#[tokio::test]
async fn after_three_days_a_notification_is_given_up_and_the_operator_is_told_which() {
    let app = App::start().await;
    let (gw, operator) = with_given_up(&app).await;

    let given_up = list(&operator, "").await;

    assert_eq!(given_up.len(), 4);
    let first = &given_up[0];
    assert_eq!((&first["endpoint"], &first["type"]), (&json!("app"), &json!("prompt.updated")));
    assert_eq!((&first["subject"], &first["event"]), (&json!("first"), &json!(1)));
    assert_eq!((&first["last_error"], &first["due_at"]), (&json!("500"), &Value::Null));
    assert!(first["gave_up_at"].is_string() && first["attempts"].as_u64().unwrap() >= 1, "{first}");
    assert!(first["id"].as_str().unwrap().starts_with("msg_"));
    assert!(list(&operator, "?state=waiting").await.is_empty());
    assert!(list(&operator, "?endpoint=other").await.is_empty());
    let page = operator.get("/operator/notifications?state=given_up&limit=3").await.ok();
    let rest = list(&operator, &format!("?after={}", page["next"])).await;
    assert_eq!(rest, given_up[3..]);
    let metrics = gw.operator("/metrics").await;
    assert!(metrics.contains(r#"astria_gateway_notifications_total{endpoint="app",outcome="given_up"} 4"#));
    assert!(metrics.contains(r#"astria_gateway_notifications_given_up{endpoint="app"} 4"#), "{metrics}");
}

#[tokio::test]
async fn what_was_given_up_is_replayed_by_id_or_by_endpoint_under_its_id_and_recorded() {
    let app = App::start().await;
    let (gw, operator) = with_given_up(&app).await;
    app.answer(Answer::Status(200, 0));
    let ids: Vec<Value> = list(&operator, "").await.iter().map(|one| one["id"].clone()).collect();
    let path = "/operator/notifications/replay";

    let some = json!({"ids": [ids[0]], "reason": "the app is back"});
    assert_eq!(operator.post_json(path, &some).await.ok(), json!({"replayed": 1}));
    in_time(&gw, Duration::from_secs(5), "the first", || app.taken().len() == 1).await;
    assert_eq!(app.taken()[0].id(), ids[0].as_str().unwrap());
    let all = json!({"endpoint": "app", "reason": "the app is back"});
    assert_eq!(operator.post_json(path, &all).await.ok(), json!({"replayed": 3}));

    eventually("all", || app.taken().len() == 4).await;
    nothing_waits(&gw).await;
    assert!(list(&operator, "").await.is_empty());
    each_event_has_one_id(&app.received());
    each_objects_order_is_kept(&app.taken());
    let audit = operator.get("/operator/audit").await.ok();
    let deed = &audit["audit"][0];
    assert_eq!((&deed["who"], &deed["action"]), (&json!("support"), &json!("replay")));
    assert_eq!((&deed["pseudonym"], &deed["reason"]), (&Value::Null, &json!("the app is back")));
    assert_eq!((&deed["before"], &deed["after"]), (&json!({"endpoint": "app"}), &json!({"replayed": 3})));
}

#[tokio::test]
async fn a_replay_that_makes_no_sense_is_refused_and_changes_nothing() {
    let app = App::start().await;
    let (_gw, operator) = with_given_up(&app).await;
    let path = "/operator/notifications/replay";
    for (body, field) in [
        (json!({"reason": "x"}), "ids"),
        (json!({"ids": ["msg_1"], "endpoint": "app", "reason": "x"}), "ids"),
        (json!({"ids": vec!["msg_1"; 501], "reason": "x"}), "ids"),
        (json!({"endpoint": "other", "reason": "x"}), "endpoint"),
        (json!({"endpoint": "app", "reason": " "}), "reason"),
    ] {
        let told = operator.post_json(path, &body).await.problem(422, "validation_failed");
        assert!(told["errors"][field].is_array(), "{told}");
    }
    operator.post_json(path, &json!({"endpoint": "app"})).await.problem(422, "validation_failed");
    assert_eq!(list(&operator, "").await.len(), 4);
    assert_eq!(operator.get("/operator/audit").await.ok()["audit"], json!([]));
}
