//! The sections of the configuration and their defaults.

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

mod accounts;
mod balance;
mod events;
mod idempotency;
mod login;
mod notifications;
mod people;
mod prices;
mod reads;
mod reconcile;
mod serving;
mod sessions;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::lenient;
use crate::operation::Operation;

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

pub use accounts::{Tenant, Upstream, UpstreamBreaker};
pub use balance::Balance;
pub use events::Events;
pub use idempotency::Idempotency;
pub use login::{Login, LoginProvider};
pub use notifications::{NotificationEndpoint, Notifications};
pub(super) use people::NO_PLAN;
pub use people::{Auth, FailedJobs, Guest, Issuer, Plan, Quota, Rate, ServiceKey};
pub use prices::{Price, PricePer};
pub use reads::{Lists, Replies};
pub use reconcile::Reconcile;
pub use serving::{IpLimit, Limits, Operator, OperatorToken, ProxyProtocol, Reload, Server, Tls, UserLimit};

pub use sessions::{SameSite, Sessions};

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
        /// Millicents that 1 of a pack's `costs.{class}.cost` means; 0: that member is not used.
        cost_unit_mc: u64 = 0,
    }
}

section! {
    /// `[callbacks]`: Astria's calls back to the gateway.
    Callbacks {
        /// File with the secret that signs callback addresses, at least 32 bytes; empty: one that the
        /// gateway made and keeps in its store.
        secret_file: PathBuf = PathBuf::new(),
        /// File with the secret before the present one, while a rotation lasts.
        previous_secret_file: PathBuf = PathBuf::new(),
        /// Seconds a callback address works.
        valid_s: u64 = 7 * 86_400,
        /// Bytes of a callback's body; a pack's lists all of its prompts.
        max_body_bytes: usize = 1024 * 1024,
    }
}

section! {
    /// `[images]`: pictures under the gateway's own address.
    Images {
        /// Seconds that a signed URL works at most.
        valid_s: u64 = 3_600,
        /// Hosts that Astria's redirects may lead to: `a.example`, or `*.a.example` for everything below.
        hosts: Vec<String> = vec!["*.astria.ai".into(), "sdbooth2-production.s3.amazonaws.com".into()],
        /// Bytes of one picture or video.
        max_bytes: u64 = 256 * 1024 * 1024,
        /// Pictures on their way at once; beyond it 503.
        max_streams: usize = 512,
        /// Of these, of one client address (IPv6: of one /64).
        max_streams_per_ip: usize = 64,
        /// Milliseconds between two pieces of a picture.
        idle_timeout_ms: u64 = 15_000,
        /// Let these hosts have private addresses and speak http: for an imitated Astria on a local host.
        allow_private_hosts: bool = false,
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
        /// `memory:` (lost at restart) or `sqlite:PATH`.
        url: String = "sqlite:astria-gateway.db".into(),
        /// Whether `serve` brings the database to this version's schema.
        migrate_at_start: bool = true,
        /// How thoroughly a database is looked at before it is used.
        check_at_start: CheckAtStart = CheckAtStart::Quick,
        /// How long one look-up or write may take, waiting included.
        timeout_ms: u64 = 5000,
        /// How long to wait for another process that holds the file.
        busy_timeout_ms: u64 = 2000,
        /// Microseconds that writes in company wait for more of it before they are committed together; 0: not at all.
        commit_delay_us: u64 = 2000,
        /// Writes that may wait for the disk; further ones wait for a place.
        max_queue: usize = 1024,
        /// Connections that look up.
        readers: usize = 4,
    }
}

/// How thoroughly a database is looked at before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckAtStart {
    /// Whether its pages can be read, and whether what is held now is what the ledger says.
    Quick,
    /// And whether every total is the sum of its entries.
    Full,
    /// Not at all.
    Off,
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
