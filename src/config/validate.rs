//! What types cannot say: values that must lie in a range or fit together.

use jiff::tz::TimeZone;
use url::{Host, Url};

use super::{
    Config, ConfigError, Issuer, Otlp, ProxyProtocol, Rate, Server, Upstream, balance, events, idempotency,
    images, login, notifications, prices, reconcile, sessions, validate_issuer, validate_who,
};
use crate::auth::{MAX_LEEWAY_S, MAX_TOKEN_CACHE_S};
use crate::limits::{LimitsError, RatePolicy, TrustedProxies};
use crate::policy::may_be_added;

/// Appends everything that makes no sense.
pub(super) fn check(config: &Config, errors: &mut Vec<ConfigError>) {
    let mut wrong = |key: &str, message: String| errors.push(ConfigError::new(key, message));

    let base = &config.server.base_path;
    let canonical = base.starts_with('/') && !base.ends_with('/') && !base.contains("//");
    let plain =
        base.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b)) && !base.contains("/.");
    if !(base.is_empty() || canonical && plain) {
        wrong("server.base_path", format!("{base:?} must look like \"/api\""));
    }
    if !config.server.public_url.is_empty() && origin(&config.server.public_url).is_none() {
        wrong(
            "server.public_url",
            "must be an origin such as \"https://api.example.com\", without a path".into(),
        );
    }
    if TrustedProxies::new(config.server.trusted_proxies.clone()).trusts_everyone() {
        wrong("server.trusted_proxies", "trusts everybody: any client could choose its address".into());
    }
    at_least_one("server.max_in_flight", config.server.max_in_flight as u64, &mut wrong);
    at_least_one("server.max_connections", config.server.max_connections as u64, &mut wrong);
    at_least_one("server.header_read_timeout_ms", config.server.header_read_timeout_ms, &mut wrong);
    check_connections(&config.server, &mut wrong);

    match Url::parse(&config.upstream.base_url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {
            if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
                wrong("upstream.base_url", "must have no query, fragment or user".into());
            }
            if url.scheme() == "http" && !is_local(&url) {
                wrong(
                    "upstream.base_url",
                    "must be https: the API key travels on it (http is for local hosts)".into(),
                );
            }
        }
        _ => wrong("upstream.base_url", "must be an http or https URL".into()),
    }
    let workspace = &config.upstream.workspace_id;
    if workspace.len() > 64 || !workspace.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
        wrong("upstream.workspace_id", "must be an id: letters, digits, - and _".into());
    }
    at_least_one("upstream.timeout_ms", config.upstream.timeout_ms, &mut wrong);
    at_least_one("upstream.connect_timeout_ms", config.upstream.connect_timeout_ms, &mut wrong);
    at_least_one("upstream.idle_timeout_ms", config.upstream.idle_timeout_ms, &mut wrong);
    at_least_one("upstream.max_reply_bytes", config.upstream.max_reply_bytes as u64, &mut wrong);
    check_upstream_places(&config.upstream, &mut wrong);
    for (alias, id) in &config.upstream.models {
        let plain = !alias.is_empty()
            && alias.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
        if !plain || alias.bytes().all(|b| b.is_ascii_digit()) {
            wrong(
                &format!("upstream.models.{alias}"),
                "an alias is lower-case letters, digits, - and _, and no number".into(),
            );
        }
        at_least_one(&format!("upstream.models.{alias}"), *id, &mut wrong);
    }

    if config.auth.leeway_s > MAX_LEEWAY_S {
        wrong("auth.leeway_s", format!("must be at most {MAX_LEEWAY_S}"));
    }
    if config.auth.token_cache_s > MAX_TOKEN_CACHE_S {
        wrong("auth.token_cache_s", format!("must be at most {MAX_TOKEN_CACHE_S}"));
    }
    at_least_one("auth.jwks_cooldown_s", config.auth.jwks_cooldown_s, &mut wrong);
    at_least_one("auth.jwks_refresh_s", config.auth.jwks_refresh_s, &mut wrong);
    if config.auth.jwks_max_stale_s < config.auth.jwks_refresh_s {
        wrong("auth.jwks_max_stale_s", "must be at least auth.jwks_refresh_s".into());
    }
    for (i, issuer) in config.auth.issuers.iter().enumerate() {
        validate_issuer::check(&format!("auth.issuers[{i}]"), issuer, &mut wrong);
        // The same issuer may sign with a secret and, while it changes over, with published keys.
        let kind = |issuer: &Issuer| (issuer.issuer.clone(), issuer.hs256_secret_file.as_os_str().is_empty());
        if config.auth.issuers.iter().take(i).any(|other| kind(other) == kind(issuer)) {
            wrong(&format!("auth.issuers[{i}].issuer"), format!("{:?} is configured twice", issuer.issuer));
        }
    }

    check_store(config, &mut wrong);
    validate_who::check(config, &mut wrong);

    let ip = &config.limits.ip;
    check_rate("limits.ip", Rate { requests_per_s: ip.requests_per_s, burst: ip.burst }, &mut wrong);
    at_least_one("limits.ip.max_addresses", ip.max_addresses as u64, &mut wrong);
    at_least_one("limits.ip.sweep_s", ip.sweep_s, &mut wrong);
    at_least_one("limits.users.max_buckets", config.limits.users.max_buckets as u64, &mut wrong);
    at_least_one("limits.body_bytes", config.limits.body_bytes as u64, &mut wrong);
    at_least_one("limits.body_timeout_ms", config.limits.body_timeout_ms, &mut wrong);

    at_least_one("lists.fan_out", config.lists.fan_out as u64, &mut wrong);
    at_least_one("lists.refresh_timeout_ms", config.lists.refresh_timeout_ms, &mut wrong);
    let replies = &config.replies;
    for (name, status, known) in [
        ("delete_tune_status", replies.delete_tune_status, &[200, 204][..]),
        ("delete_prompt_status", replies.delete_prompt_status, &[200, 204]),
        ("like_status", replies.like_status, &[200, 201, 204]),
        ("theme_status", replies.theme_status, &[200, 201]),
    ] {
        if !known.contains(&status) {
            wrong(&format!("replies.{name}"), format!("must be one of {known:?}"));
        }
    }
    at_least_one("limits.upload_min_bytes_per_s", config.limits.upload_min_bytes_per_s, &mut wrong);
    at_least_one("limits.upload_grace_ms", config.limits.upload_grace_ms, &mut wrong);
    at_least_one("limits.tune_upload_bytes", config.limits.tune_upload_bytes, &mut wrong);
    at_least_one("limits.tune_upload_timeout_ms", config.limits.tune_upload_timeout_ms, &mut wrong);
    // Otherwise the largest body that is allowed could never be taken.
    let largest = config.limits.body_bytes.saturating_add(config.photos.max_bytes.saturating_mul(2));
    if config.limits.bodies_in_flight_bytes < largest as u64 {
        let message = format!("must hold a body with two photos, which may have {largest} bytes");
        wrong("limits.bodies_in_flight_bytes", message);
    }
    let per_user = config.limits.bodies_in_flight_bytes_per_user;
    if per_user < largest as u64 {
        let message = format!("must hold a body with two photos, which may have {largest} bytes");
        wrong("limits.bodies_in_flight_bytes_per_user", message);
    }
    if per_user > config.limits.bodies_in_flight_bytes {
        let message = "must be at most limits.bodies_in_flight_bytes".into();
        wrong("limits.bodies_in_flight_bytes_per_user", message);
    }
    if config.limits.spool_bytes < config.limits.tune_upload_bytes {
        wrong("limits.spool_bytes", "must be at least limits.tune_upload_bytes".into());
    }

    if !config.plans.contains_key(&config.plans_default) {
        wrong("plans_default", format!("there is no plan {:?}", config.plans_default));
    }
    for (name, plan) in &config.plans {
        check_rate(
            &format!("plans.{name}"),
            Rate { requests_per_s: plan.requests_per_s, burst: plan.burst },
            &mut wrong,
        );
        if !(1..=8).contains(&plan.max_num_images) {
            wrong(&format!("plans.{name}.max_num_images"), "must be 1 to 8".into());
        }
        for (operation, rate) in &plan.limits {
            check_rate(&format!("plans.{name}.limits.{operation}"), *rate, &mut wrong);
        }
    }
    if TimeZone::get(&config.quota.time_zone).is_err() {
        wrong("quota.time_zone", format!("{:?} is no IANA time zone", config.quota.time_zone));
    }
    at_least_one("quota.unknown_cost_mc", config.quota.unknown_cost_mc.0, &mut wrong);
    prices::check(config, &mut wrong);
    if !(1..=8).contains(&config.policy.default_num_images) {
        wrong("policy.default_num_images", "must be 1 to 8".into());
    }
    for (operation, paths) in &config.policy.extra_params {
        for path in paths.iter().filter(|path| !may_be_added(*operation, path)) {
            wrong(&format!("policy.extra_params.{operation}"), format!("{path:?} may not be let through"));
        }
    }
    at_least_one("photos.max_bytes", config.photos.max_bytes as u64, &mut wrong);
    at_least_one("photos.max_pixels", config.photos.max_pixels, &mut wrong);
    at_least_one("callbacks.valid_s", config.callbacks.valid_s, &mut wrong);
    if !(1024..=16 * 1024 * 1024).contains(&config.callbacks.max_body_bytes) {
        wrong("callbacks.max_body_bytes", "must be 1024 to 16777216".into());
    }
    let is_local_http = |url: &Url| url.scheme() == "http" && is_local(url);
    let imitated = Url::parse(&config.upstream.base_url).is_ok_and(|url| is_local_http(&url));
    images::check(&config.images, imitated, &mut wrong);
    idempotency::check(&config.idempotency, &mut wrong);
    reconcile::check(&config.reconcile, imitated, &mut wrong);
    login::check(config, &mut wrong);
    notifications::check(&config.notifications, &mut wrong);
    balance::check(config, &mut wrong);
    events::check(&config.events, &mut wrong);
    sessions::check(config, &mut wrong);
    for (i, text) in config.cors.allowed_origins.iter().enumerate() {
        if origin(text).as_deref() != Some(text) {
            let message = format!("{text:?} must be an exact origin such as \"https://app.example.com\"");
            wrong(&format!("cors.allowed_origins[{i}]"), message);
        }
    }
    if tracing_subscriber::EnvFilter::try_new(&config.log.filter).is_err() {
        wrong("log.filter", "is no tracing filter".into());
    }
    if config.log.access_buffer_bytes < MIN_ACCESS_BUFFER_BYTES {
        let message = format!("must be at least {MIN_ACCESS_BUFFER_BYTES}, room for some lines");
        wrong("log.access_buffer_bytes", message);
    }
    check_otlp(&config.telemetry.otlp, &mut wrong);
}

