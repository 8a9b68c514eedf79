//! Says who is calling, once that is proven: under which plan, and on which of the operator's accounts.
//!
//! - Removes: `Authorization`, `Gateway-End-User` and `Cookie`: nobody below can forward what is not there.
//! - Answers: `tenant_unknown`, `blocked`. A block counts for a token that was verified before, too.

use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE};

use super::credentials::GATEWAY_END_USER;
use crate::call::{Call, Caller};
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::state::State;

/// See the module.
///
/// # Errors
/// The principal's tenant has no account, or the operator withdrew their access.
pub fn identify(mut call: Call<()>, principal: Principal) -> Result<Call, Problem> {
    call.facts.set_principal(call.state.principal_hash(principal.id()));
    let caller = caller(&call.state, principal)?;
    for name in [AUTHORIZATION, GATEWAY_END_USER, COOKIE] {
        call.head.headers.remove(name);
    }
    Ok(call.of(caller))
}

/// What a proven principal is here and now; a stream asks again when the operator has said something.
///
/// # Errors
/// As [`identify`].
pub fn caller(state: &State, principal: Principal) -> Result<Caller, Problem> {
    let choice = state.config.account_of(principal.tenant());
    let account =
        Arc::clone(state.accounts.get(choice).ok_or_else(|| {
            Problem::new(Code::TenantUnknown, "Sign in to a tenant that this service knows.")
        })?);
    let said = state.overrides.find(principal.id());
    if said.as_ref().is_some_and(|said| said.block.is_some()) {
        return Err(Problem::new(Code::Blocked, "Ask whoever runs this service."));
    }
    // The operator's word, else the token's; what neither names, or what does not exist, is the default.
    let ordered = said.as_ref().and_then(|said| said.plan.as_deref());
    let claimed = ordered.or_else(|| principal.claimed_plan());
    let plan = Arc::clone(state.plans.get(claimed));
    if claimed.is_some_and(|claimed| claimed != &*plan.name) {
        state.metrics.unknown_plan();
    }
    Ok(Caller { principal, plan, account, said })
}
