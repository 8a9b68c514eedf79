//! The idempotency key of a create, if it has one, and what it is the key of.

use std::time::Duration;

use http::HeaderValue;
use http::request::Parts;

use crate::call::Facts;
use crate::headers::IDEMPOTENCY_KEY;
use crate::idempotency::{Fingerprint, IdempotencyKey};
use crate::params::Params;
use crate::problem::{Code, Problem};
use crate::quota::Claim;
use crate::state::State;

/// Reads it. Without one it may be made of what is asked, or be required.
///
/// # Errors
/// `idempotency_key_invalid`, `idempotency_key_required`; a body that is kept on disk cannot be read.
pub(super) async fn read(
    state: &State,
    facts: &Facts,
    head: &Parts,
    params: &Params,
) -> Result<Option<Claim>, Problem> {
    let config = &state.config.idempotency;
    let sent = head.headers.get_all(IDEMPOTENCY_KEY).iter().map(HeaderValue::as_bytes);
    let sent = IdempotencyKey::parse(sent)?;
    if sent.is_none() && !config.derive {
        if config.required {
            let detail = "Send an Idempotency-Key, so that a retry cannot spend twice.";
            return Err(Problem::new(Code::IdempotencyKeyRequired, detail));
        }
        return Ok(None);
    }
    let route = facts.route();
    let fingerprint = Fingerprint::of(route, &[head.uri.path()], params).await.map_err(Problem::from)?;
    let (key, keep_s) = match sent {
        Some(key) => (key, config.keep_s),
        None => (IdempotencyKey::derived(&fingerprint), config.derived_keep_s),
    };
    let expires_at = state.clock.now().plus(Duration::from_secs(keep_s));
    let route = route.to_owned();
    Ok(Some(Claim { route, key: key.as_str().to_owned(), fingerprint, expires_at }))
}
