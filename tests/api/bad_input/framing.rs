//! Requests whose end two parsers could see in two places: one request in makes at most one request out.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::harness::{TestGateway, spawn_gateway};
use super::on_shared;

/// Sends the bytes, keeps its own side open, and gives what came until the other side closed.
async fn until_closed(gw: &TestGateway, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut reply = Vec::new();
    let closing = async {
        // A reset ends it as well as a close.
        while let Ok(1..) = stream.read_buf(&mut reply).await {}
    };
    let closed = tokio::time::timeout(Duration::from_secs(8), closing).await.is_ok();
    let reply = String::from_utf8_lossy(&reply).into_owned();
    assert!(closed, "the connection stays open after {reply}");
    reply
}

/// A whole create of another end user, ready to be smuggled.
fn smuggled(gw: &TestGateway) -> String {
    let body = r#"{"prompt":{"text":"smuggled"}}"#;
    format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        on_shared(),
        gw.host(),
        gw.token("victim", "free"),
        body.len()
    )
}

/// The head of a create, up to the headers of its body.
fn head(gw: &TestGateway, version: &str) -> String {
    format!(
        "POST {} HTTP/{version}\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
        on_shared(),
        gw.host(),
        gw.token("first", "free")
    )
}

fn assert_nothing_smuggled(gw: &TestGateway, what: &str) {
    let requests = gw.mock.requests();
    assert!(requests.len() <= 1, "{what}: {} requests", requests.len());
    for sent in requests {
        assert_ne!(sent.params["prompt"]["text"], "smuggled", "{what}");
    }
}

#[tokio::test]
async fn smug_08_what_follows_an_early_refusal_is_never_a_request() {
    let gw = spawn_gateway().start().await;
    let smuggled = smuggled(&gw);
    let host = gw.host();
    let too_large = 64 * 1024 * 1024;
    let chunk = format!("{:x}\r\n{smuggled}\r\n", smuggled.len());
    let good = head(&gw, "1.1");
    let target = on_shared();
    let cases = [
        // 413 by its length: the body that was announced is a request.
        ("413", format!("{good}Content-Length: {too_large}\r\n\r\n{smuggled}{smuggled}")),
        // 401: nobody reads the body.
        (
            "401",
            format!(
                "POST {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{smuggled}",
                smuggled.len()
            ),
        ),
        (
            "401",
            format!(
                "POST {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
            ),
        ),
        // 404 and 405 before authentication.
        (
            "404",
            format!(
                "POST /nothing HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{smuggled}",
                smuggled.len()
            ),
        ),
        (
            "405",
            format!(
                "PUT /packs HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{smuggled}",
                smuggled.len()
            ),
        ),
        // 400 bad_path and 400 by its body.
        (
            "400",
            format!(
                "POST /a//b HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{smuggled}",
                smuggled.len()
            ),
        ),
        ("400", format!("{good}Connection: close\r\nContent-Length: {}\r\n\r\n{smuggled}", smuggled.len())),
        ("400", format!("{good}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n")),
    ];
    for (status, bytes) in cases {
        let reply = until_closed(&gw, bytes.as_bytes()).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {reply}");
        assert_eq!(reply.matches("HTTP/1.1 ").count(), 1, "{status}: a second reply came: {reply}");
        assert!(gw.mock.requests().is_empty(), "{status}");
    }
}

#[tokio::test]
async fn smug_08_a_refused_body_without_connection_close_is_read_to_its_end_or_the_connection_ends() {
    let gw = spawn_gateway().start().await;
    let hidden = smuggled(&gw);
    // The hidden request is the body; behind it stands an honest one that asks to close.
    let honest = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", gw.host());
    for first in [
        format!("POST {} HTTP/1.1\r\nHost: {}\r\n", on_shared(), gw.host()),
        format!("POST /nothing HTTP/1.1\r\nHost: {}\r\n", gw.host()),
        format!("PUT /packs HTTP/1.1\r\nHost: {}\r\n", gw.host()),
    ] {
        let bytes = format!("{first}Content-Length: {}\r\n\r\n{hidden}{honest}", hidden.len());

        let reply = until_closed(&gw, bytes.as_bytes()).await;

        assert!(reply.matches("HTTP/1.1 ").count() <= 2, "{reply}");
        assert!(!reply.contains("HTTP/1.1 201"), "{reply}");
        assert!(gw.mock.requests().is_empty());
    }
}

