//! Fetches a picture: from Astria with our credential, then from its storage without it, as a stream.
//!
//! ```text
//! Astria    one read over the account's own stack: breaker, pause, turns, retries of what has not begun, metrics
//! redirect  at most three, each to an allowed host on a public address (`storage`), by a client that has no credential
//! head      the first bytes decide what it is ([`ImageKind::sniff`]); what is none of these is not shown
//! stream    one piece at a time, bounded in bytes, ended when the storage stalls (`body`)
//! ```
//!
//! A range that does not show the first bytes says nothing about the kind, so those are fetched once, and what they
//! said is remembered: a blob's bytes never change. The client cannot be asked, and the storage is not believed.
//!
//! What it does *not* do: it keeps no picture, and it does not know who may look (a signature does: `images`).

mod body;
mod places;
mod storage;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HOST, HeaderName, HeaderValue, LAST_MODIFIED, LOCATION,
    RANGE, USER_AGENT,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use moka::sync::Cache;
use thiserror::Error;

pub use body::BlobBody;
pub(super) use body::OpenBody;
use places::{Place, Places};
use storage::Storage;

use super::body::Segments;
use super::client::framed;
use super::error::UpstreamError;
use super::resolver::{Lookup, ResolverSettings, system_lookup};
use super::step::{Call, Step as _};
use super::{AGENT, MAX_HEADERS, Upstream, judge};
use crate::clock::Clock;
use crate::images::{ByteRange, ContentRange, ImageKind, SNIFFED_BYTES, SignedImage, whole_of_refusal};
use crate::operation::Operation;
use crate::ownership::AccountKey;

const MAX_REDIRECTS: usize = 3;
/// What a client is told to wait when all places are taken, in seconds.
const RETRY_AFTER_S: u64 = 1;
/// Kinds that are remembered, and for how long.
const MAX_KINDS: u64 = 10_000;
const KIND_TTL: Duration = Duration::from_secs(600);
const MAX_VALIDATOR_BYTES: usize = 100;
const ANY: HeaderValue = HeaderValue::from_static("*/*");

/// How pictures are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobSettings {
    /// Hosts that a redirect may lead to: `a.example`, or `*.a.example` for everything below.
    pub hosts: Vec<String>,
    /// Whether these may have private addresses and speak plain http: for an imitated storage on this machine.
    pub allow_private_hosts: bool,
    /// Bytes of one picture or video.
    pub max_bytes: u64,
    /// Pictures on their way at once.
    pub max_streams: usize,
    /// Of these, for one turn.
    pub max_streams_each: usize,
    /// Between two pieces, and until the first.
    pub idle_timeout: Duration,
    /// To connect to the storage.
    pub connect_timeout: Duration,
    /// How the storage's name is looked up.
    pub resolver: ResolverSettings,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct BlobRequest<'a> {
    /// Which picture; its signature is the right to see it.
    pub image: &'a SignedImage,
    /// Which part of it; `None`: the whole.
    pub range: Option<ByteRange>,
    /// Whose turn it takes where calls must wait, and whose places it counts for.
    pub turn: u64,
}

/// A picture whose head was looked at; its bytes are on their way.
pub struct Blob {
    /// What it is.
    pub kind: ImageKind,
    /// Which part of it this is; `None`: the whole.
    pub part: Option<ContentRange>,
    /// Bytes that follow, if that is known.
    pub size_bytes: Option<u64>,
    /// The storage's name for these bytes.
    pub etag: Option<HeaderValue>,
    /// Since when they are so.
    pub last_modified: Option<HeaderValue>,
    /// The bytes.
    pub body: BlobBody,
}

/// Why there is none.
#[derive(Debug, Error)]
pub enum BlobError {
    /// As of any call.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The picture has no such bytes.
    #[error("the range lies outside of the picture")]
    OutOfRange {
        /// How many it has.
        whole: Option<u64>,
    },
}

/// Fetches pictures, for all accounts. Cheap to clone.
#[derive(Clone)]
pub struct Blobs(Arc<Inner>);

struct Inner {
    settings: BlobSettings,
    storage: Storage,
    places: Places,
    kinds: Cache<(AccountKey, Box<str>), ImageKind>,
}

/// A reply whose body has not been read: a head, and where the bytes come from.
struct Opened {
    head: HeaderMap,
    is_part: bool,
    body: OpenBody,
}

