//! Lets a cookie prove who is calling: a session, or a guest.
//!
//! Asked only where no `Authorization` came: whoever sends a token means the token.
//!
//! - Reads: the cookies that [`Cookies`] has read.
//! - Answers: `unauthenticated` for a cookie that proves nothing any more, which the browser is told to forget;
//!   `auth_unavailable` where nobody can say.

use std::sync::Arc;

use http::header::{HeaderValue, SET_COOKIE};

use super::authenticate::Proven;
use crate::call::{Caller, Proof};
use crate::cookies::{CookieKind, Cookies, forget, keep};
use crate::principal::{EndUser, Principal};
use crate::problem::{Code, Problem};
use crate::sessions::{Found, GrantKey, SessionId};
use crate::sign_in::renewed_at_provider;
use crate::state::{AppState, State};

/// Who the cookies prove; `None`: there are none.
///
/// # Errors
/// See the module.
///
/// Cancel safe.
pub async fn by_cookie(state: &AppState, cookies: &Arc<Cookies>) -> Result<Option<Proven>, Problem> {
    let Some(id) = &cookies.session else { return by_guest_cookie(state, cookies).await };
    let rules = state.config.session_rules();
    let Some(id) = id else { return Err(ended(state)) };
    let found = state.sessions.find(id, rules).await.map_err(|_| unavailable())?;
    let found = found.filter(|found| is_welcome(state, found)).ok_or_else(|| ended(state))?;
    let found = renewed_at_provider(state, found, id).await?.ok_or_else(|| ended(state))?;
    let session = &found.session;
    let user = EndUser {
        id: session.end_user.clone(),
        claimed_plan: session.claimed_plan.clone(),
        tenant: session.tenant.clone(),
        expires_at: session.expires_at,
    };
    let principal = Principal::EndUser(Arc::new(user));
    Ok(Some(Proven { principal, proof: Proof::Session(found), cookies: Some(Arc::clone(cookies)) }))
}

/// The guest that a cookie proves.
async fn by_guest_cookie(state: &State, cookies: &Arc<Cookies>) -> Result<Option<Proven>, Problem> {
    let Some(cookie) = &cookies.guest else { return Ok(None) };
    let verified = state.guest_keys.verify(cookie, state.clock.now());
    let known = match verified {
        Some((guest, _)) if state.known_guests.is_alive(&*state.store, guest).await? => {
            state.config.trial_guest(guest).map(|principal| (guest, principal))
        }
        _ => None,
    };
    let Some((guest, principal)) = known else {
        let problem = Problem::unauthenticated_because("Your time as a guest is over: sign in.");
        let config = &state.config.sessions;
        return Err(match forget(config, CookieKind::Guest.name(config)) {
            Some(cookie) => problem.with_header(SET_COOKIE, cookie),
            None => problem,
        });
    };
    let proof = Proof::Guest(guest.to_string().into());
    let cookies = Some(Arc::clone(cookies));
    Ok(Some(Proven { principal: Principal::Guest(Arc::new(principal)), proof, cookies }))
}

/// Whether whoever proved the end user when the session began is still in the configuration.
fn is_welcome(state: &State, found: &Found) -> bool {
    let session = &found.session;
    let is_known = match &session.provider {
        None => state.authenticator.knows_issuer(&session.end_user.issuer),
        Some(name) => {
            let provider = state.providers.get(name);
            provider.is_some_and(|(_, provider)| provider.settings().issuer == *session.end_user.issuer)
        }
    };
    state.config.sessions.enabled && is_known
}

/// A new cookie for a session whose end user has another plan than when it got its cookie: what a cookie could do
/// before, it must not be able to do more of.
///
/// Cancel safe.
pub async fn renewed(state: &State, caller: &Caller) -> Option<HeaderValue> {
    let Proof::Session(found) = &caller.proof else { return None };
    let session = &found.session;
    // One that was given and never came back was lost on its way.
    let is_due = session.cookie_plan != caller.plan.name || found.is_confirmed && found.is_being_renewed;
    if !is_due || !state.sessions.may_renew(session) {
        return None;
    }
    let now = state.clock.now();
    let before = caller.cookies.as_ref()?.session.as_ref()?.as_ref()?;
    let new = SessionId::generate().ok()?;
    let key_sealed = match &found.key_sealed {
        Some(sealed) => Some(GrantKey::open_under(before, sealed)?.seal_under(&new).ok()?),
        None => None,
    };
    let plan = Arc::clone(&caller.plan.name);
    if !state.sessions.renew(found, plan, (new.hash(), key_sealed)).await.ok()? {
        return None;
    }
    let config = &state.config.sessions;
    keep(config, CookieKind::Session.name(config), new.expose(), now.until(session.expires_at))
}

/// The session has ended; its cookie is of no use.
fn ended(state: &State) -> Problem {
    let problem = Problem::unauthenticated_because("Your session has ended: sign in again.");
    let config = &state.config.sessions;
    match forget(config, CookieKind::Session.name(config)) {
        Some(cookie) => problem.with_header(SET_COOKIE, cookie),
        None => problem,
    }
}

fn unavailable() -> Problem {
    Problem::new(Code::AuthUnavailable, "Your session cannot be looked up now; try again in a moment.")
        .with_retry_after_s(1)
}
