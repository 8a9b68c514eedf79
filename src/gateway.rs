//! Puts a gateway together from its configuration, starts it, and stops it.

use std::hash::RandomState;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use axum::Router;
use axum::routing::get;
use jiff::tz::TimeZone;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::util::BoxCloneSyncService;

use crate::auth::{AuthSettings, Authenticator, IssuerSettings, JwksSettings, KeySource};
use crate::callback::{CallbackKey, CallbackKeys, Inbox, MAX_REMEMBERED};
use crate::clock::Clock;
use crate::config::{Config, IssuerKeys, Secrets};
use crate::handlers::health;
use crate::ids::TuneId;
use crate::limits::{PlanLimits, RatePolicy, TrustedProxies};
use crate::middleware::ip_limit::IpLimit;
use crate::ownership::{AccountKey, Ownership};
use crate::packs::{PackCache, PackRules, PackSettings};
use crate::params::ParamLimits;
use crate::photo::PhotoRules;
use crate::policy::PolicyRules;
use crate::quota::MemoryLedger;
use crate::routes::{self, Route};
use crate::secret::Secret;
use crate::serve::{ServeSettings, serve};
use crate::stack::{self, UpstreamParts};
use crate::state::{AppState, State};
use crate::telemetry::Metrics;
use crate::upstream::Upstream;
use crate::upstream::client::{Client, ClientSettings};
use crate::upstream::set_credential::SetCredentialLayer;
use crate::upstream::set_workspace::SetWorkspaceLayer;

/// Why a gateway did not start. If a guard cannot start, the gateway does not.
#[derive(Debug, Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A part does not accept its configuration; the text says which and why, and holds no secret.
    #[error("{0}")]
    Part(String),
}

fn part(name: &'static str) -> impl Fn(&dyn std::fmt::Display) -> StartError {
    move |error| StartError::Part(format!("{name}: {error}"))
}

/// What a gateway is made from.
pub struct GatewayParts {
    /// Valid, as `config::load` gives it.
    pub config: Config,
    /// As `config::load_secrets` gives them.
    pub secrets: Secrets,
    /// Time.
    pub clock: Clock,
    /// Routes beside the table's, such as the demo's page.
    pub extra_routes: Vec<Route>,
}

/// A running gateway.
pub struct Gateway {
    state: AppState,
    listen: SocketAddr,
    operator_listen: SocketAddr,
    stop: CancellationToken,
    loops: TaskTracker,
}

impl Gateway {
    /// Listens and serves. Returns when both listeners take connections.
    ///
    /// # Errors
    /// An address is taken, or a part does not accept its configuration.
    pub async fn start(parts: GatewayParts) -> Result<Self, StartError> {
        let GatewayParts { mut config, secrets, clock, extra_routes } = parts;
        let listener = bind(config.server.listen).await?;
        let operator_listener = bind(config.operator.listen).await?;
        // Port 0 means any: from here on the config says which.
        config.server.listen = address_of(&listener, config.server.listen)?;
        config.operator.listen = address_of(&operator_listener, config.operator.listen)?;
        let (listen, operator_listen) = (config.server.listen, config.operator.listen);
        let metrics = Arc::new(Metrics::new());
        let rate =
            RatePolicy { requests_per_s: config.limits.ip.requests_per_s, burst: config.limits.ip.burst };
        let ip_limit =
            IpLimit::new(clock.clone(), rate, config.limits.ip.max_addresses, Arc::clone(&metrics))
                .map_err(|error| part("limits.ip")(&error))?;
        let state = build_state(config, secrets, clock, metrics)?;
        let stop = CancellationToken::new();
        let loops = TaskTracker::new();
        let mut routes = routes::table();
        routes.extend(extra_routes);
        let settings = ServeSettings {
            header_read_timeout: Duration::from_millis(state.config.server.header_read_timeout_ms),
            max_connections: state.config.server.max_connections,
        };
        let inbound = stack::inbound(&state, &ip_limit, routes);
        loops.spawn(serve(listener, inbound, settings, Arc::clone(&state.metrics), stop.clone()));
        let operator = BoxCloneSyncService::new(operator_router(&state));
        loops.spawn(serve(operator_listener, operator, settings, Arc::clone(&state.metrics), stop.clone()));
        loops.spawn(sweep(Arc::clone(&state), ip_limit, stop.clone()));
        loops.close();
        Ok(Self { state, listen, operator_listen, stop, loops })
    }

    /// Where end users reach it.
    pub const fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Where the operator reaches it.
    pub const fn operator_listen(&self) -> SocketAddr {
        self.operator_listen
    }

