//! Astria, as the gateway sees it: one narrow [`Upstream::call`] over a tower stack.
//!
//! The stack itself is put together in `stack.rs`, where the request's whole path can be read; here are its
//! layers and the judgement of what came back. A reply's headers never leave this module.
//!
//! What it does *not* do: it does not decide who may call (handlers), nor what a reply shows
//! ([`objects`]), nor does it ever follow a redirect.

pub mod backoff;
pub mod body;
pub mod client;
pub mod error;
pub mod measure;
pub mod objects;
mod raw;
pub mod request;
pub mod retry;
pub mod set_credential;
pub mod set_workspace;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, Response, StatusCode, Uri};
use serde_json::Value;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

use body::Segments;
pub use error::{Messages, Spent, UpstreamError};
pub use request::{Path, UpstreamRequest};

/// The stack that `stack.rs` builds.
pub type Stack = BoxCloneSyncService<Request<Segments>, Response<Bytes>, UpstreamError>;

const AGENT: &str = concat!("astria-gateway/", env!("CARGO_PKG_VERSION"));

/// Calls Astria. Cheap to clone.
#[derive(Clone)]
pub struct Upstream {
    stack: Stack,
    base_url: String,
}

impl Upstream {
    /// `base_url` without a slash at its end.
    pub fn new(stack: Stack, base_url: &str) -> Self {
        Self { stack, base_url: base_url.trim_end_matches('/').to_owned() }
    }

    /// Makes exactly one call (a read may be tried again) and judges the answer.
    ///
    /// Not cancel safe: dropping the future of a create leaves its outcome unknown; run it in a task that
    /// nobody cancels.
    ///
    /// # Errors
    /// Everything but a readable success; see [`UpstreamError::spent`].
    pub async fn call(&self, request: UpstreamRequest) -> Result<Value, UpstreamError> {
        let body = self.call_raw(request).await?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| UpstreamError::Unreadable)
    }

    /// The same, with the success's body as it came.
    ///
    /// Not cancel safe, as [`Upstream::call`].
    ///
    /// # Errors
    /// As [`Upstream::call`], but a body that is not JSON is not noticed.
    pub async fn call_raw(&self, request: UpstreamRequest) -> Result<Bytes, UpstreamError> {
        let request = self.build(request)?;
        let reply = self.stack.clone().oneshot(request).await?;
        judge(&reply)?;
        Ok(reply.into_body())
    }

    /// From nothing: the five headers that Astria may see beside the innermost layers' two.
    fn build(&self, request: UpstreamRequest) -> Result<Request<Segments>, UpstreamError> {
        let uri: Uri = format!("{}{}", self.base_url, request.path_and_query)
            .parse()
            .map_err(|_| UpstreamError::Unreachable)?;
        let mut built = Request::new(request.body);
        *built.method_mut() = request.method;
        *built.uri_mut() = uri;
        built.extensions_mut().insert(request.operation);
        let headers = built.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(kind) = request.content_type.and_then(|kind| HeaderValue::from_str(&kind).ok()) {
            headers.insert(CONTENT_TYPE, kind);
        }
        Ok(built)
    }
}

/// What a status means for us. Source: the API overview's error codes (S3) and the vendor's public clients,
/// read 2026-11-20.
fn judge(reply: &Response<Bytes>) -> Result<(), UpstreamError> {
    match reply.status() {
        StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(()),
        StatusCode::BAD_REQUEST => Err(UpstreamError::Refused(Messages::parse(reply.body()))),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(UpstreamError::CredentialRejected),
        StatusCode::PAYMENT_REQUIRED => Err(UpstreamError::AccountExhausted),
        StatusCode::NOT_FOUND => Err(UpstreamError::NotFound),
        StatusCode::UNPROCESSABLE_ENTITY => Err(UpstreamError::Invalid(Messages::parse(reply.body()))),
        StatusCode::UPGRADE_REQUIRED => Err(UpstreamError::Outdated),
        StatusCode::GATEWAY_TIMEOUT => Err(UpstreamError::TimedOut),
        status if status.is_server_error() => Err(UpstreamError::Failed { status: status.as_u16() }),
        status => Err(UpstreamError::Unexpected { status: status.as_u16() }),
    }
}

#[cfg(test)]
mod tests;
