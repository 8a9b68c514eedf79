//! Drives one HTTP connection and holds it to its deadlines.
//!
//! One timer a connection, set to the earliest deadline it had so far and moved when it rings: on a busy connection
//! it rings about once in `idle_timeout`.
//!
//! When the listener has ended, the connection is polled with everything that lies in its socket before it is judged:
//! hyper, told to wind down, closes a connection that has read nothing yet, whatever the client has sent.

use std::error::Error as _;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::time::{Instant, sleep_until};

use super::Ended;
use super::pulse::{Due, Pulse};
use super::stopping::Stopping;

/// hyper's connection of either version.
pub(super) trait Drive: Future<Output = hyper::Result<()>> + Unpin {
    /// Ends after the requests it is in.
    fn wind_down(&mut self);
}

/// Until the connection ended, must end, or may rest. Not cancel safe: the connection is in the midst of something.
pub(super) async fn drive(connection: &mut impl Drive, pulse: &Pulse, stopping: &Stopping) -> Due {
    // HTTP/2 streams end in tasks of their own, so nobody may be there to see the last one end: it rings anyway.
    let rings_anyway = pulse.is_http2().then(|| pulse.settings().idle_timeout);
    let mut winding_down: Option<Ended> = None;
    let mut told = pin!(stopping.told());
    let mut is_registered = false;
    let mut timer = pin!(sleep_until(Instant::now()));
    let mut armed: Option<Instant> = None;
    poll_fn(|cx| {
        if !is_registered {
            // Once is enough: it is always the same task that is woken.
            let _ = told.as_mut().poll(cx);
            is_registered = true;
        }
        loop {
            if let Poll::Ready(result) = Pin::new(&mut *connection).poll(cx) {
                return Poll::Ready(Due::End(winding_down.unwrap_or_else(|| how(result))));
            }
            if pulse.is_flood() {
                return Poll::Ready(Due::End(Ended::Flood));
            }
            let mut due = pulse.due();
            if winding_down.is_none()
                && let Some(grace_ends) = stopping.grace_ends()
            {
                if pulse.read_at_once() {
                    continue;
                }
                let is_late = Instant::now() >= grace_ends;
                if is_late && pulse.expects_request() && !pulse.is_http2() {
                    return Poll::Ready(Due::End(Ended::Stopped));
                }
                if is_late || !pulse.expects_request() {
                    winding_down = Some(Ended::Stopped);
                    connection.wind_down();
                    pulse.goodbye();
                    continue;
                }
                due = due.filter(|(at, _)| *at < grace_ends).or(Some((grace_ends, Due::End(Ended::Stopped))));
            }
            if due.is_none() && armed.is_none() {
                due = rings_anyway.map(|after| (Instant::now() + after, Due::End(Ended::IdleTimeout)));
            }
            if let Some((at, _)) = due
                && armed.is_none_or(|armed| at < armed)
            {
                timer.as_mut().reset(at);
                armed = Some(at);
            }
            if armed.is_none() || timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            armed = None;
            match pulse.due().filter(|(at, _)| *at <= Instant::now()) {
                Some((_, Due::End(Ended::IdleTimeout))) if pulse.is_http2() && winding_down.is_none() => {
                    winding_down = Some(Ended::IdleTimeout);
                    connection.wind_down();
                    pulse.goodbye();
                }
                Some((_, due)) => return Poll::Ready(winding_down.map_or(due, Due::End)),
                None => {}
            }
        }
    })
    .await
}

fn how(result: hyper::Result<()>) -> Ended {
    let Err(error) = result else { return Ended::Closed };
    if error.is_parse() || error.is_parse_too_large() {
        return Ended::Unparsed;
    }
    match error.source().and_then(|source| source.downcast_ref::<h2::Error>()) {
        Some(error) if error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM) => Ended::Flood,
        Some(error) if error.is_library() => Ended::Unparsed,
        _ => Ended::Broken,
    }
}
