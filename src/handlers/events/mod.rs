//! `GET /gateway/events`: what happens to the caller's objects, as it happens; and tickets for it.

mod shown;
mod stream;
mod ticket;

use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use http::{Method, StatusCode};

use crate::call::{Answer, Call, Listener};
use crate::headers::{LAST_EVENT_ID, X_ACCEL_BUFFERING};
use crate::principal::{EndUserId, Principal};
use crate::problem::{Code, Problem};
use crate::reply::{self, ReplyBody};
use crate::streams::{Full, Seat};
pub use shown::event_object;
use stream::EventStream;
pub use ticket::give as give_ticket;

/// `GET`: a stream that ends when the caller's proof does.
pub async fn listen(call: Call<Listener>) -> Answer {
    let who = a_person(&call.who.caller.principal)?.clone();
    let is_head = call.head.method == Method::HEAD;
    let body = if is_head {
        ReplyBody::default()
    } else {
        if let Some(ticket) = &call.who.ticket {
            ticket::redeem(&call, ticket).await?;
        }
        let seat = seat(&call, &who)?;
        let after = last_event(call.headers());
        ReplyBody::Stream(EventStream::open(call, who, seat, after).await?.into_body())
    };
    let mut reply = reply::with_body(StatusCode::OK, HeaderValue::from_static("text/event-stream"), body);
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would wait for more of it.
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(reply)
}

/// All callers without a token are one guest: what happens to one of them is not the others' to know.
fn a_person(principal: &Principal) -> Result<&EndUserId, Problem> {
    match principal {
        Principal::Guest(guest) if guest.is_shared() => Err(Problem::unauthenticated()),
        Principal::EndUser(_) | Principal::Service(_) | Principal::Guest(_) => Ok(principal.id()),
    }
}

fn seat(call: &Call<Listener>, who: &EndUserId) -> Result<Seat, Problem> {
    let events = &call.state.config.events;
    let opened_by = call.who.ticket.as_ref().map(|ticket| ticket.stream);
    let seat = call.state.streams.enter(who, opened_by, events.max_streams, events.max_streams_per_user);
    seat.map_err(|full| match full {
        Full::OfUser => {
            let detail = "Close one of your streams, or let several tabs share one.";
            Problem::new(Code::TooManyStreams, detail)
        }
        Full::Everywhere => {
            call.state.metrics.shed("event_streams");
            Problem::new(Code::Overloaded, "Too many streams are open; look now and then meanwhile.")
                .with_retry_after_s(RETRY_AFTER_S)
        }
        Full::Stopping => Problem::new(Code::Overloaded, "This gateway is about to stop; connect again.")
            .with_retry_after_s(1),
    })
}

/// Streams are held for long: a place is not free in a moment.
const RETRY_AFTER_S: u64 = 10;

/// A client sends back what it got. What it cannot have got is a number of which nothing is kept.
fn last_event(headers: &HeaderMap) -> Option<u64> {
    let said = headers.get(LAST_EVENT_ID)?.to_str().unwrap_or("?").trim();
    // A stream that broke before its first number.
    (!said.is_empty()).then(|| said.parse().unwrap_or(u64::MAX))
}