impl Blobs {
    /// Opens no connection.
    pub fn new(settings: BlobSettings, clock: &Clock) -> Self {
        Self::with_lookup(settings, clock, system_lookup())
    }

    /// The same with another name service.
    pub fn with_lookup(settings: BlobSettings, clock: &Clock, lookup: Arc<Lookup>) -> Self {
        let storage = Storage::new(&settings, clock, lookup);
        let places = Places::new(settings.max_streams, settings.max_streams_each);
        let kinds = Cache::builder().max_capacity(MAX_KINDS).time_to_live(KIND_TTL).build();
        Self(Arc::new(Inner { settings, storage, places, kinds }))
    }

    /// What it was made with.
    pub fn settings(&self) -> &BlobSettings {
        &self.0.settings
    }

    /// Pictures on their way now.
    pub fn streams(&self) -> usize {
        self.0.places.taken()
    }

    /// Fetches one, up to its first bytes; the rest comes as it is read.
    ///
    /// Cancel safe: whoever stops waiting closes what was opened.
    ///
    /// # Errors
    /// Astria's or the storage's refusal, or ours of what they gave.
    pub async fn fetch(&self, upstream: &Upstream, request: BlobRequest<'_>) -> Result<Blob, BlobError> {
        let Inner { settings, places, kinds, .. } = &*self.0;
        let place = places.enter(request.turn);
        let place = place.ok_or(UpstreamError::Overloaded { retry_after_s: RETRY_AFTER_S })?;
        let SignedImage { path, account, .. } = request.image;
        let key = || (account.clone(), Box::from(path.as_str()));
        let hidden_head = request.range.is_some_and(|range| !range.shows_head(SNIFFED_BYTES));
        let mut kind = if hidden_head { kinds.get(&key()) } else { None };
        if hidden_head && kind.is_none() {
            let found = self.kind_of(upstream, request).await?;
            kinds.insert(key(), found);
            kind = Some(found);
        }
        let opened = self.open(upstream, request).await?;
        let part = part(&opened, request.range)?;
        let size_bytes = size(&opened, part)?;
        if size_bytes.is_some_and(|size| size > settings.max_bytes) {
            return Err(UpstreamError::TooLarge.into());
        }
        let mut body = self.body(&opened.body, Some(place));
        // What begins at the first byte is looked at itself, whatever was asked for.
        let kind = match kind.filter(|_| part.is_some()) {
            Some(kind) => kind,
            None => {
                let kind = ImageKind::sniff(body.head(SNIFFED_BYTES).await?).ok_or_else(refused_kind)?;
                if request.range.is_some() {
                    kinds.insert(key(), kind);
                }
                kind
            }
        };
        let validator = |name: HeaderName| opened.head.get(name).filter(|value| is_plain(value)).cloned();
        let (etag, last_modified) = (validator(ETAG), validator(LAST_MODIFIED));
        Ok(Blob { kind, part, size_bytes, etag, last_modified, body })
    }

    /// By its first bytes, fetched for nothing else.
    async fn kind_of(&self, upstream: &Upstream, request: BlobRequest<'_>) -> Result<ImageKind, BlobError> {
        let head = ByteRange::From { first: 0, last: Some(SNIFFED_BYTES as u64 - 1) };
        let opened = self.open(upstream, BlobRequest { range: Some(head), ..request }).await?;
        part(&opened, Some(head))?;
        let mut body = self.body(&opened.body, None);
        ImageKind::sniff(body.head(SNIFFED_BYTES).await?).ok_or_else(refused_kind)
    }

    fn body(&self, open: &OpenBody, place: Option<Place>) -> BlobBody {
        let BlobSettings { max_bytes, idle_timeout, .. } = self.0.settings;
        BlobBody::new(open, max_bytes, idle_timeout, place)
    }

    /// Astria, and where it sends us.
    async fn open(&self, upstream: &Upstream, request: BlobRequest<'_>) -> Result<Opened, BlobError> {
        let Inner { settings, storage, .. } = &*self.0;
        let range = request.range.and_then(|range| HeaderValue::try_from(range.to_string()).ok());
        let max_bytes = usize::try_from(settings.max_bytes).unwrap_or(usize::MAX);
        let (mut at, mut reply) = upstream.open(request, range.clone(), max_bytes).await?;
        for _ in 0..MAX_REDIRECTS {
            if !is_redirect(reply.status()) {
                break;
            }
            let location = reply.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let target = storage.target(&at, location.unwrap_or_default())?;
            reply = storage.get(&target, range.clone(), framed(max_bytes)).await?;
            at = target;
        }
        opened(reply)
    }
}

