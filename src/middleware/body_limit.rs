//! Refuses a body that announces too many bytes before one of them is read, and bounds the others.
//!
//! Never truncates: a body of unknown length that grows too large is refused by its reader
//! (`handlers::body`), which asks [`BodyLimit`] how much is too much. What the client is already sending is
//! read and thrown away for a moment, so that it gets to see the answer instead of a reset.
//!
//! - Adds: [`BodyLimit`].
//! - Answers: `body_too_large`.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONNECTION, EXPECT, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::problem::{Code, Problem};
use crate::state::AppState;

const LINGER: Duration = Duration::from_secs(3);
const LINGER_BYTES: usize = 32 * 1024 * 1024;

/// How many bytes the body of this request may have.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

impl BodyLimit {
    /// The refusal of more.
    pub fn exceeded(self) -> Problem {
        Problem::new(Code::BodyTooLarge, format!("Send at most {} bytes.", self.0))
            .with_header(CONNECTION, HeaderValue::from_static("close"))
    }
}

/// See the module.
pub async fn body_limit(
    State((state, limit)): State<(AppState, BodyLimit)>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.body().size_hint().lower() > limit.0 as u64 {
        // Who waits for "100 Continue" sends nothing until somebody reads.
        if !request.headers().contains_key(EXPECT) {
            linger(&state, request.into_body());
        }
        return limit.exceeded().into_response();
    }
    request.extensions_mut().insert(limit);
    next.run(request).await
}

/// Reads on for a moment without keeping anything.
pub fn linger(state: &AppState, mut body: Body) {
    state.tasks.spawn(async move {
        let reading = async {
            let mut read_bytes = 0;
            while let Some(Ok(frame)) = body.frame().await {
                read_bytes += frame.data_ref().map_or(0, bytes::Bytes::len);
                if read_bytes > LINGER_BYTES {
                    break;
                }
            }
        };
        // Whether it ended or not, the connection closes now.
        let _ = tokio::time::timeout(LINGER, reading).await;
    });
}
