//! Where the gateway listens, and what protects it.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::super::lenient;
use super::loopback;

section! {
    /// `[server]`: where end users reach the gateway.
    Server {
        /// Address and port to listen on.
        listen: SocketAddr = loopback(8080),
        /// Path that prefixes every route but health, such as `/api`; empty for none.
        base_path: String = String::new(),
        /// Origin under which the world (and Astria's callbacks) reach the gateway; empty: `http://` + `listen`.
        public_url: String = String::new(),
        /// Networks whose `X-Forwarded-For` is believed, rightmost untrusted hop first.
        #[serde(deserialize_with = "lenient::networks")]
        trusted_proxies: Vec<IpNet> = Vec::new(),
        /// Seconds that requests in flight get to finish after SIGTERM.
        drain_s: u64 = 20,
        /// Requests worked on at once; beyond it 503 with `Retry-After`.
        max_in_flight: usize = 1024,
        /// Open client connections; beyond it new ones wait in the kernel's queue.
        max_connections: usize = 10_000,
        /// Milliseconds a client has to send a request's head, from its first byte on (a connection's first
        /// head: from the connection on).
        header_read_timeout_ms: u64 = 10_000,
        /// Milliseconds a connection may do nothing between two requests.
        idle_timeout_ms: u64 = 75_000,
        /// Milliseconds in which a client that cannot take a reply at once must take 16 KiB of it.
        write_timeout_ms: u64 = 20_000,
        /// Milliseconds for a TLS handshake.
        tls_handshake_timeout_ms: u64 = 10_000,
        /// Open connections of one address (IPv6: of one /64); trusted proxies are exempt.
        max_connections_per_ip: usize = 256,
        /// Bytes of a request's head; more is 431.
        max_head_bytes: usize = 32 * 1024,
        /// Header fields of a request; more is 431.
        max_headers: usize = 100,
        /// HTTP/2 without TLS, for clients that start with it.
        h2c: bool = true,
        /// Whether connections begin with a PROXY header (version 2) of a trusted proxy.
        proxy_protocol: ProxyProtocol = ProxyProtocol::Off,
        /// TLS of the public listener.
        tls: Tls = Tls::default(),
    }
}

section! {
    /// `[server.tls]`: the public listener's certificate; without one it speaks plain HTTP.
    Tls {
        /// PEM file: the certificate, then the chain up to the root.
        certificate_file: PathBuf = PathBuf::new(),
        /// PEM file: the certificate's private key.
        key_file: PathBuf = PathBuf::new(),
    }
}

/// Whether connections begin with a PROXY header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyProtocol {
    /// They do not.
    Off,
    /// Each one must, and come from a trusted proxy.
    Required,
}

section! {
    /// `[operator]`: the private listener.
    Operator {
        /// Address and port of metrics and health; keep it off the internet.
        listen: SocketAddr = loopback(9090),
        /// Tokens of the operator's API; none: the API is not there.
        tokens: Vec<OperatorToken> = Vec::new(),
    }
}

section! {
    /// `[[operator.tokens]]`: a token of the operator's API.
    OperatorToken {
        /// Its name in the record of what was done: letters, digits, `-` and `_`.
        name: String = String::new(),
        /// SHA-256 of the token in hex; several while a rotation lasts.
        sha256: Vec<String> = Vec::new(),
    }
}

section! {
    /// `[limits]`: what protects the gateway itself.
    Limits {
        /// Per client address, before any token is looked at.
        ip: IpLimit = IpLimit::default(),
        /// Per end user, after it; the rates are the plan's.
        users: UserLimit = UserLimit::default(),
        /// Bytes of a request body without photos.
        body_bytes: usize = 1024 * 1024,
        /// Milliseconds a client has to send a whole body.
        body_timeout_ms: u64 = 60_000,
        /// Bytes of memory for all bodies in flight; beyond it 503 with `Retry-After`.
        bodies_in_flight_bytes: u64 = 512 * 1024 * 1024,
        /// Bytes of it that one end user may hold, beside the first 64 KiB of each body; beyond it the same answer.
        bodies_in_flight_bytes_per_user: u64 = 128 * 1024 * 1024,
        /// Bytes a second that a client must send on average, after the grace.
        upload_min_bytes_per_s: u64 = 1024,
        /// Milliseconds before a body's average speed counts.
        upload_grace_ms: u64 = 5_000,
        /// Bytes of one upload that is spooled to disk: the photos of a tune.
        tune_upload_bytes: u64 = 200 * 1024 * 1024,
        /// Milliseconds a client has to send an upload that is spooled.
        tune_upload_timeout_ms: u64 = 900_000,
        /// Folder of spooled uploads; empty: the system's folder for temporary files.
        spool_dir: PathBuf = PathBuf::new(),
        /// Bytes on disk of all spooled uploads in flight; beyond it 503 with `Retry-After`.
        spool_bytes: u64 = 8 * 1024 * 1024 * 1024,
    }
}

section! {
    /// `[limits.ip]`: token bucket per client address (IPv6: per /64).
    IpLimit {
        /// Requests per second that refill the bucket.
        requests_per_s: f64 = 200.0,
        /// Requests the full bucket holds.
        burst: u32 = 1_000,
        /// Addresses told apart; beyond it new ones share buckets.
        max_addresses: usize = 100_000,
        /// Seconds between two sweeps of idle addresses and users.
        sweep_s: u64 = 30,
    }
}

section! {
    /// `[limits.users]`: bounds of the per-user limiters.
    UserLimit {
        /// Buckets of end users, of all plans together; beyond it new ones share buckets.
        max_buckets: usize = 200_000,
    }
}

section! {
    /// `[reload]`: how changed files are noticed. SIGHUP always reloads.
    Reload {
        /// Seconds between two looks at the files' content; 0: only SIGHUP reloads.
        poll_s: u64 = 5,
    }
}
