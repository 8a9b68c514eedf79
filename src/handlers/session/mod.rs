//! `/gateway/session`, `/gateway/sessions`: exchanges a token for a session, tells who is signed in and where, signs out.

mod shown;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderValue, SET_COOKIE, USER_AGENT};
use serde_json::json;
use uuid::Uuid;

use crate::call::{Answer, Call, Caller, Proof};
use crate::cookies::{CookieKind, forget, keep};
use crate::guests::{Claimed, claim};
use crate::middleware::csrf::check_source;
use crate::ownership::IndexError;
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::reply::{self, Reply};
use crate::sessions::{Ended, NewSession, Session, SessionId, SessionName, device};
use crate::sign_in::revoke;
use crate::state::State;
use crate::streams::Wake;
pub(in crate::handlers) use shown::{shown, shown_in_list};

/// `GET /gateway/session`: who is signed in.
pub async fn get(call: Call) -> Answer {
    Ok(reply::json(StatusCode::OK, &shown(&call.state, &call.who, None)))
}

/// `POST /gateway/session`: a session for a token.
pub async fn begin(call: Call) -> Answer {
    let (state, caller) = (&call.state, &call.who);
    check_enabled(state)?;
    check_source(state, call.headers())?;
    let (Principal::EndUser(_), Proof::Token) = (&caller.principal, &caller.proof) else {
        return Err(Problem::new(
            Code::BadRequest,
            "Send the end user's own token as `Authorization: Bearer …`.",
        ));
    };
    let user_agent = call.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    let guest = caller.cookies.as_ref().and_then(|cookies| cookies.guest.as_deref());
    let begun = signed_in(state, caller, SignIn { user_agent, login: None, guest }).await?;
    let mut reply = reply::json(StatusCode::CREATED, &shown(state, caller, Some(&begun.name)));
    for cookie in begun.cookies {
        reply.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(reply)
}

/// How somebody signs in.
pub(in crate::handlers) struct SignIn<'a> {
    /// What their browser says of itself.
    pub(in crate::handlers) user_agent: Option<&'a str>,
    /// What a login provider gave.
    pub(in crate::handlers) login: Option<LoginGrant>,
    /// The cookie of the guest that their browser was when it began.
    pub(in crate::handlers) guest: Option<&'a str>,
}

/// What a login provider gave.
pub(in crate::handlers) struct LoginGrant {
    /// The provider's name in config.
    pub(in crate::handlers) provider: Arc<str>,
    /// What it knows the session by.
    pub(in crate::handlers) provider_session: Option<String>,
    /// Its refresh token, sealed, and the sign-in's key.
    pub(in crate::handlers) grant: Option<(crate::sessions::Grant, crate::sessions::GrantKey)>,
}

/// A session that was begun.
pub(in crate::handlers) struct Begun {
    /// Its public name.
    pub(in crate::handlers) name: SessionName,
    /// What the browser is to keep, and to forget.
    pub(in crate::handlers) cookies: Vec<HeaderValue>,
}

/// Begins a session for a proven caller; the one that their browser had ends.
///
/// # Errors
/// `store_unavailable`
///
/// Cancel safe: a session that nobody has the cookie of ends by itself.
pub(in crate::handlers) async fn signed_in(
    state: &State,
    caller: &Caller,
    how: SignIn<'_>,
) -> Result<Begun, Problem> {
    let Principal::EndUser(user) = &caller.principal else { return Err(Problem::unauthenticated()) };
    let config = &state.config.sessions;
    let was_guest = become_end_user(state, caller, how.guest).await?;
    let id = SessionId::generate().map_err(|_| no_random())?;
    let (now, lifetime) = (state.clock.now(), Duration::from_secs(config.max_s));
    let name = SessionName::from(Uuid::now_v7().to_string());
    let (provider, provider_session, grant) = match how.login {
        Some(login) => (Some(login.provider), login.provider_session, login.grant),
        None => (None, None, None),
    };
    let (grant, key_sealed) = match grant {
        Some((grant, key)) => (Some(grant), Some(key.seal_under(&id).map_err(|_| no_random())?)),
        None => (None, None),
    };
    let session = Session::new(
        Arc::clone(&name),
        user.id.clone(),
        (user.claimed_plan.clone(), user.tenant.clone()),
        (Arc::clone(&caller.plan.name), now),
        device(how.user_agent),
        (now, now, now.plus(lifetime)),
        provider,
        grant,
    );
    let before = caller.cookies.as_ref().and_then(|cookies| cookies.session.as_ref()?.as_ref());
    let new = NewSession {
        session,
        provider_session,
        hash: id.hash(),
        key_sealed,
        replaces: before.map(SessionId::hash),
        max_each: config.max_per_user,
    };
    state.sessions.begin(new).await?;
    state.metrics.session("begun");
    let cookie = keep(config, CookieKind::Session.name(config), id.expose(), lifetime);
    let no_guest = was_guest.then(|| forget(config, CookieKind::Guest.name(config))).flatten();
    Ok(Begun { name, cookies: cookie.into_iter().chain(no_guest).collect() })
}

