//! The reply to a create: made now, or given again.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::creation::Notes;
use super::end::Ended;
use crate::headers::{GATEWAY_QUOTA_LEFT, IDEMPOTENT_REPLAYED};
use crate::idempotency::StoredReply;
use crate::quota::QuotaState;
use crate::reply::{self, Reply};

/// Of a create that was carried out.
pub(super) fn respond(ended: &Ended, notes: &Notes) -> Reply {
    let mut reply = of_json(ended.status, "application/json", ended.shown.clone());
    name_notes(&mut reply, &notes.dropped, &notes.clamped);
    if let Some(left) = quota_left(&ended.left) {
        reply.headers_mut().insert(GATEWAY_QUOTA_LEFT, left);
    }
    reply
}

/// Of one that was carried out before: the same bytes.
pub(super) fn replay(stored: StoredReply) -> Reply {
    let kind = if stored.is_problem { "application/problem+json" } else { "application/json" };
    let mut reply = of_json(stored.status, kind, stored.body);
    name_notes(&mut reply, &stored.dropped, &stored.clamped);
    reply.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    reply
}

fn of_json(status: u16, kind: &'static str, body: Bytes) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let is_empty = body.is_empty();
    let mut reply = reply::of_type(status, HeaderValue::from_static(kind), body);
    if is_empty {
        reply.headers_mut().remove(CONTENT_TYPE);
    }
    reply
}

fn name_notes(reply: &mut Reply, dropped: &[String], clamped: &[String]) {
    reply::name_dropped(reply, dropped);
    reply::name_clamped(reply, clamped);
}

/// `"images";per=day;left=12, "cost_mc";per=month;left=400000`: a list of RFC 9651.
fn quota_left(left: &[QuotaState]) -> Option<HeaderValue> {
    if left.is_empty() {
        return None;
    }
    let items: Vec<String> = left
        .iter()
        .map(|state| format!("\"{}\";per={};left={}", state.of.name(), state.per.name(), state.left))
        .collect();
    HeaderValue::try_from(items.join(", ")).ok()
}
