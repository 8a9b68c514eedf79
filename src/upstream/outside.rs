//! A client without any credential, for addresses that somebody else names: where Astria's redirects lead, and the
//! operator's app.
//!
//! Such an address could lead into the operator's own network. So the scheme is https and the address public, unless
//! private ones are allowed. Names are resolved here, and private answers are left out of what is connected to: a name
//! that changes its answer between a check and the connection changes nothing. Redirects are not followed (the pooled
//! client never does), and proxies of the environment are not used.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::client::{MAX_HEAD_BYTES, framed, is_sound};
use super::connection::{Connector, Count, Life};
use super::error::UpstreamError;
use super::resolver::{Lookup, Resolver, ResolverSettings};
use crate::clock::Clock;
use crate::policy::is_public;

const MAX_IDLE: Duration = Duration::from_secs(30);
const MAX_IDLE_CONNECTIONS: usize = 32;

/// How the outside is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideSettings {
    /// Whether private addresses and plain http are allowed.
    pub allow_private: bool,
    /// Whether https is spoken at all, so that root certificates are needed.
    pub tls: bool,
    /// To connect: name, TCP and TLS.
    pub connect_timeout: Duration,
    /// How names are looked up.
    pub resolver: ResolverSettings,
    /// A reply's body, unless more is granted.
    pub max_reply_bytes: usize,
}

/// See the module.
pub struct Outside<B> {
    settings: OutsideSettings,
    resolver: Resolver,
    clock: Clock,
    count: Arc<Count>,
    /// Made for the first request: many gateways never make one. `None`: no root certificates.
    pool: OnceLock<Option<Pool<Connector, B>>>,
}

/// Whether an address may be asked. A name is judged by its addresses, when it is connected to; a literal address is
/// never looked up, so it is judged here.
pub fn may_be_asked(url: &Url, allow_private: bool) -> bool {
    let is_scheme = url.scheme() == "https" || allow_private && url.scheme() == "http";
    let is_bare = url.username().is_empty() && url.password().is_none();
    let is_place = match url.host() {
        Some(Host::Domain(_)) => true,
        Some(Host::Ipv4(address)) => allow_private || is_public(address.into()),
        Some(Host::Ipv6(address)) => allow_private || is_public(address.into()),
        None => false,
    };
    is_scheme && is_bare && is_place
}

/// The header `Host` for an address.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

impl<B> Outside<B>
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Opens no connection.
    pub fn new(settings: OutsideSettings, clock: &Clock, lookup: Arc<Lookup>) -> Self {
        let allow_private = settings.allow_private;
        let public: Arc<Lookup> = Arc::new(move |name| {
            let is_allowed = |address: &SocketAddr| allow_private || is_public(address.ip());
            Ok(lookup(name)?.into_iter().filter(is_allowed).collect())
        });
        Self {
            settings,
            resolver: Resolver::new(settings.resolver, clock.clone(), public),
            clock: clock.clone(),
            count: Arc::default(),
            pool: OnceLock::new(),
        }
    }

    /// What it was made with.
    pub const fn settings(&self) -> &OutsideSettings {
        &self.settings
    }

    /// Sends a request to an address that [`may_be_asked`], and gives the reply's head with a body that nobody has read.
    ///
    /// Not cancel safe: a request that was begun may arrive. Bounded by no time but that of connecting.
    ///
    /// # Errors
    /// [`UpstreamError::Unreachable`]: nothing was sent; [`UpstreamError::Cut`]: no reply, or none that can be read in one
    /// way only.
    pub async fn send(&self, request: Request<B>) -> Result<Response<Incoming>, UpstreamError> {
        let pool = self.pool.get_or_init(|| self.connect()).as_ref().ok_or(UpstreamError::Unreachable)?;
        let reply = pool.request(request).await.map_err(|error| {
            if error.is_connect() { UpstreamError::Unreachable } else { UpstreamError::Cut }
        })?;
        let (head, body) = reply.into_parts();
        if !is_sound(&head) {
            if let Some(life) = head.extensions.get::<Life>() {
                life.retire();
            }
            return Err(UpstreamError::Cut);
        }
        Ok(Response::from_parts(head, body))
    }

    fn connect(&self) -> Option<Pool<Connector, B>> {
        let OutsideSettings { allow_private, tls, connect_timeout, max_reply_bytes, .. } = self.settings;
        let mut http = HttpConnector::new_with_resolver(self.resolver.clone());
        http.set_connect_timeout(Some(connect_timeout));
        http.set_nodelay(true);
        http.enforce_http(false);
        let tls = if tls {
            let with_roots = HttpsConnectorBuilder::new().with_native_roots();
            with_roots
                .inspect_err(|error| {
                    tracing::error!("no root certificates, so nothing outside can be asked: {error}");
                })
                .ok()?
        } else {
            let none =
                ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(none)
        };
        let inner = if allow_private { tls.https_or_http() } else { tls.https_only() };
        let connector = Connector {
            inner: inner.enable_http1().wrap_connector(http),
            timeout: connect_timeout,
            max_reply_bytes: framed(max_reply_bytes),
            clock: self.clock.clone(),
            count: Arc::clone(&self.count),
        };
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(MAX_IDLE)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            // Whoever makes a request names its host.
            .set_host(false)
            .build(connector);
        Some(pool)
    }
}
