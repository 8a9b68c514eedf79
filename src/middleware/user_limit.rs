//! Limits the rate of requests per end user, plan and Operation.
//!
//! - Needs: [`Caller`].
//! - Adds to the reply: `RateLimit`, `RateLimit-Policy`, the legacy trio.
//! - Answers: `rate_limited`.

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::authenticate::Caller;
use super::limit_headers;
use crate::limits::Decision;
use crate::operation::Operation;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// See the module.
pub async fn user_limit(
    State((state, operation)): State<(AppState, Option<Operation>)>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let (mut response, rate) = match state.plan_limits.check(&caller.plan, caller.principal.id(), operation) {
        Decision::Allowed(rate) => (next.run(request).await, rate),
        Decision::Refused(rate) => {
            state.metrics.limited("user");
            let problem =
                Problem::new(Code::RateLimited, "Your plan allows fewer requests at once; wait, then go on.")
                    .with_retry_after_s(rate.retry_after_s);
            (problem.into_response(), rate)
        }
    };
    limit_headers::insert(response.headers_mut(), &rate);
    response
}
