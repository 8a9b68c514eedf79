//! Works on a bounded number of requests at once and sheds the rest in microseconds, before any crypto.
//!
//! - Answers: `overloaded` with `Retry-After`.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::problem::{Code, Problem};
use crate::state::AppState;

/// See the module. The place is held until the reply's head is ready: replies are in memory by then.
pub async fn overload(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Ok(_place) = state.in_flight.try_acquire() else {
        return Problem::new(Code::Overloaded, "Too many requests at once; try again in a moment.")
            .with_retry_after_s(1)
            .into_response();
    };
    next.run(request).await
}
