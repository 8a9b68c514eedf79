//! Real Rails in Astria's place, and the imitation beside it: what arrives is what the client meant, less what is forbidden.
//!
//! Each spelling goes through two gateways, one before Rails (`tests/rails`, Debian's packages) and one before the imitation,
//! and once to Rails itself, which then says what the client's own body means. The query of a create is never read (PARAM-01),
//! so what the body means alone is what counts.

use mock_astria::RecordedRequest;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};

use super::harness::{Spawn, TestGateway, raw, spawn_gateway};

mod generated;
mod meaning;
mod measured;
mod photos;
mod rails;
mod targets;

use rails::{Note, Rails, printed};
use targets::{TARGETS, Target};

/// Bodies cut short, of which the measured rack gave an application nothing at all. The rack of Debian 12 (2.2.22) raises
/// `EOFError` for them instead, and nothing is read either.
const CUT_SHORT: [&str; 5] = [
    "mp LF only",
    "mp no final boundary",
    "mp two boundary params",
    "mp two boundary params 2",
    "mp boundary comma",
];

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=X";
const JSON: &str = "application/json";

/// One Rails, a gateway before it, and a gateway before the imitation.
struct Pair {
    rails: Rails,
    to_rails: TestGateway,
    to_mock: TestGateway,
    http: reqwest::Client,
}

/// An accepted request at the other end.
struct Arrived {
    by_rails: Note,
    by_mock: RecordedRequest,
}

/// A gateway whose end user can spend a lot, so that quota never hides a case, and whose clock stands, so that nobody
/// looks after jobs in between.
fn generous() -> Spawn {
    spawn_gateway().manual_clock().mock(|m| m.generate_ms = 3_600_000).config(|c| {
        let plan = c.plans.get_mut("pro").unwrap();
        plan.quotas.clear();
        plan.burst = 1_000_000;
        c.upstream.breaker.consecutive_failures = u32::MAX;
        c.upstream.breaker.min_calls = u32::MAX;
    })
}

impl Pair {
    async fn start() -> Self {
        let rails = Rails::start().await;
        let url = rails.url.clone();
        let to_rails = generous().config(|c| c.upstream.base_url = url).start().await;
        let to_mock = generous().start().await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { rails, to_rails, to_mock, http }
    }

    /// Sends a create through both gateways. `None`: both refused it, and nothing arrived anywhere.
    async fn send(&mut self, path: &str, content_type: Option<&str>, body: &[u8]) -> Option<Arrived> {
        let mut answers = Vec::new();
        for gw in [&self.to_rails, &self.to_mock] {
            let mut request = self
                .http
                .post(format!("{}{path}", gw.url))
                .bearer_auth(gw.token("first", "pro"))
                .header("x-http-method-override", "DELETE")
                .body(body.to_vec());
            if let Some(content_type) = content_type {
                request = request.header("content-type", content_type);
            }
            let reply = request.send().await.unwrap();
            let (status, text) = (reply.status().as_u16(), reply.text().await.unwrap());
            gw.assert_no_secret(&text, "a reply");
            answers.push((status, text));
        }
        let shown = || format!("{answers:?} for {path} {content_type:?}\n{}", short(body));
        // The imitation validates values, as Astria does and the witness does not.
        let (status, beside) = (answers[0].0, answers[1].0);
        assert!(status == beside || (status, beside) == (201, 422), "{}", shown());
        match status {
            200 | 201 => {
                let mut notes = self.rails.notes().await;
                let mut requests = self.to_mock.mock.requests();
                self.to_mock.mock.reset();
                // More than one: something arrived of what was refused before.
                assert_eq!((notes.len(), requests.len()), (1, 1), "{}\n{notes:?}", shown());
                Some(Arrived { by_rails: notes.remove(0), by_mock: requests.remove(0) })
            }
            400 | 403 | 404 | 415 | 422 => None,
            _ => panic!("{}\n{:?}", shown(), self.rails.notes().await),
        }
    }

    /// Nothing arrived of what was refused last.
    async fn end(self) {
        let notes = self.rails.notes().await;
        assert!(notes.is_empty() && self.to_mock.mock.requests().is_empty(), "{notes:?}");
    }

