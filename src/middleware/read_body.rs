//! Reads a request's body: whole, within its limit and its time, or not at all.
//!
//! - Answers: `bad_request` (two `Content-Type` headers), `body_too_large`, `body_timeout`, `bad_body`.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use super::body_limit::{linger, too_large};
use crate::call::{Facts, LimitedBody};
use crate::problem::{Code, Problem};
use crate::state::AppState;
use crate::upstream::body::Joined;

/// A whole body, as it came.
pub struct ReceivedBody {
    /// Its `Content-Type`.
    pub content_type: Option<HeaderValue>,
    /// Its bytes.
    pub bytes: Bytes,
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
    mut body: LimitedBody,
) -> Result<ReceivedBody, Problem> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let content_type = types.next().cloned();
    if types.next().is_some() {
        return Err(Problem::new(Code::BadRequest, "Send one Content-Type header."));
    }
    let deadline = Duration::from_millis(state.config.limits.body_timeout_ms);
    match tokio::time::timeout(deadline, read(&mut body)).await {
        Ok(Ok(bytes)) => {
            facts.add_received(bytes.len());
            Ok(ReceivedBody { content_type, bytes })
        }
        Ok(Err(problem)) => {
            if problem.code() == Code::BodyTooLarge {
                linger(state, body.incoming);
            }
            Err(problem)
        }
        Err(_) => Err(Problem::new(Code::BodyTimeout, "Send the body faster.")),
    }
}

async fn read(body: &mut LimitedBody) -> Result<Bytes, Problem> {
    let mut joined = Joined::default();
    while let Some(frame) = body.incoming.frame().await {
        let broken = |_| Problem::new(Code::BadBody, "The body broke off.");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if joined.size_bytes() + data.len() > body.max_bytes {
            return Err(too_large(body.max_bytes));
        }
        let announced = usize::try_from(body.incoming.size_hint().lower()).unwrap_or(0);
        joined.push(data, announced.min(body.max_bytes));
    }
    Ok(joined.finish())
}
