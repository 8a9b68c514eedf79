//! Every case of `fixtures/rails-7.2-rack-3.1.txt`: what real Rails saw, and what the imitation sees.

use mock_astria::rails_params;
use mock_astria::router::{self, Action};
use serde_json::Value;

use crate::client::{exchange, start};

const CASES: usize = 137;
/// Bodies are cut off at this length in the fixture.
const CUT_AT: usize = 300;
/// Cases that cannot be run, each with its reason. There are none.
const NOT_RUN: &[(&str, &str)] = &[];

struct Case {
    name: String,
    method: String,
    path: String,
    query: String,
    content_type: Option<String>,
    override_header: Option<&'static str>,
    body: Vec<u8>,
    status: u16,
    /// For status 200: what the application saw.
    seen: Option<Value>,
}

fn cases() -> Vec<Case> {
    let raw = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rails-7.2-rack-3.1.txt"))
        .expect("the fixture");
    let text = String::from_utf8_lossy(&raw);
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(2).map(|pair| case(pair[0], pair[1])).collect()
}

fn case(request: &str, answer: &str) -> Case {
    let (start, rest) = request.split_once(" | ct=").expect("a content type");
    let name = start[..35].trim_end().to_owned();
    let (method, target) = start[35..].split_once(' ').expect("a request line");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (content_type, body) = match rest.strip_prefix("nil | ") {
        Some(body) => (None, body),
        None => {
            let at = rest.find("\" | \"").expect("a body");
            let text = String::from_utf8(unescape(&rest[1..at])).expect("a text header");
            (Some(text), &rest[at + 4..])
        }
    };
    let body = body.strip_prefix('"').and_then(|body| body.strip_suffix('"')).expect("a quoted body");
    let body = unescape(body);
    let body = match name.as_str() {
        "JSON big depth" => {
            format!("{{\"prompt\":{}1{}}}", "{\"a\":".repeat(200), "}".repeat(200)).into_bytes()
        }
        "form depth 100" => format!("a{}=1", "[b]".repeat(100)).into_bytes(),
        _ => {
            assert!(body.len() < CUT_AT, "{name}: the fixture holds only a part of its body");
            with_line_ends(&body)
        }
    };
    let answer = answer.trim_start().strip_prefix("=> ").expect("an answer");
    let (status, seen) = answer.split_once(' ').expect("a status");
    let status = status.parse().expect("a number");
    Case {
        override_header: name.starts_with("XHMO").then_some("DELETE"),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        content_type,
        body,
        status,
        seen: (status == 200).then(|| serde_json::from_str(seen).expect("JSON")),
        name,
    }
}

/// Undoes Ruby's `inspect`.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        if ch != '\\' {
            out.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        match chars.next().expect("an escape") {
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
            }
            other @ ('"' | '\\' | '#') => out.push(u8::try_from(other).expect("ASCII")),
            other => panic!("unknown escape {other}"),
        }
    }
    out
}

/// The fixture spells CR LF as the four characters `\r\n`.
fn with_line_ends(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = body;
    while let Some((first, tail)) = rest.split_first() {
        match rest.strip_prefix(br"\r\n") {
            Some(after) => {
                out.extend_from_slice(b"\r\n");
                rest = after;
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

fn fixture_name(action: Action) -> &'static str {
    match action {
        Action::ListTunes => "index",
        Action::ShowTune => "show",
        Action::CreateTune => "create",
        Action::UpdateTune => "update",
        Action::DeleteTune => "destroy",
        Action::CreatePrompt => "p.create",
        Action::ListPrompts => "p.index",
        Action::ShowPrompt => "p.show",
        Action::UpdatePrompt => "p.update",
        Action::DeletePrompt => "p.destroy",
        Action::Inspect => "inspect",
        _ => "other",
    }
}

/// Status, and for 200 the method, action and parameters.
fn run(case: &Case) -> (u16, Option<Value>) {
    let content_type = case.content_type.as_deref();
    let unrouted =
        match rails_params::read(&case.method, &case.query, content_type, case.override_header, &case.body) {
            Ok(unrouted) => unrouted,
            Err(error) => return (error.status, None),
        };
    let Some(route) = router::recognise(&unrouted.method, &case.path) else { return (404, None) };
    match unrouted.with_path_params(&route.path_params) {
        Ok(parsed) => {
            let json_suffix = parsed.params.get("format").and_then(|format| format.as_str()) == Some("json");
            let format = if json_suffix { "application/json" } else { "text/html" };
            let seen = serde_json::json!({
                "m": parsed.method, "act": fixture_name(route.action), "fmt": format, "p": parsed.to_json(),
            });
            (200, Some(seen))
        }
        Err(error) => (error.status, None),
    }
}

#[test]
fn every_case_of_the_fixture_is_read_as_rails_read_it() {
    let cases = cases();
    let mut compared = 0;
    let mut differences = Vec::new();
    for case in cases.iter().filter(|case| NOT_RUN.iter().all(|(name, _)| *name != case.name)) {
        let (status, seen) = run(case);
        compared += 1;
        if (status, &seen) != (case.status, &case.seen) {
            differences
                .push(format!("{}: {} {:?}, and not {status} {seen:?}", case.name, case.status, case.seen));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {compared} cases differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert_eq!(compared, CASES - NOT_RUN.len(), "cases compared");
}

#[tokio::test]
async fn every_case_of_the_fixture_arrives_over_a_socket_as_rails_read_it() {
    let mock = start().await;
    let mut compared = 0;
    for case in cases() {
        mock.reset();
        let target =
            if case.query.is_empty() { case.path.clone() } else { format!("{}?{}", case.path, case.query) };
        let mut bytes = format!("{} {target} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n", case.method);
        if let Some(content_type) = &case.content_type {
            bytes.push_str(&format!("Content-Type: {content_type}\r\n"));
        }
        if let Some(method) = case.override_header {
            bytes.push_str(&format!("X-HTTP-Method-Override: {method}\r\n"));
        }
        bytes.push_str(&format!("Content-Length: {}\r\n\r\n", case.body.len()));
        let answer = exchange(&mock, &[bytes.as_bytes(), &case.body].concat()).await;
        let requests = mock.requests();
        assert_eq!(requests.len(), 1, "{}: {}", case.name, answer.head);
        match &case.seen {
            // No key was sent: what Rails read must be refused for that, and for nothing earlier.
            Some(seen) => {
                assert_eq!((answer.status, &requests[0].params), (401, &seen["p"]), "{}", case.name);
            }
            None => assert_eq!(answer.status, case.status, "{}", case.name),
        }
        compared += 1;
    }
    assert_eq!(compared, CASES);
}
