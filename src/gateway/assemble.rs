//! Makes one [`Edge`] from one configuration, and carries over what must outlive the one before.

use std::hash::RandomState;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_lc_rs::hmac;
use jiff::tz::TimeZone;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::accounts::Maker;
use super::records::Records;
use super::{StartError, part};
use crate::auth::Authenticator;
use crate::callback::{CallbackKey, CallbackKeys};
use crate::clock::Clock;
use crate::config::{Config, Secrets, auth_settings, operator_tokens, rate_policies};
use crate::contract;
use crate::ids::TuneId;
use crate::images::{ImageUrlParts, ImageUrls};
use crate::intake::{Budget, Spool};
use crate::limits::{InFlight, PlanLimits, RatePolicy, TrustedProxies};
use crate::login::Providers;
use crate::middleware::cors::cors_layer;
use crate::middleware::ip_limit::IpLimit;
use crate::ownership::SharedTunes;
use crate::params::ParamLimits;
use crate::photo::PhotoRules;
use crate::plans::Plans;
use crate::policy::PolicyRules;
use crate::prices::{LastCosts, Prices};
use crate::quota::{Books, Calendar, Ledger};
use crate::refresh::Refresher;
use crate::router::Router;
use crate::routes::{self, Route};
use crate::secret::Secret;
use crate::sessions::{LiveSessions, Renewals};
use crate::stack::Edge;
use crate::state::State;
use crate::store::Store;
use crate::streams::Hub;
use crate::telemetry::{AccessLog, Metrics, Spans};
use crate::upstream::blob::Blobs;

/// What outlives a configuration.
struct Lasting {
    clock: Clock,
    tasks: TaskTracker,
    metrics: Arc<Metrics>,
    access_log: AccessLog,
    spans: Spans,
    started: Duration,
    in_flight: Arc<InFlight>,
    bodies: Budget,
    spool: Spool,
    ledger: Ledger,
    reconcile_soon: Arc<Notify>,
    jobs_soon: Arc<Notify>,
    notify_soon: Arc<Notify>,
    last_costs: LastCosts,
    records: Records,
    refresher: Refresher,
    sessions: Arc<LiveSessions>,
    renewals: Arc<Renewals>,
    streams: Arc<Hub>,
    erasure_asked: Arc<Notify>,
    log_key: RandomState,
}

