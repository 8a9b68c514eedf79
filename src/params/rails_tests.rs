//! Holds the parser against what two versions of real Rails understood: see `tests/fixtures/rails-params/`.

use bytes::Bytes;
use serde_json::Value as Json;

use super::{ParamLimits, Params, ParamsError, Value, parse_body};

const RAILS_6_1: &str = include_str!("../../tests/fixtures/rails-params/rails-6.1-rack-2.2.txt");
const RAILS_7_2: &str = include_str!("../../tests/fixtures/rails-params/rails-7.2-rack-3.1.txt");

/// Cases whose query Rails merges into the body's parameters. A write's query is never read here (PARAM-01), so
/// what must come out is what the body alone says.
const WITH_A_QUERY: [(&str, &str); 8] = [
    ("query+body scalar", r#"{"prompt":{"text":"x"}}"#),
    ("query+body same", r#"{"prompt":{"num_images":"1"}}"#),
    ("query+JSON body", r#"{"prompt":{"text":"x"}}"#),
    ("query + EMPTY JSON", "{}"),
    ("query + mp body other top key", r#"{"file":"<file>"}"#),
    ("path param beats query", r#"{"prompt":{"tune_id":"99"}}"#),
    ("bad pct query", r#"{"prompt":{"num_images":"8"}}"#),
    ("controller/action override", "{}"),
];

/// Cases that Rails 7.2 reads and 6.1 reads alike, and that are refused all the same, each with the promise or
/// reason. Whoever makes the parser more lenient must shorten this list.
const REFUSED_BY_CHOICE: [(&str, &str); 35] = [
    ("_method no ct", "PARAM-18: no Content-Type"),
    ("no ct form body", "PARAM-18: no Content-Type"),
    ("ct text/plain", "not parsed by Rails either: its parameters would be lost in silence"),
    ("ct text/json", "as text/plain"),
    ("ct x-json", "as text/plain"),
    ("ct vnd.api+json", "as text/plain"),
    ("ct xml", "as text/plain"),
    ("ct multipart/alternative", "as text/plain"),
    ("ct jsonrequest", "PARAM-20"),
    ("ct json;form list", "PARAM-20"),
    ("ct mixed multipart", "PARAM-19"),
    ("ct related multipart", "PARAM-19"),
    ("JSON array root", "PARAM-23"),
    ("JSON scalar root", "PARAM-23"),
    ("JSON dup keys", "PARAM-21"),
    ("JSON dup outer", "PARAM-21"),
    ("JSON bracket key", "the key would nest in a re-written form"),
    ("JSON comments", "PARAM-22"),
    ("after close", "PARAM-08: text after a bracket"),
    ("null byte key", "PARAM-11"),
    ("null byte value", "a NUL in text"),
    ("mp filename*", "MP-02"),
    ("mp no name, cid", "MP-02"),
    ("mp no name w/ filename", "MP-02"),
    ("mp no cd but ct", "MP-02"),
    ("mp two names", "MP-02"),
    ("mp name*", "MP-02"),
    ("mp escaped quote name", "MP-02: escapes in a name"),
    ("mp attachment disp", "MP-02: not form-data"),
    ("mp x-foo name in filename", "MP-02: an escaped quote"),
    ("mp two CD headers", "MP-02"),
    ("mp folded CD", "MP-02"),
    ("mp CTE base64", "MP-03"),
    ("mp CTE qp", "MP-03"),
    ("mp nested mixed", "MP-03"),
];

struct Case {
    name: &'static str,
    method: &'static str,
    target: &'static str,
    content_type: Option<Vec<u8>>,
    body: Bytes,
    rails_7_2: Outcome,
    rails_6_1: Outcome,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Read(Json),
    Refused,
    /// `_method` in a query or in JSON does not count, so the made-up route did not exist: nothing was read.
    NoRoute,
}

fn cases() -> Vec<Case> {
    let outcomes_6_1: Vec<_> = RAILS_6_1.lines().skip(1).step_by(2).map(outcome).collect();
    let requests = RAILS_7_2.lines().step_by(2);
    let outcomes_7_2 = RAILS_7_2.lines().skip(1).step_by(2).map(outcome);
    requests
        .zip(outcomes_7_2)
        .zip(outcomes_6_1)
        .map(|((request, rails_7_2), rails_6_1)| {
            let (name, request) = request.split_at(35);
            let (line, rest) = request.split_once(" | ct=").unwrap();
            let (method, target) = line.split_once(' ').unwrap();
            let (content_type, body) = rest.split_once(" | ").unwrap();
            Case {
                name: name.trim(),
                method,
                target,
                content_type: (content_type != "nil").then(|| ruby_literal(content_type)),
                body: ruby_literal(body).into(),
                rails_7_2,
                rails_6_1,
            }
        })
        .collect()
}

fn outcome(line: &str) -> Outcome {
    let answer = line.trim().strip_prefix("=> ").unwrap();
    match answer.strip_prefix("200 ") {
        Some(json) => {
            let mut json: Json = serde_json::from_str(json).unwrap();
            Outcome::Read(json["p"].take())
        }
        None if answer.starts_with("404 ") => Outcome::NoRoute,
        None => Outcome::Refused,
    }
}

/// Undoes `String#inspect`, then the writing of CRLF as `\r\n`. A cut literal simply ends.
fn ruby_literal(literal: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = literal.strip_prefix('"').unwrap().bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b'x') => {
                    let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                    out.push(u8::from_str_radix(&hex, 16).unwrap());
                }
                Some(other) => out.push(other),
                None => break,
            },
            other => out.push(other),
        }
    }
    let mut unfolded = Vec::new();
    let mut rest = out.as_slice();
    while let Some(at) = memchr::memmem::find(rest, br"\r\n") {
        unfolded.extend_from_slice(&rest[..at]);
        unfolded.extend_from_slice(b"\r\n");
        rest = &rest[at + 4..];
    }
    unfolded.extend_from_slice(rest);
    unfolded
}

/// Our tree in the fixtures' spelling.
fn as_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(number) => Json::Number(number.clone()),
        Value::Text(text) => text.clone().into(),
        Value::File(_) => "<file>".into(),
        Value::List(list) => list.iter().map(as_json).collect(),
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), as_json(value))).collect(),
    }
}

