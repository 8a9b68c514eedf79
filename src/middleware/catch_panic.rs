//! Turns a bug into a Problem with an id and a log line, never a dropped connection.
//!
//! - Needs: [`RequestId`].
//! - Answers: `internal`.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;

use crate::ids::RequestId;
use crate::problem::{Code, Problem};

/// See the module.
pub async fn catch_panic(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            // The panic hook has printed message and place; the payload may hold anything, so it stays out.
            let request_id = id.as_ref().map_or("", RequestId::as_str);
            tracing::error!(request_id, "a request panicked");
            Problem::new(
                Code::Internal,
                "This is a bug of the service; its operator can find it by the request id.",
            )
            .into_response()
        }
    }
}
