//! A provider that is down, slow, or says something else.

use super::super::ProviderFault;
use super::*;
use fake::{DISCOVERY, KEYS};

async fn begin_fault(test: &Fixture) -> Option<ProviderFault> {
    match test.provider.begin().await {
        Ok(_) => None,
        Err(LoginError::Unavailable(fault)) => Some(fault),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn jwks_05_a_document_that_cannot_be_used_signs_nobody_in_and_is_not_asked_for_at_once_again() {
    let test = Fixture::new().await;
    let with = |changes: Value| Reply::Json(200, test.fake.document(changes));
    let answers = [
        Reply::Json(500, json!({})),
        Reply::Json(404, json!({})),
        Reply::Redirect(format!("{}{KEYS}", test.fake.address)),
        Reply::Body(200, "text/html", b"<html>".to_vec()),
        Reply::Body(200, "application/json", vec![b' '; 2 * 1024 * 1024]),
        with(json!({ "issuer": "https://evil.example" })),
        with(json!({ "issuer": format!("{}/", test.fake.address) })),
        with(json!({ "token_endpoint": "http://token.example/" })),
        with(json!({ "token_endpoint": null })),
        with(json!({ "authorization_endpoint": "http://login.example/" })),
        with(json!({ "authorization_endpoint": "javascript:alert(1)" })),
        with(json!({ "jwks_uri": "http://keys.example/" })),
    ];
    for (n, answer) in answers.into_iter().enumerate() {
        test.fake.reply(DISCOVERY, answer);
        assert!(begin_fault(&test).await.is_some(), "{n}");
        assert!(matches!(begin_fault(&test).await, Some(ProviderFault::CoolingDown)), "{n}");
        assert_eq!(test.fake.count(DISCOVERY), n + 1);
        test.advance_s(10);
    }
    test.fake.reply(DISCOVERY, with(json!({})));
    assert!(begin_fault(&test).await.is_none());
    assert_eq!(test.fake.count(KEYS), 0);
}

#[tokio::test]
async fn many_that_come_at_once_wait_for_one_document() {
    let test = Fixture::new().await;
    test.fake.reply(DISCOVERY, Reply::Held(test.fake.document(json!({}))));
    let all = futures_util::future::join_all((0..20).map(|_| test.provider.begin()));
    let release = async {
        test.fake.arrived().await;
        test.fake.release();
    };
    let (all, ()) = tokio::join!(all, release);
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(test.fake.count(DISCOVERY), 1);
}

#[tokio::test]
async fn jwks_02_a_provider_that_is_down_is_used_as_it_was_known() {
    let mut test = Fixture::new().await;
    assert!(test.sign_in(json!({})).await.is_ok());
    test.advance_s(3_601);
    assert!(begin_fault(&test).await.is_none(), "old, but not waited for");
    test.tasks_end().await;
    assert_eq!(test.fake.count(DISCOVERY), 2);

    test.fake.stop().await;
    for _ in 0..3 {
        test.advance_s(8_000);
        assert!(begin_fault(&test).await.is_none());
    }
}

#[tokio::test]
async fn jwks_02_when_the_keys_cannot_be_fetched_the_known_ones_serve_on() {
    let test = Fixture::new().await;
    assert!(test.sign_in(json!({})).await.is_ok());
    for answer in [Reply::Json(503, json!({})), Reply::Json(200, json!({ "keys": [] }))] {
        test.fake.reply(KEYS, answer);
        test.advance_s(400);
        assert!(test.sign_in(json!({})).await.is_ok());
        test.tasks_end().await;
    }
    assert_eq!(test.fake.count(KEYS), 3);
}

#[tokio::test]
async fn without_any_keys_nobody_is_signed_in_and_it_is_nobodys_fault() {
    let test = Fixture::new().await;
    test.fake.reply(KEYS, Reply::Json(503, json!({})));
    let error = test.sign_in(json!({})).await.err();
    assert!(matches!(error, Some(LoginError::Unavailable(ProviderFault::Keys))));
}

#[tokio::test]
async fn a_token_endpoint_that_does_not_answer_as_one_is_a_fault_of_the_providers() {
    let test = Fixture::with(|settings| settings.timeout = Duration::from_millis(300)).await;
    let found = async |reply: Reply| {
        let begun = test.begin().await;
        test.fake.reply(TOKEN, reply);
        match test.provider.finish(&answer(&begun), &begun.pending).await {
            Err(LoginError::Unavailable(fault)) => fault,
            other => panic!("{:?}", other.err()),
        }
    };
    assert!(matches!(found(Reply::Never).await, ProviderFault::Timeout));
    assert!(matches!(found(Reply::Json(500, json!({}))).await, ProviderFault::Status(500)));
    assert!(matches!(found(Reply::Json(429, json!({}))).await, ProviderFault::Status(429)));
    let page = |status| Reply::Body(status, "text/html", b"<html>".to_vec());
    assert!(matches!(found(page(200)).await, ProviderFault::Malformed));
    assert!(matches!(found(page(403)).await, ProviderFault::Malformed));
    assert!(matches!(found(Reply::Json(200, json!({ "access_token": 1 }))).await, ProviderFault::Malformed));
    let large = Reply::Body(200, "application/json", vec![b' '; 2 * 1024 * 1024]);
    assert!(matches!(found(large).await, ProviderFault::TooLarge));
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_is_not_followed() {
    let test = Fixture::new().await;
    let begun = test.begin().await;
    test.fake.reply(TOKEN, Reply::Redirect(format!("{}/elsewhere", test.fake.address)));
    let error = test.provider.finish(&answer(&begun), &begun.pending).await.err();
    assert!(matches!(error, Some(LoginError::Unavailable(ProviderFault::Status(307)))));
    assert_eq!((test.fake.count(TOKEN), test.fake.count("/elsewhere")), (1, 0));
}
