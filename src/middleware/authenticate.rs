//! Proves who is calling.
//!
//! - Removes: `Authorization` and `Cookie`: nobody below can forward what is not there.
//! - Answers: `unauthenticated`, `invalid_token`, `bad_request` (two `Authorization` headers),
//!   `auth_unavailable`, `tenant_unknown`.

use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};

use crate::auth::bearer;
use crate::call::{Call, Caller};
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::state::{AppState, State};

/// See the module.
///
/// # Errors
/// Nobody is proven, or their tenant has no account.
pub async fn authenticate(mut call: Call<()>) -> Result<Call, Problem> {
    let principal = prove(&call.state, &call.head.headers).await?;
    let caller = call.state.caller(principal)?;
    call.facts.set_principal(call.state.principal_hash(caller.principal.id()));
    call.head.headers.remove(AUTHORIZATION);
    call.head.headers.remove(COOKIE);
    Ok(call.of(caller))
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

impl State {
    /// Under which plan and on which account somebody calls.
    ///
    /// # Errors
    /// The tenant that the token names is not configured.
    fn caller(&self, principal: Principal) -> Result<Caller, Problem> {
        let claimed = principal.claimed_plan();
        let plan = self.plans.get(claimed);
        if claimed.is_some_and(|claimed| claimed != &*plan.name) {
            self.metrics.unknown_plan();
        }
        let account = self.accounts.get(principal.tenant()).ok_or_else(|| {
            Problem::new(Code::TenantUnknown, "This service has no account for your organisation.")
        })?;
        let (plan, account) = (Arc::clone(plan), Arc::clone(account));
        Ok(Caller { principal, plan, account })
    }
}