    /// Everything that holds of whatever arrives, and that it is what the client meant.
    async fn check(&self, target: &Target, arrived: &Arrived, content_type: Option<&str>, body: &[u8]) {
        let Arrived { by_rails, by_mock } = arrived;
        let context = || format!("client: {}\nRails: {by_rails:?}", short(body));
        assert_eq!(by_rails.exception, None, "{}", context());
        assert!(matches!(by_rails.status, 200 | 201) && by_rails.action.is_some(), "{}", context());
        assert_eq!(by_rails.method.as_deref(), Some("POST"), "{}", context());
        assert_eq!((by_rails.path.as_str(), by_rails.query.as_str()), (target.path, ""));
        assert_eq!(by_rails.query_params, Value::Object(Map::new()), "{}", context());
        let bearer = format!("Bearer {}", self.to_rails.api_key);
        assert_eq!(by_rails.authorization.as_deref(), Some(bearer.as_str()));
        assert_eq!(by_rails.workspace.as_deref(), Some(self.to_rails.workspace.as_str()));
        meaning::nothing_forbidden(target, &by_rails.body_params, &self.to_rails.url);

        // The imitation reads what Rails reads.
        assert_eq!((by_mock.path.as_str(), by_mock.query.as_str()), (target.path, ""));
        let (theirs, ours) = (&printed(&by_rails.params), &by_mock.params);
        let masked = |params: &Value, gw: &TestGateway| meaning::masked(target, params, &gw.url);
        assert_eq!(masked(theirs, &self.to_rails), masked(ours, &self.to_mock), "{}", context());

        let meant = self.rails.reads(target.path, content_type, body.to_vec()).await;
        let meant = meant.unwrap_or_else(|| panic!("Rails refuses what was accepted\n{}", context()));
        meaning::arrived_as_meant(
            target,
            &by_rails.body_params,
            &meant,
            content_type == Some(JSON),
            &context,
        );
    }
}

/// For messages.
fn short(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(3000).collect()
}

#[tokio::test]
async fn the_witness_reads_all_137_requests_as_rails_6_1_or_7_2_was_measured_to_read_them() {
    let rails = Rails::start().await;
    let (mut seen, mut different) = (0, Vec::new());
    for case in measured::cases() {
        let kind =
            case.content_type.as_ref().map_or(String::new(), |kind| format!("Content-Type: {kind}\r\n"));
        // The name says it where a case has this header.
        let override_header =
            if case.name.starts_with("XHMO") { "X-HTTP-Method-Override: DELETE\r\n" } else { "" };
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{kind}{override_header}Content-Length: {}\r\n\r\n",
            case.method,
            case.target,
            rails.host(),
            case.body.len()
        );

        let reply = raw::exchange(rails.host(), &[head.as_bytes(), &case.body].concat()).await;

        let notes = rails.notes().await;
        // What is made is 201 here; the measured controller always said 200.
        let status = if raw::status(&reply) == 201 { 200 } else { raw::status(&reply) };
        let read = notes.first().and_then(|note| Some((note.method.clone()?, printed(&note.params))));
        let outcome = (status, read);
        let nothing_read = outcome == (500, None) && CUT_SHORT.contains(&case.name);
        if !case.outcomes.contains(&outcome) && !nothing_read {
            different.push((case.name, outcome, case.outcomes));
        }
        seen += 1;
    }
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(seen, 137);
}

#[tokio::test]
async fn every_measured_spelling_reaches_real_rails_as_it_was_meant_or_not_at_all() {
    let mut pair = Pair::start().await;
    for target in TARGETS {
        let (mut accepted, mut refused) = (0, 0);
        for case in measured::cases() {
            let content_type = case.content_type.as_deref();
            for body in case.bodies(target) {
                let query = case.query().map_or(String::new(), |query| format!("?{query}"));
                match pair.send(&format!("{}{query}", target.path), content_type, &body).await {
                    Some(arrived) => {
                        pair.check(target, &arrived, content_type, &body).await;
                        accepted += 1;
                    }
                    None => refused += 1,
                }
            }
        }
        assert!(accepted > 30 && refused > 100, "{}: {accepted} accepted, {refused} refused", target.path);
    }
    pair.end().await;
}

/// 300 bodies of one encoding for each target. `draw` gets the round's number.
async fn generated(content_type: &str, draw: impl Fn(&'static Target, &mut TestRunner, usize) -> Vec<u8>) {
    let mut pair = Pair::start().await;
    for target in TARGETS {
        let mut runner = TestRunner::deterministic();
        let (mut accepted, mut refused) = (0, 0);
        for round in 0..300 {
            let body = draw(target, &mut runner, round);
            match pair.send(target.path, Some(content_type), &body).await {
                Some(arrived) => {
                    pair.check(target, &arrived, Some(content_type), &body).await;
                    accepted += 1;
                }
                None => refused += 1,
            }
        }
        assert!(accepted > 100 && refused > 30, "{}: {accepted} accepted, {refused} refused", target.path);
    }
    pair.end().await;
}

fn pairs(target: &'static Target, runner: &mut TestRunner) -> Vec<(String, String)> {
    generated::pairs(target).new_tree(runner).unwrap().current()
}

#[tokio::test]
async fn every_generated_form_reaches_real_rails_as_it_was_meant_or_not_at_all() {
    generated(FORM, |target, runner, round| generated::form(&pairs(target, runner), round % 2 == 0)).await;
}

#[tokio::test]
async fn every_generated_multipart_body_reaches_real_rails_as_it_was_meant_or_not_at_all() {
    generated(MULTIPART, |target, runner, _| generated::multipart(&pairs(target, runner))).await;
}

#[tokio::test]
async fn every_generated_json_body_reaches_real_rails_as_it_was_meant_or_not_at_all() {
    generated(JSON, |target, runner, _| generated::json(target).new_tree(runner).unwrap().current()).await;
}
