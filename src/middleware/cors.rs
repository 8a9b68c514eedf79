//! Lets pages of configured origins read replies, the rejections too.
//!
//! Above authentication, so that a browser can read a 401 or 429. Origins are compared exactly; there is no
//! wildcard, and `null` is never allowed. Credentials are allowed where there are sessions: a cookie is sent with the requests
//! of listed origins of the same site, and `csrf` asks for more.

use std::convert::Infallible;
use std::time::Duration;

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, ORIGIN, RETRY_AFTER, VARY,
};
use http::{Method, Request};
use hyper::body::Incoming;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::headers::{
    CACHE_STATUS, GATEWAY_CLAMPED_PARAMS, GATEWAY_CONFIRM, GATEWAY_DROPPED_PARAMS, GATEWAY_QUOTA_LEFT,
    IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, LAST_EVENT_ID, RATELIMIT, RATELIMIT_POLICY, X_CSRF, X_CSRF_TOKEN,
    X_RATELIMIT_LIMIT, X_RATELIMIT_REMAINING, X_RATELIMIT_RESET, X_REQUEST_ID,
};
use crate::reply::Reply;

/// Answers preflights, and adds to the others' replies what their origin may read.
///
/// A request that names no origin comes from no page: it only learns that the answer varies.
pub async fn cors<F: Future<Output = Reply>>(
    layer: Option<&CorsLayer>,
    request: Request<Incoming>,
    answer: impl FnOnce(Request<Incoming>) -> F,
) -> Reply {
    let Some(layer) = layer.filter(|_| request.headers().contains_key(ORIGIN)) else {
        let mut reply = answer(request).await;
        if layer.is_some() {
            reply.headers_mut().append(VARY, HeaderValue::from_static(VARIES));
        }
        return reply;
    };
    // Called at most once: a preflight is answered without it.
    let mut answer = Some(answer);
    let inner = service_fn(move |request| {
        let answering = answer.take().map(|answer| answer(request));
        async move {
            match answering {
                Some(answering) => Ok::<_, Infallible>(answering.await),
                None => Ok(Reply::default()),
            }
        }
    });
    // Boxed, so that who comes from no page does not carry its size.
    match Box::pin(layer.layer(inner).oneshot(request)).await {
        Ok(reply) => reply,
        Err(never) => match never {},
    }
}

/// What tower-http's layer says of every reply.
const VARIES: &str = "origin, access-control-request-method, access-control-request-headers";

/// The layer for these origins (checked by config); none, none.
pub fn cors_layer(allowed_origins: &[String], allow_credentials: bool) -> Option<CorsLayer> {
    if allowed_origins.is_empty() {
        return None;
    }
    let origins: Vec<HeaderValue> = allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(allow_credentials)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::PUT, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CACHE_CONTROL,
            CONTENT_TYPE,
            GATEWAY_CONFIRM,
            IF_NONE_MATCH,
            IDEMPOTENCY_KEY,
            LAST_EVENT_ID,
            X_CSRF,
            X_CSRF_TOKEN,
        ])
        .expose_headers([
            CACHE_CONTROL,
            CACHE_STATUS,
            ETAG,
            GATEWAY_CLAMPED_PARAMS,
            GATEWAY_DROPPED_PARAMS,
            GATEWAY_QUOTA_LEFT,
            IDEMPOTENT_REPLAYED,
            RATELIMIT,
            RATELIMIT_POLICY,
            RETRY_AFTER,
            X_RATELIMIT_LIMIT,
            X_RATELIMIT_REMAINING,
            X_RATELIMIT_RESET,
            X_REQUEST_ID,
        ])
        .max_age(Duration::from_secs(600));
    Some(layer)
}
