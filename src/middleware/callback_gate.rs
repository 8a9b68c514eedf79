//! Lets Astria's callbacks in by the token in their path.
//!
//! The token's HMAC is verified before anything else: microseconds. A valid one is never limited or shed,
//! because Astria calls once and never again; an invalid one is charged to its address.
//!
//! - Answers: `not_found`, `rate_limited`.

use super::ip_limit::IpLimit;
use crate::call::Call;
use crate::callback::CallbackToken;
use crate::problem::Problem;

/// See the module.
///
/// # Errors
/// The token is not one of ours, or not any more.
pub fn callback_gate(call: Call<()>, ip_limit: &IpLimit) -> Result<Call<CallbackToken>, Problem> {
    let state = &call.state;
    let Some(token) = state.callback_keys.verify(call.path.get("token"), state.clock.now()) else {
        state.metrics.callback("refused");
        ip_limit.check(call.facts.client_ip)?;
        return Err(Problem::not_found());
    };
    Ok(call.of(token))
}