#[tokio::test]
async fn smug_01_smug_02_smug_03_smug_04_a_length_that_can_be_read_in_two_ways_ends_the_connection() {
    let whole = r#"{"prompt":{"text":"a cat"}}"#;
    let chunked = format!("{:x}\r\n{whole}\r\n0\r\n\r\n", whole.len());
    let length = whole.len();
    let lengths = format!("Content-Length: {length}\r\n");
    for (what, version, headers, body) in [
        ("CL and TE", "1.1", format!("{lengths}Transfer-Encoding: chunked\r\n"), "0\r\n\r\n".to_owned()),
        (
            "TE and CL",
            "1.1",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n".to_owned(),
            chunked.clone(),
        ),
        ("two lengths", "1.1", format!("{lengths}Content-Length: 5\r\n"), whole.to_owned()),
        ("a list of lengths", "1.1", format!("Content-Length: {length}, 5\r\n"), whole.to_owned()),
        ("a plus", "1.1", format!("Content-Length: +{length}\r\n"), whole.to_owned()),
        ("a minus", "1.1", "Content-Length: -1\r\n".to_owned(), whole.to_owned()),
        ("hexadecimal", "1.1", "Content-Length: 0x1b\r\n".to_owned(), whole.to_owned()),
        ("2^64", "1.1", "Content-Length: 18446744073709551616\r\n".to_owned(), whole.to_owned()),
        ("an empty length", "1.1", "Content-Length: \r\n".to_owned(), whole.to_owned()),
        ("identity", "1.1", "Transfer-Encoding: identity\r\n".to_owned(), whole.to_owned()),
        ("chunked, identity", "1.1", "Transfer-Encoding: chunked, identity\r\n".to_owned(), chunked.clone()),
        ("xchunked", "1.1", "Transfer-Encoding: xchunked\r\n".to_owned(), chunked.clone()),
        ("chunked;x", "1.1", "Transfer-Encoding: chunked;x=1\r\n".to_owned(), chunked.clone()),
        ("a vertical tab", "1.1", "Transfer-Encoding: \x0bchunked\r\n".to_owned(), chunked.clone()),
        ("quotes", "1.1", "Transfer-Encoding: \"chunked\"\r\n".to_owned(), chunked.clone()),
        ("HTTP/1.0", "1.0", "Transfer-Encoding: chunked\r\n".to_owned(), chunked.clone()),
        ("a space before the colon", "1.1", format!("Content-Length : {length}\r\n"), whole.to_owned()),
        ("a folded header", "1.1", "Transfer-Encoding:\r\n chunked\r\n".to_owned(), chunked.clone()),
        ("a NUL", "1.1", format!("{lengths}X-A: a\0b\r\n"), whole.to_owned()),
        ("a bare CR", "1.1", format!("{lengths}X-A: a\rTransfer-Encoding: chunked\r\n"), whole.to_owned()),
        ("no name", "1.1", format!("{lengths}: a\r\n"), whole.to_owned()),
        (
            "a second coding line",
            "1.1",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".into(),
            chunked.clone(),
        ),
        (
            "a first coding line",
            "1.1",
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n".into(),
            chunked.clone(),
        ),
        ("gzip, chunked", "1.1", "Transfer-Encoding: gzip, chunked\r\n".into(), chunked.clone()),
        ("chunked twice", "1.1", "Transfer-Encoding: chunked, chunked\r\n".into(), chunked.clone()),
        ("a tab before the colon", "1.1", format!("Content-Length\t: {length}\r\n"), whole.to_owned()),
        ("a space before the first header", "1.1", format!(" X-A: a\r\n{lengths}"), whole.to_owned()),
        ("a line feed in a name", "1.1", format!("{lengths}X-\nA: a\r\n"), whole.to_owned()),
        ("CL and TE in HTTP/1.0", "1.0", format!("{lengths}Transfer-Encoding: chunked\r\n"), chunked.clone()),
        ("a length of a line feed", "1.1", "Content-Length: 5\n 0\r\n".into(), whole.to_owned()),
        ("spaces in a length", "1.1", format!("Content-Length: 2 {length}\r\n"), whole.to_owned()),
    ] {
        let gw = spawn_gateway().start().await;
        let bytes = format!("{}{headers}\r\n{body}{}", head(&gw, version), smuggled(&gw));

        let reply = until_closed(&gw, bytes.as_bytes()).await;

        assert!(reply.matches("HTTP/1.").count() <= 1, "{what}: {reply}");
        assert!(!reply.contains("HTTP/1.1 5"), "{what}: {reply}");
        assert_nothing_smuggled(&gw, what);
    }
}

