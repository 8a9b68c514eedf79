//! Replies that can be read in two ways, or have no end: none reaches a client, and their connection is done with.

use super::raw::{self, Answer};
use super::{RawUpstream, before, create, with_a_prompt};
use crate::harness::eventually;

fn chunked() -> String {
    let body = raw::json();
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
}

fn reply(headers: &str, body: &str) -> Answer {
    Answer::text(&format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}\r\n{body}"))
}

#[tokio::test]
async fn smug_13_a_reply_that_breaks_the_rules_is_502_and_its_connection_is_not_used_again() {
    let json = raw::json();
    let length = json.len();
    let replies = [
        (
            "length and coding",
            reply(&format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"), &chunked()),
        ),
        ("coding and length", reply("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", &chunked())),
        ("two lengths", reply(&format!("Content-Length: {length}\r\nContent-Length: 3\r\n"), &json)),
        ("a list of lengths", reply(&format!("Content-Length: {length}, 3\r\n"), &json)),
        ("a negative length", reply("Content-Length: -1\r\n", &json)),
        ("two codings", reply("Transfer-Encoding: gzip, chunked\r\n", &chunked())),
        (
            "two coding lines",
            reply("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", &chunked()),
        ),
        ("an unknown coding", reply("Transfer-Encoding: xchunked\r\n", &chunked())),
        ("a bad chunk size", reply("Transfer-Encoding: chunked\r\n", &format!("zz\r\n{json}\r\n0\r\n\r\n"))),
        ("a huge chunk size", reply("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nx")),
        (
            "a chunk without its end",
            reply("Transfer-Encoding: chunked\r\n", &format!("1\r\n{json}\r\n0\r\n\r\n")),
        ),
        (
            "a 204 with a length",
            Answer::text(&format!("HTTP/1.1 204 No Content\r\nContent-Length: {length}\r\n\r\n{json}")),
        ),
        (
            "a 204 in chunks",
            Answer::text(&format!(
                "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                chunked()
            )),
        ),
        ("a NUL in a header", reply("X-A: a\0b\r\n", &json)),
        ("a space before the colon", reply(&format!("Content-Length : {length}\r\n"), &json)),
        ("no HTTP at all", Answer::text("SSH-2.0-OpenSSH_9.2\r\n")),
        ("another version", Answer::text("HTTP/3.7 200 OK\r\n\r\n")),
    ];
    for (what, bad) in replies {
        let (upstream, _gw, user) = with_a_prompt(vec![vec![Answer::good(), bad]]).await;

        user.get("/prompts/7000000").await.problem(502, "upstream_reply_invalid");

        user.get("/prompts/7000000").await.ok();
        let seen = upstream.seen();
        let over: Vec<usize> = seen.iter().map(|(connection, _)| *connection).collect();
        assert_eq!(over, [0, 0, 1], "{what}");
    }
}

#[tokio::test]
async fn smug_13_bytes_after_a_reply_answer_nothing_and_end_the_connection() {
    let evil = r#"{"id":7000000,"tune_id":1,"text":"evil"}"#;
    let second = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{evil}", evil.len());
    let empty = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    for honest in [raw::good(), empty] {
        let both = [honest, second.clone().into_bytes()].concat();
        let (upstream, _gw, user) = with_a_prompt(vec![vec![Answer::good(), Answer::Bytes(both)]]).await;

        // What its own length says is a reply; the rest is nobody's.
        let first = user.get("/prompts/7000000").await;
        let next = user.get("/prompts/7000000").await;

        assert!(!first.text().contains("evil"));
        assert_eq!(next.ok()["text"], "a cat");
        assert_eq!(upstream.seen().last().unwrap().0, 1, "the connection was used again");
    }
}

#[tokio::test]
async fn f13_a_flood_of_heads_ends_with_its_connection() {
    let floods: [&'static [u8]; 4] = [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Endless: ",
        b"x",
    ];
    for flood in floods {
        let upstream = RawUpstream::start(vec![vec![Answer::Flood(flood)]]).await;
        // Far longer than this test: it must end by its size.
        let gw = before(&upstream).config(|config| config.upstream.max_reply_bytes = 10_000).start().await;
        gw.expect_unknown();
        let user = gw.user("first");

        let problem = create(&user).await.problem(504, "outcome_unknown");

        assert_eq!(problem["spent"], "unknown");
        assert_eq!(gw.quota(&user, "images").await, (0, 1, 19));
        eventually("the end of the connection", || upstream.is_over(0)).await;
    }
}

#[tokio::test]
async fn f13_a_chunked_reply_without_end_is_cut_at_its_size() {
    let upstream = RawUpstream::start(vec![vec![Answer::Flood(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n",
    )]])
    .await;
    let gw = before(&upstream).config(|config| config.upstream.max_reply_bytes = 10_000).start().await;
    gw.expect_unknown();

    create(&gw.user("first")).await.problem(504, "outcome_unknown");

    eventually("the end of the connection", || upstream.is_over(0)).await;
}

#[tokio::test]
async fn up_03_a_reply_that_drips_ends_at_the_deadline() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    let upstream = RawUpstream::start(vec![vec![Answer::Drip(head, 5)]]).await;
    let gw = before(&upstream)
        .config(|config| {
            config.upstream.timeout_ms = 200;
            config.upstream.idle_timeout_ms = 100;
        })
        .start()
        .await;
    gw.expect_unknown();
    let user = gw.user("first");

    let problem = create(&user).await.problem(504, "upstream_timeout");

    assert_eq!(problem["spent"], "unknown");
    assert_eq!(gw.quota(&user, "images").await, (0, 1, 19));
    eventually("the end of the connection", || upstream.is_over(0)).await;
}
