//! Which Problems a route can answer, and how they look.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Line;
use super::described::{Body, Described};
use crate::ids::RequestId;
use crate::policy::{Form, Param, Shape};
use crate::problem::{Code, Problem};
use crate::routes::Access;

/// What follows for everybody who must prove something.
const PROOF: &[Code] =
    &[Code::Unauthenticated, Code::InvalidToken, Code::AuthUnavailable, Code::TenantUnknown, Code::Blocked];

/// What any body that is read can be refused for.
const BODY: &[Code] = &[Code::BadBody, Code::UnsupportedMediaType, Code::BodyTimeout, Code::ValidationFailed];

/// What any call to Astria can end in.
const UPSTREAM: &[Code] = &[
    Code::ValidationFailed,
    Code::UpstreamRefused,
    Code::UpstreamCredentialRejected,
    Code::UpstreamFailed,
    Code::UpstreamReplyInvalid,
    Code::UpstreamOutdated,
    Code::UpstreamUnreachable,
    Code::UpstreamBusy,
    Code::UpstreamPaused,
    Code::UpstreamAccountExhausted,
    Code::UpstreamTimeout,
];

/// What any create can be refused for.
const CREATE: &[Code] = &[
    Code::OperationNotAllowed,
    Code::ParameterNotAllowed,
    Code::PlanPaused,
    Code::IdempotencyKeyInvalid,
    Code::IdempotencyKeyRequired,
    Code::IdempotencyKeyInUse,
    Code::IdempotencyKeyReused,
    Code::Erasing,
    Code::NotFound,
    Code::QuotaExhausted,
    Code::TooManyJobs,
    Code::ThemeOpen,
    Code::LedgerUnavailable,
    Code::StoreUnavailable,
    Code::OutcomeUnknown,
];

/// `components.responses`
#[derive(Default)]
pub(super) struct Known(pub(super) Map<String, Value>);

impl Known {
    /// A reference to this response: `NotFound`, and `NotFound2` for a second one of its status.
    fn refer(&mut self, status: u16, response: Value) -> Value {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let name = reason.unwrap_or("Problem").replace(' ', "");
        let mut names = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}{n}")));
        let free = |name: &String| self.0.get(name).is_none_or(|other| *other == response);
        let name = names.find(free).unwrap_or(name);
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        self.0.insert(name, response);
        reference
    }
}

/// Every code that the route can answer.
pub(super) fn codes(described: &Described, line: &Line) -> BTreeSet<&'static str> {
    let Line { access, operation, .. } = *line;
    let mut codes = vec![Code::BadRequest, Code::Internal];
    codes.extend(described.also);
    if described.path.contains('{') {
        codes.extend([Code::BadPath, Code::NotFound]);
    }
    match access {
        Access::Public | Access::Operator => {}
        Access::Callback => codes.extend([Code::BodyTooLarge, Code::RateLimited]),
        Access::Signed | Access::Visitor => {
            codes.extend([Code::Overloaded, Code::BodyTooLarge, Code::RateLimited]);
        }
        Access::EndUser | Access::Listener => {
            codes.extend([Code::Overloaded, Code::BodyTooLarge, Code::RateLimited]);
            codes.extend(PROOF);
        }
    }
    if let Body::Params { of, .. } = &described.body {
        codes.extend(BODY);
        let is_photo = |param: &Param| matches!(param.shape, Shape::Photo | Shape::Photos { .. });
        if Form::of(*of, &[]).is_some_and(|form| form.fields.iter().any(is_photo)) {
            codes.push(Code::PhotoRefused);
        }
    }
    if described.drops_params(access) {
        codes.extend([Code::BadBody, Code::ValidationFailed]);
    }
    if let Some(operation) = operation {
        codes.extend(UPSTREAM);
        if operation.creates_cost() {
            codes.extend(CREATE);
        }
    }
    codes.extend(of_sign_in(line));
    codes.into_iter().map(Code::name).collect()
}

