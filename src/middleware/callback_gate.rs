//! Lets Astria's callbacks in by the token in their path.
//!
//! The token's HMAC is verified before anything else: microseconds. A valid one is never limited or shed,
//! because Astria calls once and never again; an invalid one is charged to its address.
//!
//! - Needs: [`ClientIp`].
//! - Adds: [`CallbackToken`].
//! - Answers: `not_found`, `rate_limited`.

use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::client_ip::ClientIp;
use super::ip_limit::IpLimit;
use crate::callback::CallbackToken;
use crate::problem::Problem;
use crate::state::AppState;

/// See the module.
pub async fn callback_gate(
    State((state, ip_limit)): State<(AppState, IpLimit)>,
    Path(token): Path<String>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(token): Option<CallbackToken> = state.callback_keys.verify(&token, state.clock.now()) else {
        state.metrics.callback("refused");
        if let Some(ip) = request.extensions().get::<ClientIp>()
            && let Err(refusal) = ip_limit.charge(ip.0)
        {
            return *refusal;
        }
        return Problem::not_found().into_response();
    };
    request.extensions_mut().insert(token);
    next.run(request).await
}