    /// What its requests share.
    pub const fn state(&self) -> &AppState {
        &self.state
    }

    /// Stops accepting, lets requests in flight and their spending tasks finish, at most `drain_s`. `true`:
    /// everything finished.
    ///
    /// Not cancel safe: what had not finished is abandoned.
    pub async fn stop(self) -> bool {
        self.state.tasks.close();
        self.stop.cancel();
        let draining = async {
            self.loops.wait().await;
            self.state.tasks.wait().await;
        };
        tokio::time::timeout(Duration::from_secs(self.state.config.server.drain_s), draining).await.is_ok()
    }
}

/// Builds everything that `start` would, and listens nowhere: what `check-config` needs to know.
///
/// # Errors
/// As [`Gateway::start`], the addresses aside.
pub fn check(config: Config, secrets: Secrets) -> Result<(), StartError> {
    build_state(config, secrets, Clock::system(), Arc::new(Metrics::new())).map(drop)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn address_of(listener: &TcpListener, wanted: SocketAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Listen { address: wanted, source })
}

fn build_state(
    config: Config,
    secrets: Secrets,
    clock: Clock,
    metrics: Arc<Metrics>,
) -> Result<AppState, StartError> {
    let tasks = TaskTracker::new();
    let Secrets { api_key, issuer_keys, callback_secret, previous_callback_secret } = secrets;
    let authenticator =
        Authenticator::new(auth_settings(&config, issuer_keys)?, clock.clone(), tasks.clone())
            .map_err(|error| part("auth")(&error))?;
    let plans = config.plans.iter().map(|(name, plan)| {
        let rate = RatePolicy { requests_per_s: plan.requests_per_s, burst: plan.burst };
        let overrides = plan.limits.iter().map(|(operation, rate)| {
            (*operation, RatePolicy { requests_per_s: rate.requests_per_s, burst: rate.burst })
        });
        (Arc::from(name.as_str()), rate, overrides.collect())
    });
    let plan_limits = PlanLimits::new(clock.clone(), config.limits.users.max_buckets, plans)
        .map_err(|error| part("plans")(&error))?;
    let zone = TimeZone::get(&config.quota.time_zone).map_err(|error| part("quota.time_zone")(&error))?;
    let upstream = build_upstream(&config, api_key, &clock, &metrics)?;
    // One account a process; the workspace is part of its name, so that a change of it starts empty.
    let account = AccountKey::new(format!("default/{}", config.upstream.workspace_id));
    let packs = PackCache::new(pack_settings(&config), upstream.clone(), clock.clone(), tasks.clone());
    let gateway_url = format!("{}{}", config.public_origin(), config.server.base_path);
    Ok(Arc::new(State {
        trusted_proxies: TrustedProxies::new(config.server.trusted_proxies.clone()),
        in_flight: Semaphore::new(config.server.max_in_flight.min(Semaphore::MAX_PERMITS)),
        ledger: Arc::new(MemoryLedger::new(clock.clone(), zone)),
        ownership: Ownership::default(),
        callback_keys: callback_keys(callback_secret, previous_callback_secret.as_ref())?,
        inbox: Inbox::new(MAX_REMEMBERED),
        rules: policy_rules(&config),
        param_limits: ParamLimits::default(),
        log_key: RandomState::new(),
        config,
        clock,
        tasks,
        metrics,
        authenticator,
        plan_limits,
        upstream,
        packs,
        account,
        gateway_url,
    }))
}

fn auth_settings(config: &Config, keys: Vec<IssuerKeys>) -> Result<AuthSettings, StartError> {
    let auth = &config.auth;
    let issuers = auth.issuers.iter().zip(keys).map(|(issuer, keys)| {
        let keys = match keys {
            IssuerKeys::Hs256 { current, previous } => KeySource::Hs256 { current, previous },
            IssuerKeys::PublicKeys(pem) => KeySource::PublicKeys { pem },
            IssuerKeys::Jwks => {
                let url =
                    reqwest::Url::parse(&issuer.jwks_url).map_err(|error| part("auth.issuers")(&error))?;
                KeySource::Jwks { url }
            }
        };
        Ok(IssuerSettings {
            issuer: issuer.issuer.as_str().into(),
            audiences: issuer.audiences.clone(),
            allow_other_audiences: issuer.allow_other_audiences,
            keys,
            subject_claim: issuer.subject_claim.clone(),
            plan_claim: issuer.plan_claim.clone(),
            tenant_claim: issuer.tenant_claim.clone(),
            token_types: issuer.token_types.clone(),
            leeway_s: auth.leeway_s,
        })
    });
    Ok(AuthSettings {
        issuers: issuers.collect::<Result<_, StartError>>()?,
        token_cache_entries: auth.token_cache_entries,
        token_cache_s: auth.token_cache_s,
        jwks: JwksSettings {
            cooldown_s: auth.jwks_cooldown_s,
            refresh_s: auth.jwks_refresh_s,
            max_stale_s: auth.jwks_max_stale_s,
            ..JwksSettings::default()
        },
    })
}

