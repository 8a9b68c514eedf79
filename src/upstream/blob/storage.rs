//! Where Astria's redirects lead: a client without any credential, for allowed hosts on public addresses.
//!
//! A redirect is the upstream's word, and could lead into the operator's own network. So the host must be on a list,
//! the scheme https, and the address public. Names are resolved here, and private answers are left out of what is
//! connected to: a name that changes its answer between a check and the connection changes nothing.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HOST, HeaderValue, RANGE, USER_AGENT};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::{ANY, BlobSettings, OpenBody};
use crate::clock::Clock;
use crate::policy::{is_public, names_host};
use crate::upstream::AGENT;
use crate::upstream::client::{MAX_HEAD_BYTES, framed, is_sound};
use crate::upstream::connection::{Connector, Count, Life};
use crate::upstream::error::UpstreamError;
use crate::upstream::resolver::{Lookup, Resolver};

const MAX_IDLE: Duration = Duration::from_secs(30);
const MAX_IDLE_CONNECTIONS: usize = 32;
/// Read of a reply that is not shown, so that its connection can go on.
const MAX_REFUSAL_BYTES: usize = 16 * 1024;
/// Of a name, in the log.
const MAX_HOST_CHARS: usize = 100;
const MAX_LOCATION_BYTES: usize = 8 * 1024;

type StoragePool = Pool<Connector, Empty<Bytes>>;

pub(super) struct Storage {
    hosts: Vec<String>,
    allow_private: bool,
    idle_timeout: Duration,
    connect_timeout: Duration,
    resolver: Resolver,
    clock: Clock,
    count: Arc<Count>,
    /// Made for the first redirect: many gateways never see one. `None`: no root certificates.
    pool: OnceLock<Option<StoragePool>>,
}

impl Storage {
    pub(super) fn new(settings: &BlobSettings, clock: &Clock, lookup: Arc<Lookup>) -> Self {
        let allow_private = settings.allow_private_hosts;
        let public: Arc<Lookup> = Arc::new(move |name| {
            let is_allowed = |address: &SocketAddr| allow_private || is_public(address.ip());
            Ok(lookup(name)?.into_iter().filter(is_allowed).collect())
        });
        Self {
            hosts: settings.hosts.clone(),
            allow_private,
            idle_timeout: settings.idle_timeout,
            connect_timeout: settings.connect_timeout,
            resolver: Resolver::new(settings.resolver, clock.clone(), public),
            clock: clock.clone(),
            count: Arc::default(),
            pool: OnceLock::new(),
        }
    }

    /// Where a redirect leads, if we go there. The refusal names nothing: an address can be a secret.
    pub(super) fn target(&self, from: &Url, location: &str) -> Result<Url, UpstreamError> {
        let refused = || UpstreamError::Unreadable;
        if location.is_empty() || location.len() > MAX_LOCATION_BYTES {
            return Err(refused());
        }
        let mut to = from.join(location).map_err(|_| refused())?;
        to.set_fragment(None);
        let is_scheme = to.scheme() == "https" || self.allow_private && to.scheme() == "http";
        let is_port = to.port().is_none() || self.allow_private;
        let is_bare = to.username().is_empty() && to.password().is_none();
        // A name is judged by its addresses, when it is connected to; a literal address is never looked up.
        let is_place = match to.host() {
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => self.allow_private || is_public(address.into()),
            Some(Host::Ipv6(address)) => self.allow_private || is_public(address.into()),
            None => false,
        };
        let host = to.host_str().unwrap_or_default();
        let is_listed = self.hosts.iter().any(|rule| names_host(rule, host));
        let may_go = is_scheme && is_port && is_bare && is_place && is_listed;
        if !may_go {
            // The host alone: the rest of it may be a secret.
            let host: String = host.chars().take(MAX_HOST_CHARS).collect();
            tracing::warn!(host, "a picture's redirect was refused; images.hosts lists where they may lead");
            return Err(refused());
        }
        Ok(to)
    }

