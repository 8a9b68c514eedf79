//! Posts one notification: signed, within its time, and nothing of the answer but whether it was taken.
//!
//! The request is built from nothing. It goes over a client that has no credential, follows no redirect, and connects to
//! public addresses only, unless others are allowed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};

use crate::clock::{Clock, Timestamp};
use crate::notifications::{Endpoint, Failure, LONGEST_RETRY_AFTER_S};
use crate::upstream::outside::{Outside, OutsideSettings, host_of, may_be_asked};
use crate::upstream::resolver::{Lookup, system_lookup};
use crate::upstream::{AGENT, UpstreamError};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// Read of an answer, so that its connection can go on.
const MAX_READ_BYTES: usize = 4 * 1024;

/// Why a notification was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// As far as anybody can tell.
    pub failure: Failure,
    /// How long the app asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl From<Failure> for NotTaken {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None }
    }
}

/// See the module.
pub struct Sender {
    outside: Outside<Full<Bytes>>,
    timeout: Duration,
}

impl Sender {
    /// Opens no connection.
    pub fn new(settings: OutsideSettings, timeout: Duration, clock: &Clock) -> Self {
        Self::with_lookup(settings, timeout, clock, system_lookup())
    }

    /// The same with another name service.
    pub fn with_lookup(
        settings: OutsideSettings,
        timeout: Duration,
        clock: &Clock,
        lookup: Arc<Lookup>,
    ) -> Self {
        Self { outside: Outside::new(settings, clock, lookup), timeout }
    }

    /// Whether it would be made the same of these.
    pub fn is_made_of(&self, settings: &OutsideSettings, timeout: Duration) -> bool {
        self.outside.settings() == settings && self.timeout == timeout
    }

    /// Posts a body as the notification of this id.
    ///
    /// Not cancel safe: what was begun may arrive.
    ///
    /// # Errors
    /// [`NotTaken`]: it may have arrived all the same, and is to be sent again.
    pub async fn post(
        &self,
        endpoint: &Endpoint,
        id: &str,
        at: Timestamp,
        body: Vec<u8>,
    ) -> Result<(), NotTaken> {
        let unreachable = NotTaken::from(Failure::Unreachable);
        if !may_be_asked(&endpoint.url, self.outside.settings().allow_private) {
            return Err(unreachable);
        }
        let request = request(endpoint, id, at, body).ok_or(unreachable)?;
        let exchange = async {
            let (head, body) = self.outside.send(request).await?.into_parts();
            // Whatever it says; what is too long ends with its connection.
            let _ = Limited::new(body, MAX_READ_BYTES).collect().await;
            Ok(head)
        };
        let head = match tokio::time::timeout(self.timeout, exchange).await {
            Err(_) | Ok(Err(UpstreamError::TimedOut)) => return Err(Failure::TimedOut.into()),
            Ok(Err(UpstreamError::Unreachable)) => return Err(unreachable),
            Ok(Err(_)) => return Err(Failure::Cut.into()),
            Ok(Ok(head)) => head,
        };
        if head.status.is_success() {
            return Ok(());
        }
        let failure = Failure::Status(head.status.as_u16());
        Err(NotTaken { failure, retry_after: retry_after(head.status, &head.headers) })
    }
}

fn request(endpoint: &Endpoint, id: &str, at: Timestamp, body: Vec<u8>) -> Option<Request<Full<Bytes>>> {
    let value = |text: String| HeaderValue::try_from(text).ok();
    let signature = endpoint.keys.signature(id, at, &body);
    let mut request = Request::new(Full::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.url.as_str().parse::<Uri>().ok()?;
    let headers = request.headers_mut();
    headers.insert(HOST, value(host_of(&endpoint.url))?);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(USER_AGENT, AGENT);
    headers.insert(ID, value(id.to_owned())?);
    headers.insert(TIMESTAMP, at.unix_s().into());
    headers.insert(SIGNATURE, value(signature)?);
    Some(request)
}

/// Seconds, of those who ask for less or to come later. Dates are not read: the pauses are as good.
fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_RETRY_AFTER_S)))
}
