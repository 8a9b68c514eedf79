//! Puts a gateway together from its configuration, starts it, reloads it, and stops it.

mod accounts;
mod assemble;
mod records;
mod restart;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use records::Records;
use rustls::ServerConfig;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::balance;
use crate::clock::Clock;
use crate::config::{Config, Secrets, Server};
use crate::erasure::keep_erasing;
use crate::intake::{Budget, Spool};
use crate::notify::{self, keep_notifying};
use crate::reconcile::keep_reconciling;
use crate::routes::{Route, operator_table};
use crate::serve::listen::{ListenError, Listeners};
use crate::serve::{self, Control, Settings, serve};
use crate::sessions::keep_sessions;
use crate::stack::{Edge, OperatorEdge};
use crate::state::AppState;
use crate::store::{CheckAtStart, KeepEvents, StoreSettings};
use crate::streams::{Ending, keep_trimming, keep_waking};
use crate::telemetry::{AccessLog, Metrics, Spans};

/// Why a gateway did not start. If a guard cannot start, the gateway does not.
#[derive(Debug, Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
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
    /// Where the lines of requests go.
    pub access_log: AccessLog,
}

/// A running gateway.
pub struct Gateway {
    edge: Arc<ArcSwap<Edge>>,
    /// How connections are kept, and the certificate.
    control: Arc<Control>,
    operator_control: Arc<Control>,
    /// Ends the look at the certificate's files.
    certificate: Mutex<CancellationToken>,
    extra_routes: Vec<Route>,
    /// Wakes who must look at a new configuration at once.
    reloaded: Arc<Notify>,
    /// One reload at a time.
    reloading: Mutex<()>,
    listen: SocketAddr,
    operator_listen: SocketAddr,
    stop: CancellationToken,
    /// After the other: the operator sees the end.
    stop_operator: CancellationToken,
    loops: TaskTracker,
    operator_loop: TaskTracker,
}

/// What became of a reload.
#[derive(Debug)]
pub struct Reloaded {
    /// Keys that changed in the file and count only after a restart.
    pub needs_restart: Vec<&'static str>,
}