/// Of lines that have some 300 bytes each.
const MIN_ACCESS_BUFFER_BYTES: usize = 4096;

fn check_otlp(otlp: &Otlp, wrong: &mut impl FnMut(&str, String)) {
    if !(0.0..=1.0).contains(&otlp.sample_ratio) {
        wrong("telemetry.otlp.sample_ratio", "must be 0.0 to 1.0".into());
    }
    at_least_one("telemetry.otlp.timeout_ms", otlp.timeout_ms, wrong);
    if otlp.service_name.is_empty() {
        wrong("telemetry.otlp.service_name", "must not be empty".into());
    }
    if otlp.endpoint.is_empty() {
        return;
    }
    if !cfg!(feature = "otel") {
        let message =
            "this program was built without spans: build it with `--features otel`, or leave it empty";
        wrong("telemetry.otlp.endpoint", message.into());
    }
    let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.username().is_empty();
    if !Url::parse(&otlp.endpoint).is_ok_and(|url| is_http(&url)) {
        wrong("telemetry.otlp.endpoint", "must be an http or https URL without a user".into());
    }
}

fn check_upstream_places(upstream: &Upstream, wrong: &mut impl FnMut(&str, String)) {
    let breaker = &upstream.breaker;
    for (key, value) in [
        ("upstream.max_in_flight", upstream.max_in_flight as u64),
        ("upstream.max_in_flight_creates", upstream.max_in_flight_creates as u64),
        ("upstream.queue_timeout_ms", upstream.queue_timeout_ms),
        ("upstream.max_connection_age_s", upstream.max_connection_age_s),
        ("upstream.dns_timeout_ms", upstream.dns_timeout_ms),
        ("upstream.breaker.consecutive_failures", breaker.consecutive_failures.into()),
        ("upstream.breaker.min_calls", breaker.min_calls.into()),
        ("upstream.breaker.window_s", breaker.window_s),
        ("upstream.breaker.open_s", breaker.open_s),
        ("upstream.breaker.credential_open_s", breaker.credential_open_s),
        ("upstream.breaker.exhausted_open_s", breaker.exhausted_open_s),
    ] {
        at_least_one(key, value, wrong);
    }
    if upstream.max_in_flight_creates > upstream.max_in_flight {
        wrong("upstream.max_in_flight_creates", "must be at most upstream.max_in_flight".into());
    }
    if upstream.max_queue_per_user > upstream.max_queue {
        wrong("upstream.max_queue_per_user", "must be at most upstream.max_queue".into());
    }
    if upstream.dns_stale_s < upstream.dns_fresh_s {
        wrong("upstream.dns_stale_s", "must be at least upstream.dns_fresh_s".into());
    }
    if !(1..=100).contains(&breaker.failure_percent) {
        wrong("upstream.breaker.failure_percent", "must be 1 to 100".into());
    }
    if breaker.max_open_s < breaker.open_s {
        wrong("upstream.breaker.max_open_s", "must be at least upstream.breaker.open_s".into());
    }
}

