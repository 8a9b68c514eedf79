//! `GET /gateway/login/{provider}/callback`: a browser comes back from its provider.

use std::sync::Arc;
use std::time::Duration;

use http::header::USER_AGENT;

use super::{failed, page, see_other, set};
use crate::call::{Call, Proof, Visitor};
use crate::config::SameSite;
use crate::cookies::{forget, login_prefix};
use crate::handlers::session::{LoginGrant, SignIn, check_enabled, no_random, signed_in};
use crate::login::{Answer, Attempt, Attempts, LoginError, SignedIn};
use crate::middleware::authenticate::{Proven, caller};
use crate::principal::{EndUser, EndUserId, Principal};
use crate::problem::{Code, Problem};
use crate::reply::Reply;
use crate::sessions::{Grant, GrantKey};

/// See the module.
pub async fn finish(call: Call<Visitor>) -> crate::call::Answer {
    check_enabled(&call.state)?;
    let Some((name, provider)) = call.state.providers.get(call.path.get("provider")) else {
        return Err(Problem::not_found());
    };
    let (name, provider) = (Arc::clone(name), Arc::clone(provider));
    let answer = read(call.query());
    let state_hash = answer.state.as_deref().map(Attempts::name_of).unwrap_or_default();
    let config = &call.state.config.sessions;
    let cookie_name = format!("{}{state_hash}", login_prefix(config));
    let attempt = attempt(&call, &cookie_name, &name);
    // Whoever leaves now begins anew: a code can be used once.
    let finished = match attempt {
        Some(attempt) => finish_with(&call, &name, &provider, &answer, attempt).await,
        None => Err(failed(&call.state, &name, &LoginError::State)),
    };
    let mut reply = finished.unwrap_or_else(|problem| page::failed(&call, &problem));
    set(&mut reply, forget(config, &cookie_name));
    Ok(reply)
}

/// What this browser began with, at this provider.
fn attempt(call: &Call<Visitor>, cookie_name: &str, provider: &str) -> Option<Attempt> {
    let (_, sealed) = call.who.login_cookies.iter().find(|(name, _)| name == cookie_name)?;
    let attempt = call.state.login_attempts.open(sealed, call.state.clock.now())?;
    // An answer of one provider must not be taken for another's.
    (attempt.provider == provider).then_some(attempt)
}

async fn finish_with(
    call: &Call<Visitor>,
    name: &Arc<str>,
    provider: &crate::login::Provider,
    answer: &Answer,
    attempt: Attempt,
) -> Result<Reply, Problem> {
    let state = &call.state;
    let signed =
        provider.finish(answer, &attempt.pending).await.map_err(|error| failed(state, name, &error))?;
    let SignedIn { subject, plan, tenant, provider_session, refresh_token, refresh_due_at, .. } = signed;
    let now = state.clock.now();
    let user = EndUser {
        id: EndUserId { issuer: provider.settings().issuer.as_str().into(), subject },
        claimed_plan: plan,
        tenant,
        expires_at: now.plus(Duration::from_secs(state.config.sessions.max_s)),
    };
    let principal = Principal::EndUser(Arc::new(user));
    call.facts.set_principal(state.principal_hash(principal.id()));
    let cookies = Arc::new(call.who.cookies.for_sign_in());
    let caller = caller(state, Proven { principal, proof: Proof::Token, cookies: Some(cookies) })?;
    let grant = match refresh_token {
        None => None,
        Some(token) => {
            let key = GrantKey::generate().map_err(|_| no_random())?;
            let sealed = key.seal(&token).map_err(|_| no_random())?;
            Some((Grant { sealed, refresh_at: refresh_due_at, unrefreshed_since: None }, key))
        }
    };
    let login = LoginGrant { provider: Arc::clone(name), provider_session, grant };
    let user_agent = call.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    let how = SignIn { user_agent, login: Some(login), guest: attempt.guest.as_deref() };
    let begun = signed_in(state, &caller, how).await?;
    let to = attempt.return_to.as_str();
    let mut reply = match state.config.sessions.same_site {
        SameSite::Lax => see_other(to)?,
        SameSite::Strict => page::going_on(to),
    };
    begun.cookies.into_iter().for_each(|cookie| set(&mut reply, Some(cookie)));
    Ok(reply)
}

/// The parameters of the answer; one that comes twice is none.
fn read(query: &str) -> Answer {
    let mut answer = Answer::default();
    let mut doubled = false;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*name {
            "code" => &mut answer.code,
            "state" => &mut answer.state,
            "iss" => &mut answer.iss,
            "error" => &mut answer.error,
            _ => continue,
        };
        doubled |= place.replace(value.into_owned()).is_some();
    }
    if doubled { Answer::default() } else { answer }
}

/// The refusal of a body that no provider sends.
pub(super) fn unreadable() -> Problem {
    Problem::new(Code::LoginFailed, "Send one logout_token.")
}
