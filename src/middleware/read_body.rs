//! Reads a request's body: whole, within its limit, its pace and the memory for bodies, or not at all.
//!
//! - Answers: `bad_request` (two `Content-Type` headers), `body_too_large`, `body_timeout`, `bad_body`,
//!   `overloaded` (all bodies together, or this end user's, need too much memory).

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use hyper::body::Incoming;

use super::body_limit::linger;
use crate::call::{Facts, LimitedBody};
use crate::config::Limits;
use crate::intake::{Collected, IntakeError, Pace, Share, collect};
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// A whole body, as it came.
pub struct ReceivedBody {
    /// Its `Content-Type`.
    pub content_type: Option<HeaderValue>,
    /// Its bytes.
    pub bytes: Bytes,
    /// Their place in the memory for bodies, to be held until the call upstream has ended.
    pub share: Share,
}

/// See the module.
///
/// Cancel safe: nothing was sent anywhere.
///
/// # Errors
/// The refusal.
pub async fn read_body(
    state: &AppState,
    facts: &Facts,
    headers: &HeaderMap,
    body: LimitedBody,
) -> Result<ReceivedBody, Problem> {
    let max_bytes = body.max_bytes;
    read_open(state, facts, headers, body.proven()?, max_bytes).await
}

/// The same for whoever looks for a proof in it.
pub(super) async fn read_open(
    state: &AppState,
    facts: &Facts,
    headers: &HeaderMap,
    mut incoming: Incoming,
    max_bytes: usize,
) -> Result<ReceivedBody, Problem> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let content_type = types.next().cloned();
    if types.next().is_some() {
        return Err(Problem::new(Code::BadRequest, "Send one Content-Type header."));
    }
    let pace = pace(&state.config.limits);
    let (max_bytes, user) = (max_bytes as u64, facts.principal());
    match collect(&mut incoming, max_bytes, pace, &state.bodies, user).await {
        Ok(Collected { bytes, share }) => {
            facts.add_received(bytes.len());
            Ok(ReceivedBody { content_type, bytes, share })
        }
        Err(error) => {
            let full = match error {
                IntakeError::BudgetFull => Some("body_budget"),
                IntakeError::UserBudgetFull => Some("user_body_budget"),
                _ => None,
            };
            if let Some(reason) = full {
                state.metrics.shed(reason);
            }
            if full.is_some() || matches!(error, IntakeError::TooLarge { .. }) {
                linger(state, incoming);
            }
            Err(error.into())
        }
    }
}

/// How fast a client must send.
pub const fn pace(limits: &Limits) -> Pace {
    Pace {
        min_bytes_per_s: limits.upload_min_bytes_per_s,
        grace: Duration::from_millis(limits.upload_grace_ms),
        timeout: Duration::from_millis(limits.body_timeout_ms),
    }
}
