//! Every malformed thing gets a Problem with a code, and nothing else happens.

mod framing;
mod paths;
mod uploads;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::harness::{photos, raw, spawn_gateway};
use super::prompts::on_shared;

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=X";

fn part(head: &str, content: &str) -> String {
    format!("--X\r\n{head}\r\n\r\n{content}\r\n")
}

fn field(name: &str, content: &str) -> String {
    part(&format!("Content-Disposition: form-data; name=\"{name}\""), content)
}

#[tokio::test]
async fn mp_02_mp_03_mp_04_a_malformed_multipart_body_is_refused_whole() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let good = field("prompt[text]", "a cat");
    let odd = |head: &str| format!("{good}{}--X--\r\n", part(head, "8"));
    let disposition = "Content-Disposition: form-data; name=\"prompt[num_images]\"";
    let bodies = [
        ("empty", String::new()),
        ("no boundary at all", "prompt[text]=a cat".into()),
        ("no final boundary", good.clone()),
        ("a final boundary that is cut", format!("{good}--X-")),
        ("line feeds only", format!("{good}--X--").replace('\r', "")),
        ("something after a boundary", format!("{good}--Xx\r\n")),
        ("spaces after a boundary", format!("{good}--X \r\n--X--\r\n")),
        ("a boundary in the middle of a line", format!("a{good}--X--\r\n")),
        ("no name", odd("Content-Disposition: form-data")),
        ("an empty name", odd("Content-Disposition: form-data; name=\"\"")),
        ("a name outside of quotes", odd("Content-Disposition: form-data; name=a")),
        ("an open quote", odd("Content-Disposition: form-data; name=\"a")),
        ("two names", odd("Content-Disposition: form-data; name=\"a\"; name=\"b\"")),
        ("an extended name", odd("Content-Disposition: form-data; name*=utf-8''a")),
        ("an extended file name", odd(&format!("{disposition}; filename*=utf-8''a"))),
        ("an escaped quote", odd("Content-Disposition: form-data; name=\"a\\\"b\"")),
        ("a backslash", odd("Content-Disposition: form-data; name=\"a\\b\"")),
        ("two dispositions", odd(&format!("{disposition}\r\nContent-Disposition: form-data; name=\"a\""))),
        ("no disposition", odd("Content-Type: text/plain")),
        ("a content id", odd("Content-ID: a")),
        ("an attachment", odd("Content-Disposition: attachment; name=\"a\"")),
        ("a folded header", odd("Content-Disposition: form-data;\r\n name=\"a\"")),
        ("a header without colon", odd(&format!("{disposition}\r\nnonsense"))),
        ("base64", odd(&format!("{disposition}\r\nContent-Transfer-Encoding: base64"))),
        ("quoted-printable", odd(&format!("{disposition}\r\nContent-Transfer-Encoding: quoted-printable"))),
        ("another charset", odd(&format!("{disposition}\r\nContent-Type: text/plain; charset=utf-16"))),
        ("a nested multipart", odd(&format!("{disposition}\r\nContent-Type: multipart/mixed; boundary=Y"))),
        ("a NUL in a name", odd("Content-Disposition: form-data; name=\"a\0\"")),
        ("a NUL in a value", format!("{}--X--\r\n", field("prompt[text]", "a\0b"))),
        ("a head without end", format!("--X\r\n{disposition}\r\n{}", "a: b\r\n".repeat(10))),
        ("a head that is too long", odd(&format!("{disposition}\r\na: {}", "b".repeat(5_000)))),
        ("a stray bracket", format!("{good}{}--X--\r\n", field("prompt[num_images", "8"))),
        ("a value and a list", format!("{good}{}{}--X--\r\n", field("a", "1"), field("a[]", "1"))),
    ];

    for (what, body) in bodies {
        let reply = user.post(&on_shared(), MULTIPART, body).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (400, &json!("bad_body")), "{what}");
    }
    let not_utf8 = [
        b"--X\r\nContent-Disposition: form-data; name=\"prompt[text]\"\r\n\r\n",
        b"\xff\r\n--X--\r\n".as_slice(),
    ];
    user.post(&on_shared(), MULTIPART, not_utf8.concat()).await.problem(400, "bad_body");
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
    // The frame around all of these is sound.
    user.post(&on_shared(), MULTIPART, format!("preamble\r\n{good}--X--\r\nepilogue")).await.ok();
}

