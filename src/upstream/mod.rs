//! Astria, as the gateway sees it: one narrow [`Upstream::call`] over a tower stack.
//!
//! The stack itself is put together in `stack.rs`, where the request's whole path can be read; here are its
//! layers and the judgement of what came back. A reply's headers never leave this module.
//!
//! What it does *not* do: it does not decide who may call (handlers), nor what a reply shows
//! (`objects`). It follows no redirect, but for those of pictures to their storage, without our credential ([`blob`]).

pub mod account;
pub mod backoff;
pub mod blob;
pub mod body;
pub mod breaker;
mod circuit;
pub mod client;
mod connection;
pub mod error;
pub mod fair_share;
pub mod measure;
pub mod outside;
pub mod request;
pub mod resolver;
pub mod retry;
pub mod set_credential;
pub mod set_workspace;
pub mod step;
pub mod target;
mod turns;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::Value;

use account::{AccountReading, AccountState};
use backoff::Backoff;
use breaker::Break;
use client::Client;
pub use error::{Messages, PauseReason, Spent, UpstreamError};
use fair_share::FairShare;
use measure::Measure;
pub use request::{Path, UpstreamRequest};
use retry::RetryReads;
use set_credential::SetCredential;
use set_workspace::SetWorkspace;
use step::{Call, Step as _};
use target::Target;

/// The stack that `stack.rs` builds, outermost first.
pub type Stack = Measure<Break<Backoff<RetryReads<FairShare<SetWorkspace<SetCredential<Client>>>>>>>;

/// What the gateway calls itself to whomever it asks.
pub const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("astria-gateway/", env!("CARGO_PKG_VERSION")));
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Room for every header that a request may carry, ours and the innermost steps'.
const MAX_HEADERS: usize = 8;

/// Calls Astria, for one account. Cheap to clone.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    stack: Stack,
    target: Target,
    account: Arc<AccountState>,
}

impl Upstream {
    /// `account` is the one that `stack` was built around.
    pub fn new(stack: Stack, target: Target, account: Arc<AccountState>) -> Self {
        Self(Arc::new(Inner { stack, target, account }))
    }

    /// How the account is doing, for metrics.
    pub fn reading(&self) -> AccountReading {
        self.0.account.reading()
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
        let call = build(&self.0.target, request)?;
        let reply = self.0.stack.call(call).await?;
        judge(&reply)?;
        Ok(reply.into_body())
    }
}

/// From nothing: the headers that Astria may see beside the innermost steps' two.
fn build(target: &Target, request: UpstreamRequest) -> Result<Box<Call>, UpstreamError> {
    let UpstreamRequest { operation, method, path_and_query, content_type, body, user, traceparent } =
        request;
    let mut built = Request::new(body);
    *built.method_mut() = method;
    *built.uri_mut() = target.join(path_and_query).ok_or(UpstreamError::Unreachable)?;
    let mut headers = HeaderMap::with_capacity(MAX_HEADERS);
    headers.insert(HOST, target.host.clone());
    headers.insert(ACCEPT, JSON);
    headers.insert(USER_AGENT, AGENT);
    if let Some(kind) = content_type.and_then(|kind| HeaderValue::from_maybe_shared(Bytes::from(kind)).ok()) {
        headers.insert(CONTENT_TYPE, kind);
    }
    if let Some(context) = traceparent {
        headers.insert(TRACEPARENT, context);
    }
    *built.headers_mut() = headers;
    Ok(Box::new(Call { operation, user, probe: false, streamed_bytes: None, request: built }))
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
