//! The sections of the configuration and their defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::LazyLock;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::lenient;
use crate::money::Millicents;
use crate::operation::Operation;
use crate::quota::QuotaRule;

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

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
    }
}

section! {
    /// `[upstream]`: Astria.
    Upstream {
        /// The API's base URL.
        base_url: String = "https://api.astria.ai".into(),
        /// File that holds the operator's API key; empty: `ASTRIA_API_KEY` or `ASTRIA_AUTH_TOKEN`.
        api_key_file: PathBuf = PathBuf::new(),
        /// Workspace that every call names; empty: none.
        #[serde(deserialize_with = "lenient::text")]
        workspace_id: String = String::new(),
        /// Milliseconds for one whole call; Astria's own limit is 30 s.
        timeout_ms: u64 = 40_000,
        /// Milliseconds to connect.
        connect_timeout_ms: u64 = 3_000,
        /// Milliseconds between two pieces of a reply's body.
        idle_timeout_ms: u64 = 10_000,
        /// Bytes of a reply's body; beyond it the reply is refused.
        max_reply_bytes: usize = 8 * 1024 * 1024,
        /// How often a failed read (never a create) is tried again.
        read_retries: u32 = 2,
        /// Calls in flight, per account; beyond it end users take turns.
        max_in_flight: usize = 256,
        /// Of these, creates of prompts and tunes; the rest is for inspections and reads.
        max_in_flight_creates: usize = 192,
        /// Calls that wait for their turn, per account; beyond it 503.
        max_queue: usize = 1024,
        /// Calls of one end user that wait.
        max_queue_per_user: usize = 32,
        /// Milliseconds a call may wait for its turn.
        queue_timeout_ms: u64 = 10_000,
        /// Seconds after which a connection is not used again, so that a changed address is noticed.
        max_connection_age_s: u64 = 300,
        /// Seconds the answer of the name service is used without asking again.
        dns_fresh_s: u64 = 30,
        /// Seconds it is used when the name service fails or is slow.
        dns_stale_s: u64 = 3_600,
        /// Milliseconds the name service is waited for.
        dns_timeout_ms: u64 = 2_000,
        /// When to stop asking an account that fails.
        breaker: UpstreamBreaker = UpstreamBreaker::default(),
        /// Refuse end users whose proof names no tenant, instead of serving them with this section's account.
        tenant_required: bool = false,
        /// Tunes that every end user may use, by id.
        #[serde(deserialize_with = "lenient::numbers")]
        shared_tunes: Vec<u64> = Vec::new(),
        /// Names for tunes: `/tunes/gemini/prompts` means the id; an alias's tune counts as shared.
        #[serde(deserialize_with = "lenient::named_numbers")]
        models: BTreeMap<String, u64> = BTreeMap::new(),
    }
}

section! {
    /// `[upstream.breaker]`: when an account that fails is left alone for a while.
    UpstreamBreaker {
        /// Failures in a row that pause it.
        consecutive_failures: u32 = 10,
        /// Share of failures among the calls of a window that pauses it, in percent.
        failure_percent: u64 = 50,
        /// Calls that a window needs before its share counts.
        min_calls: u32 = 20,
        /// Seconds of a window.
        window_s: u64 = 10,
        /// Seconds of the first pause; each probe that fails doubles it.
        open_s: u64 = 5,
        /// Seconds of the longest pause.
        max_open_s: u64 = 60,
        /// Seconds of the pause after a 401.
        credential_open_s: u64 = 2,
        /// Seconds of the pause after a 402; reads go on.
        exhausted_open_s: u64 = 30,
    }
}

section! {
    /// `[auth]`: who may prove that somebody is an end user.
    Auth {
        /// Verified tokens kept, so that a busy end user costs one verification a minute.
        token_cache_entries: u64 = 10_000,
        /// Seconds a verified token is believed without verifying it again.
        token_cache_s: u64 = 60,
        /// Seconds by which an issuer's clock may differ; at most 60.
        leeway_s: u64 = 30,
        /// Seconds between two fetches of a JWKS.
        jwks_cooldown_s: u64 = 10,
        /// Seconds after which a JWKS is fetched anew in the background.
        jwks_refresh_s: u64 = 300,
        /// Seconds a JWKS is used when its provider is down.
        jwks_max_stale_s: u64 = 86_400,
        /// The issuers, side by side.
        issuers: Vec<Issuer> = Vec::new(),
        /// Keys of servers that act for end users.
        service_keys: Vec<ServiceKey> = Vec::new(),
    }
}