/// What cookies and signing in add.
fn of_sign_in(line: &Line) -> Vec<Code> {
    let mut codes = Vec::new();
    if matches!(line.access, Access::EndUser | Access::Listener) {
        // A cookie from another site is refused by reads, too.
        codes.push(Code::CsrfRefused);
    }
    match (line.method.as_str(), line.path) {
        ("POST", "/gateway/guest") => {
            codes.extend([Code::CsrfRefused, Code::TooManyGuests, Code::StoreUnavailable, Code::NotFound]);
        }
        ("GET", "/gateway/login/{provider}") => codes.push(Code::LoginUnavailable),
        (_, "/gateway/login/{provider}/callback" | "/gateway/login/{provider}/backchannel") => {
            codes.extend([Code::LoginFailed, Code::LoginUnavailable, Code::StoreUnavailable]);
            codes.extend([Code::Blocked, Code::TenantUnknown]);
        }
        _ => {}
    }
    codes
}

/// The statuses of a code: `quota_exhausted` has a second one.
fn statuses(code: &'static str) -> Vec<u16> {
    let of = all().into_iter().find(|(name, ..)| *name == code);
    let mut statuses: Vec<u16> = of.map(|(_, status, _)| status).into_iter().collect();
    if code == Code::QuotaExhausted.name() {
        statuses.push(402);
    }
    statuses
}

/// Name, usual status and title of every code.
pub(super) fn all() -> Vec<(&'static str, u16, &'static str)> {
    Code::ALL.iter().map(|code| (code.name(), code.status().as_u16(), code.title())).collect()
}

/// What a person is told by a page, where a browser was led to it.
const PAGES: [u16; 3] = [400, 403, 503];

/// Responses by status, each by its name among `known`: most routes share theirs.
pub(super) fn responses(
    codes: &BTreeSet<&'static str>,
    headers: &Map<String, Value>,
    has_page: bool,
    known: &mut Known,
) -> BTreeMap<u16, Value> {
    let mut by_status: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for code in codes {
        for status in statuses(code) {
            by_status.entry(status).or_default().push(code);
        }
    }
    let response = |(status, codes): (u16, Vec<&'static str>)| {
        let mut headers = headers.clone();
        for (name, of) in
            [("Retry-After", [409, 429, 502, 503, 504].as_slice()), ("WWW-Authenticate", &[401])]
        {
            if of.contains(&status) {
                headers.insert(name.to_owned(), super::headers::reference(name));
            }
        }
        let titles: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}.", title(code))).collect();
        let examples: Map<String, Value> = codes
            .iter()
            .map(|code| ((*code).to_owned(), json!({ "$ref": format!("#/components/examples/{code}") })))
            .collect();
        let mut response = json!({
            "description": titles.join("\n"),
            "headers": headers,
            "content": {
                "application/problem+json": {
                    "schema": { "$ref": "#/components/schemas/Problem" },
                    "examples": examples,
                },
            },
            "x-problem-codes": codes,
        });
        if has_page && PAGES.contains(&status) {
            let page = json!({ "schema": { "type": "string" }, "example": "<!doctype html>…" });
            super::params::set_in(&mut response, "content", "text/html", page);
        }
        (status, known.refer(status, response))
    };
    by_status.into_iter().map(response).collect()
}

fn title(code: &str) -> &'static str {
    all().into_iter().find(|(name, ..)| *name == code).map_or("", |(_, _, title)| title)
}

/// One example a code, as it is answered.
pub(super) fn examples() -> Map<String, Value> {
    let id = RequestId::example();
    let of_code = |code: &Code| {
        let problem = Problem::new(*code, code.title());
        let value: Value = serde_json::from_slice(&problem.render(&id)).unwrap_or_default();
        (code.name().to_owned(), json!({ "summary": code.title(), "value": value }))
    };
    // No operation of the document answers that its method is another's.
    Code::ALL.iter().filter(|code| **code != Code::MethodNotAllowed).map(of_code).collect()
}