#[tokio::test]
async fn smug_05_broken_chunks_end_the_connection_and_send_nothing() {
    let whole = r#"{"prompt":{"text":"a cat"}}"#;
    for (what, body) in [
        ("an overflow", format!("fffffffffffffffff\r\n{whole}\r\n0\r\n\r\n")),
        ("a negative size", format!("-1b\r\n{whole}\r\n0\r\n\r\n")),
        ("no size", format!("\r\n{whole}\r\n0\r\n\r\n")),
        ("a size that is none", format!("xyz\r\n{whole}\r\n0\r\n\r\n")),
        ("a chunk longer than its size", format!("5\r\n{whole}\r\n0\r\n\r\n")),
        ("a line feed for CRLF", format!("1b\n{whole}\n0\n\n")),
        ("a size beyond 2^64", format!("1000000000000001b\r\n{whole}\r\n0\r\n\r\n")),
        ("a plus", format!("+1b\r\n{whole}\r\n0\r\n\r\n")),
        ("a prefix", format!("0x1b\r\n{whole}\r\n0\r\n\r\n")),
        ("junk behind the data", format!("1b\r\n{whole}junk\r\n0\r\n\r\n")),
        ("a bare CR behind the size", format!("1b\rx\n{whole}\r\n0\r\n\r\n")),
        ("no end", format!("1b\r\n{whole}\r\n0\r\nX")),
        ("a line feed in an extension", format!("1b;a\nb\r\n{whole}\r\n0\r\n\r\n")),
        ("an endless extension", format!("1b;{}\r\n{whole}\r\n0\r\n\r\n", "x".repeat(100_000))),
    ] {
        let gw = spawn_gateway().start().await;
        let bytes = format!("{}Transfer-Encoding: chunked\r\n\r\n{body}{}", head(&gw, "1.1"), smuggled(&gw));

        let reply = until_closed(&gw, bytes.as_bytes()).await;

        assert!(reply.matches("HTTP/1.1 ").count() <= 1, "{what}: {reply}");
        assert!(gw.mock.requests().is_empty(), "{what}: {reply}");
    }
}

#[tokio::test]
async fn honest_pipelining_is_answered_in_order_and_each_for_itself() {
    let gw = spawn_gateway().start().await;
    let whole = r#"{"prompt":{"text":"a cat"}}"#;
    let first = format!("{}Content-Length: {}\r\n\r\n{whole}", head(&gw, "1.1"), whole.len());
    let second = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", gw.host());

    let reply = until_closed(&gw, format!("{first}{second}").as_bytes()).await;

    assert!(reply.starts_with("HTTP/1.1 201 "), "{reply}");
    assert_eq!(reply.matches("HTTP/1.1 ").count(), 2, "{reply}");
    assert_eq!(gw.mock.requests().len(), 1);
}

#[tokio::test]
async fn smug_10_a_body_on_a_get_is_never_forwarded_and_never_a_request() {
    let gw = spawn_gateway().start().await;
    let (host, token, hidden) = (gw.host(), gw.token("first", "free"), smuggled(&gw));
    let after = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    for method in ["GET", "HEAD", "DELETE"] {
        let seen = gw.mock.requests().len();
        let bytes = format!(
            "{method} /packs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n\
             {hidden}{after}",
            hidden.len()
        );

        let reply = until_closed(&gw, bytes.as_bytes()).await;

        assert!(!reply.contains("HTTP/1.1 201"), "{method}: {reply}");
        assert!(reply.matches("HTTP/1.1 ").count() <= 2, "{method}: {reply}");
        let requests = gw.mock.requests();
        assert!(requests.len() <= seen + 1, "{method}");
        assert!(
            requests.iter().all(|sent| sent.method == "GET" && sent.params["prompt"].is_null()),
            "{method}"
        );
    }
}

