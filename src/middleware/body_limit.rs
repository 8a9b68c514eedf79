//! Refuses a body that announces too many bytes before one of them is read, and bounds the others.
//!
//! Never truncates: a body of unknown length that grows too large is refused by its reader
//! (`read_body`). What the client is already sending is read and thrown away for a moment, so that it
//! gets to see the answer instead of a reset.
//!
//! - Answers: `body_too_large`.

use std::time::Duration;

use http::header::{CONNECTION, EXPECT, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::call::Call;
use crate::problem::{Code, Problem};
use crate::state::AppState;

const LINGER: Duration = Duration::from_secs(3);
const LINGER_BYTES: usize = 32 * 1024 * 1024;

/// Lets a call on whose body may still fit.
///
/// # Errors
/// It announces more bytes than it may have.
pub fn body_limit<W>(call: Call<W>) -> Result<Call<W>, Problem> {
    let max_bytes = call.body.max_bytes;
    if call.body.announced_bytes() <= max_bytes as u64 {
        return Ok(call);
    }
    // Who waits for "100 Continue" sends nothing until somebody reads.
    if !call.head.headers.contains_key(EXPECT) {
        linger(&call.state, call.body.unread());
    }
    Err(too_large(max_bytes))
}

/// The refusal of more.
pub fn too_large(max_bytes: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("Send at most {max_bytes} bytes."))
        .with_header(CONNECTION, HeaderValue::from_static("close"))
}

/// Reads on for a moment without keeping anything.
pub fn linger(state: &AppState, mut body: Incoming) {
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