/// The first edge of a process.
pub(super) fn first(
    config: Config,
    secrets: Secrets,
    clock: Clock,
    (metrics, access_log, spans): (Arc<Metrics>, AccessLog, Spans),
    spool: Spool,
    records: Records,
    extra_routes: Vec<Route>,
) -> Result<Edge, StartError> {
    let tasks = TaskTracker::new();
    let zone = TimeZone::get(&config.quota.time_zone).map_err(|error| part("quota.time_zone")(&error))?;
    let bodies = Budget::new(config.limits.bodies_in_flight_bytes);
    bodies.limit_each_user(config.limits.bodies_in_flight_bytes_per_user);
    let books: Arc<dyn Books> = Arc::<Store>::clone(&records.store);
    let lasting = Lasting {
        refresher: Refresher::new(clock.clone(), tasks.clone(), records.ownership.clone()),
        sessions: Arc::new(LiveSessions::new(
            Arc::<Store>::clone(&records.store),
            clock.clone(),
            tasks.clone(),
        )),
        tasks,
        metrics,
        access_log,
        spans,
        started: clock.monotonic(),
        in_flight: Arc::default(),
        bodies,
        spool,
        ledger: Ledger::new(books, clock.clone(), Calendar::new(zone), records.pseudonyms.clone()),
        reconcile_soon: Arc::default(),
        jobs_soon: Arc::default(),
        notify_soon: Arc::default(),
        last_costs: LastCosts::with(records.last_costs.clone()),
        records,
        renewals: Arc::default(),
        streams: Arc::default(),
        erasure_asked: Arc::default(),
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
        access_log: state.access_log.clone(),
        spans: state.spans.clone(),
        started: state.started,
        in_flight: Arc::clone(&state.in_flight),
        bodies: state.bodies.clone(),
        spool: state.spool.clone(),
        ledger: state.ledger.clone(),
        reconcile_soon: Arc::clone(&state.reconcile_soon),
        jobs_soon: Arc::clone(&state.jobs_soon),
        notify_soon: Arc::clone(&state.notify_soon),
        last_costs: state.prices.last().clone(),
        records: Records::of(state),
        refresher: state.refresher.clone(),
        sessions: Arc::clone(&state.sessions),
        renewals: Arc::clone(&state.renewals),
        streams: Arc::clone(&state.streams),
        erasure_asked: Arc::clone(&state.erasure_asked),
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
    let known = present.map(|present| &present.ip_limit);
    let ip_limit =
        IpLimit::new(lasting.clock.clone(), rate, ip.max_addresses, Arc::clone(&lasting.metrics), known)
            .map_err(|error| part("limits.ip")(&error))?;
    let mut routes = routes::table();
    routes.extend(extra_routes);
    let router =
        Router::new(&config.server.base_path, routes).map_err(|error| part("server.base_path")(&error))?;
    let cors = cors_layer(&config.cors.allowed_origins, config.sessions.enabled);
    let state = Arc::new(state(config, secrets, lasting, present.map(|edge| &*edge.state))?);
    Ok(Edge { state, router, cors, ip_limit })
}

fn state(
    config: Config,
    secrets: Secrets,
    lasting: Lasting,
    present: Option<&State>,
) -> Result<State, StartError> {
    let Lasting {
        clock,
        tasks,
        metrics,
        access_log,
        spans,
        started,
        in_flight,
        bodies,
        spool,
        ledger,
        reconcile_soon,
        jobs_soon,
        notify_soon,
        last_costs,
        records,
        refresher,
        sessions,
        renewals,
        streams,
        erasure_asked,
        log_key,
    } = lasting;
    let Records {
        store,
        ownership,
        subjects,
        people,
        overrides,
        titles,
        pseudonyms,
        image_key,
        callback_secret: own_callback_secret,
        tickets,
        csrf_tokens,
        guest_keys,
        known_guests,
        login_attempts,
        last_costs: _,
    } = records;
    let Secrets {
        api_key,
        tenant_keys,
        issuer_keys,
        callback_secret,
        previous_callback_secret,
        notification_keys,
        login_secrets,
    } = secrets;
    let settings = auth_settings(&config, issuer_keys).map_err(|error| part("auth")(&error))?;
    let known = present.map(|present| &present.authenticator);
    let authenticator = Authenticator::new(settings, clock.clone(), tasks.clone(), known)
        .map_err(|error| part("auth")(&error))?;
    let operator_tokens = operator_tokens(&config).map_err(|(_, fault)| part("operator.tokens")(&fault))?;
    let known = present.map(|present| &present.plan_limits);
    let (max_buckets, rates) = (config.limits.users.max_buckets, rate_policies(&config));
    let plan_limits =
        PlanLimits::new(clock.clone(), max_buckets, rates, known).map_err(|error| part("plans")(&error))?;
    let known = present.map(|present| (&present.accounts, &present.config));
    let accounts = Maker::new(&config, &clock, &tasks, &metrics, known)?.accounts(api_key, tenant_keys)?;
    // Whoever configures a secret for the first time has jobs out there whose addresses our own has signed.
    let callback_keys = Arc::new(match &callback_secret {
        Some(current) => {
            let previous = previous_callback_secret.as_ref().unwrap_or(&own_callback_secret);
            callback_keys(current, Some(previous))?
        }
        None => callback_keys(&own_callback_secret, previous_callback_secret.as_ref())?,
    });
    let gateway_url = format!("{}{}", config.public_origin(), config.server.base_path);
    let images = ImageUrls::new(ImageUrlParts {
        key: image_key,
        gateway_url: gateway_url.clone(),
        upstream_url: config.upstream.base_url.clone(),
        valid_s: config.images.valid_s,
        accounts: accounts.all().map(|account| account.key.clone()).collect(),
    });
    let blob_settings = config.blob_settings();
    let known = present.map(|present| &present.blobs).filter(|known| *known.settings() == blob_settings);
    let blobs = known.cloned().unwrap_or_else(|| Blobs::new(blob_settings, &clock));
    let endpoints = config.notification_endpoints(notification_keys);
    let endpoints = endpoints.map_err(|error| part("notifications")(&error))?;
    let providers = Providers::new(config.login_providers(login_secrets), &clock, &tasks)
        .map_err(|(name, error)| part("login.providers")(&format!("{name}: {error}")))?;
    let prices = Prices::new(config.price_table(), last_costs, config.quota.unknown_cost_mc);
    Ok(State {
        trusted_proxies: TrustedProxies::new(config.server.trusted_proxies.clone()),
        plans: Plans::new(&config),
        bodies,
        spool,
        rules: policy_rules(&config),
        param_limits: ParamLimits::default(),
        gateway_url,
        contract: OnceLock::new(),
        write_contract: |config| contract::document(config).to_string(),
        images,
        blobs,
        config,
        clock,
        tasks,
        metrics,
        access_log,
        spans,
        started,
        authenticator,
        operator_tokens,
        overrides,
        people,
        plan_limits,
        in_flight,
        ledger,
        reconcile_soon,
        jobs_soon,
        endpoints: endpoints.into_iter().map(Arc::new).collect(),
        notify_soon,
        prices: Arc::new(prices),
        ownership,
        subjects,
        titles,
        pseudonyms,
        refresher,
        sessions,
        renewals,
        providers,
        login_attempts,
        guest_keys,
        known_guests,
        csrf_tokens,
        streams,
        tickets,
        erasure_asked,
        own_callback_secret,
        callback_keys,
        inbox: Arc::<Store>::clone(&store),
        store,
        accounts,
        log_key,
    })
}

fn policy_rules(config: &Config) -> PolicyRules {
    PolicyRules {
        shared: shared_tunes(config),
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

/// The tunes of the list, and those that have a name.
fn shared_tunes(config: &Config) -> SharedTunes {
    let ids = config.upstream.shared_tunes.iter().copied().map(TuneId::from_u64);
    let names = config.upstream.models.iter();
    SharedTunes::new(ids, names.map(|(alias, id)| (alias.clone(), TuneId::from_u64(*id))).collect())
}

fn callback_keys(current: &Secret, previous: Option<&Secret>) -> Result<CallbackKeys, StartError> {
    let key = |secret: &Secret| {
        CallbackKey::new(&key_id(secret), secret).map_err(|error| part("callbacks")(&error))
    };
    let previous = previous.map(key).transpose()?;
    CallbackKeys::new(key(current)?, previous).map_err(|error| part("callbacks")(&error))
}

/// A name that follows from the key, so that the same file keeps its name when it becomes the previous one.
fn key_id(secret: &Secret) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
    let tag = hmac::sign(&key, b"callback key id");
    tag.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
