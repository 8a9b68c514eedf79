//! One end user's slow uploads take no more than one end user's part of the memory for bodies.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::harness::{SHARED_TUNE, TestGateway, eventually, photos, spawn_gateway};

const INSPECT: &str = "/images/inspect";
const PHOTO_BYTES: usize = 1024 * 1024;

/// An upload that announces a whole photo, and sends three bytes.
async fn slow_upload(gw: &TestGateway, user: &str) -> TcpStream {
    let head = format!(
        "POST {INSPECT} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: multipart/form-data; boundary=X\r\nContent-Length: {PHOTO_BYTES}\r\n\r\n--X",
        gw.host(),
        gw.token(user, "free")
    );
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Half a photo's limit: far more than what does not count.
fn photo() -> Vec<u8> {
    let mut photo = photos::SAMPLES[0].1.to_vec();
    photo.resize(PHOTO_BYTES / 2, 0x55);
    photo
}

#[tokio::test]
async fn mp_01_one_end_user_cannot_take_all_the_memory_for_bodies() {
    let gw = spawn_gateway()
        .config(|c| {
            c.photos.max_bytes = PHOTO_BYTES;
            c.limits.body_bytes = 64 * 1024;
            c.limits.bodies_in_flight_bytes = 4 * PHOTO_BYTES as u64;
            // Two slow uploads, and not half of a third.
            c.limits.bodies_in_flight_bytes_per_user = 2 * PHOTO_BYTES as u64 + 64 * 1024;
        })
        .start()
        .await;
    let bodies = gw.state().bodies.clone();
    let (first, second) = (gw.pro_user("first"), gw.pro_user("second"));
    let prompts = format!("/tunes/{SHARED_TUNE}/prompts");
    let prompt = json!({"prompt": {"text": "a cat"}});
    let (photo, fields) = (photo(), [("name", "man")]);

    // As many as fill the whole.
    let mut uploads = Vec::new();
    for n in 1..=4 {
        uploads.push(slow_upload(&gw, "first").await);
        eventually("the upload is taken or refused", || {
            bodies.used_bytes() / PHOTO_BYTES as u64 + bodies.refused() == n
        })
        .await;
    }

    assert_eq!((bodies.used_bytes(), bodies.refused()), (2 * PHOTO_BYTES as u64, 2));
    second.post_json(&prompts, &prompt).await.ok();
    second.post_multipart(INSPECT, &fields, &[("file", &photo)]).await.ok();
    first.post_json(&prompts, &prompt).await.ok();
    let refused = first.post_multipart(INSPECT, &fields, &[("file", &photo)]).await;
    refused.problem(503, "overloaded");
    assert!(refused.header("retry-after").is_some());
    let metrics = gw.operator("/metrics").await;
    assert!(metrics.contains(r#"shed_total{reason="user_body_budget"} 3"#), "{metrics}");
    assert!(!metrics.contains(r#"reason="body_budget""#), "{metrics}");
    for upload in uploads.drain(2..) {
        let mut upload = upload;
        let mut status = [0; 12];
        upload.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 503");
    }

    drop(uploads);
    eventually("the end of the uploads", || gw.state().in_flight.count() == 0).await;
    eventually("all is free", || bodies.used_bytes() == 0).await;
    first.post_multipart(INSPECT, &fields, &[("file", &photo)]).await.ok();
}
