//! Refuses what another site's page makes a browser send with our cookie.
//!
//! A browser adds the cookie by itself, so a request that only a cookie proves needs a second proof that a page of ours
//! sent it. Three stand one behind the other: where the browser says the request comes from, whose page it names, and
//! something that no foreign page can send.
//!
//! - Reads: `Sec-Fetch-Site`, `Origin`, `X-CSRF-Token`, `X-CSRF`.
//! - Adds: to a body whose parameter `authenticity_token` alone can prove it, that it must (`LimitedBody`): whoever
//!   reads the parameters refuses it otherwise, and nothing else may read such a body.
//! - Answers: `csrf_refused`.
//!
//! Source: draft-ietf-oauth-browser-based-apps section 6.1.3.3, OWASP's CSRF prevention cheat sheet (read 2026-11-22).

use http::Method;
use http::header::{HeaderMap, ORIGIN};

use crate::call::{Call, Proof};
use crate::headers::{SEC_FETCH_SITE, X_CSRF, X_CSRF_TOKEN};
use crate::problem::Problem;
use crate::sessions::TokenOf;
use crate::state::State;

/// The parameter that Rails' own forms send it in.
pub const AUTHENTICITY_TOKEN: &str = "authenticity_token";

/// See the module. `reads_params`: the route's handler reads its body as parameters.
///
/// # Errors
/// `csrf_refused`
pub fn csrf(mut call: Call, reads_params: bool) -> Result<Call, Problem> {
    let of = match &call.who.proof {
        Proof::Session(found) => TokenOf::Session(&found.session.name),
        Proof::Guest(name) => TokenOf::Guest(name),
        // What a browser does not add by itself, no page can make it send.
        Proof::Token | Proof::Ticket | Proof::Service | Proof::Nothing => return Ok(call),
    };
    let headers = &call.head.headers;
    let site = headers.get(SEC_FETCH_SITE).map(http::HeaderValue::as_bytes);
    if site == Some(b"cross-site") {
        return Err(Problem::csrf_refused());
    }
    if [Method::GET, Method::HEAD].contains(&call.head.method) {
        return Ok(call);
    }
    check_source(&call.state, headers)?;
    let mut tokens = headers.get_all(X_CSRF_TOKEN).iter();
    if let Some(token) = tokens.next() {
        let is_ours = token.to_str().is_ok_and(|token| call.state.csrf_tokens.is_token(of, token));
        return if is_ours && tokens.next().is_none() { Ok(call) } else { Err(Problem::csrf_refused()) };
    }
    // A page of another origin cannot send it without asking first (CORS).
    if headers.get(X_CSRF).is_some_and(|value| value == "1") {
        return Ok(call);
    }
    if !reads_params {
        return Err(Problem::csrf_refused());
    }
    let token = call.state.csrf_tokens.make(of);
    call.body.owe(token);
    Ok(call)
}

/// Whether the page that sent a request is one of ours, as far as the browser tells. For what begins with a cookie, too.
///
/// # Errors
/// `csrf_refused`
pub fn check_source(state: &State, headers: &HeaderMap) -> Result<(), Problem> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let is_foreign = |origin: &http::HeaderValue| {
        // A page that hides where it comes from says "null".
        !origin.to_str().is_ok_and(|origin| state.config.trusts_origin(origin))
    };
    match (origins.next(), headers.get(SEC_FETCH_SITE).map(http::HeaderValue::as_bytes)) {
        (Some(origin), _) if is_foreign(origin) || origins.next().is_some() => Err(Problem::csrf_refused()),
        // Another host of the same site, and it does not say which.
        (None, Some(b"same-site")) | (_, Some(b"cross-site")) => Err(Problem::csrf_refused()),
        _ => Ok(()),
    }
}
