//! Images: the bytes behind a signed URL, as a stream.

use std::hash::BuildHasher as _;
use std::time::Duration;

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, ETAG, HeaderMap,
    HeaderName, HeaderValue, LAST_MODIFIED, RANGE,
};
use http::{Method, StatusCode};

use crate::call::{Answer, Call};
use crate::images::{ByteRange, SignedImage};
use crate::limits::AddressKey;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::reply::{self, Reply, ReplyBody};
use crate::spend::report;
use crate::upstream::UpstreamError;
use crate::upstream::blob::{Blob, BlobError, BlobRequest};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// `GET /rails/active_storage/blobs/{*rest}`
pub async fn get(call: Call<SignedImage>) -> Answer {
    let Call { state, facts, who: image, head, .. } = call;
    let account = state.accounts.all().find(|account| account.key == image.account);
    let account = account.ok_or_else(Problem::not_found)?;
    // Nobody is named here, so addresses take turns.
    let turn = (state.log_key.hash_one(AddressKey::of(facts.client_ip)) >> 16).max(1);
    let request = BlobRequest { image: &image, range: range(&head.headers), turn };
    let started = state.clock.monotonic();
    let fetched = state.blobs.fetch(&account.upstream, request).await;
    facts.add_upstream(state.clock.monotonic().saturating_sub(started));
    let blob = fetched.map_err(|error| {
        if let BlobError::Upstream(error) = &error
            && !matches!(error, UpstreamError::NotFound)
        {
            report(error, Operation::GetImage);
        }
        Problem::from(error)
    })?;
    let left = state.clock.now().until(image.expires_at);
    Ok(show(blob, left, head.method == Method::HEAD))
}

/// One range. `If-Range` is not asked after: the bytes behind a signed path never change.
fn range(headers: &HeaderMap) -> Option<ByteRange> {
    let mut named = headers.get_all(RANGE).iter();
    let only = named.next().filter(|_| named.next().is_none())?;
    ByteRange::parse(only.to_str().ok()?)
}

/// Nothing of the storage's head but what is named here, and of that only what was understood.
fn show(blob: Blob, valid: Duration, is_head: bool) -> Reply {
    let Blob { kind, part, size_bytes, etag, last_modified, body } = blob;
    let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let body = if is_head { ReplyBody::default() } else { ReplyBody::Stream(Box::pin(body)) };
    let mut reply = reply::with_body(status, HeaderValue::from_static(kind.content_type()), body);
    let headers = reply.headers_mut();
    let mut tell = |name: HeaderName, value: Option<HeaderValue>| {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    };
    tell(CONTENT_LENGTH, size_bytes.map(HeaderValue::from));
    tell(CONTENT_RANGE, part.and_then(|part| HeaderValue::try_from(part.to_string()).ok()));
    tell(ETAG, etag);
    tell(LAST_MODIFIED, last_modified);
    tell(ACCEPT_RANGES, Some(HeaderValue::from_static("bytes")));
    // No longer than the URL itself works.
    let cached = format!("private, max-age={}, immutable", valid.as_secs());
    tell(CACHE_CONTROL, HeaderValue::try_from(cached).ok());
    // Opened by itself, whatever it holds runs nothing; and pages of the app's own origin may show it.
    tell(CONTENT_SECURITY_POLICY, Some(HeaderValue::from_static("sandbox; default-src 'none'")));
    tell(CROSS_ORIGIN_RESOURCE_POLICY, Some(HeaderValue::from_static("cross-origin")));
    reply
}
