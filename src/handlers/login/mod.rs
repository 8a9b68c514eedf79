//! `/gateway/login…`, `/gateway/logout`: signing in and out at OpenID providers.
//!
//! A browser comes here by a link, goes to its provider, and comes back with an answer that counts in this browser alone.
//! Nothing of a token is ever in an address, a page or a script.

mod backchannel;
mod logout;
mod page;
mod returned;

use http::header::{HeaderValue, LOCATION, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde_json::json;

pub use backchannel::receive as backchannel;
pub use logout::log_out;
pub use returned::finish;

use crate::call::{Answer, Call, Visitor};
use crate::cookies::{forget, keep_for_return, login_prefix};
use crate::handlers::session::{check_enabled, no_random};
use crate::headers::{SEC_FETCH_DEST, SEC_FETCH_MODE};
use crate::login::{ATTEMPT_LASTS, Attempt, Attempts, LoginError, ReturnPath};
use crate::problem::{Code, Problem};
use crate::reply::{self, Reply};
use crate::state::State;

/// Sign-ins that one browser may have begun and not finished; a further one forgets them.
const MAX_ATTEMPTS: usize = 4;

/// `GET /gateway/login`: where people can sign in.
pub async fn list(call: Call<Visitor>) -> Answer {
    let url = &call.state.gateway_url;
    let providers: Vec<_> = call
        .state
        .providers
        .all()
        .map(|(name, provider)| {
            json!({ "name": &**name, "title": provider.settings().title, "url": format!("{url}/gateway/login/{name}") })
        })
        .collect();
    Ok(reply::json(StatusCode::OK, &json!({ "providers": providers })))
}

/// `GET /gateway/login/{provider}`: off to the provider.
pub async fn begin(call: Call<Visitor>) -> Answer {
    let state = &call.state;
    check_enabled(state)?;
    let (name, provider) = state.providers.get(call.path.get("provider")).ok_or_else(Problem::not_found)?;
    check_navigation(call.headers())?;
    let return_to = return_path(call.query())?;
    let answer = provider.begin().await;
    let begun = match answer {
        Ok(begun) => begun,
        Err(error) => return Ok(page::failed(&call, &failed(state, name, &error))),
    };
    let config = &state.config.sessions;
    let cookie_name = format!("{}{}", login_prefix(config), Attempts::name_of(&begun.pending.state));
    let attempt = Attempt {
        provider: name.to_string(),
        pending: begun.pending,
        return_to,
        guest: call.who.cookies.guest.clone(),
        expires_at: state.clock.now().plus(ATTEMPT_LASTS),
    };
    let sealed = state.login_attempts.seal(&attempt).map_err(|_| no_random())?;
    let mut reply = see_other(begun.url.as_str())?;
    let before = &call.who.login_cookies;
    if before.len() >= MAX_ATTEMPTS {
        before.iter().for_each(|(name, _)| set(&mut reply, forget(config, name)));
    }
    set(&mut reply, keep_for_return(config, &cookie_name, sealed, ATTEMPT_LASTS));
    Ok(reply)
}

/// Only as a page of its own: not in a frame, and not behind a page's back.
fn check_navigation(headers: &HeaderMap) -> Result<(), Problem> {
    let is = |name, wanted: &str| headers.get(name).is_none_or(|value: &HeaderValue| value == wanted);
    if is(SEC_FETCH_MODE, "navigate") && is(SEC_FETCH_DEST, "document") {
        return Ok(());
    }
    Err(Problem::new(
        Code::BadRequest,
        "Lead the browser here by a link; a script or a frame cannot sign in.",
    ))
}

fn return_path(query: &str) -> Result<ReturnPath, Problem> {
    let mut wanted = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "return_to");
    let path = match wanted.next() {
        None => Some(ReturnPath::default()),
        Some((_, text)) => ReturnPath::parse(&text),
    };
    path.filter(|_| wanted.next().is_none())
        .ok_or_else(|| Problem::new(Code::BadRequest, "return_to is a path of this origin, such as /app."))
}

/// What a person is told of a failed sign-in, and what the log is.
fn failed(state: &State, provider: &str, error: &LoginError) -> Problem {
    match error {
        LoginError::Unavailable(_) => {
            state.metrics.session("login_unavailable");
            tracing::warn!(login.provider = provider, login.fault = %error, "a login provider cannot be used");
            Problem::new(
                Code::LoginUnavailable,
                "Your login provider does not answer; try again in a moment.",
            )
            .with_retry_after_s(10)
        }
        LoginError::Denied(_) => {
            state.metrics.session("login_denied");
            Problem::new(Code::LoginFailed, "Your login provider did not sign you in.")
        }
        _ => {
            state.metrics.session("login_failed");
            tracing::warn!(login.provider = provider, login.fault = %error, "a sign-in failed");
            Problem::new(Code::LoginFailed, "Begin to sign in once more, in this browser.")
        }
    }
}

/// Leads a browser on by GET.
fn see_other(location: &str) -> Result<Reply, Problem> {
    let location = HeaderValue::try_from(location)
        .map_err(|_| Problem::new(Code::Internal, "The way on cannot be written."))?;
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::SEE_OTHER;
    reply.headers_mut().insert(LOCATION, location);
    Ok(reply)
}

fn set(reply: &mut Reply, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        reply.headers_mut().append(SET_COOKIE, cookie);
    }
}
