//! How connections are kept, and the handle by which a reload changes it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio_rustls::rustls::ServerConfig;

use super::places::Places;
use crate::config::{ProxyProtocol, Server};
use crate::limits::TrustedProxies;

/// How connections are kept. A connection keeps those it began with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For a request's head.
    pub header_read_timeout: Duration,
    /// Between two requests.
    pub idle_timeout: Duration,
    /// In which a client that is behind must take 16 KiB.
    pub write_timeout: Duration,
    /// For a TLS handshake.
    pub tls_handshake_timeout: Duration,
    /// Open at once.
    pub max_connections: usize,
    /// Open at once of one address.
    pub max_connections_per_ip: usize,
    /// Bytes of a request's head.
    pub max_head_bytes: usize,
    /// Header fields of a request.
    pub max_headers: usize,
    /// HTTP/2 without TLS.
    pub h2c: bool,
    /// Whether connections begin with a PROXY header.
    pub proxy_protocol: ProxyProtocol,
    /// Exempt from the cap by address, and alone believed about PROXY headers.
    pub trusted_proxies: TrustedProxies,
}

impl Settings {
    /// The public listener's.
    pub fn public(server: &Server) -> Self {
        Self {
            header_read_timeout: Duration::from_millis(server.header_read_timeout_ms),
            idle_timeout: Duration::from_millis(server.idle_timeout_ms),
            write_timeout: Duration::from_millis(server.write_timeout_ms),
            tls_handshake_timeout: Duration::from_millis(server.tls_handshake_timeout_ms),
            max_connections: server.max_connections,
            max_connections_per_ip: server.max_connections_per_ip,
            max_head_bytes: server.max_head_bytes,
            max_headers: server.max_headers,
            h2c: server.h2c,
            proxy_protocol: server.proxy_protocol,
            trusted_proxies: TrustedProxies::new(server.trusted_proxies.clone()),
        }
    }

    /// The operator's: the same times, no PROXY header, no cap by address (it may sit behind one).
    pub fn operator(server: &Server) -> Self {
        Self {
            max_connections_per_ip: usize::MAX,
            proxy_protocol: ProxyProtocol::Off,
            ..Self::public(server)
        }
    }
}

/// Changes a listener's settings and certificate while it runs; new connections have the new ones.
pub struct Control {
    settings: ArcSwap<Settings>,
    tls: ArcSwapOption<ServerConfig>,
    changed: Arc<Notify>,
    pub(super) places: Places,
}

impl Control {
    /// `tls` is `None` for plain HTTP.
    pub fn new(settings: Settings, tls: Option<Arc<ServerConfig>>) -> Self {
        Self {
            settings: ArcSwap::from_pointee(settings),
            tls: ArcSwapOption::new(tls),
            changed: Arc::default(),
            places: Places::default(),
        }
    }

    /// From now on these.
    pub fn change(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
        self.changed.notify_waiters();
    }

    /// From now on this certificate.
    pub fn set_tls(&self, tls: Option<Arc<ServerConfig>>) {
        self.tls.store(tls);
    }

    /// Connections that are open now.
    pub fn open_connections(&self) -> usize {
        self.places.taken()
    }

    pub(super) fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    pub(super) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.tls.load_full()
    }

    /// The next change after this call.
    pub(super) fn changed(&self) -> OwnedNotified {
        Arc::clone(&self.changed).notified_owned()
    }
}
