//! A session as its own end user sees it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::call::{Caller, Proof};
use crate::clock::Timestamp;
use crate::sessions::{Session, SessionName, TokenOf};
use crate::state::State;

/// Who is signed in; with the session that was just begun, if one was.
pub(in crate::handlers) fn shown(state: &State, caller: &Caller, begun: Option<&SessionName>) -> Value {
    let id = caller.principal.id();
    let token = |of| state.csrf_tokens.make(of);
    let (session, csrf_token) = match (begun, &caller.proof) {
        (Some(name), _) => {
            let now = state.clock.now();
            let ends_at = now.plus(Duration::from_secs(state.config.sessions.max_s));
            (Some(times(state, name, (now, now, ends_at), None)), Some(token(TokenOf::Session(name))))
        }
        (None, Proof::Session(found)) => {
            let session = &found.session;
            (Some(of(state, session)), Some(token(TokenOf::Session(&session.name))))
        }
        (None, Proof::Guest(name)) => (None, Some(token(TokenOf::Guest(name)))),
        (None, Proof::Token | Proof::Ticket | Proof::Service | Proof::Nothing) => (None, None),
    };
    json!({
        "kind": caller.principal.kind(),
        "issuer": &*id.issuer,
        "subject": &*id.subject,
        "plan": &*caller.plan.name,
        "tenant": caller.principal.tenant(),
        "session": session,
        "csrf_token": csrf_token,
    })
}

/// One of several.
pub(in crate::handlers) fn shown_in_list(state: &State, session: &Session, is_current: bool) -> Value {
    let mut shown = of(state, session);
    if let Some(members) = shown.as_object_mut() {
        members.insert("device".into(), session.device.as_str().into());
        members.insert("current".into(), is_current.into());
    }
    shown
}

fn of(state: &State, session: &Session) -> Value {
    let at = (session.created_at, session.last_used_at(), session.expires_at);
    times(state, &session.name, at, session.provider.as_deref())
}

fn times(
    state: &State,
    name: &SessionName,
    (created_at, last_used_at, expires_at): (Timestamp, Timestamp, Timestamp),
    provider: Option<&str>,
) -> Value {
    let idle_ends_at = last_used_at.plus(state.config.session_rules().idle).min(expires_at);
    json!({
        "id": &**name,
        "created_at": created_at.rfc_3339(),
        "last_used_at": last_used_at.rfc_3339(),
        "idle_expires_at": idle_ends_at.rfc_3339(),
        "expires_at": expires_at.rfc_3339(),
        "provider": provider,
    })
}