fn without_file_names(json: &mut Json) {
    match json {
        Json::String(text) if text.starts_with("<file ") => *text = "<file>".into(),
        Json::Array(list) => list.iter_mut().for_each(without_file_names),
        Json::Object(object) => object.values_mut().for_each(without_file_names),
        _ => {}
    }
}

/// Takes out what the route sets whatever the body says: `controller`, `action`, and the ids of the path.
fn without_path_params(target: &str, mut json: Json) -> Json {
    let ids: &[&str] = match target.split('?').next().unwrap().split('/').collect::<Vec<_>>().as_slice() {
        ["", "tunes", _, "prompts", _] => &["tune_id", "id"],
        ["", "tunes", _, "prompts"] => &["tune_id"],
        ["", "tunes", _] => &["id"],
        _ => &[],
    };
    if let Some(root) = json.as_object_mut() {
        for name in ids.iter().chain(&["controller", "action"]) {
            root.remove(*name);
        }
    }
    json
}

fn ours(case: &Case) -> Result<Params, ParamsError> {
    parse_body(case.content_type.as_deref(), &case.body, &ParamLimits::default())
}

/// Writes with a body; a GET's body is never read (PARAM-30, SMUG-10).
fn writes_with_a_body() -> impl Iterator<Item = Case> {
    cases().into_iter().filter(|case| case.method != "GET" && case.method != "HEAD" && !case.body.is_empty())
}

#[test]
fn both_files_hold_the_same_137_requests() {
    let names = |file: &'static str| file.lines().step_by(2).map(|line| &line[..35]).collect::<Vec<_>>();
    assert_eq!(names(RAILS_7_2).len(), 137);
    assert_eq!(names(RAILS_7_2), names(RAILS_6_1));
    assert!(writes_with_a_body().count() > 90, "{}", writes_with_a_body().count());
}

#[test]
fn whatever_is_read_is_read_as_rails_7_2_reads_it() {
    for case in writes_with_a_body() {
        let Ok(params) = ours(&case) else { continue };
        let read = without_path_params(case.target, as_json(&Value::Object(params.root)));
        let expected = match WITH_A_QUERY.iter().find(|(name, _)| *name == case.name) {
            Some((_, body_alone)) => serde_json::from_str(body_alone).unwrap(),
            None => {
                assert!(!case.target.contains('?'), "{}: needs a line in WITH_A_QUERY", case.name);
                let mut json = match case.rails_7_2 {
                    Outcome::Read(json) => json,
                    Outcome::NoRoute => continue,
                    Outcome::Refused => panic!("{}: read here, refused by Rails 7.2", case.name),
                };
                without_file_names(&mut json);
                without_path_params(case.target, json)
            }
        };
        assert_eq!(read, expected, "{}", case.name);
    }
}

#[test]
fn whatever_rails_6_1_and_7_2_read_differently_is_refused() {
    let mut differing = 0;
    for case in writes_with_a_body().filter(|case| case.rails_6_1 != case.rails_7_2) {
        differing += 1;
        assert!(ours(&case).is_err(), "{}", case.name);
    }
    assert!(differing >= 14, "{differing}");
}

#[test]
fn what_is_refused_by_choice_is_listed_with_its_reason() {
    let refused: Vec<_> = writes_with_a_body()
        .filter(|case| matches!(case.rails_7_2, Outcome::Read(_)) && case.rails_6_1 == case.rails_7_2)
        .filter(|case| ours(case).is_err())
        .map(|case| case.name)
        .collect();
    let listed = REFUSED_BY_CHOICE.map(|(name, _)| name);
    for name in &refused {
        assert!(listed.contains(name), "{name} is refused and not listed");
    }
    for name in &listed {
        assert!(refused.contains(name), "{name} is listed and not refused");
    }
}