    /// Asks the storage, without reading the bytes of a success.
    pub(super) async fn get(
        &self,
        target: &Url,
        range: Option<HeaderValue>,
        max_reply_bytes: usize,
    ) -> Result<Response<Bytes>, UpstreamError> {
        let pool = self.pool.get_or_init(|| self.connect()).as_ref().ok_or(UpstreamError::Unreachable)?;
        let uri: Uri = target.as_str().parse().map_err(|_| UpstreamError::Unreadable)?;
        let host = match target.port() {
            Some(port) => format!("{}:{port}", target.host_str().unwrap_or_default()),
            None => target.host_str().unwrap_or_default().to_owned(),
        };
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::try_from(host).map_err(|_| UpstreamError::Unreadable)?);
        headers.insert(ACCEPT, ANY);
        headers.insert(USER_AGENT, AGENT);
        if let Some(range) = range {
            headers.insert(RANGE, range);
        }
        // Until the head is there; from then on each piece has its own time.
        let patience = self.connect_timeout + self.idle_timeout;
        let asked = tokio::time::timeout(patience, pool.request(request)).await;
        let reply = asked.map_err(|_| UpstreamError::TimedOut)?.map_err(|error| {
            if error.is_connect() { UpstreamError::Unreachable } else { UpstreamError::Cut }
        })?;
        let (mut head, body) = reply.into_parts();
        let life = head.extensions.remove::<Life>();
        if !is_sound(&head) {
            if let Some(life) = &life {
                life.retire();
            }
            return Err(UpstreamError::Cut);
        }
        if head.status.is_success() {
            if let Some(life) = &life {
                life.grant(max_reply_bytes);
            }
            head.extensions.insert(OpenBody::new(body));
        } else {
            // What it says is nobody's affair; what is too long or too slow ends with its connection.
            let rest = Limited::new(body, MAX_REFUSAL_BYTES).collect();
            let _ = tokio::time::timeout(self.idle_timeout, rest).await;
        }
        Ok(Response::from_parts(head, Bytes::new()))
    }

    fn connect(&self) -> Option<StoragePool> {
        let mut http = HttpConnector::new_with_resolver(self.resolver.clone());
        http.set_connect_timeout(Some(self.connect_timeout));
        http.set_nodelay(true);
        http.enforce_http(false);
        let tls = if self.allow_private {
            let none =
                ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(none)
        } else {
            let with_roots = HttpsConnectorBuilder::new().with_native_roots();
            with_roots
                .inspect_err(|error| {
                    tracing::error!("no root certificates, so no picture's storage: {error}");
                })
                .ok()?
        };
        let inner = if self.allow_private { tls.https_or_http() } else { tls.https_only() };
        let connector = Connector {
            inner: inner.enable_http1().wrap_connector(http),
            timeout: self.connect_timeout,
            max_reply_bytes: framed(MAX_REFUSAL_BYTES),
            clock: self.clock.clone(),
            count: Arc::clone(&self.count),
        };
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(MAX_IDLE)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            .set_host(false)
            .build(connector);
        Some(pool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::resolver::{ResolverSettings, system_lookup};

    fn storage(hosts: &[&str], allow_private_hosts: bool, lookup: Arc<Lookup>) -> Storage {
        let settings = BlobSettings {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            allow_private_hosts,
            max_bytes: 1 << 20,
            max_streams: 8,
            max_streams_each: 8,
            idle_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            resolver: ResolverSettings::default(),
        };
        Storage::new(&settings, &Clock::system(), lookup)
    }

    #[test]
    fn l_13_a_redirect_leads_to_a_listed_host_by_https_or_nowhere() {
        let hosts =
            ["bucket.example", "*.astria.ai", "10.0.0.1", "8.8.8.8", "127.0.0.1", "[::1]", "localhost"];
        let storage = storage(&hosts, false, system_lookup());
        let from = Url::parse("https://api.astria.ai/rails/active_storage/blobs/redirect/x/y.jpg").unwrap();
        for good in [
            "https://bucket.example/a?sig=1#x",
            "https://BUCKET.example:443/a",
            "https://cdn.astria.ai/a",
            "/rails/active_storage/blobs/proxy/x/y.jpg",
            "https://8.8.8.8/a",
        ] {
            let to = storage.target(&from, good).unwrap();
            assert_eq!((to.scheme(), to.fragment()), ("https", None), "{good}");
        }
        for bad in [
            "",
            "http://bucket.example/a",
            "ftp://bucket.example/a",
            "file:///etc/passwd",
            "https://bucket.example:8443/a",
            "https://user:pw@bucket.example/a",
            "https://evil.example/a",
            "//evil.example/a",
            "https://bucket.example.evil.example/a",
            "https://xbucket.example/a",
            "https://astria.ai/a",
            "https://evilastria.ai/a",
            "https://10.0.0.1/a",
            "https://127.0.0.1/a",
            "https://127.1/a",
            "https://2130706433/a",
            "https://[::1]/a",
            "https://[::ffff:127.0.0.1]/a",
            "https://169.254.169.254/latest/meta-data",
            "data:image/png;base64,AA",
            "javascript:alert(1)",
        ] {
            assert!(storage.target(&from, bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn l_13_a_listed_name_with_a_private_address_is_not_connected_to() {
        crate::auth::install_crypto_provider();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        // As in an attack by rebinding: each look-up may answer as it likes, all that counts is what is connected to.
        let storage = storage(&["bucket.example"], false, Arc::new(move |_| Ok(vec![at])));
        let target = Url::parse("https://bucket.example/a").unwrap();
        let answer = storage.get(&target, None, 1 << 20).await;
        assert!(matches!(answer, Err(UpstreamError::Unreachable)), "{answer:?}");
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "somebody connected");
    }
}
