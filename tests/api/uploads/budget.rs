//! Memory for bodies: refused beyond it, given back whatever becomes of the request.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::harness::{Spawn, TestGateway, eventually, photos, raw, spawn_gateway};

const INSPECT: &str = "/images/inspect";
const PHOTO_BYTES: usize = 1024 * 1024;

/// Room for two bodies with a photo and a bit.
fn small_budget() -> Spawn {
    spawn_gateway().config(|c| {
        c.photos.max_bytes = PHOTO_BYTES;
        c.limits.body_bytes = 64 * 1024;
        c.limits.bodies_in_flight_bytes = 2 * PHOTO_BYTES as u64 + 100 * 1024;
        c.limits.bodies_in_flight_bytes_per_user = c.limits.bodies_in_flight_bytes;
    })
}

fn used_bytes(gw: &TestGateway) -> u64 {
    gw.state().bodies.used_bytes()
}

fn head(gw: &TestGateway, size_bytes: usize) -> Vec<u8> {
    format!(
        "POST {INSPECT} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: multipart/form-data; boundary=X\r\nContent-Length: {size_bytes}\r\n\r\n",
        gw.host(),
        gw.token("first", "free")
    )
    .into_bytes()
}

fn body(photo: &[u8]) -> Vec<u8> {
    let fields = b"--X\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nman\r\n\
        --X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
    [fields.as_slice(), photo, b"\r\n--X--\r\n"].concat()
}

#[tokio::test]
async fn mp_01_bodies_beyond_the_budget_get_503_at_once_and_those_within_it_go_on() {
    let gw = small_budget().start().await;
    let mut waiting = Vec::new();
    for n in 1..=2 {
        let mut stream = TcpStream::connect(gw.host()).await.unwrap();
        stream.write_all(&head(&gw, PHOTO_BYTES)).await.unwrap();
        stream.write_all(b"--X").await.unwrap();
        eventually("an announced body counts", || used_bytes(&gw) == n * PHOTO_BYTES as u64).await;
        waiting.push(stream);
    }

    let refused = raw::head(gw.host(), &head(&gw, PHOTO_BYTES)).await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.to_ascii_lowercase().contains("\r\nretry-after: "), "{refused}");
    let user = gw.user("first");
    let chunks = futures_util::stream::iter((0..10).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 60_000])));
    let grown = reqwest::Body::wrap_stream(chunks);
    let reply = user.post(INSPECT, "multipart/form-data; boundary=X", grown).await;
    reply.problem(503, "overloaded");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(used_bytes(&gw), 2 * PHOTO_BYTES as u64, "what was refused holds nothing");
    // What fits goes on.
    user.post_multipart(INSPECT, &[("name", "man")], &[("file", photos::SAMPLES[0].1)]).await.ok();

    drop(waiting);
    eventually("the end of both", || gw.state().in_flight.count() == 0).await;
    assert_eq!(used_bytes(&gw), 0);
    assert_eq!(gw.mock.requests().len(), 1);
    assert_eq!(gw.state().bodies.refused(), 2);
    assert_eq!(gw.quota(&user, "inspections").await, (1, 0, 49));
}

#[tokio::test]
async fn mp_09_a_client_that_leaves_while_it_uploads_a_photo_leaves_nothing_behind() {
    let gw = small_budget().start().await;
    let whole = body(photos::SAMPLES[0].1);
    for sent in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
        let mut stream = TcpStream::connect(gw.host()).await.unwrap();
        stream.write_all(&head(&gw, whole.len())).await.unwrap();
        stream.write_all(&whole[..sent]).await.unwrap();
        eventually("the upload's begin", || used_bytes(&gw) >= whole.len() as u64).await;

        drop(stream);

        eventually("the upload's end", || gw.state().in_flight.count() == 0).await;
        assert_eq!(used_bytes(&gw), 0, "{sent} bytes");
        assert_eq!(gw.standing().open, 0, "{sent} bytes");
    }
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&gw.user("first"), "inspections").await, (0, 0, 50));
}

#[tokio::test]
async fn f15_an_upload_below_the_least_speed_is_given_up_long_before_the_timeout() {
    let gw = spawn_gateway()
        .config(|c| (c.limits.upload_grace_ms, c.limits.upload_min_bytes_per_s) = (50, 1_000_000))
        .start()
        .await;
    let whole = body(photos::SAMPLES[0].1);
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    stream.write_all(&head(&gw, whole.len())).await.unwrap();
    stream.write_all(&whole[..100]).await.unwrap();
    let mut reply = Vec::new();

    // Our side stays open: the gateway has to end it.
    let reading =
        tokio::time::timeout(std::time::Duration::from_secs(8), stream.read_to_end(&mut reply)).await;

    let reply = String::from_utf8_lossy(&reply);
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reading.is_ok(), "the connection stays open");
    assert_eq!(used_bytes(&gw), 0);
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn mp_01_a_body_counts_until_its_call_has_ended_and_every_refusal_gives_it_back() {
    let gw = small_budget().start().await;
    let user = gw.user("first");
    let photo = photos::SAMPLES[0].1;
    let broken = body(photo);
    for (body, status) in [
        (body(photo), 200),
        (body(b"no photo"), 422),
        (broken[..broken.len() - 5].to_vec(), 400),
        (vec![b'x'; PHOTO_BYTES + 64 * 1024 + 1], 413),
    ] {
        let reply = user.post(INSPECT, "multipart/form-data; boundary=X", body).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text());
        eventually("the share's return", || used_bytes(&gw) == 0).await;
    }
    // MP-04: what was cut was not charged.
    assert_eq!(gw.quota(&user, "inspections").await, (1, 0, 49));
}