impl Gateway {
    /// Listens and serves. Returns when both listeners take connections.
    ///
    /// # Errors
    /// An address is taken, or a part does not accept its configuration.
    pub async fn start(parts: GatewayParts) -> Result<Self, StartError> {
        let GatewayParts { mut config, secrets, clock, extra_routes, access_log } = parts;
        let Listeners { public: listener, operator: operator_listener } =
            Listeners::open(config.server.listen, config.operator.listen).await?;
        // Port 0 means any: from here on the config says which.
        config.server.listen = address_of(&listener, config.server.listen)?;
        config.operator.listen = address_of(&operator_listener, config.operator.listen)?;
        let (listen, operator_listen) = (config.server.listen, config.operator.listen);
        let metrics = Arc::new(Metrics::new());
        metrics.configured(clock.now());
        let spans = Spans::start(&config.telemetry.otlp).map_err(|error| part("telemetry.otlp")(&error))?;
        let telemetry = (Arc::clone(&metrics), access_log, spans);
        let room = Budget::new(config.limits.spool_bytes);
        let spool = Spool::new(config.limits.spool_dir.clone(), room)
            .map_err(|error| part("limits.spool_dir")(&error))?;
        let observer = Arc::<Metrics>::clone(&metrics);
        let records = Records::open(&config.store, &config.quota, clock.clone(), observer).await?;
        let edge = assemble::first(config, secrets, clock, telemetry, spool, records, extra_routes.clone())?;
        // Before anything can happen that they should hear of, and before anything is forgotten that they should have heard of.
        notify::prepare(&edge.state).await;
        let server = &edge.state.config.server;
        let tls = load_tls(server)?;
        let control = Arc::new(Control::new(Settings::public(server), tls));
        let operator_control = Arc::new(Control::new(Settings::operator(server), None));
        serve::open_files::prepare(server.max_connections);
        let edge = Arc::new(ArcSwap::from_pointee(edge));
        let (stop, stop_operator) = (CancellationToken::new(), CancellationToken::new());
        let (loops, operator_loop) = (TaskTracker::new(), TaskTracker::new());
        let (at, shown) = (Arc::clone(&edge), Arc::clone(&control));
        loops.spawn(serve(listener, at, shown, Arc::clone(&metrics), stop.clone()));
        let operator = OperatorEdge::new(Arc::clone(&edge), operator_table())
            .map_err(|error| part("operator")(&error))?;
        operator_loop.spawn(serve(
            operator_listener,
            Arc::new(operator),
            Arc::clone(&operator_control),
            metrics,
            stop_operator.clone(),
        ));
        loops.spawn(sweep(Arc::clone(&edge), stop.clone()));
        let present = Arc::clone(&edge);
        loops.spawn(keep_erasing(move || Arc::clone(&present.load().state), stop.clone()));
        let present = Arc::clone(&edge);
        loops.spawn(keep_reconciling(move || Arc::clone(&present.load().state), stop.clone()));
        let present = Arc::clone(&edge);
        loops.spawn(keep_notifying(move || Arc::clone(&present.load().state), stop.clone()));
        let (present, reloaded) = (Arc::clone(&edge), Arc::<Notify>::default());
        let watching = balance::keep_watching(
            move || Arc::clone(&present.load().state),
            Arc::clone(&reloaded),
            stop.clone(),
        );
        loops.spawn(watching);
        loops.spawn(keep_sessions(Arc::clone(&edge.load().state.sessions), stop.clone()));
        let (overrides, stopped) = (Arc::clone(&edge.load().state.overrides), stop.clone());
        loops.spawn(async move { overrides.keep_current(stopped).await });
        let state = Arc::clone(&edge.load().state);
        let (hub, log, said) =
            (Arc::clone(&state.streams), Arc::clone(&state.store), Arc::clone(&state.overrides));
        let sessions = state.sessions.changes();
        loops.spawn(keep_waking(hub, log, said, sessions, stop.clone()));
        let (store, present) = (Arc::clone(&state.store), Arc::clone(&edge));
        loops.spawn(keep_trimming(store, move || keep_events(&present.load().state.config), stop.clone()));
        let certificate = Mutex::new(stop.child_token());
        operator_loop.close();
        let gateway = Self {
            edge,
            control,
            operator_control,
            certificate,
            extra_routes,
            reloaded,
            reloading: Mutex::default(),
            listen,
            operator_listen,
            stop,
            stop_operator,
            loops,
            operator_loop,
        };
        gateway.watch_certificate();
        Ok(gateway)
    }

    /// Looks at the certificate's files from now on, and no longer at those of an earlier configuration.
    fn watch_certificate(&self) {
        let mut watched = self.certificate.lock().unwrap_or_else(PoisonError::into_inner);
        watched.cancel();
        *watched = self.stop.child_token();
        let tls = self.state().config.server.tls.clone();
        let reloader = serve::tls::Reloader::new(tls, Arc::clone(&self.control));
        self.loops.spawn(reloader.keep_looking(serve::tls::LOOK_AFTER, watched.clone()));
    }

    /// Where end users reach it.
    pub const fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Where the operator reaches it.
    pub const fn operator_listen(&self) -> SocketAddr {
        self.operator_listen
    }

    /// What its requests share at present.
    pub fn state(&self) -> AppState {
        Arc::clone(&self.edge.load().state)
    }

    /// Puts a new configuration in force for the requests that begin from now on. What is under way keeps the
    /// old one; counts, quotas, ownership and unchanged limits go on.
    ///
    /// # Errors
    /// A part does not accept its configuration; then nothing has changed.
    pub fn reload(&self, config: Config, secrets: Secrets) -> Result<Reloaded, StartError> {
        let _one = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let present = self.edge.load_full();
        let (config, needs_restart) = restart::keep(&present.state.config, config);
        let tls = load_tls(&config.server)?;
        let edge = assemble::again(config, secrets, &present, self.extra_routes.clone())?;
        // From here on nothing can fail.
        self.control.change(Settings::public(&edge.state.config.server));
        self.control.set_tls(tls);
        self.operator_control.change(Settings::operator(&edge.state.config.server));
        accounts::put_in_force(&present.state.accounts, &edge.state.accounts, &edge.state.config);
        edge.state.bodies.resize(edge.state.config.limits.bodies_in_flight_bytes);
        edge.state.bodies.limit_each_user(edge.state.config.limits.bodies_in_flight_bytes_per_user);
        edge.state.authenticator.fetch_keys_early();
        // New bounds of the limiters' memory take effect at a sweep.
        edge.ip_limit.sweep();
        edge.state.plan_limits.sweep();
        let notify_soon = Arc::clone(&edge.state.notify_soon);
        self.edge.store(Arc::new(edge));
        // Their clients come back at once, and are judged by the new configuration.
        present.state.streams.end_all(Ending::Restarting);
        self.reloaded.notify_one();
        notify_soon.notify_one();
        self.watch_certificate();
        Ok(Reloaded { needs_restart })
    }