#[tokio::test]
async fn smug_12_trailers_are_dropped() {
    let gw = spawn_gateway().start().await;
    let whole = r#"{"prompt":{"text":"a cat"}}"#;
    let trailers = "Authorization: Bearer x\r\nX-Workspace-Id: 1\r\nContent-Length: 3\r\n";
    let bytes = format!(
        "{}Trailer: Authorization\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{whole}\r\n0\r\n{trailers}\r\n",
        head(&gw, "1.1"),
        whole.len()
    );

    let reply = until_closed(&gw, bytes.as_bytes()).await;

    assert!(reply.starts_with("HTTP/1.1 201 "), "{reply}");
    // The harness looks at every header that the upstream saw.
    assert_eq!(gw.mock.requests().len(), 1);
    assert!(!reply.to_ascii_lowercase().contains("trailer"), "{reply}");
}

#[tokio::test]
async fn smug_11_what_connection_names_takes_nothing_of_ours_away() {
    let gw = spawn_gateway().start().await;
    let whole = r#"{"prompt":{"text":"a cat"}}"#;
    for named in ["authorization", "x-workspace-id, content-type", "host", "content-length, keep-alive"] {
        let seen = gw.mock.requests().len();
        let bytes = format!(
            "{}Connection: close, {named}\r\nX-Workspace-Id: 7\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n\
             Content-Length: {}\r\n\r\n{whole}",
            head(&gw, "1.1"),
            whole.len()
        );

        let reply = until_closed(&gw, bytes.as_bytes()).await;

        // The harness asserts our bearer, our workspace and no other header on each of them.
        assert!(reply.starts_with("HTTP/1.1 201 "), "{named}: {reply}");
        assert_eq!(gw.mock.requests().len(), seen + 1);
    }
}

#[tokio::test]
async fn smug_06_a_head_with_a_line_that_is_no_header_is_400_and_ends_the_connection() {
    let whole = r#"{"prompt":{"text":"a cat"}}"#;
    for (what, line) in [
        ("a space before the colon", "X-A : b\r\n"),
        ("a tab before the colon", "X-A\t: b\r\n"),
        ("a space within the name", "X A: b\r\n"),
        ("a space before the name", " X-A: b\r\n"),
        ("a tab before the name", "\tX-A: b\r\n"),
        ("a folded value", "X-A: b\r\n c\r\n"),
        ("a value folded by a tab", "X-A: b\r\n\tc\r\n"),
        ("a folded host of another", "X-A: b\r\n Host: evil.example\r\n"),
        ("a NUL in the value", "X-A: b\0c\r\n"),
        ("a NUL in the name", "X-\0A: b\r\n"),
        ("a bare CR in the value", "X-A: b\rContent-Length: 3\r\n"),
        ("a bare CR in the name", "X-\rA: b\r\n"),
        ("a line feed in the name", "X-\nA: b\r\n"),
        ("another control character", "X-A: b\x01c\r\n"),
        ("a delete character", "X-A: b\x7fc\r\n"),
        ("no name", ": b\r\n"),
        ("no colon", "X-A\r\n"),
        ("a name of brackets", "X[A]: b\r\n"),
        ("a name that is not ASCII", "X-\u{e9}: b\r\n"),
    ] {
        // First, and behind the others: a parser may treat the two differently.
        for first in [true, false] {
            let gw = spawn_gateway().start().await;
            let (request, rest) =
                head(&gw, "1.1").split_once("\r\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            let length = format!("Content-Length: {}\r\n", whole.len());
            let lines = if first { format!("{line}{rest}{length}") } else { format!("{rest}{length}{line}") };
            let bytes = format!("{request}\r\n{lines}\r\n{whole}{}", smuggled(&gw));

            let reply = until_closed(&gw, bytes.as_bytes()).await;

            assert!(reply.starts_with("HTTP/1.1 400 "), "{what}, first {first}: {reply}");
            assert_eq!(reply.matches("HTTP/1.").count(), 1, "{what}, first {first}: {reply}");
            assert!(gw.mock.requests().is_empty(), "{what}, first {first}");
        }
    }
}
