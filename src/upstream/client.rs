//! The innermost step: sends one request over the pooled client and collects the bounded reply.
//!
//! Redirects are not followed (the pooled client never does), proxies of the environment are not used, and
//! a reply is complete, unambiguous and within its size before anybody sees a byte of it. The pool is shared by
//! all accounts: a connection carries no credential, each request does.
//!
//! What the pool does by itself: a request that was handed to a connection which turns out to be closed, and of
//! which *no byte was written*, goes over another connection. Once a byte was written it never does.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Response, StatusCode, response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

use super::blob::OpenBody;
use super::body::{Joined, Segments};
use super::connection::{Connector, Count, Life};
use super::error::UpstreamError;
use super::resolver::{Lookup, Resolver, ResolverSettings, system_lookup};
use super::step::{Call, Reply, Step};
use crate::clock::Clock;

/// A reply's head, all 1xx heads before it included.
pub(super) const MAX_HEAD_BYTES: usize = 256 * 1024;
const MAX_IDLE: Duration = Duration::from_secs(30);

/// How patiently and how much the client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSettings {
    /// To connect: name, TCP and TLS.
    pub connect_timeout: Duration,
    /// For the whole call, from sending to the reply's last byte.
    pub timeout: Duration,
    /// Between two pieces of a reply's body.
    pub idle_timeout: Duration,
    /// A reply's body.
    pub max_reply_bytes: usize,
    /// Whether the upstream's base URL is https, so that root certificates are needed.
    pub tls: bool,
    /// After which a connection is not used again, so that changed addresses are noticed.
    pub max_connection_age: Duration,
    /// Unused connections that are kept open.
    pub max_idle_connections: usize,
    /// How names are looked up.
    pub resolver: ResolverSettings,
}

/// The pooled client; cheap to clone, and all clones share the pool.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    pool: Pool<Connector, Segments>,
    settings: ClientSettings,
    clock: Clock,
    count: Arc<Count>,
}

impl Client {
    /// Prepares the pool; opens no connection.
    ///
    /// # Errors
    /// The machine's root certificates cannot be read, and TLS is wanted.
    pub fn new(settings: ClientSettings, clock: Clock) -> io::Result<Self> {
        Self::with_lookup(settings, clock, system_lookup())
    }

    /// The same with another name service.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_lookup(settings: ClientSettings, clock: Clock, lookup: Arc<Lookup>) -> io::Result<Self> {
        let resolver = Resolver::new(settings.resolver, clock.clone(), lookup);
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.set_connect_timeout(Some(settings.connect_timeout));
        http.set_nodelay(true);
        http.enforce_http(false);
        let tls = if settings.tls {
            HttpsConnectorBuilder::new().with_native_roots()?
        } else {
            let none =
                ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(none)
        };
        let count = Arc::<Count>::default();
        let connector = Connector {
            inner: tls.https_or_http().enable_http1().wrap_connector(http),
            timeout: settings.connect_timeout,
            max_reply_bytes: framed(settings.max_reply_bytes),
            clock: clock.clone(),
            count: Arc::clone(&count),
        };
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(MAX_IDLE)
            .pool_max_idle_per_host(settings.max_idle_connections)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            // `Target` has it ready.
            .set_host(false)
            .build(connector);
        Ok(Self(Arc::new(Inner { pool, settings, clock, count })))
    }

    /// Connections that are open now, and that were opened so far.
    pub fn connections(&self) -> (u64, u64) {
        self.0.count.reading()
    }

    async fn exchange(&self, call: Box<Call>) -> Reply {
        let Inner { pool, settings, clock, .. } = &*self.0;
        let streamed_bytes = call.streamed_bytes;
        let reply = pool.request(call.request).await.map_err(|error| {
            if error.is_connect() { UpstreamError::Unreachable } else { UpstreamError::Cut }
        })?;
        let (mut head, body) = reply.into_parts();
        let life = head.extensions.remove::<Life>();
        let retire = || life.as_ref().map_or((), Life::retire);
        if !is_sound(&head) {
            retire();
            return Err(UpstreamError::Cut);
        }
        if let Some(max_bytes) = streamed_bytes.filter(|_| head.status.is_success()) {
            if let Some(life) = &life {
                life.grant(framed(max_bytes));
            }
            head.extensions.insert(OpenBody::new(body));
            return Ok(Response::from_parts(head, Bytes::new()));
        }
        let collected = collect(body, *settings).await;
        let old =
            || life.as_ref().is_some_and(|life| life.age(clock.monotonic()) >= settings.max_connection_age);
        if collected.is_err() || old() {
            retire();
        }
        Ok(Response::from_parts(head, collected?))
    }
}

impl Step for Client {
    async fn call(&self, call: Box<Call>) -> Reply {
        let timeout = self.0.settings.timeout;
        tokio::time::timeout(timeout, self.exchange(call)).await.unwrap_or(Err(UpstreamError::TimedOut))
    }
}

/// The bytes of a whole reply, with a body of so many: chunk heads may double it.
pub(super) const fn framed(body_bytes: usize) -> usize {
    body_bytes.saturating_mul(2).saturating_add(4 * MAX_HEAD_BYTES)
}

/// Whether there is one way only to see where the reply ends. The parser takes a coding over a length, and a
/// coding that it does not know for "until closed"; two readers of such a reply need not agree.
pub(super) fn is_sound(head: &response::Parts) -> bool {
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
    let length = head.headers.get(CONTENT_LENGTH);
    match codings.next() {
        Some(coding) => {
            codings.next().is_none()
                && coding.as_bytes().eq_ignore_ascii_case(b"chunked")
                && length.is_none()
                && head.status != StatusCode::NO_CONTENT
        }
        None => head.status != StatusCode::NO_CONTENT || length.is_none_or(|length| length == "0"),
    }
}

/// The whole body, without a copy where it came in one piece.
async fn collect(mut body: Incoming, settings: ClientSettings) -> Result<Bytes, UpstreamError> {
    let max_bytes = settings.max_reply_bytes;
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(UpstreamError::TooLarge);
    }
    let mut joined = Joined::default();
    loop {
        let next = tokio::time::timeout(settings.idle_timeout, body.frame()).await;
        let Some(frame) = next.map_err(|_| UpstreamError::TimedOut)? else { break };
        let Ok(data) = frame.map_err(|_| UpstreamError::Cut)?.into_data() else { continue };
        if joined.size_bytes() + data.len() > max_bytes {
            return Err(UpstreamError::TooLarge);
        }
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(0);
        joined.push(data, announced.min(max_bytes));
    }
    Ok(joined.finish())
}