fn check_connections(server: &Server, wrong: &mut impl FnMut(&str, String)) {
    at_least_one("server.idle_timeout_ms", server.idle_timeout_ms, wrong);
    at_least_one("server.write_timeout_ms", server.write_timeout_ms, wrong);
    at_least_one("server.tls_handshake_timeout_ms", server.tls_handshake_timeout_ms, wrong);
    at_least_one("server.max_connections_per_ip", server.max_connections_per_ip as u64, wrong);
    if !(4 * 1024..=1024 * 1024).contains(&server.max_head_bytes) {
        wrong("server.max_head_bytes", "must be 4096 to 1048576".into());
    }
    if !(16..=1024).contains(&server.max_headers) {
        wrong("server.max_headers", "must be 16 to 1024".into());
    }
    if server.proxy_protocol == ProxyProtocol::Required && server.trusted_proxies.is_empty() {
        wrong("server.proxy_protocol", "needs server.trusted_proxies: who may send the header".into());
    }
    let unset = |path: &std::path::Path| path.as_os_str().is_empty();
    if unset(&server.tls.certificate_file) != unset(&server.tls.key_file) {
        wrong("server.tls", "needs certificate_file and key_file, or neither".into());
    }
}

fn check_rate(key: &str, rate: Rate, wrong: &mut impl FnMut(&str, String)) {
    let policy = RatePolicy { requests_per_s: rate.requests_per_s, burst: rate.burst };
    if let Err(error) = policy.check() {
        let which = match error {
            LimitsError::Rate => ".requests_per_s",
            LimitsError::Burst => ".burst",
            _ => "",
        };
        wrong(&format!("{key}{which}"), error.to_string());
    }
}

