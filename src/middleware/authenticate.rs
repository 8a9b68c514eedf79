//! Proves who is calling.
//!
//! - Needs: [`Facts`].
//! - Adds: [`Caller`].
//! - Removes: `Authorization` and `Cookie`: nobody below can forward what is not there.
//! - Answers: `unauthenticated`, `invalid_token`, `bad_request` (two `Authorization` headers),
//!   `auth_unavailable`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};

use super::access_log::Facts;
use crate::auth::bearer;
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// Who is calling, and under which plan.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Proven.
    pub principal: Principal,
    /// The plan that counts: one that config knows.
    pub plan: Arc<str>,
}

/// See the module.
pub async fn authenticate(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let principal = match prove(&state, request.headers()).await {
        Ok(principal) => principal,
        Err(problem) => return problem.into_response(),
    };
    let claimed = principal.claimed_plan();
    let plan = state.plan_name(claimed);
    if claimed.is_some_and(|claimed| claimed != &*plan) {
        state.metrics.unknown_plan();
    }
    if let Some(facts) = request.extensions().get::<Facts>() {
        facts.set_principal(state.principal_hash(principal.id()));
    }
    request.headers_mut().remove(AUTHORIZATION);
    request.headers_mut().remove(COOKIE);
    request.extensions_mut().insert(Caller { principal, plan });
    next.run(request).await
}

async fn prove(state: &AppState, headers: &HeaderMap) -> Result<Principal, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(Problem::unauthenticated()) };
    if values.next().is_some() {
        return Err(Problem::new(Code::BadRequest, "Send one Authorization header."));
    }
    let Some(token) = bearer(value.as_bytes()) else { return Err(Problem::unauthenticated()) };
    Ok(state.authenticator.verify(token).await?)
}