section! {
    /// `[[auth.issuers]]`: one issuer of tokens, with exactly one key source.
    Issuer {
        /// The exact `iss`.
        issuer: String = String::new(),
        /// Accepted `aud` values; at least one.
        audiences: Vec<String> = Vec::new(),
        /// Accept a token whose `aud` list names others beside ours.
        allow_other_audiences: bool = false,
        /// File with the HS256 secret, at least 32 bytes (a line feed that ends a text does not count).
        hs256_secret_file: PathBuf = PathBuf::new(),
        /// File with the secret before the present one, while a rotation lasts.
        hs256_previous_secret_file: PathBuf = PathBuf::new(),
        /// File with one or more PEM public keys (RSA of at least 2048 bits, P-256, P-384, Ed25519).
        public_key_file: PathBuf = PathBuf::new(),
        /// JWKS address; https, or http on loopback.
        jwks_url: String = String::new(),
        /// Read the JWKS address from the issuer's OpenID discovery document.
        discover: bool = false,
        /// Claim that names the end user.
        subject_claim: String = "sub".into(),
        /// Claim that names the plan.
        plan_claim: String = "plan".into(),
        /// Claim that names the tenant.
        tenant_claim: String = "tenant".into(),
        /// Accepted `typ` header values; a token without one is accepted.
        token_types: Vec<String> = vec!["at+jwt".into(), "JWT".into()],
    }
}

section! {
    /// `[[auth.service_keys]]`: a static key of a server that acts for end users.
    ServiceKey {
        /// Its name in logs: letters, digits, `-` and `_`.
        name: String = String::new(),
        /// SHA-256 of the key in hex; several while a rotation lasts.
        sha256: Vec<String> = Vec::new(),
        /// The issuer whose end users it acts for.
        issuer: String = String::new(),
        /// The plan of those end users; empty: the default.
        plan: String = String::new(),
        /// The tenant of those end users; empty: none.
        tenant: String = String::new(),
    }
}

section! {
    /// `[guest]`: who calls without a token.
    Guest {
        /// Let them read what costs nothing.
        enabled: bool = false,
        /// Their plan, which must allow nothing that costs money; its rate is shared by all of them.
        plan: String = "guest".into(),
        /// Their tenant; empty: none.
        tenant: String = String::new(),
    }
}

section! {
    /// `[tenants.<name>]`: one more account at Astria.
    Tenant {
        /// File that holds its API key; empty: `ASTRIA_GATEWAY_TENANT_<NAME>_API_KEY`.
        api_key_file: PathBuf = PathBuf::new(),
        /// Workspace that every call for it names; empty: none.
        #[serde(deserialize_with = "lenient::text")]
        workspace_id: String = String::new(),
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
    /// `[plans.<name>]`: what its end users may do.
    Plan {
        /// Requests per second, per end user; an operation in `limits` has a bucket of its own.
        requests_per_s: f64 = 10.0,
        /// Requests the full bucket holds.
        burst: u32 = 40,
        /// Operations that cost money and are allowed.
        allow: Vec<Operation> = vec![Operation::InspectImage, Operation::CreatePrompt],
        /// Parameters that need permission and are allowed: `video_model`, `community`, …
        allow_params: BTreeSet<String> = BTreeSet::new(),
        /// Quotas: `{ of, per, limit }`.
        quotas: Vec<QuotaRule> = Vec::new(),
        /// Other rates for single operations: `limits.inspect_image = { requests_per_s = 1, burst = 5 }`.
        limits: BTreeMap<Operation, Rate> = BTreeMap::new(),
    }
}

/// What an end user without any plan may do: nothing that costs money. Validation rules it out.
pub(super) static NO_PLAN: LazyLock<Plan> =
    LazyLock::new(|| Plan { requests_per_s: 1.0, burst: 1, allow: Vec::new(), ..Plan::default() });

/// A token bucket's two figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests per second that refill the bucket.
    pub requests_per_s: f64,
    /// Requests the full bucket holds.
    pub burst: u32,
}