fn check_store(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    let store = &config.store;
    let path = store.url.strip_prefix("sqlite:");
    if store.url != "memory:" && path.is_none_or(|path| path.is_empty() || path.contains(['?', '\0'])) {
        wrong("store.url", "must be \"memory:\" or \"sqlite:PATH\"".into());
    }
    at_least_one("store.timeout_ms", store.timeout_ms, wrong);
    if store.commit_delay_us > 100_000 {
        wrong("store.commit_delay_us", "must be 100000 at most".into());
    }
    if !(1..=65_536).contains(&store.max_queue) {
        wrong("store.max_queue", "must be 1 to 65536".into());
    }
    if !(1..=64).contains(&store.readers) {
        wrong("store.readers", "must be 1 to 64".into());
    }
}

fn at_least_one(key: &str, value: u64, wrong: &mut impl FnMut(&str, String)) {
    if value == 0 {
        wrong(key, "must be at least 1".into());
    }
}

/// The origin that a text names, if it names one and nothing more.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare = matches!(url.scheme(), "http" | "https") && matches!(url.path(), "" | "/");
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (bare && plain && url.host().is_some()).then(|| url.origin().ascii_serialization())
}

/// Loopback, a private address, or a name without a dot (a container's neighbour).
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || !name.contains('.'),
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        None => false,
    }
}
