//! The control API, for tests that run the imitation as a process.

use mock_astria::FLUX_TUNE_ID;
use serde_json::{Value, json};

use crate::client::{Receiver, get, post_json, send, start};

async fn control(mock: &mock_astria::MockAstria, line: &str, body: &Value) -> crate::client::Answer {
    send(mock, line, &[], body.to_string().as_bytes()).await
}

#[tokio::test]
async fn requests_and_objects_can_be_read_without_a_key_and_are_reset() {
    let mock = start().await;
    let path = format!("/tunes/{FLUX_TUNE_ID}/prompts");
    let made = post_json(&mock, &format!("{path}?a=1"), &json!({"prompt": {"text": "x"}})).await.json();
    get(&mock, "/__mock__/pictures/1/0.png").await;

    let requests = control(&mock, "GET /__mock__/requests", &Value::Null).await.json();
    let objects = control(&mock, "GET /__mock__/objects", &Value::Null).await.json();

    assert_eq!(requests.as_array().unwrap().len(), 1, "neither control nor picture requests");
    assert_eq!((&requests[0]["method"], &requests[0]["path"]), (&json!("POST"), &json!(path)));
    assert_eq!(
        (&requests[0]["query"], &requests[0]["params"]["prompt"]["text"]),
        (&json!("a=1"), &json!("x"))
    );
    assert_eq!((&objects["prompts"][0]["id"], &objects["tunes"]), (&made["id"], &json!([])));

    assert_eq!(control(&mock, "POST /__mock__/reset", &Value::Null).await.status, 204);
    assert_eq!(control(&mock, "GET /__mock__/requests", &Value::Null).await.json(), json!([]));
    assert_eq!(get(&mock, &format!("/tunes/{FLUX_TUNE_ID}")).await.status, 200, "shared tunes stay");
}

#[tokio::test]
async fn faults_can_be_injected_and_unknown_ones_are_refused() {
    let mock = start().await;
    let rule = json!({"method": "GET", "path": "/tunes/:id", "times": 1, "fault": "status_402"});

    assert_eq!(control(&mock, "POST /__mock__/faults", &rule).await.status, 204);
    assert_eq!(control(&mock, "POST /__mock__/faults", &json!({"fault": "meteor"})).await.status, 422);
    assert_eq!(control(&mock, "POST /__mock__/faults", &json!("x")).await.status, 422);

    assert_eq!(get(&mock, "/tunes").await.status, 200);
    assert_eq!(get(&mock, "/tunes/1").await.status, 402);
    assert_eq!(get(&mock, "/tunes/1").await.status, 404);
}

#[tokio::test]
async fn every_fault_of_the_documents_has_a_name() {
    let mock = start().await;
    let names = [
        "status_500",
        "status_429",
        "status_401",
        "status_402",
        "status_504_after_processing",
        "delay",
        "broken_json",
        "cut_before_reply",
        "cut_mid_reply",
        "key_in_body",
        "huge_headers",
        "redirect",
        "no_callback",
        "delay_callback",
        "double_callback",
        "reorder_callbacks",
        "callback_before_reply",
    ];
    for name in names {
        let rule = json!({"method": "*", "path": "*", "delay_ms": 1, "fault": name});
        assert_eq!(control(&mock, "POST /__mock__/faults", &rule).await.status, 204, "{name}");
    }
}

#[tokio::test]
async fn thousands_of_unfinished_prompts_are_made_at_once_and_finished_by_id() {
    let mock = start().await;
    let mut receiver = Receiver::start(200).await;

    let wanted = json!({"count": 3_000, "callback": receiver.url});
    let made = control(&mock, "POST /__mock__/prompts", &wanted).await;
    let ids = made.json()["ids"].as_array().unwrap().clone();
    let finish = json!({"ids": [ids[7], 9]});
    let finished = control(&mock, "POST /__mock__/finish", &finish).await.json();
    let fail = json!({"ids": [ids[8], ids[7]], "user_error": "no face found"});
    let failed = control(&mock, "POST /__mock__/finish", &fail).await.json();

    assert_eq!((made.status, ids.len()), (201, 3_000));
    assert_eq!(finished["finished"], json!([ids[7]]), "what does not exist is not finished");
    assert_eq!(failed["finished"], json!([ids[8]]), "nor is what is done");
    let mut called = [receiver.next().await.1["id"].clone(), receiver.next().await.1["id"].clone()];
    called.sort_by_key(Value::as_u64);
    assert_eq!(called, [ids[7].clone(), ids[8].clone()]);
    let unfinished = mock.prompts().iter().filter(|prompt| prompt["trained_at"].is_null()).count();
    assert_eq!(
        (unfinished, mock.object(ids[8].as_u64().unwrap()).unwrap()["images"].clone()),
        (2_998, json!([]))
    );
    let unbounded = json!({"count": 1_000_000});
    assert_eq!(control(&mock, "POST /__mock__/prompts", &unbounded).await.status, 422);
    assert_eq!(control(&mock, "POST /__mock__/finish", &json!({})).await.status, 422);
}

#[tokio::test]
async fn connections_are_counted() {
    let mock = start().await;

    get(&mock, "/packs").await;
    get(&mock, "/packs").await;

    assert_eq!(mock.connections(), 2);
}
