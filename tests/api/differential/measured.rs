//! The measured requests of `tests/fixtures/rails-params/`: all of them, with what Rails 6.1 and 7.2 made of each.

use serde_json::Value;

use super::targets::Target;
use crate::params::rails_cases::ruby_literal;

const RAILS_6_1: &str = include_str!("../../fixtures/rails-params/rails-6.1-rack-2.2.txt");
const RAILS_7_2: &str = include_str!("../../fixtures/rails-params/rails-7.2-rack-3.1.txt");

/// The status, and method and merged parameters where a controller saw them.
pub type Outcome = (u16, Option<(String, Value)>);

pub struct Case {
    pub name: &'static str,
    pub method: &'static str,
    pub target: &'static str,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
    pub outcomes: [Outcome; 2],
}

pub fn cases() -> Vec<Case> {
    let requests = RAILS_6_1.lines().step_by(2);
    let answers = |file: &'static str| file.lines().skip(1).step_by(2).map(outcome);
    let outcomes = answers(RAILS_6_1).zip(answers(RAILS_7_2));
    requests.zip(outcomes).map(|(request, (older, newer))| case(request, [older, newer])).collect()
}

fn outcome(answer: &str) -> Outcome {
    let (status, read) = answer.trim().strip_prefix("=> ").unwrap().split_once(' ').unwrap();
    let read = serde_json::from_str::<Value>(read).ok();
    let read = read.map(|mut read| (read["m"].as_str().unwrap().to_owned(), read["p"].take()));
    (status.parse().unwrap(), read)
}

fn case(request: &'static str, outcomes: [Outcome; 2]) -> Case {
    let (name, request) = request.split_at(35);
    let (line, rest) = request.split_once(" | ct=").unwrap();
    let (method, target) = line.split_once(' ').unwrap();
    let (content_type, body) = rest.split_once(" | ").unwrap();
    let name = name.trim();
    let body = match name {
        // The file holds the beginning of these two only.
        "JSON big depth" => {
            format!("{{\"prompt\":{}1{}}}", "{\"a\":".repeat(200), "}".repeat(200)).into_bytes()
        }
        "form depth 100" => format!("a{}=1", "[b]".repeat(100)).into_bytes(),
        _ => ruby_literal(body),
    };
    Case {
        name,
        method,
        target,
        content_type: (content_type != "nil").then(|| String::from_utf8(ruby_literal(content_type)).unwrap()),
        body,
        outcomes,
    }
}

impl Case {
    pub fn query(&self) -> Option<&'static str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Its body, in the target's words; and the same with what the target needs in it, so that what is odd about
    /// it is all that is odd.
    pub fn bodies(&self, target: &Target) -> Vec<Vec<u8>> {
        let plain = if target.root.is_empty() {
            self.body.clone()
        } else {
            replaced(&self.body, b"prompt[", format!("{}[", target.root).as_bytes(), b"\"prompt\":", target)
        };
        let mut bodies = vec![plain.clone()];
        bodies.extend(self.completed(&plain, target));
        bodies
    }

    fn completed(&self, body: &[u8], target: &Target) -> Option<Vec<u8>> {
        let kind = self.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
        if body.starts_with(b"--X\r\n") {
            let parts: String = target
                .needs
                .iter()
                .map(|(name, text, _)| {
                    let name = target.spelled(name);
                    format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
                })
                .collect();
            return Some([parts.as_bytes(), body].concat());
        }
        if kind.starts_with("application/x-www") {
            let pairs: String = target
                .needs
                .iter()
                .map(|(name, text, _)| format!("{}={text}&", target.spelled(name)))
                .collect();
            return Some([pairs.as_bytes(), body].concat());
        }
        let wrapped = format!("{{\"{}\":{{", target.root);
        let start = if target.root.is_empty() { "{" } else { wrapped.as_str() };
        let rest = body.strip_prefix(start.as_bytes())?;
        let members: Vec<String> = target
            .needs
            .iter()
            .map(|(name, _, json)| format!("\"{}\":{json}", name.trim_end_matches("[]")))
            .collect();
        let comma = if rest.starts_with(b"}") { "" } else { "," };
        Some([start.as_bytes(), members.join(",").as_bytes(), comma.as_bytes(), rest].concat())
    }
}

/// The body with the name of its root replaced, in forms and in JSON.
fn replaced(body: &[u8], form: &[u8], by: &[u8], json: &[u8], target: &Target) -> Vec<u8> {
    let quoted = format!("\"{}\":", target.root);
    let mut out = Vec::new();
    let mut rest = body;
    while let Some((first, tail)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(form) {
            out.extend_from_slice(by);
            rest = after;
        } else if let Some(after) = rest.strip_prefix(json) {
            out.extend_from_slice(quoted.as_bytes());
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}
