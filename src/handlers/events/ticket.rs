//! `POST /gateway/events/ticket`: a ticket for an `EventSource`, for one stream.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use http::StatusCode;
use serde_json::json;

use super::a_person;
use crate::call::{Answer, Call, Listener, Proof};
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::reply;
use crate::streams::{Holder, StreamId, Ticket};

/// See the module.
pub async fn give(call: Call) -> Answer {
    let state = &call.state;
    if let Proof::Session(_) | Proof::Guest(_) = &call.who.proof {
        // It would outlive the session.
        return Err(Problem::new(Code::BadRequest, "Your cookie opens the stream; tickets are for tokens."));
    }
    let (now, events) = (state.clock.now(), &state.config.events);
    let (holder, expires_at) = match &call.who.principal {
        Principal::EndUser(user) => {
            let (plan, tenant) = (user.claimed_plan.clone(), user.tenant.clone());
            (Holder::EndUser { plan, tenant }, user.expires_at)
        }
        Principal::Service(service) => {
            let key_name = Arc::clone(&service.key_name);
            (Holder::Service { key_name }, now.plus(Duration::from_secs(events.max_stream_s)))
        }
        Principal::Guest(_) => return Err(Problem::unauthenticated()),
    };
    let mut stream = StreamId::default();
    rand::fill(&mut stream).map_err(|_| no_random())?;
    let opens_until = now.plus(Duration::from_secs(events.ticket_s)).min(expires_at);
    let end_user = a_person(&call.who.principal)?.clone();
    let ticket = Ticket { stream, end_user, holder, opens_until, expires_at };
    let ticket = state.tickets.seal(&ticket).map_err(|_| no_random())?;
    let url = format!("{}/gateway/events?ticket={ticket}", state.gateway_url);
    let expires_in_s = now.until(opens_until).as_secs();
    let body = json!({ "ticket": ticket, "url": url, "expires_in_s": expires_in_s });
    Ok(reply::json(StatusCode::CREATED, &body))
}

/// The first time a ticket opens its stream, and not too late; later the same again.
///
/// # Errors
/// `invalid_token`: too late. `store_unavailable`: nobody could say.
///
/// Cancel safe: it counts as opened, or not.
pub(super) async fn redeem(call: &Call<Listener>, ticket: &Ticket) -> Result<(), Problem> {
    let store = &call.state.store;
    let is_its_time =
        store.open_stream(ticket.stream_hash(), &ticket.end_user, (ticket.opens_until, ticket.expires_at));
    if is_its_time.await? { Ok(()) } else { Err(Problem::invalid_ticket()) }
}

fn no_random() -> Problem {
    tracing::error!("the machine gives no random numbers");
    Problem::new(Code::Internal, "Try again in a moment.")
}
