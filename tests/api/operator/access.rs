//! Who may use the operator's API.

use astria_gateway::auth::new_service_key;
use astria_gateway::config::ServiceKey;
use astria_gateway::routes::{Access, Route, operator_table};
use serde_json::json;

use super::super::harness::{ISSUER, spawn_gateway};
use super::{put, with_token};

fn guarded() -> Vec<Route> {
    operator_table().into_iter().filter(|route| route.access() == Access::Operator).collect()
}

#[tokio::test]
async fn without_one_of_its_tokens_no_route_of_the_operators_answers() {
    let (spawn, token) = with_token();
    let (service, sha256) = new_service_key().unwrap();
    let key = ServiceKey {
        name: "backend".into(),
        sha256: vec![sha256],
        issuer: ISSUER.into(),
        ..ServiceKey::default()
    };
    let gw = spawn.config(|config| config.auth.service_keys = vec![key]).start().await;
    let (stranger, _) = new_service_key().unwrap();
    assert_eq!(guarded().len(), 10);
    for Route { method, path, .. } in guarded() {
        let nobody = gw.at_operator(None).method(method.clone(), path).await;
        nobody.problem(401, "unauthenticated");
        assert_eq!(nobody.header("www-authenticate"), Some("Bearer"), "{path}");
        for wrong in [&stranger, &service, &gw.token("first", "pro"), &token[..token.len() - 1].to_owned()] {
            let refused = gw.at_operator(Some(wrong)).method(method.clone(), path).await;
            refused.problem(401, "invalid_token");
        }
        let twice = gw.at_operator(Some(&token)).header("authorization", &format!("Bearer {token}"));
        twice.method(method.clone(), path).await.problem(400, "bad_request");
        // On the listener for end users it is not there at all.
        for client in [gw.anonymous(), gw.with_token(&token), gw.user("first")] {
            client.method(method.clone(), path).await.problem(404, "not_found");
        }
    }
    gw.with_token(&token).get("/gateway/account").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn where_no_token_is_configured_the_api_is_not_there_and_health_and_metrics_are() {
    let gw = spawn_gateway().start().await;
    let (token, _) = new_service_key().unwrap();
    for Route { method, path, .. } in guarded() {
        for offered in [None, Some(token.as_str())] {
            gw.at_operator(offered).method(method.clone(), path).await.problem(404, "not_found");
        }
    }
    let (guarded, with_token) = with_token();
    let guarded = guarded.start().await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        for gw in [&gw, &guarded] {
            for offered in [None, Some(with_token.as_str())] {
                assert_eq!(gw.at_operator(offered).get(path).await.status, 200, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_reload_takes_a_token_away_and_brings_another() {
    let (spawn, old) = with_token();
    let gw = spawn.start().await;
    let (new, sha256) = new_service_key().unwrap();
    let users = gw.at_operator(Some(&old)).get("/operator/users").await;
    assert_eq!(
        (users.ok(), users.header("cache-control")),
        (json!({"users": [], "next": null}), Some("no-store"))
    );

    gw.reload(|configured| configured.config.operator.tokens[0].sha256 = vec![sha256]);

    gw.at_operator(Some(&old)).get("/operator/users").await.problem(401, "invalid_token");
    gw.at_operator(Some(&new)).get("/operator/users").await.ok();
}

#[tokio::test]
async fn a_question_or_a_change_with_a_misspelt_word_is_refused() {
    let (spawn, token) = with_token();
    let gw = spawn.start().await;
    let operator = gw.at_operator(Some(&token));
    for path in [
        "/operator/users?serach=a",
        "/operator/users?limit=0",
        "/operator/users?after=x",
        "/operator/users?search[]=a",
        "/operator/user",
        "/operator/user?subject=",
        "/operator/reservations?state=made",
        "/operator/usage?by=week",
        "/operator/usage?format=xml",
        "/operator/usage?from=yesterday",
        "/operator/usage?from=2026-11-02&to=2026-11-01",
        "/operator/usage?from=2020-01-01&to=2026-11-01",
        "/operator/audit?before=1",
        "/operator/notifications?state=lost",
        "/operator/notifications?endpiont=app",
    ] {
        let told = operator.get(path).await.problem(422, "validation_failed");
        assert!(told["errors"].as_object().is_some_and(|errors| errors.len() == 1), "{path}: {told}");
    }
    let plan = |change: serde_json::Value| {
        let mut body = json!({"subject": "first", "plan": "pro", "reason": "a test"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    for (change, field) in [
        (json!({"reason": ""}), "reason"),
        (json!({"reason": "x".repeat(501)}), "reason"),
        (json!({"plan": "gold"}), "plan"),
        (json!({"subject": "x".repeat(256)}), "subject"),
        (json!({"issuer": "https://nobody.example"}), "issuer"),
    ] {
        let told =
            put(&operator, "/operator/user/plan", &plan(change)).await.problem(422, "validation_failed");
        assert!(told["errors"][field].is_array(), "{told}");
    }
    for body in [
        json!({"subject": "first", "reason": "no plan said"}),
        json!({"subject": "first", "plan": "pro"}),
        json!({"subject": "first", "plan": "pro", "reason": "a test", "paln": 1}),
        json!([]),
    ] {
        put(&operator, "/operator/user/plan", &body).await.problem(422, "validation_failed");
    }
    let grant = json!({"subject": "first", "of": "images", "per": "day", "amount": 0, "reason": "a test"});
    operator.post_json("/operator/user/grants", &grant).await.problem(422, "validation_failed");
    operator.post("/operator/user/grants", "application/json", "{").await.problem(400, "bad_body");
    let form = operator.post("/operator/user/grants", "application/x-www-form-urlencoded", "a=1").await;
    form.problem(415, "unsupported_media_type");
    let large = format!("{{\"subject\": \"{}\"}}", "x".repeat(64 * 1024));
    operator.post("/operator/user/grants", "application/json", large).await.problem(413, "body_too_large");
    assert_eq!(operator.get("/operator/audit").await.ok(), json!({"audit": [], "next": null}));
}
