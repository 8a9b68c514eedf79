//! Pictures under Rails' addresses, and the storage host behind them.

use std::time::{Duration, Instant};

use mock_astria::{FLUX_TUNE_ID, MockAstria, Settings, StoredContent};
use serde_json::{Value, json};

use crate::client::{get, get_stored, get_with, instant, post_json, send, until};

async fn relative() -> MockAstria {
    MockAstria::start(Settings { relative_images: true, ..instant() }).await.expect("a free port")
}

/// The address of a picture, and that of its bytes.
async fn picture(mock: &MockAstria) -> (String, String) {
    let prompt = mock.seed_prompts(FLUX_TUNE_ID, 1)[0];
    let object = mock.object(prompt).expect("a prompt");
    let path = object["images"][0].as_str().expect("an address").to_owned();
    let answer = get(mock, &path).await;
    assert_eq!(answer.status, 302);
    let location = answer.header("location").expect("a location").to_owned();
    (path, location)
}

#[tokio::test]
async fn pictures_are_relative_and_redirect_to_a_host_that_wants_no_key() {
    let mock = relative().await;

    let (path, location) = picture(&mock).await;
    let answer = get_stored(&mock, &location, &[]).await;

    assert!(path.starts_with("/rails/active_storage/blobs/redirect/") && path.ends_with("/0.png"), "{path}");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    assert!(answer.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_ne!(mock.storage_addr(), mock.addr());
    assert_eq!(mock.storage_requests().len(), 1);
    assert!(!mock.storage_requests()[0].has_authorization());
    assert_eq!(mock.requests().len(), 1, "the storage host is no part of the API");
    get_stored(&mock, &location, &[("Authorization", "Bearer x")]).await;
    assert!(mock.storage_requests()[1].has_authorization());
}

#[tokio::test]
async fn the_pictures_of_a_tune_are_relative_too() {
    let mock = relative().await;
    let tune = json!({"title": "t", "name": "cat", "image_urls": ["https://a.invalid/1.jpg"]});

    let made = post_json(&mock, "/tunes", &json!({ "tune": tune })).await.json();

    let path = made["orig_images"][0].as_str().unwrap();
    assert_eq!(get(&mock, path).await.status, 302);
}

#[tokio::test]
async fn an_address_wants_the_key_the_right_checksum_and_an_object_that_exists() {
    let mock = relative().await;
    let prompt = mock.seed_prompts(FLUX_TUNE_ID, 1)[0];
    let path = mock.object(prompt).unwrap()["images"][0].as_str().unwrap().to_owned();
    let proxied = path.replace("/redirect/", "/proxy/");
    let older = path.replace("/redirect/", "/");

    assert_eq!(send(&mock, &format!("GET {path}"), &[], b"").await.status, 401);
    assert_eq!(get(&mock, &older).await.status, 302);
    assert_eq!(get(&mock, &proxied).await.status, 200);
    let forged = path.replace("--", "--0");
    assert_eq!(get(&mock, &forged).await.status, 404);
    assert!(mock.remove(prompt));
    assert_eq!(get(&mock, &path).await.status, 404);
    assert_eq!(get(&mock, &proxied).await.status, 404);
}

#[tokio::test]
async fn both_ways_honour_a_range() {
    let mock = relative().await;
    let (path, location) = picture(&mock).await;
    let proxied = path.replace("/redirect/", "/proxy/");
    let whole = get(&mock, &proxied).await;
    let etag = whole.header("etag").unwrap().to_owned();
    let size = whole.body.len();
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));

    let part = get_stored(&mock, &location, &[("Range", "bytes=8-11")]).await;
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[8..12]));
    assert_eq!(part.header("content-range"), Some(&*format!("bytes 8-11/{size}")));
    assert_eq!(part.header("etag"), Some(&*etag), "the same picture either way");
    let part = get_with(&mock, &proxied, &[("Range", "bytes=-4")]).await;
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[size - 4..]));
    let outside = get_stored(&mock, &location, &[("Range", &format!("bytes={size}-"))]).await;
    assert_eq!((outside.status, outside.header("content-range")), (416, Some(&*format!("bytes */{size}"))));
    let changed = get_stored(&mock, &location, &[("Range", "bytes=0-0"), ("If-Range", "\"old\"")]).await;
    assert_eq!((changed.status, changed.body.len()), (200, size));
    let known = get_stored(&mock, &location, &[("If-None-Match", &etag)]).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
}