fn build_upstream(
    config: &Config,
    api_key: Secret,
    clock: &Clock,
    metrics: &Arc<Metrics>,
) -> Result<Upstream, StartError> {
    let settings = ClientSettings {
        connect_timeout: Duration::from_millis(config.upstream.connect_timeout_ms),
        timeout: Duration::from_millis(config.upstream.timeout_ms),
        idle_timeout: Duration::from_millis(config.upstream.idle_timeout_ms),
        max_reply_bytes: config.upstream.max_reply_bytes,
        tls: config.upstream.base_url.starts_with("https:"),
    };
    let observer: Arc<Metrics> = Arc::clone(metrics);
    let stack = stack::upstream(UpstreamParts {
        observer,
        clock: clock.clone(),
        read_retries: config.upstream.read_retries,
        workspace: SetWorkspaceLayer::new(&config.upstream.workspace_id)
            .ok_or_else(|| StartError::Part("upstream.workspace_id cannot stand in a header".into()))?,
        credential: SetCredentialLayer::new(api_key)
            .ok_or_else(|| StartError::Part("the API key cannot stand in a header".into()))?,
        client: Client::new(settings).map_err(|error| part("root certificates")(&error))?,
    });
    Ok(Upstream::new(stack, &config.upstream.base_url))
}

fn pack_settings(config: &Config) -> PackSettings {
    PackSettings {
        fresh: Duration::from_secs(config.packs.fresh_s),
        stale: Duration::from_secs(config.packs.stale_s),
        negative: Duration::from_secs(config.packs.negative_s),
        max_bytes: config.packs.max_bytes,
        rules: PackRules { allow: config.packs.allow.clone() },
    }
}

fn policy_rules(config: &Config) -> PolicyRules {
    PolicyRules {
        shared_tunes: config.upstream.shared_tunes.iter().copied().map(TuneId::from_u64).collect(),
        models: config
            .upstream
            .models
            .iter()
            .map(|(alias, id)| (alias.clone(), TuneId::from_u64(*id)))
            .collect(),
        lora_names: config.policy.lora_names.iter().cloned().collect(),
        url_hosts: config.policy.url_hosts.clone(),
        extra_params: config.policy.extra_params.clone(),
        default_num_images: config.policy.default_num_images,
        photo: PhotoRules {
            max_pixels: config.photos.max_pixels,
            keep_position: config.photos.keep_position,
        },
    }
}

/// The configured keys, or one for the life of the process: what it signs lives no longer either.
fn callback_keys(current: Option<Secret>, previous: Option<&Secret>) -> Result<CallbackKeys, StartError> {
    let current = match current {
        Some(secret) => secret,
        None => random_secret()?,
    };
    let key = |secret: &Secret| {
        CallbackKey::new(&key_id(secret), secret).map_err(|error| part("callbacks")(&error))
    };
    let previous = previous.map(key).transpose()?;
    CallbackKeys::new(key(&current)?, previous).map_err(|error| part("callbacks")(&error))
}

/// A name that follows from the key, so that the same file keeps its name when it becomes the previous one.
fn key_id(secret: &Secret) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
    let tag = hmac::sign(&key, b"callback key id");
    tag.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn random_secret() -> Result<Secret, StartError> {
    let mut bytes = vec![0; 32];
    rand::fill(&mut bytes).map_err(|_| StartError::Part("the machine gives no random numbers".into()))?;
    Ok(Secret::new(bytes))
}

/// The private listener: no end user's path stands here, and nothing here asks who is calling.
fn operator_router(state: &AppState) -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(Arc::clone(state))
}

/// Keeps the limiters' memory in bounds.
async fn sweep(state: AppState, ip_limit: IpLimit, stop: CancellationToken) {
    let pause = Duration::from_secs(state.config.limits.ip.sweep_s);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {
                ip_limit.sweep();
                state.plan_limits.sweep();
                state.metrics.set_open_reservations(state.ledger.open_reservations());
            }
        }
    }
}