section! {
    /// `[quota]`: how quotas are counted.
    Quota {
        /// Time zone of days and months, an IANA name.
        time_zone: String = "UTC".into(),
        /// Millicents held for an image, inspection or training until its cost is known.
        unknown_cost_mc: Millicents = Millicents(10_000),
    }
}

section! {
    /// `[policy]`: what requests may say.
    Policy {
        /// Images of a prompt that names no number; always sent upstream, so that no account default decides.
        default_num_images: u8 = 1,
        /// Named tokens that text may load: `<lora:NAME:0.5>`.
        lora_names: Vec<String> = Vec::new(),
        /// Hosts that `*_url` parameters may name; empty: any public host.
        url_hosts: Vec<String> = Vec::new(),
        /// Parameters beyond the known ones, by operation: `extra_params.create_prompt = ["prompt[new]"]`.
        extra_params: BTreeMap<Operation, Vec<String>> = BTreeMap::new(),
    }
}

section! {
    /// `[photos]`: uploaded photos.
    Photos {
        /// Bytes of one photo.
        max_bytes: usize = 10 * 1024 * 1024,
        /// Width times height of one photo.
        max_pixels: u64 = 100_000_000,
        /// Leave the photographer's position in the photo.
        keep_position: bool = false,
    }
}

section! {
    /// `[packs]`: the pack cache.
    Packs {
        /// Seconds a list is served without asking Astria.
        fresh_s: u64 = 60,
        /// Seconds after that in which it is served while a new one is fetched, or when Astria fails.
        stale_s: u64 = 3_600,
        /// Seconds a "no such pack" is believed.
        negative_s: u64 = 5,
        /// Bytes of all cached answers.
        max_bytes: u64 = 64 * 1024 * 1024,
        /// Packs that end users see, by id or slug; empty: all that are not unlisted.
        #[serde(deserialize_with = "lenient::texts")]
        allow: Vec<String> = Vec::new(),
    }
}

section! {
    /// `[callbacks]`: Astria's calls back to the gateway.
    Callbacks {
        /// File with the secret that signs callback addresses, at least 32 bytes; empty: a random one until restart.
        secret_file: PathBuf = PathBuf::new(),
        /// File with the secret before the present one, while a rotation lasts.
        previous_secret_file: PathBuf = PathBuf::new(),
        /// Seconds a callback address works.
        valid_s: u64 = 7 * 86_400,
    }
}

section! {
    /// `[cors]`: browsers of other origins.
    Cors {
        /// Origins whose pages may call the gateway, exactly as browsers spell them.
        allowed_origins: Vec<String> = Vec::new(),
    }
}

section! {
    /// `[store]`: where state is kept.
    Store {
        /// `memory:` (lost at restart).
        url: String = "memory:".into(),
    }
}

section! {
    /// `[log]`: what is written to standard error.
    Log {
        /// `text` or `json`.
        format: LogFormat = LogFormat::Text,
        /// A tracing filter: `info`, `astria_gateway=debug`, …
        filter: String = "info".into(),
        /// One line a request.
        access: bool = true,
        /// Bytes of lines that wait for a slow reader; beyond it lines are dropped and counted.
        access_buffer_bytes: usize = 4 * 1024 * 1024,
    }
}

section! {
    /// `[telemetry]`: what is sent to other systems.
    Telemetry {
        /// Spans.
        otlp: Otlp = Otlp::default(),
    }
}

section! {
    /// `[telemetry.otlp]`: spans for an OpenTelemetry collector; needs the cargo feature `otel`.
    Otlp {
        /// Where spans are posted, such as `http://127.0.0.1:4318/v1/traces`; empty: no spans.
        endpoint: String = String::new(),
        /// What the gateway calls itself there.
        service_name: String = "astria-gateway".into(),
        /// Share of the traces begun here that is recorded, 0.0 to 1.0.
        sample_ratio: f64 = 1.0,
        /// Milliseconds for one post.
        timeout_ms: u64 = 5_000,
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

section! {
    /// `[reload]`: how changed files are noticed. SIGHUP always reloads.
    Reload {
        /// Seconds between two looks at the files' content; 0: only SIGHUP reloads.
        poll_s: u64 = 5,
    }
}
