//! `POST /gateway/guest`: lets a browser try the app before its person signs up.

use std::time::Duration;

use http::StatusCode;
use http::header::SET_COOKIE;
use serde_json::json;

use crate::call::{Answer, Call, Proof, Visitor};
use crate::cookies::{CookieKind, keep};
use crate::guests::{Begun, GuestId, GuestState, Guests as _};
use crate::handlers::session::{no_random, shown};
use crate::middleware::authenticate::{Proven, caller};
use crate::middleware::csrf::check_source;
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::reply;
use crate::state::State;

/// See the module. A browser that is a guest already stays the one that it is.
pub async fn begin(call: Call<Visitor>) -> Answer {
    let state = &call.state;
    if !state.config.guest.trial {
        return Err(Problem::not_found());
    }
    check_source(state, call.headers())?;
    let now = state.clock.now();
    let present = call.who.cookies.guest.as_deref().and_then(|cookie| state.guest_keys.verify(cookie, now));
    if let Some((guest, _)) = present
        && state.store.find_guest(guest).await? == GuestState::Alive
    {
        return Ok(reply::json(StatusCode::OK, &told(state, guest)?));
    }
    let guest = GuestId::generate().map_err(|_| no_random())?;
    let network = state.guest_keys.network(call.facts.client_ip);
    match state.store.begin_guest(guest, network, state.config.guest_caps(), now).await? {
        Begun::Begun => {}
        Begun::NetworkFull { again_at } | Begun::Full { again_at } => {
            state.metrics.session("guest_refused");
            let detail = "Too many people try this without signing in; sign in, or come back later.";
            return Err(
                Problem::new(Code::TooManyGuests, detail).with_retry_after_s(now.until(again_at).as_secs())
            );
        }
    }
    state.metrics.session("guest_begun");
    let (config, lasts) = (&state.config.sessions, Duration::from_secs(state.config.guest.valid_s));
    let cookie = state.guest_keys.sign(guest, now.plus(lasts));
    let mut reply = reply::json(StatusCode::CREATED, &told(state, guest)?);
    if let Some(cookie) = keep(config, CookieKind::Guest.name(config), cookie, lasts) {
        reply.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(reply)
}

fn told(state: &State, guest: GuestId) -> Result<serde_json::Value, Problem> {
    let principal = state.config.trial_guest(guest).ok_or_else(Problem::not_found)?;
    let principal = Principal::Guest(principal.into());
    let proof = Proof::Guest(guest.to_string().into());
    let caller = caller(state, Proven { principal, proof, cookies: None })?;
    Ok(json!(shown(state, &caller, None)))
}
