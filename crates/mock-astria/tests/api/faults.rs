//! Each fault, seen by a client that reads raw bytes.

use std::time::{Duration, Instant};

use mock_astria::{FLUX_TUNE_ID, Fault, FaultRule, MockAstria};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{Answer, KEY, get, post_json, start, until};

async fn create(mock: &MockAstria) -> Answer {
    let body = json!({"prompt": {"text": "a fox", "num_images": 1}});
    post_json(mock, &format!("/tunes/{FLUX_TUNE_ID}/prompts"), &body).await
}

async fn create_with(fault: Fault) -> (MockAstria, Answer) {
    let mock = start().await;
    mock.inject(FaultRule::new(fault).method("POST").path("/tunes/:tune_id/prompts"));
    let answer = create(&mock).await;
    assert_eq!(mock.requests().len(), 1, "recorded whatever the fault");
    (mock, answer)
}

#[tokio::test]
async fn a_refusing_fault_processes_nothing_and_hits_once() {
    let kinds = [
        (Fault::Status500, 500, "text/html"),
        (Fault::Status429, 429, "application/json"),
        (Fault::Status401, 401, "text/plain"),
        (Fault::Status402, 402, "application/json"),
        (Fault::Redirect, 302, "text/html"),
    ];
    for (fault, status, kind) in kinds {
        let (mock, answer) = create_with(fault).await;
        assert_eq!(answer.status, status, "{fault:?}");
        assert!(answer.header("content-type").unwrap().starts_with(kind), "{fault:?}");
        assert!(mock.prompts().is_empty(), "{fault:?}");
        assert_eq!(create(&mock).await.status, 201, "{fault:?}");
    }
}

#[tokio::test]
async fn a_429_says_when_to_come_back() {
    assert_eq!(create_with(Fault::Status429).await.1.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_504_comes_after_the_request_was_processed() {
    let (mock, answer) = create_with(Fault::Status504AfterProcessing).await;

    assert_eq!(answer.status, 504);
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
    until(|| mock.prompts()[0]["images"] != json!([])).await;
}

#[tokio::test]
async fn a_500_can_come_after_the_request_was_processed() {
    let (mock, answer) = create_with(Fault::Status500AfterProcessing).await;

    assert_eq!(answer.status, 500);
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(mock.prompts().len(), 1);
}

#[tokio::test]
async fn a_delay_waits_and_then_processes() {
    let before = Instant::now();

    let (_mock, answer) = create_with(Fault::Delay(Duration::from_millis(50))).await;

    assert_eq!(answer.status, 201);
    assert!(before.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_client_that_gives_up_does_not_stop_the_processing() {
    let mock = start().await;
    mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(50))));
    let body = json!({"prompt": {"text": "x"}}).to_string();
    let request = format!(
        "POST /tunes/{FLUX_TUNE_ID}/prompts HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(mock.addr()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    until(|| mock.requests().len() == 1).await;

    drop(stream);

    until(|| mock.prompts().len() == 1).await;
}

#[tokio::test]
async fn broken_json_ends_half_way_and_is_framed_well() {
    let (mock, answer) = create_with(Fault::BrokenJson).await;

    assert_eq!((answer.status, mock.prompts().len()), (201, 1));
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());
}

#[tokio::test]
async fn a_cut_before_the_reply_sends_no_byte() {
    let (mock, answer) = create_with(Fault::CutBeforeReply).await;

    assert!(answer.raw.is_empty());
    assert_eq!(mock.prompts().len(), 1);
}

#[tokio::test]
async fn a_cut_in_the_reply_sends_the_head_and_half_of_the_body() {
    let (mock, answer) = create_with(Fault::CutMidReply).await;

    let promised: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!((answer.status, answer.body.len()), (201, promised / 2));
    assert_eq!(mock.prompts().len(), 1);
}

#[tokio::test]
async fn the_key_leaks_into_a_text_a_field_and_a_header() {
    let (_mock, answer) = create_with(Fault::KeyInBody).await;

    let body = answer.json();
    assert!(body["text"].as_str().unwrap().contains(KEY));
    assert_eq!((&body["debug_key"], answer.header("x-debug-key")), (&json!(KEY), Some(KEY)));
}

#[tokio::test]
async fn huge_headers_are_more_than_a_mebibyte() {
    let (_mock, answer) = create_with(Fault::HugeHeaders).await;

    assert!(answer.head.len() > 1024 * 1024);
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn following_the_redirect_is_recorded() {
    let (mock, answer) = create_with(Fault::Redirect).await;

    let path = answer.header("location").unwrap().strip_prefix(&mock.url()).unwrap().to_owned();
    assert_eq!(get(&mock, &path).await.status, 200);

    assert_eq!(mock.requests()[1].path, path);
    assert!(mock.requests()[1].headers["authorization"].contains(KEY));
}

#[tokio::test]
async fn a_fault_hits_as_often_as_it_was_asked_to_and_only_where() {
    let mock = start().await;
    mock.inject(FaultRule::new(Fault::Status500).path("/packs*").times(2));

    assert_eq!(get(&mock, "/tunes").await.status, 200);
    for status in [500, 500, 200] {
        assert_eq!(get(&mock, "/packs").await.status, status);
    }
}
