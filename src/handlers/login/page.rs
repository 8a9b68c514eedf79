//! The few words that a person sees whose sign-in did not go on, and the way on where a cookie needs a page in between.
//!
//! No script, no picture, nothing of what a provider or an address said.

use bytes::Bytes;
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_SECURITY_POLICY, HeaderValue};

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{self, Reply};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}\
    @media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#9cf}}";

/// A failure: a page for a browser, a Problem for everybody else.
pub(super) fn failed<W>(call: &Call<W>, problem: &Problem) -> Reply {
    call.facts.set_problem(problem);
    let accepts = call.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") {
        return problem.clone().into_reply(&call.facts.id);
    }
    let (title, detail, code) = (problem.code().title(), problem.detail(), problem.code().name());
    let again = format!("{}/gateway/login", call.state.config.server.base_path);
    let provider = call.path.get("provider");
    let text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1><p>{detail}</p>\
         <p><a href=\"{again}/{provider}\">Sign in</a> · <a href=\"/\">Front page</a></p>\
         <p><small>{code}, request {id}</small></p>",
        id = call.facts.id.as_str(),
    );
    let mut reply = page(problem.status(), text);
    if let Some(seconds) = problem.retry_after_s() {
        reply.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
    }
    reply
}

/// A page that goes on by itself: a cookie for requests of this site alone is not sent on the way back from another.
pub(super) fn going_on(to: &str) -> Reply {
    let to: String = to
        .chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '"' => "&quot;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '\'' => "&#39;".to_owned(),
            other => other.to_string(),
        })
        .collect();
    let text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0; url={to}\">\
         <title>Signed in</title><style>{STYLE}</style><p><a href=\"{to}\">Go on</a></p>"
    );
    page(StatusCode::OK, text)
}

fn page(status: StatusCode, text: String) -> Reply {
    let mut reply = reply::of_type(status, HTML, Bytes::from(text));
    reply.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    reply
}
