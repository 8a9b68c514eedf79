//! What the accept loop counts: connections, and why they ended.

use crate::telemetry::Metrics;

/// Counts connections. Called from many tasks at once.
pub trait Observer: Send + Sync + 'static {
    /// A connection was accepted.
    fn opened(&self) {}

    /// It ended.
    fn ended(&self, how: Ended);

    /// `accept` failed: out of file descriptors, say.
    fn not_accepted(&self) {}
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// The client closed it, or the server after a last reply.
    Closed,
    /// The gateway stops.
    Stopped,
    /// hyper refused what came.
    Unparsed,
    /// Its address had too many.
    TooManyOfAddress,
    /// No good PROXY header, or not from a trusted proxy.
    ProxyHeader,
    /// The TLS handshake failed or took too long.
    Tls,
    /// A request's head took too long.
    HeadTimeout,
    /// Nothing came for too long.
    IdleTimeout,
    /// The client did not take its replies.
    WriteTimeout,
    /// More resets or control frames than any honest client sends.
    Flood,
    /// The network, or the client left in the midst of something.
    Broken,
}

impl Ended {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Closed,
        Self::Stopped,
        Self::Unparsed,
        Self::TooManyOfAddress,
        Self::ProxyHeader,
        Self::Tls,
        Self::HeadTimeout,
        Self::IdleTimeout,
        Self::WriteTimeout,
        Self::Flood,
        Self::Broken,
    ];

    /// As metrics spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Stopped => "stopped",
            Self::Unparsed => "unparsed",
            Self::TooManyOfAddress => "too_many_of_address",
            Self::ProxyHeader => "proxy_header",
            Self::Tls => "tls",
            Self::HeadTimeout => "head_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::WriteTimeout => "write_timeout",
            Self::Flood => "flood",
            Self::Broken => "broken",
        }
    }
}

impl Observer for Metrics {
    fn opened(&self) {
        self.connection_opened();
    }

    fn ended(&self, how: Ended) {
        self.connection_ended();
        match how {
            Ended::Unparsed => self.unparsed_connection(),
            Ended::TooManyOfAddress => self.refused_connection("address_full"),
            Ended::ProxyHeader => self.refused_connection("proxy_header"),
            Ended::HeadTimeout | Ended::WriteTimeout => self.refused_connection("too_slow"),
            Ended::Flood => self.refused_connection("flood"),
            Ended::Tls => self.tls_handshake_failed(),
            Ended::Closed | Ended::Stopped | Ended::IdleTimeout | Ended::Broken => {}
        }
    }

    fn not_accepted(&self) {
        self.refused_connection("accept_failed");
    }
}
