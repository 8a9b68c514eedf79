//! Names the request, and finishes every reply.
//!
//! Outermost, so that everything below can name the request. A client's own `X-Request-Id` is not used: it
//! could be anything, and two clients could choose the same.
//!
//! - Adds to the request: [`RequestId`].
//! - Adds to the reply: `X-Request-Id`, the body of a [`Problem`], `X-Content-Type-Options`,
//!   `Referrer-Policy`, and `Cache-Control: no-store` where nobody chose otherwise.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};

use crate::headers::X_REQUEST_ID;
use crate::ids::RequestId;
use crate::problem::Problem;

/// See the module.
pub async fn request_id(mut request: Request, next: Next) -> Response {
    let id = RequestId::generate();
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions().get::<Problem>() {
        let body = problem.render(&id);
        *response.body_mut() = Body::from(body);
        // The router has noted the length of the empty body that it saw.
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
