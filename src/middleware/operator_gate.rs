//! Lets the operator's people and tools in by a token of their own.
//!
//! - Needs: nothing. It stands on the operator's listener only.
//! - Removes: `Authorization`, `Cookie`.
//! - Answers: `not_found` where no token is configured, `bad_request` for two `Authorization` headers,
//!   `unauthenticated`, `invalid_token`.

use http::header::{AUTHORIZATION, COOKIE};

use crate::auth::{OperatorName, bearer};
use crate::call::Call;
use crate::problem::{Code, Problem};

/// See the module.
///
/// # Errors
/// Not one of the operator's tokens.
pub fn operator_gate(mut call: Call<()>) -> Result<Call<OperatorName>, Problem> {
    let tokens = &call.state.operator_tokens;
    if tokens.is_empty() {
        return Err(Problem::not_found());
    }
    let mut offered = call.head.headers.get_all(AUTHORIZATION).iter();
    let who = match (offered.next(), offered.next()) {
        (Some(_), Some(_)) => {
            return Err(Problem::new(Code::BadRequest, "Send one Authorization header."));
        }
        (None, _) => return Err(Problem::unauthenticated()),
        (Some(value), None) => {
            let token = bearer(value.as_bytes()).ok_or_else(Problem::unauthenticated)?;
            tokens.find(token).cloned().ok_or_else(Problem::invalid_operator_token)?
        }
    };
    for name in [AUTHORIZATION, COOKIE] {
        call.head.headers.remove(name);
    }
    Ok(call.of(who))
}
