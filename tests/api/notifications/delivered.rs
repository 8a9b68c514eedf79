//! An app that takes what it is sent.

use serde_json::{Value, json};

use super::*;

const OTHER_SECRET: &str = "whsec_b3RoZXItc2VjcmV0LW9mLXRoaXMtdGVzdA==";

#[tokio::test]
async fn cb_09_an_app_hears_of_each_event_once_signed_and_with_the_object_as_its_owner_sees_it() {
    let app = App::start().await;
    let gw = telling(&app).start().await;
    let user = gw.user("first");

    let id = a_prompt(&user).await;

    eventually("two notifications", || app.received().len() == 2).await;
    nothing_waits(&gw).await;
    let received = app.received();
    assert_eq!(names(&events(&gw, "first").await), app.told());
    for one in &received {
        let headers: Vec<&str> = one.headers.iter().map(|(name, _)| name.as_str()).collect();
        let mut known = vec!["content-length", "content-type", "host", "user-agent"];
        known.extend(["webhook-id", "webhook-signature", "webhook-timestamp"]);
        assert_eq!(sorted(headers), known);
        assert_eq!(one.header("content-type"), "application/json");
        assert_eq!(one.header("webhook-signature"), one.signature_by(SECRET));
        gw.assert_no_secret(&one.text, "a notification");
        assert_eq!(members(&one.body), ["type", "timestamp", "data"]);
        assert_eq!(members(&one.body["data"]), ["end_user", "tenant", "event", "object", "prompt"]);
    }
    let last = &received[1].body;
    assert_eq!(last["type"], "prompt.finished");
    let data = &last["data"];
    assert_eq!(data["end_user"], json!({"issuer": crate::harness::ISSUER, "subject": "first"}));
    assert_eq!(data["tenant"], Value::Null);
    assert_eq!(data["object"], json!({"kind": "prompt", "id": id, "tune_id": SHARED_TUNE}));
    assert_eq!(data["prompt"], user.get(&format!("/prompts/{id}")).await.ok());
    assert!(last["timestamp"].as_str().unwrap().ends_with('Z'));
    let counted = gw.operator("/metrics").await;
    let delivered = r#"astria_gateway_notifications_total{endpoint="app",outcome="delivered"} 2"#;
    assert!(counted.contains(delivered), "{counted}");
    assert!(counted.contains(r#"astria_gateway_notifications_waiting{endpoint="app"} 0"#));
}

#[tokio::test]
async fn an_endpoint_hears_of_what_it_asks_for_and_a_deleted_object_is_not_shown() {
    let (app, all) = (App::start().await, App::start().await);
    let few = astria_gateway::config::NotificationEndpoint {
        events: vec!["prompt.deleted".into()],
        ..app.endpoint()
    };
    let gw = telling(&all).endpoint("few", few, OTHER_SECRET).start().await;
    let user = gw.user("first");

    let id = a_prompt(&user).await;
    user.method(reqwest::Method::DELETE, &format!("/prompts/{id}")).await.ok();

    eventually("the last event", || app.received().len() == 1 && all.received().len() == 3).await;
    let told = &app.received()[0];
    assert_eq!((told.kind(), told.object()), ("prompt.deleted", id));
    assert_eq!(members(&told.body["data"]), ["end_user", "tenant", "event", "object"]);
    assert_eq!(told.header("webhook-signature"), told.signature_by(OTHER_SECRET));
    let same = all.received().into_iter().find(|one| one.kind() == "prompt.deleted").unwrap();
    assert_ne!(same.id(), told.id(), "each endpoint has ids of its own");
}

#[tokio::test]
async fn cb_09_a_reload_changes_secrets_and_endpoints_at_once_and_a_rotation_signs_twice() {
    let (app, later) = (App::start().await, App::start().await);
    let gw = telling(&app).start().await;
    let user = gw.user("first");
    a_prompt(&user).await;
    eventually("two notifications", || app.received().len() == 2).await;

    gw.reload(|configured| {
        configured.webhook_secrets.insert("app".into(), vec![OTHER_SECRET.into(), SECRET.into()]);
        configured.webhook_secrets.insert("later".into(), vec![SECRET.into()]);
        configured.config.notifications.endpoints.insert("later".into(), later.endpoint());
    });
    // It is known before anything else happens.
    let started = tokio::time::Instant::now();
    while gw.state().store.is_outbox_behind(vec!["later".into()]).await.unwrap() {
        assert!(started.elapsed().as_secs() < 10, "the new endpoint is not followed");
    }
    a_prompt(&user).await;

    eventually("two more", || app.received().len() == 4 && later.received().len() == 2).await;
    let both = &app.received()[3];
    let signed = format!("{} {}", both.signature_by(OTHER_SECRET), both.signature_by(SECRET));
    assert_eq!(both.header("webhook-signature"), signed);
    assert_eq!(later.told(), app.told()[2..], "it hears of what happens after it came");

    gw.reload(|configured| {
        configured.webhook_secrets.insert("app".into(), vec![OTHER_SECRET.into()]);
        configured.config.notifications.endpoints.remove("later");
    });
    a_prompt(&user).await;
    eventually("two more", || app.received().len() == 6).await;
    let new = &app.received()[5];
    assert_eq!(new.header("webhook-signature"), new.signature_by(OTHER_SECRET));
    assert_eq!(later.received().len(), 2);
}