impl Upstream {
    /// Asks for a picture's bytes, without reading them; gives where it asked, too.
    async fn open(
        &self,
        request: BlobRequest<'_>,
        range: Option<HeaderValue>,
        max_bytes: usize,
    ) -> Result<(url::Url, Response<Bytes>), UpstreamError> {
        let target = &self.0.target;
        let mut built = Request::new(Segments::empty());
        *built.method_mut() = Method::GET;
        *built.uri_mut() = target.join(request.image.path.clone()).ok_or(UpstreamError::Unreachable)?;
        let at = url::Url::parse(&built.uri().to_string()).map_err(|_| UpstreamError::Unreachable)?;
        let mut headers = HeaderMap::with_capacity(MAX_HEADERS);
        headers.insert(HOST, target.host.clone());
        headers.insert(ACCEPT, ANY);
        headers.insert(USER_AGENT, AGENT);
        if let Some(range) = range {
            headers.insert(RANGE, range);
        }
        *built.headers_mut() = headers;
        let (operation, user) = (Operation::GetImage, request.turn);
        let streamed_bytes = Some(max_bytes);
        let call = Call { operation, user, probe: false, streamed_bytes, request: built };
        let reply = self.0.stack.call(Box::new(call)).await?;
        let status = reply.status();
        if !is_redirect(status) && !is_about_bytes(status) {
            judge(&reply)?;
        }
        Ok((at, reply))
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// What `judge` does not know, since nothing else is read in parts.
fn is_about_bytes(status: StatusCode) -> bool {
    matches!(status, StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::GONE)
}

/// What the last status means. A storage that refuses has no such picture: its links expire.
fn opened(reply: Response<Bytes>) -> Result<Opened, BlobError> {
    let (mut head, _) = reply.into_parts();
    let status = head.status;
    match status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => {
            let body = head.extensions.remove::<OpenBody>().ok_or(UpstreamError::Unreadable)?;
            Ok(Opened { head: head.headers, is_part: status == StatusCode::PARTIAL_CONTENT, body })
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let whole = text(&head.headers, CONTENT_RANGE).and_then(whole_of_refusal);
            Err(BlobError::OutOfRange { whole })
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
            Err(UpstreamError::NotFound.into())
        }
        StatusCode::GATEWAY_TIMEOUT => Err(UpstreamError::TimedOut.into()),
        status if status.is_server_error() => Err(UpstreamError::Failed { status: status.as_u16() }.into()),
        status => Err(UpstreamError::Unexpected { status: status.as_u16() }.into()),
    }
}

fn refused_kind() -> BlobError {
    tracing::warn!("what the storage gave is no picture or video, and was not shown");
    UpstreamError::Unreadable.into()
}

/// Which part came. One that nobody asked for could be put in a wrong place by a cache.
fn part(opened: &Opened, asked: Option<ByteRange>) -> Result<Option<ContentRange>, UpstreamError> {
    if !opened.is_part {
        return Ok(None);
    }
    let given = text(&opened.head, CONTENT_RANGE).and_then(ContentRange::parse);
    let fits = asked.zip(given).is_some_and(|(asked, given)| given.answers(asked));
    if fits { Ok(given) } else { Err(UpstreamError::Unreadable) }
}

/// Bytes that follow: what the head says, in agreement with itself.
fn size(opened: &Opened, part: Option<ContentRange>) -> Result<Option<u64>, UpstreamError> {
    let announced = text(&opened.head, CONTENT_LENGTH).and_then(|size| size.parse().ok());
    match part.map(ContentRange::size_bytes) {
        Some(size) if announced.is_some_and(|announced| announced != size) => Err(UpstreamError::Unreadable),
        _ => Ok(announced),
    }
}

fn text(head: &HeaderMap, name: HeaderName) -> Option<&str> {
    head.get(name).and_then(|value| value.to_str().ok())
}

/// A validator as the RFC spells it, and nothing that could be more.
fn is_plain(value: &HeaderValue) -> bool {
    value.len() <= MAX_VALIDATOR_BYTES
        && value.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b" \"/,:-_.".contains(b))
}
