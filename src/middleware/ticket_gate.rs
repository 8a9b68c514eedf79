//! Lets a browser's `EventSource` prove who it is by a ticket in the query: it can send no header.
//!
//! On the route of the stream alone. What the ticket stands for is asked again each time: an issuer or a service key that
//! config does not know any more proves nobody.
//!
//! - Reads, and removes: the query. Nobody below can log a ticket that is not there.
//! - Answers: `invalid_token`, `bad_request` for a ticket beside another proof, `rate_limited`.

use http::Uri;
use http::header::AUTHORIZATION;

use super::authenticate::Proven;
use super::credentials::GATEWAY_END_USER;
use super::ip_limit::IpLimit;
use crate::auth::{Authenticator, EndUserName};
use crate::call::{Call, Proof};
use crate::principal::{EndUser, Principal};
use crate::problem::{Code, Problem};
use crate::streams::{Holder, Ticket};

/// The principal that a ticket proves, with the ticket; `None`: there is none, so something else must prove it.
///
/// # Errors
/// See the module.
pub fn ticket_gate(call: &mut Call<()>, ip_limit: &IpLimit) -> Result<Option<(Proven, Ticket)>, Problem> {
    let offered = offered(call.query());
    // Canonical paths stand for themselves.
    call.head.uri = Uri::try_from(call.head.uri.path()).unwrap_or_default();
    let Some(offered) = offered else { return Ok(None) };
    if [AUTHORIZATION, GATEWAY_END_USER].iter().any(|name| call.headers().contains_key(name)) {
        return Err(Problem::new(Code::BadRequest, "Send a ticket or a token, not both."));
    }
    ip_limit.check(call.facts.client_ip)?;
    let state = &call.state;
    let ticket = state.tickets.open(&offered, state.clock.now()).ok_or_else(Problem::invalid_ticket)?;
    let principal = principal(&state.authenticator, &ticket).ok_or_else(Problem::invalid_ticket)?;
    Ok(Some((Proven { principal, proof: Proof::Ticket, cookies: None }, ticket)))
}

/// Two tickets are none: what stands for it cannot be one.
fn offered(query: &str) -> Option<String> {
    let mut tickets = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "ticket");
    let (_, first) = tickets.next()?;
    Some(if tickets.next().is_some() { String::new() } else { first.into_owned() })
}

fn principal(authenticator: &Authenticator, ticket: &Ticket) -> Option<Principal> {
    let Ticket { end_user, holder, expires_at, .. } = ticket;
    match holder {
        Holder::EndUser { plan, tenant } => {
            let (claimed_plan, tenant) = (plan.clone(), tenant.clone());
            let user = EndUser { id: end_user.clone(), claimed_plan, tenant, expires_at: *expires_at };
            authenticator.knows_issuer(&end_user.issuer).then(|| Principal::EndUser(user.into()))
        }
        Holder::Service { key_name } => {
            let key = authenticator.service_keys().named(key_name)?;
            let principal = key.act_for(&EndUserName::parse(end_user.subject.as_bytes())?);
            (principal.id() == end_user).then_some(principal)
        }
    }
}
