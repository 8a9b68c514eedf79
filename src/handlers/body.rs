//! Reads a request's body: whole, within its limit and its time, or not at all.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;

use crate::middleware::body_limit::{BodyLimit, linger};
use crate::problem::{Code, Problem};
use crate::spend::ReceivedBody;
use crate::state::AppState;
use crate::upstream::body::Joined;

impl FromRequest<AppState> for ReceivedBody {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let limit = request.extensions().get::<BodyLimit>().copied().unwrap_or(BodyLimit(0));
        let mut types = request.headers().get_all(CONTENT_TYPE).iter();
        let content_type = types.next().map(|value| value.as_bytes().to_vec());
        if types.next().is_some() {
            return Err(Problem::new(Code::BadRequest, "Send one Content-Type header.").into_response());
        }
        let mut body = request.into_body();
        let deadline = Duration::from_millis(state.config.limits.body_timeout_ms);
        match tokio::time::timeout(deadline, read(&mut body, limit)).await {
            Ok(Ok(bytes)) => Ok(Self { content_type, bytes }),
            Ok(Err(problem)) => {
                if problem.code() == Code::BodyTooLarge {
                    linger(state, body);
                }
                Err(problem.into_response())
            }
            Err(_) => Err(Problem::new(Code::BodyTimeout, "Send the body faster.").into_response()),
        }
    }
}

/// Cancel safe in the sense that nothing was sent anywhere.
async fn read(body: &mut Body, limit: BodyLimit) -> Result<Bytes, Problem> {
    let mut joined = Joined::default();
    while let Some(frame) = body.frame().await {
        let broken = |_| Problem::new(Code::BadBody, "The body broke off.");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if joined.size_bytes() + data.len() > limit.0 {
            return Err(limit.exceeded());
        }
        let announced = usize::try_from(hyper::body::Body::size_hint(body).lower()).unwrap_or(0);
        joined.push(data, announced.min(limit.0));
    }
    Ok(joined.finish())
}
