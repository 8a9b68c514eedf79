//! Says who is calling, once that is proven: under which plan, and on which of the operator's accounts.
//!
//! - Removes: `Authorization`, `Gateway-End-User` and `Cookie`: nobody below can forward what is not there.
//! - Answers: `tenant_unknown`, `blocked`. A block counts for a token that was verified before, too.

use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE};

use super::credentials::GATEWAY_END_USER;
use crate::call::{Call, Caller, Proof, Visitor};
use crate::cookies::{Cookies, login_cookies};
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::state::State;

/// Whoever is calling, and what proved it.
pub struct Proven {
    /// Who.
    pub principal: Principal,
    /// By what.
    pub proof: Proof,
    /// What else the browser sent of cookies that are ours.
    pub cookies: Option<Arc<Cookies>>,
}

impl Proven {
    /// By what `Authorization` held, or by nothing.
    pub fn by_headers(principal: Principal, cookies: Option<Arc<Cookies>>) -> Self {
        let proof = match principal {
            Principal::EndUser(_) => Proof::Token,
            Principal::Service(_) => Proof::Service,
            Principal::Guest(_) => Proof::Nothing,
        };
        Self { principal, proof, cookies }
    }
}

impl Caller {
    /// The same proof, to be judged again.
    pub fn proven(&self) -> Proven {
        let (principal, proof) = (self.principal.clone(), self.proof.clone());
        Proven { principal, proof, cookies: self.cookies.clone() }
    }
}

/// See the module.
///
/// # Errors
/// The principal's tenant has no account, or the operator withdrew their access.
pub fn identify(mut call: Call<()>, proven: Proven) -> Result<Call, Problem> {
    call.facts.set_principal(call.state.principal_hash(proven.principal.id()));
    let caller = caller(&call.state, proven)?;
    for name in [AUTHORIZATION, GATEWAY_END_USER, COOKIE] {
        call.head.headers.remove(name);
    }
    Ok(call.of(caller))
}

/// A call of somebody who is not proven, with the cookies that are ours.
///
/// # Errors
/// Two cookies contradict each other.
pub fn visitor(mut call: Call<()>) -> Result<Call<Visitor>, Problem> {
    let cookies = Cookies::read(&call.state.config.sessions, call.headers())?;
    let login_cookies = login_cookies(&call.state.config.sessions, call.headers());
    for name in [AUTHORIZATION, GATEWAY_END_USER, COOKIE] {
        call.head.headers.remove(name);
    }
    Ok(call.of(Visitor { cookies, login_cookies }))
}

/// What a proven principal is here and now; a stream asks again when the operator has said something.
///
/// # Errors
/// As [`identify`].
pub fn caller(state: &State, proven: Proven) -> Result<Caller, Problem> {
    let Proven { principal, proof, cookies } = proven;
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
    Ok(Caller { principal, proof, cookies, plan, account, said })
}
