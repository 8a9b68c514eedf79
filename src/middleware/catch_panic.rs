//! Turns a bug into a Problem with an id and a log line, never a dropped connection.
//!
//! - Answers: `internal`.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures_util::FutureExt as _;

use crate::call::Facts;
use crate::problem::{Code, Problem};
use crate::reply::Reply;
use crate::telemetry::Metrics;

/// See the module. Takes a pinned future, since moving one of some kilobytes costs more than a reply's headers.
pub async fn catch_panic(
    metrics: &Metrics,
    facts: &Facts,
    answering: Pin<&mut impl Future<Output = Reply>>,
) -> Reply {
    if let Ok(reply) = AssertUnwindSafe(answering).catch_unwind().await {
        return reply;
    }
    metrics.panicked();
    // The panic hook has printed message and place; the payload may hold anything, so it stays out.
    tracing::error!(request_id = facts.id.as_str(), "a request panicked");
    let problem = Problem::new(
        Code::Internal,
        "This is a bug of the service; its operator can find it by the request id.",
    );
    facts.set_problem(&problem);
    problem.into_reply(&facts.id)
}