#[tokio::test]
async fn broken_json_and_broken_forms_are_refused() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    for body in [
        b"".as_slice(),
        b"{",
        b"[]",
        b"\"x\"",
        b"null",
        b"1",
        b"{\"prompt\":{\"text\":\"a\"}} x",
        b"{\"prompt\":{\"text\":\"a\",}}",
        b"{\"prompt\":{\"text\":\"a\",\"text\":\"b\"}}",
        b"{\"prompt\":{\"text\":\"a\"},\"prompt\":{\"text\":\"b\"}}",
        b"{\"prompt\":{\"text\":\"a\",\"t\\u0065xt\":\"b\"}}",
        b"{\"prompt\":{\"text\":NaN}}",
        b"{\"prompt\":{\"text\":1e999}}",
        b"{/* x */\"prompt\":{\"text\":\"a\"}}",
        b"\xef\xbb\xbf{\"prompt\":{\"text\":\"a\"}}",
        b"{\"prompt\":{\"text\":\"\xff\"}}",
        b"{\"prompt\":{\"text\":\"a\\u0000b\"}}",
        b"{\"prompt\":{\"te\\u0000xt\":\"a\"}}",
        b"{\"prompt\":{\"text\":\"\\ud800\"}}",
        b"{\"prompt[text]\":\"a\"}",
        b"{\"prompt\":{\"text\":\"a\nb\"}}",
        b"prompt[text]=a",
    ] {
        let reply = user.post(&on_shared(), "application/json", body.to_vec()).await;
        let shown = String::from_utf8_lossy(body);
        assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (400, &json!("bad_body")), "{shown}");
    }
    for body in [
        "prompt[text]=%zz",
        "prompt[text]=%f",
        "prompt[text]=%ff",
        "prompt[%ff]=a",
        "prompt[text]=a%00b",
        "prompt[te%00xt]=a",
        "prompt[text]=a&prompt[text][]=b",
        "prompt[text]=a&prompt=b&prompt[w]=8",
        "prompt[text]=a&b[][]=1",
        "prompt[text]x=a",
    ] {
        let reply = user.post(&on_shared(), FORM, body).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (400, &json!("bad_body")), "{body}");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn param_18_param_19_param_20_any_other_content_type_is_refused() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let json = r#"{"prompt":{"text":"a cat"}}"#;
    let multipart = field("prompt[text]", "a cat") + "--X--\r\n";
    for (content_type, body) in [
        ("", json),
        ("text/plain", json),
        ("text/json", json),
        ("application/x-json", json),
        ("application/jsonrequest", json),
        ("application/vnd.api+json", json),
        ("application/json, application/x-www-form-urlencoded", json),
        ("application/json; charset=utf-16", json),
        ("application/json; charset=utf-8; charset=utf-8", json),
        ("application/json; x=y", json),
        ("application/json;", json),
        ("application/xml", "<prompt><text>a cat</text></prompt>"),
        ("application/x-www-form-urlencoded; charset=latin1", "prompt[text]=a"),
        ("multipart/form-data", &multipart),
        ("multipart/form-data; boundary=", &multipart),
        ("multipart/form-data; boundary=X; boundary=Y", &multipart),
        ("multipart/form-data; boundary=\"X", &multipart),
        ("multipart/form-data; boundary=X,Y", &multipart),
        ("multipart/mixed; boundary=X", &multipart),
        ("multipart/related; boundary=X", &multipart),
        ("image/jpeg", "\u{fffd}"),
    ] {
        for path in [&on_shared(), "/prompts", "/images/inspect"] {
            let reply = user.post(path, content_type, body.to_owned()).await;
            let got = (reply.status.as_u16(), &reply.json()["code"]);
            assert_eq!(got, (415, &json!("unsupported_media_type")), "{content_type:?} {path}");
        }
    }
    let none = user.method(reqwest::Method::POST, &on_shared()).await;
    none.problem(415, "unsupported_media_type");
    let token = gw.token("first", "free");
    let headers = format!("Authorization: Bearer {token}\r\n");
    let reply = raw::request(gw.host(), "POST", &on_shared(), &headers, "prompt[text]=a").await;
    assert_eq!(raw::status(&reply), 415, "{reply}");
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn two_content_types_are_refused_even_if_they_are_equal() {
    let gw = spawn_gateway().start().await;
    for first in ["application/json", "text/plain"] {
        let user = gw.user("first").header("content-type", first);
        let reply = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await;
        reply.problem(400, "bad_request");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn param_15_depth_bombs_are_refused() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let nested = |open: &str, close: &str, times: usize| open.repeat(times) + "1" + &close.repeat(times);
    for times in [7, 100, 100_000] {
        for (content_type, body) in [
            ("application/json", nested("{\"a\":", "}", times)),
            (
                "application/json",
                format!("{{\"prompt\":{{\"text\":\"x\",\"a\":{}}}}}", nested("[", "]", times)),
            ),
            ("application/json", "{\"a\":".repeat(times)),
            ("application/json", format!("{{\"a\":{}", "[".repeat(times))),
            (FORM, format!("prompt[text]=x&a{}=1", "[b]".repeat(times))),
            (FORM, format!("prompt[text]=x&a{}=1", "[]".repeat(times))),
            (MULTIPART, format!("{}--X--\r\n", field(&format!("a{}", "[b]".repeat(times)), "1"))),
        ] {
            user.post(&on_shared(), content_type, body).await.problem(400, "bad_body");
        }
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn ten_thousand_parameters_are_refused() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let form: String = (0..10_000).map(|n| format!("&prompt[a{n}]=1")).collect();
    let parts: String = (0..10_000).map(|n| field(&format!("prompt[a{n}]"), "1")).collect();
    let members: String = (0..10_000).map(|n| format!(",\"a{n}\":1")).collect();
    for (content_type, body) in [
        (FORM, format!("prompt[text]=x{form}")),
        (FORM, format!("prompt[text]=x{}", "&prompt[a][]=1".repeat(10_000))),
        (FORM, format!("prompt[text]=x{}", "&prompt[text]=x".repeat(10_000))),
        (MULTIPART, format!("{}{parts}--X--\r\n", field("prompt[text]", "x"))),
        ("application/json", format!("{{\"prompt\":{{\"text\":\"x\"{members}}}}}")),
        ("application/json", format!("{{\"text\":\"x\",\"a\":[1{}]}}", ",1".repeat(10_000))),
        ("application/json", format!("{{\"text\":\"x\",\"a\":[{{}}{}]}}", ",{}".repeat(10_000))),
    ] {
        user.post(&on_shared(), content_type, body).await.problem(400, "bad_body");
    }
    let long = "x".repeat(70_000);
    user.post_form(&on_shared(), &[("prompt[text]", &long)]).await.problem(400, "bad_body");
    user.post_form(&on_shared(), &[(&long, "x"), ("prompt[text]", "x")]).await.problem(400, "bad_body");
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn no_bytes_whatever_make_the_gateway_fail() {
    let gw = spawn_gateway()
        .config(|c| c.plans.get_mut("free").unwrap().quotas[0].limit = 1_000_000)
        .start()
        .await;
    let user = gw.user("first");
    let mut runner = TestRunner::deterministic();
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    let piece = prop::sample::select(vec![
        "--X\r\n",
        "--X--",
        "\r\n\r\n",
        "Content-Disposition: form-data; name=\"",
        "\"",
        "prompt[text]",
        "; filename=\"a\"",
        "{",
        "}",
        "[",
        "]",
        "\"prompt\":",
        "\"text\"",
        ":",
        ",",
        "=",
        "&",
        "%5B",
        "%",
        "\0",
        "\u{feff}",
        "é",
        "1",
        "\\u00",
        "<lora:",
        "--video",
        "{{",
        ">",
        " ",
    ]);
    let pieces = prop::collection::vec(piece, 0..30);
    let photo = photos::SAMPLES[0].1;
    let flips = prop::collection::vec((0..photo.len(), any::<u8>()), 1..6);
    for _ in 0..150 {
        let noise = bytes.new_tree(&mut runner).unwrap().current();
        let text = pieces.new_tree(&mut runner).unwrap().current().concat();
        for body in [noise, text.into_bytes()] {
            for content_type in [FORM, MULTIPART, "application/json"] {
                for path in [&on_shared(), "/prompts", "/images/inspect"] {
                    let reply = user.post(path, content_type, body.clone()).await;
                    let status = reply.status.as_u16();
                    let fine = matches!(status, 201 | 400 | 403 | 404 | 422);
                    assert!(fine, "{status} for {content_type} {:?}", String::from_utf8_lossy(&body));
                }
            }
        }
        let mut damaged = photo.to_vec();
        for (at, byte) in flips.new_tree(&mut runner).unwrap().current() {
            damaged[at] = byte;
        }
        let fields = [("prompt[text]", "a cat")];
        let reply = user.post_multipart(&on_shared(), &fields, &[("prompt[input_image]", &damaged)]).await;
        assert!(matches!(reply.status.as_u16(), 201 | 422), "{}", reply.text());
    }
}
