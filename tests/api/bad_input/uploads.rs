//! Bodies that end too early, never end, or come too slowly.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::harness::{TestGateway, eventually, photos, spawn_gateway};
use super::on_shared;

/// A body in several framings, each cut; every prefix would be a whole request to a careless reader.
fn cut_requests(gw: &TestGateway) -> Vec<Vec<u8>> {
    let head = |kind: &str, framing: &str| {
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n",
            on_shared(),
            gw.host(),
            gw.token("first", "free")
        )
        .into_bytes()
    };
    let form = "application/x-www-form-urlencoded";
    let multipart = "multipart/form-data; boundary=X";
    let text = b"--X\r\nContent-Disposition: form-data; name=\"prompt[text]\"\r\n\r\na cat\r\n";
    let file = b"--X\r\nContent-Disposition: form-data; name=\"prompt[input_image]\"; filename=\"a\"\r\n\r\n";
    let photo = photos::SAMPLES[0].1;
    let half = &photo[..photo.len() / 2];
    let whole_form = b"prompt[text]=a+cat&prompt[num_images]=1";
    vec![
        [head(multipart, "Content-Length: 5000").as_slice(), text, file, half].concat(),
        [head(multipart, "Content-Length: 5000").as_slice(), text, file, photo, b"\r\n--X--\r\n"].concat(),
        [head(form, "Content-Length: 100").as_slice(), whole_form].concat(),
        [head(form, "Transfer-Encoding: chunked").as_slice(), b"27\r\n", whole_form, b"\r\n"].concat(),
        [head(form, "Transfer-Encoding: chunked").as_slice(), b"64\r\n", whole_form].concat(),
        [head("application/json", "Content-Length: 100").as_slice(), br#"{"text":"a cat"}"#].concat(),
        head("application/json", "Content-Length: 100"),
    ]
}

#[tokio::test]
async fn f16_a_client_that_leaves_in_the_middle_of_its_upload_made_no_request() {
    let gw = spawn_gateway().start().await;
    for (n, request) in cut_requests(&gw).into_iter().enumerate() {
        let mut stream = TcpStream::connect(gw.host()).await.unwrap();
        stream.write_all(&request).await.unwrap();
        eventually("the upload's begin", || gw.state().in_flight.count() > 0).await;

        drop(stream);

        eventually("the upload's end", || gw.state().in_flight.count() == 0).await;
        assert!(gw.mock.requests().is_empty(), "request {n}");
        assert_eq!(gw.standing().open, 0, "request {n}");
    }
    assert_eq!(gw.quota(&gw.user("first"), "images").await, (0, 0, 20));
}

#[tokio::test]
async fn f16_a_client_that_stops_sending_too_early_made_no_request_either() {
    let gw = spawn_gateway().start().await;
    for (n, request) in cut_requests(&gw).into_iter().enumerate() {
        let mut stream = TcpStream::connect(gw.host()).await.unwrap();
        stream.write_all(&request).await.unwrap();
        // It still listens, so it may hear why.
        stream.shutdown().await.unwrap();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;

        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 400 "), "request {n}: {reply}");
        assert!(gw.mock.requests().is_empty(), "request {n}");
    }
    assert_eq!(gw.quota(&gw.user("first"), "images").await, (0, 0, 20));
}

#[tokio::test]
async fn f15_a_body_that_does_not_come_in_time_is_given_up() {
    let gw = spawn_gateway().config(|c| c.limits.body_timeout_ms = 100).start().await;
    let request = cut_requests(&gw).swap_remove(0);
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let mut reply = Vec::new();

    // Our side stays open: the gateway has to end it.
    let reading =
        tokio::time::timeout(std::time::Duration::from_secs(8), stream.read_to_end(&mut reply)).await;

    let reply = String::from_utf8_lossy(&reply);
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains("\"code\":\"body_timeout\""), "{reply}");
    assert!(reading.is_ok(), "the connection stays open");
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn f15_a_head_that_does_not_come_in_time_ends_its_connection_alone() {
    let gw = spawn_gateway().config(|c| c.server.header_read_timeout_ms = 100).start().await;
    let mut slow = TcpStream::connect(gw.host()).await.unwrap();
    slow.write_all(b"GET /packs HTTP/1.1\r\nHost: a\r\nX-A: ").await.unwrap();
    gw.user("first").get("/packs").await.ok();
    let mut reply = Vec::new();

    let reading = tokio::time::timeout(std::time::Duration::from_secs(8), slow.read_to_end(&mut reply)).await;

    assert!(reading.is_ok(), "the connection stays open");
    let reply = String::from_utf8_lossy(&reply);
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 408 "), "{reply}");
}
