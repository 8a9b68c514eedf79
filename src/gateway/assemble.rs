//! Makes one [`Edge`] from one configuration, and carries over what must outlive the one before.

use std::collections::BTreeMap;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use jiff::tz::TimeZone;
use tokio_util::task::TaskTracker;

use super::{StartError, part};
use crate::accounts::{Account, Accounts};
use crate::auth::{AuthSettings, Authenticator, IssuerSettings, JwksSettings, KeySource};
use crate::callback::{CallbackKey, CallbackKeys, Inbox, MAX_REMEMBERED};
use crate::clock::Clock;
use crate::config::{Config, IssuerKeys, Secrets};
use crate::ids::TuneId;
use crate::intake::Budget;
use crate::limits::{InFlight, PlanLimits, RatePolicy, TrustedProxies};
use crate::middleware::cors::cors_layer;
use crate::middleware::ip_limit::IpLimit;
use crate::ownership::{AccountKey, Ownership};
use crate::packs::{PackCache, PackRules, PackSettings};
use crate::params::ParamLimits;
use crate::photo::PhotoRules;
use crate::plans::Plans;
use crate::policy::PolicyRules;
use crate::quota::{Ledger, MemoryLedger};
use crate::router::Router;
use crate::routes::{self, Route};
use crate::secret::Secret;
use crate::stack::{self, Edge, UpstreamParts};
use crate::state::State;
use crate::telemetry::Metrics;
use crate::upstream::Upstream;
use crate::upstream::account::AccountState;
use crate::upstream::client::Client;
use crate::upstream::measure::Observer;
use crate::upstream::set_credential::SetCredentialLayer;
use crate::upstream::set_workspace::SetWorkspaceLayer;
use crate::upstream::target::Target;

/// What outlives a configuration.
struct Lasting {
    clock: Clock,
    tasks: TaskTracker,
    metrics: Arc<Metrics>,
    in_flight: Arc<InFlight>,
    bodies: Budget,
    ledger: Arc<dyn Ledger>,
    ownership: Arc<Ownership>,
    inbox: Arc<Inbox>,
    log_key: RandomState,
}

/// The first edge of a process.
pub(super) fn first(
    config: Config,
    secrets: Secrets,
    clock: Clock,
    metrics: Arc<Metrics>,
    extra_routes: Vec<Route>,
) -> Result<Edge, StartError> {
    let zone = TimeZone::get(&config.quota.time_zone).map_err(|error| part("quota.time_zone")(&error))?;
    let lasting = Lasting {
        tasks: TaskTracker::new(),
        metrics,
        in_flight: Arc::default(),
        bodies: Budget::new(config.limits.bodies_in_flight_bytes),
        ledger: Arc::new(MemoryLedger::new(clock.clone(), zone)),
        ownership: Arc::default(),
        inbox: Arc::new(Inbox::new(MAX_REMEMBERED)),
        log_key: RandomState::new(),
        clock,
    };
    edge(config, secrets, lasting, None, extra_routes)
}

/// A later one, beside the one that is in force.
pub(super) fn again(
    config: Config,
    secrets: Secrets,
    present: &Edge,
    extra_routes: Vec<Route>,
) -> Result<Edge, StartError> {
    let state = &present.state;
    let lasting = Lasting {
        clock: state.clock.clone(),
        tasks: state.tasks.clone(),
        metrics: Arc::clone(&state.metrics),
        in_flight: Arc::clone(&state.in_flight),
        bodies: state.bodies.clone(),
        ledger: Arc::clone(&state.ledger),
        ownership: Arc::clone(&state.ownership),
        inbox: Arc::clone(&state.inbox),
        log_key: state.log_key.clone(),
    };
    edge(config, secrets, lasting, Some(present), extra_routes)
}

fn edge(
    config: Config,
    secrets: Secrets,
    lasting: Lasting,
    present: Option<&Edge>,
    extra_routes: Vec<Route>,
) -> Result<Edge, StartError> {
    let ip = &config.limits.ip;
    let rate = RatePolicy { requests_per_s: ip.requests_per_s, burst: ip.burst };
    let ip_limit = IpLimit::new(lasting.clock.clone(), rate, ip.max_addresses, Arc::clone(&lasting.metrics))
        .map_err(|error| part("limits.ip")(&error))?;
    let mut routes = routes::table();
    routes.extend(extra_routes);
    let router =
        Router::new(&config.server.base_path, routes).map_err(|error| part("server.base_path")(&error))?;
    let cors = cors_layer(&config.cors.allowed_origins);
    let state = Arc::new(state(config, secrets, lasting, present.map(|edge| &*edge.state))?);
    Ok(Edge { state, router, cors, ip_limit })
}

fn state(
    config: Config,
    secrets: Secrets,
    lasting: Lasting,
    present: Option<&State>,
) -> Result<State, StartError> {
    let Lasting { clock, tasks, metrics, in_flight, bodies, ledger, ownership, inbox, log_key } = lasting;
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
    let upstream = build_upstream(&config, api_key, &clock, &metrics)?;
    // The workspace is part of the account's name, so that a change of it starts empty.
    let key = AccountKey::new(format!("default/{}", config.upstream.workspace_id));
    let packs = PackCache::new(pack_settings(&config), upstream.clone(), clock.clone(), tasks.clone());
    let account = Arc::new(Account { key, upstream, packs });
    let accounts = Accounts { own: Some(account), tenants: BTreeMap::new() };
    // A key of our own making lives as long as the process; what it signs lives no longer either.
    let callback_keys = match (callback_secret, present) {
        (None, Some(present)) => Arc::clone(&present.callback_keys),
        (secret, _) => Arc::new(callback_keys(secret, previous_callback_secret.as_ref())?),
    };
    Ok(State {
        trusted_proxies: TrustedProxies::new(config.server.trusted_proxies.clone()),
        plans: Plans::new(&config),
        bodies,
        rules: policy_rules(&config),
        param_limits: ParamLimits::default(),
        gateway_url: format!("{}{}", config.public_origin(), config.server.base_path),
        config,
        clock,
        tasks,
        metrics,
        authenticator,
        plan_limits,
        in_flight,
        ledger,
        ownership,
        callback_keys,
        inbox,
        accounts,
        log_key,
    })
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
    let settings = config.upstream.client_settings();
    let target = Target::parse(&config.upstream.base_url)
        .ok_or_else(|| StartError::Part("upstream.base_url is no http or https URL".into()))?;
    let observer: Arc<dyn Observer> = Arc::<Metrics>::clone(metrics);
    let account = AccountState::new(config.upstream.account_limits(), clock, Arc::clone(&observer));
    let stack = stack::upstream(UpstreamParts {
        observer,
        clock: clock.clone(),
        account: Arc::clone(&account),
        read_retries: config.upstream.read_retries,
        workspace: SetWorkspaceLayer::new(&config.upstream.workspace_id)
            .ok_or_else(|| StartError::Part("upstream.workspace_id cannot stand in a header".into()))?,
        credential: SetCredentialLayer::new(api_key)
            .ok_or_else(|| StartError::Part("the API key cannot stand in a header".into()))?,
        client: Client::new(settings, clock.clone()).map_err(|error| part("root certificates")(&error))?,
    });
    Ok(Upstream::new(stack, target, account))
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
