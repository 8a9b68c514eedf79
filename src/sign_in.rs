//! Renews what a session holds of its login provider: the access token's time is over, so the provider is asked whether
//! the person is still who they were.
//!
//! A refresh token that comes twice ends the session at a provider that rotates them, so one is on its way at most: one
//! task a session in this process, and a claim in the store among processes. Requests do not wait while the token is
//! good; when it is over they wait a moment for whoever asks. A provider that is down loses nobody their session: it goes on
//! for `login.unrefreshed_max_s`, and then answers 503 until the provider is back. One that says no ends it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::login::RefreshError;
use crate::problem::{Code, Problem};
use crate::secret::Secret;
use crate::sessions::{
    AGAIN_AFTER, Claims, Ended, Found, Grant, GrantKey, Outcome, Refreshed, Session, SessionId, SessionName,
};
use crate::state::{AppState, State};

/// The token is renewed so long before it is over: a slow provider is not noticed then.
const EARLY: Duration = Duration::from_secs(30);
/// A request waits for it so long when it is over.
const PATIENCE: Duration = Duration::from_secs(3);
/// Another process may not use the same token for so long.
const CLAIM: Duration = Duration::from_secs(60);

/// The session, renewed at its provider if that is due. `None`: the provider has ended it.
///
/// # Errors
/// `auth_unavailable`: it could not be renewed for too long.
///
/// Cancel safe: a renewal goes on in a task of its own.
pub async fn renewed_at_provider(
    state: &AppState,
    found: Arc<Found>,
    id: &SessionId,
) -> Result<Option<Arc<Found>>, Problem> {
    let now = state.clock.now();
    let due = found.session.grant.as_ref().and_then(|grant| grant.refresh_at);
    let Some(over_at) = due.filter(|at| at.minus(EARLY) <= now) else { return Ok(Some(found)) };
    let mut outcome = match state.renewals.join(&found.session.name, state.clock.monotonic()) {
        Ok(outcome) => outcome,
        Err(tell) => {
            let Some(key) = found.key_sealed.as_ref().and_then(|sealed| GrantKey::open_under(id, sealed))
            else {
                tracing::error!("what a session holds of its provider cannot be opened");
                return Ok(Some(found));
            };
            let (outcome, state, session) = (tell.subscribe(), Arc::clone(state), Arc::clone(&found));
            state.tasks.clone().spawn(async move {
                let became = renew(&state, &session, &key).await;
                tell.send_replace(became);
            });
            outcome
        }
    };
    if now < over_at {
        return Ok(Some(found));
    }
    // Too slow is as good as down; and whoever was to tell may be gone.
    let _ = timeout(PATIENCE, outcome.wait_for(|outcome| *outcome != Outcome::UnderWay)).await;
    let became = *outcome.borrow();
    match became {
        Outcome::Refused => Ok(None),
        Outcome::Done => {
            let rules = state.config.session_rules();
            state.sessions.goes_on(found.hash, rules).await.map_err(Problem::from)
        }
        Outcome::Failed | Outcome::UnderWay => {
            let since = found.session.grant.as_ref().and_then(|grant| grant.unrefreshed_since);
            let patience = Duration::from_secs(state.config.login.unrefreshed_max_s);
            if since.unwrap_or(over_at).plus(patience) > now {
                return Ok(Some(found));
            }
            let detail = "Your sign-in cannot be confirmed now; you need not sign in again.";
            Err(Problem::new(Code::AuthUnavailable, detail).with_retry_after_s(AGAIN_AFTER.as_secs()))
        }
    }
}