#[tokio::test]
async fn a_test_chooses_where_an_address_leads_until_a_reset() {
    let mock = relative().await;
    let (path, normal) = picture(&mock).await;

    mock.set_redirect_target(Some("http://169.254.169.254/latest/"));
    assert_eq!(get(&mock, &path).await.header("location"), Some("http://169.254.169.254/latest/"));
    mock.set_redirect_target(None);

    assert_eq!(get(&mock, &path).await.header("location"), Some(&*normal));
}

#[tokio::test]
async fn a_test_chooses_what_is_stored() {
    let mock = relative().await;
    let (path, location) = picture(&mock).await;
    let proxied = path.replace("/redirect/", "/proxy/");

    mock.set_stored(StoredContent::html_as_png());
    let page = get_stored(&mock, &location, &[]).await;
    assert_eq!(page.header("content-type"), Some("image/png"));
    assert!(page.body.starts_with(b"<!DOCTYPE html>"));
    assert_eq!(get(&mock, &proxied).await.body, page.body);

    for (announced, length) in [(true, Some("3000000")), (false, None)] {
        mock.set_stored(StoredContent::Huge { size_bytes: 3_000_000, announced });
        let huge = get_stored(&mock, &location, &[]).await;
        assert_eq!(huge.header("content-length"), length);
        assert!(huge.body.len() >= 3_000_000 && huge.raw.windows(4).any(|part| part == b"\x89PNG"));
    }

    mock.set_stored(StoredContent::Status(503));
    assert_eq!(get_stored(&mock, &location, &[]).await.status, 503);
    mock.set_stored(StoredContent::Redirect("http://127.0.0.1:9/".to_owned()));
    assert_eq!(get_stored(&mock, &location, &[]).await.header("location"), Some("http://127.0.0.1:9/"));
    assert_eq!(get(&mock, &proxied).await.status, 502);
}

#[tokio::test]
async fn a_slow_body_is_whole_in_the_end() {
    let mock = relative().await;
    let (_, location) = picture(&mock).await;
    let fast = get_stored(&mock, &location, &[]).await;
    let pieces = 4;
    mock.set_stored(StoredContent::Slow { chunk_bytes: fast.body.len().div_ceil(pieces), pause_ms: 20 });

    let before = Instant::now();
    let slow = get_stored(&mock, &location, &[]).await;

    assert_eq!(slow.body, fast.body);
    assert!(before.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn the_switches_work_over_http_as_well() {
    let mock = relative().await;
    let (path, location) = picture(&mock).await;
    let set = async |wanted: Value| {
        send(&mock, "POST /__mock__/storage", &[], wanted.to_string().as_bytes()).await.status
    };

    assert_eq!(set(json!({"redirect_to": "http://10.0.0.1/", "content": "html_as_png"})).await, 204);
    assert_eq!(get(&mock, &path).await.header("location"), Some("http://10.0.0.1/"));
    assert!(get_stored(&mock, &location, &[]).await.body.starts_with(b"<!DOCTYPE"));
    assert_eq!(set(json!({"content": "meteor"})).await, 422);
    assert_eq!(set(json!({})).await, 204);
    assert_eq!(get(&mock, &path).await.header("location"), Some(&*location));
    let seen = send(&mock, "GET /__mock__/storage-requests", &[], b"").await.json();
    assert_eq!(seen.as_array().unwrap().len(), 1);

    until(|| mock.count("GET", "/rails/active_storage/blobs/redirect/:signed_id/:filename") == 3).await;
}