    /// Stops accepting, lets requests in flight and their spending tasks finish, at most `drain_s`. `true`:
    /// everything finished. The operator's listener answers until then: `/readyz` says 503.
    ///
    /// Not cancel safe: what had not finished is abandoned.
    pub async fn stop(self) -> bool {
        let state = self.state();
        state.tasks.close();
        self.loops.close();
        // They would hold up the drain: nobody knows when they end.
        state.streams.close();
        self.stop.cancel();
        let draining = async {
            self.loops.wait().await;
            state.tasks.wait().await;
        };
        let drain = Duration::from_secs(state.config.server.drain_s);
        let finished = tokio::time::timeout(drain, draining).await.is_ok();
        // What was answered is in the store; this ends what still waits to be written.
        let _ = tokio::time::timeout(Duration::from_secs(5), state.store.close()).await;
        self.stop_operator.cancel();
        let spans = state.spans.clone();
        // Blocks its thread for two seconds at most; what it cannot send is lost.
        let _ = tokio::task::spawn_blocking(move || spans.finish()).await;
        // A scrape that does not end must not hold the process.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.operator_loop.wait()).await;
        finished
    }
}

/// Builds everything that `start` would, opens no store, and listens nowhere: what `check-config` needs to know.
///
/// # Errors
/// As [`Gateway::start`], the addresses aside.
pub async fn check(config: Config, secrets: Secrets) -> Result<(), StartError> {
    load_tls(&config.server)?;
    let clock = Clock::system();
    let records = Records::of_nothing(clock.clone()).await?;
    let telemetry = (Arc::new(Metrics::new()), AccessLog::off(), Spans::off());
    let spool = Spool::untried(config.limits.spool_dir.clone(), Budget::new(config.limits.spool_bytes));
    assemble::first(config, secrets, clock, telemetry, spool, records, Vec::new()).map(drop)
}

/// What a command works with that serves nobody: the store and the accounts, without a listener.
///
/// # Errors
/// As [`Gateway::start`], the addresses aside.
pub async fn offline(config: Config, secrets: Secrets) -> Result<AppState, StartError> {
    let clock = Clock::system();
    let telemetry = (Arc::new(Metrics::new()), AccessLog::off(), Spans::off());
    let spool = Spool::untried(config.limits.spool_dir.clone(), Budget::new(config.limits.spool_bytes));
    // It spends nothing by the ledger, and should not read through a large file for one question.
    let store = StoreSettings { check_at_start: CheckAtStart::Off, ..config.store.clone() };
    let records = Records::open(&store, &config.quota, clock.clone(), Arc::new(())).await?;
    assemble::first(config, secrets, clock, telemetry, spool, records, Vec::new()).map(|edge| edge.state)
}

fn keep_events(config: &Config) -> KeepEvents {
    let events = &config.events;
    KeepEvents { keep: Duration::from_secs(events.keep_s), max_each: events.max_per_user }
}

fn load_tls(server: &Server) -> Result<Option<Arc<ServerConfig>>, StartError> {
    serve::tls::load(&server.tls).map_err(|error| part("server.tls")(&error))
}

fn address_of(listener: &TcpListener, wanted: SocketAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| ListenError { address: wanted, source }.into())
}

/// Keeps the limiters' memory in bounds.
async fn sweep(edge: Arc<ArcSwap<Edge>>, stop: CancellationToken) {
    loop {
        let pause = Duration::from_secs(edge.load().state.config.limits.ip.sweep_s);
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {
                let edge = edge.load_full();
                edge.ip_limit.sweep();
                edge.state.plan_limits.sweep();
            }
        }
    }
}