/// Not cancel safe: the provider may have rotated the token.
async fn renew(state: &State, found: &Found, key: &GrantKey) -> Outcome {
    let session = &found.session;
    let Some((_, provider)) = session.provider.as_deref().and_then(|name| state.providers.get(name)) else {
        return Outcome::Failed;
    };
    let now = state.clock.now();
    let claim = state.sessions.store().claim_refresh(Arc::clone(&session.name), now, now.plus(CLAIM));
    let grant = match claim.await {
        Ok(Some(grant)) => grant,
        // Another process does it, or the session has ended: whoever looks again sees.
        Ok(None) => return heard(state).await,
        Err(_) => return Outcome::Failed,
    };
    if grant.refresh_at.is_some_and(|at| at.minus(EARLY) > now) {
        // Another process did it while this one waited for its turn.
        note(state, Arc::clone(&session.name), grant, None).await;
        return heard(state).await;
    }
    let Some(token) = key.open(&grant.sealed) else {
        tracing::error!("a session's refresh token cannot be opened");
        return Outcome::Failed;
    };
    match provider.refresh(&token, &session.end_user.subject).await {
        Ok(refreshed) => {
            let sealed = refreshed
                .refresh_token
                .as_ref()
                .map_or(Some(grant.sealed.clone()), |token| key.seal(token).ok());
            let sealed = sealed.unwrap_or_else(|| grant.sealed.clone());
            if let Some(fault) = refreshed.unproven {
                state.metrics.session("refresh_failed");
                tracing::warn!(login.provider = session.provider.as_deref(), login.fault = %fault, "a session was refreshed without a proof");
                return unconfirmed(state, session, Grant { sealed, ..grant }).await;
            }
            let grant = Grant { sealed, refresh_at: refreshed.refresh_due_at, unrefreshed_since: None };
            let claims = refreshed.claims.map(|claims| (claims.plan, claims.tenant));
            state.metrics.session("refreshed");
            note(state, Arc::clone(&session.name), grant, claims).await;
            heard(state).await
        }
        Err(RefreshError::Refused) => {
            let which = Ended::One(session.end_user.clone(), Arc::clone(&session.name));
            state.metrics.session("refused");
            tracing::info!("a login provider has ended a session");
            match state.sessions.end(which).await {
                Ok(_) => Outcome::Refused,
                Err(_) => Outcome::Failed,
            }
        }
        Err(fault) => {
            state.metrics.session("refresh_failed");
            tracing::warn!(login.provider = session.provider.as_deref(), login.fault = %fault, "a session could not be refreshed");
            unconfirmed(state, session, grant).await
        }
    }
}

/// The session goes on for a while as it was.
async fn unconfirmed(state: &State, session: &Session, grant: Grant) -> Outcome {
    let since = grant.unrefreshed_since.or(grant.refresh_at).unwrap_or_else(|| state.clock.now());
    note(state, Arc::clone(&session.name), Grant { unrefreshed_since: Some(since), ..grant }, None).await;
    // Its new state is looked at by whoever comes next.
    let _ = state.sessions.hear().await;
    Outcome::Failed
}

/// A token that was rotated must not be lost: the store is asked until it takes it, for as long as this process lives
/// and the claim holds.
async fn note(state: &State, name: SessionName, grant: Grant, claims: Option<Claims>) {
    for _ in 0..20 {
        let refreshed = Refreshed { name: Arc::clone(&name), grant: grant.clone(), claims: claims.clone() };
        if state.sessions.store().refreshed(refreshed).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tracing::error!("a session's new refresh token could not be kept: the session will end");
}

async fn heard(state: &State) -> Outcome {
    match state.sessions.hear().await {
        Ok(()) => Outcome::Done,
        Err(_) => Outcome::Failed,
    }
}

/// Tells the provider that a session's tokens are not needed any more, without anybody waiting for it.
pub fn revoke(state: &AppState, found: &Found, id: &SessionId) {
    let opened = || -> Option<(Arc<crate::login::Provider>, Secret)> {
        let (_, provider) = state.providers.get(found.session.provider.as_deref()?)?;
        let key = GrantKey::open_under(id, found.key_sealed.as_ref()?)?;
        let token = key.open(&found.session.grant.as_ref()?.sealed)?;
        Some((Arc::clone(provider), token))
    };
    if let Some((provider, token)) = opened() {
        state.tasks.spawn(async move { provider.revoke(&token).await });
    }
}
