//! Asks Astria for a request of an end user: in its turn, within its trace, with its time noted.

use bytes::Bytes;
use http::HeaderValue;

use crate::accounts::Account;
use crate::call::Facts;
use crate::state::State;
use crate::telemetry::{SpanKind, SpanParent, SpanRecord};
use crate::upstream::{UpstreamError, UpstreamRequest};

/// Makes the call and gives the success's body as it came.
///
/// Not cancel safe for what costs money, as [`crate::upstream::Upstream::call_raw`].
///
/// # Errors
/// As there.
pub async fn ask(
    state: &State,
    facts: &Facts,
    account: &Account,
    request: UpstreamRequest,
) -> Result<Bytes, UpstreamError> {
    let mut request = request.for_user(facts.principal());
    let (operation, method) = (request.operation(), request.method().clone());
    let place = facts.trace.map(|above| (state.spans.call(above), above));
    if let Some((place, _)) = place
        && let Ok(header) = HeaderValue::from_bytes(&place.to_header())
    {
        request = request.traced(header);
    }
    let started = state.clock.monotonic();
    let answer = account.upstream.call_raw(request).await;
    let took = state.clock.monotonic().saturating_sub(started);
    facts.add_upstream(took);
    if let Some((place, above)) = place {
        state.spans.record(&SpanRecord {
            place,
            parent: Some(SpanParent { span_id: above.span_id(), is_remote: false }),
            kind: SpanKind::Call,
            name: operation.name(),
            method: method.as_str(),
            status: 0,
            error: answer.as_ref().err().map_or("", UpstreamError::name),
            ended_at: state.clock.now(),
            took,
        });
    }
    answer
}