/// What the guest made that a browser was when it began to sign in becomes the end user's. Gives whether there was a
/// cookie that is of no use any more.
///
/// # Errors
/// `store_unavailable`: nothing moved, so nobody is signed in yet.
///
/// Cancel safe: all has moved, or nothing.
async fn become_end_user(state: &State, caller: &Caller, cookie: Option<&str>) -> Result<bool, Problem> {
    let Some(cookie) = cookie else { return Ok(false) };
    let Some((guest, _)) = state.guest_keys.verify(cookie, state.clock.now()) else { return Ok(true) };
    let claimed = claim(&*state.store, &state.ledger, guest, &caller.holder().of()).await;
    state.known_guests.forget(guest);
    match claimed {
        Ok(Claimed::Moved(moved)) => {
            state.metrics.session("guest_claimed");
            state.streams.wake(caller.principal.id(), Wake::Quotas);
            state.streams.wake(&guest.end_user(), Wake::Said);
            if moved.is_overrun {
                tracing::info!("what a guest had used is more than the end user may use who it became");
            }
        }
        // It is somebody's, or nobody's: the sign-in goes on without it.
        Ok(Claimed::Already | Claimed::Nothing) | Err(IndexError::Erasing | IndexError::Conflict) => {}
        Err(IndexError::Unavailable) => return Err(IndexError::Unavailable.into()),
    }
    Ok(true)
}

/// `DELETE /gateway/session`: signs out here.
pub async fn end(call: Call) -> Answer {
    check_enabled(&call.state)?;
    if let Proof::Session(found) = &call.who.proof {
        end_session(&call.state, &call.who, &found.session.name).await?;
        if let Some(id) = call.who.cookies.as_ref().and_then(|cookies| cookies.session.as_ref()?.as_ref()) {
            revoke(&call.state, found, id);
        }
    }
    Ok(signed_out(&call, no_content()))
}

/// Ends one of the caller's sessions. Gives whether it was there.
pub(in crate::handlers) async fn end_session(
    state: &State,
    caller: &Caller,
    name: &SessionName,
) -> Result<bool, Problem> {
    let which = Ended::One(caller.principal.id().clone(), Arc::clone(name));
    let ended = state.sessions.end(which).await?;
    if ended > 0 {
        state.metrics.session("signed_out");
    }
    Ok(ended > 0)
}

/// `GET /gateway/sessions`: where the caller is signed in.
pub async fn list(call: Call) -> Answer {
    check_enabled(&call.state)?;
    let rules = call.state.config.session_rules();
    let sessions = call.state.sessions.list(call.who.principal.id(), rules).await?;
    let current = match &call.who.proof {
        Proof::Session(found) => Some(&found.session.name),
        _ => None,
    };
    let shown: Vec<_> = sessions
        .iter()
        .map(|session| shown_in_list(&call.state, session, Some(&session.name) == current))
        .collect();
    Ok(reply::json(StatusCode::OK, &json!({ "sessions": shown })))
}

/// `DELETE /gateway/sessions`: signs out everywhere.
pub async fn end_all(call: Call) -> Answer {
    check_enabled(&call.state)?;
    let ended = call.state.sessions.end(Ended::AllOf(call.who.principal.id().clone())).await?;
    (0..ended).for_each(|_| call.state.metrics.session("signed_out"));
    Ok(signed_out(&call, no_content()))
}

/// `DELETE /gateway/sessions/{id}`: signs out one of them.
pub async fn end_one(mut call: Call) -> Answer {
    check_enabled(&call.state)?;
    let name = SessionName::from(call.path.take("id"));
    if !end_session(&call.state, &call.who, &name).await? {
        return Err(Problem::not_found());
    }
    let is_current = matches!(&call.who.proof, Proof::Session(found) if found.session.name == name);
    Ok(if is_current { signed_out(&call, no_content()) } else { no_content() })
}

/// The browser forgets its session, or that it was a guest.
pub(in crate::handlers) fn signed_out<B>(call: &Call<Caller, B>, mut reply: Reply) -> Reply {
    let config = &call.state.config.sessions;
    let kind = match &call.who.proof {
        Proof::Guest(_) => CookieKind::Guest,
        _ => CookieKind::Session,
    };
    if let Some(cookie) = forget(config, kind.name(config)) {
        reply.headers_mut().append(SET_COOKIE, cookie);
    }
    reply
}

fn no_content() -> Reply {
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

/// # Errors
/// `not_found` where there are no sessions.
pub(in crate::handlers) fn check_enabled(state: &State) -> Result<(), Problem> {
    if state.config.sessions.enabled { Ok(()) } else { Err(Problem::not_found()) }
}

pub(in crate::handlers) fn no_random() -> Problem {
    tracing::error!("the machine gives no random numbers");
    Problem::new(Code::Internal, "Try again in a moment.")
}
