//! Keeps what a provider says about itself, and asks for it seldom.
//!
//! Nothing is fetched at start: a gateway starts while its provider is down. The first sign-in asks, and all that come
//! meanwhile wait for the same answer. After a failure the provider is left alone for [`COOLDOWN`]. What is known is
//! asked for again after [`REFRESH_AFTER`], in the background; if the provider is down then, it is used on.
//!
//! It does *not* keep keys: those have a cache of their own (`auth::PublishedKeys`), which lives on while their address
//! stays the same.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use openidconnect::HttpRequest;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use url::Url;

use super::fault::ProviderFault;
use super::http::{Http, MAX_ANSWER_BYTES};
use super::metadata::{Metadata, Proof};
use super::settings::ProviderSettings;
use crate::auth::{JwksSettings, PublishedKeys, discovery_url};
use crate::clock::Clock;

/// Shortest time between two attempts.
pub(super) const COOLDOWN: Duration = Duration::from_secs(10);
/// Age from which use asks again.
pub(super) const REFRESH_AFTER: Duration = Duration::from_secs(3600);

/// See the module.
pub(super) struct Discovery {
    me: Weak<Self>,
    pub(super) settings: ProviderSettings,
    pub(super) http: Http,
    pub(super) proof: Proof,
    pub(super) clock: Clock,
    tasks: TaskTracker,
    known: ArcSwapOption<Known>,
    attempts: Mutex<Attempts>,
}

struct Known {
    metadata: Arc<Metadata>,
    /// On the monotonic clock.
    at: Duration,
}

#[derive(Default)]
struct Attempts {
    /// When the last attempt started or ended, on the monotonic clock.
    last: Option<Duration>,
    /// Closed when the attempt under way ends, however it ends.
    running: Option<watch::Receiver<()>>,
    /// What the last attempt failed with, for the first that waited for it.
    fault: Option<ProviderFault>,
}

impl Discovery {
    pub(super) fn new(
        settings: ProviderSettings,
        http: Http,
        proof: Proof,
        clock: Clock,
        tasks: TaskTracker,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            settings,
            http,
            proof,
            clock,
            tasks,
            known: ArcSwapOption::empty(),
            attempts: Mutex::default(),
        })
    }

    /// What is known without asking.
    pub(super) fn known(&self) -> Option<Arc<Metadata>> {
        self.known.load().as_ref().map(|known| Arc::clone(&known.metadata))
    }

    /// What is known, or what the provider says now if nothing is.
    ///
    /// Cancel safe: the attempt goes on in a task of its own.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, ProviderFault> {
        let age = |known: &Known| self.clock.monotonic().saturating_sub(known.at);
        let known = self.known.load_full();
        let age = known.as_deref().map(age);
        // Nobody has asked for so long that what is known tells little: rather wait than send people to an old address.
        let is_young = age.is_some_and(|age| age < REFRESH_AFTER * 2);
        if age.is_some_and(|age| age < REFRESH_AFTER) {
            return known.map(|known| Arc::clone(&known.metadata)).ok_or(ProviderFault::CoolingDown);
        }
        if let Some(mut running) = self.attempt_once()
            && !is_young
        {
            // An error is the expected end: the task drops its side when it is done.
            let _ended = running.changed().await;
        }
        self.known().ok_or_else(|| self.attempts().fault.take().unwrap_or(ProviderFault::CoolingDown))
    }

    /// Joins the attempt under way or starts one; `None` within the cool-down.
    fn attempt_once(&self) -> Option<watch::Receiver<()>> {
        let mut attempts = self.attempts();
        // A closed channel is an attempt that has ended, even by a panic or at shutdown.
        if let Some(running) = attempts.running.as_ref().filter(|running| running.has_changed().is_ok()) {
            return Some(running.clone());
        }
        let now = self.clock.monotonic();
        if attempts.last.is_some_and(|last| now.saturating_sub(last) < COOLDOWN) {
            return None;
        }
        let me = self.me.upgrade()?;
        let (ended, running) = watch::channel(());
        attempts.last = Some(now);
        attempts.running = Some(running.clone());
        drop(attempts);
        self.tasks.spawn(async move {
            me.attempt().await;
            drop(ended);
        });
        Some(running)
    }

    /// Not cancel safe: an attempt that is dropped leaves no trace in the log.
    async fn attempt(&self) {
        let outcome = self.fetch().await;
        let at = self.clock.monotonic();
        let name = &self.settings.name;
        let fault = match outcome {
            Ok(metadata) => {
                tracing::debug!(login.provider = %name, "provider discovered");
                self.known.store(Some(Arc::new(Known { metadata: Arc::new(metadata), at })));
                None
            }
            Err(fault) => {
                tracing::warn!(login.provider = %name, login.fault = %fault, "provider not discovered");
                Some(fault)
            }
        };
        let mut attempts = self.attempts();
        attempts.last = Some(at);
        attempts.fault = fault;
    }

    async fn fetch(&self) -> Result<Metadata, ProviderFault> {
        let url = discovery_url(&self.settings.issuer).map_err(|_| ProviderFault::Request)?;
        let request = HttpRequest::new(Vec::new());
        let (mut head, body) = request.into_parts();
        head.uri = url.as_str().parse().map_err(|_| ProviderFault::Request)?;
        let answer = self.http.send(HttpRequest::from_parts(head, body)).await?;
        if answer.status().as_u16() != 200 {
            return Err(ProviderFault::Status(answer.status().as_u16()));
        }
        Metadata::read(answer.body(), &self.settings, &self.proof, |url| self.keys_at(url))
    }

    fn keys_at(&self, url: Url) -> Result<Arc<PublishedKeys>, ProviderFault> {
        if let Some(known) = self.known().filter(|known| *known.keys.url() == url) {
            return Ok(Arc::clone(&known.keys));
        }
        let limits = JwksSettings {
            cooldown_s: COOLDOWN.as_secs(),
            timeout_ms: u64::try_from(self.settings.timeout.as_millis()).unwrap_or(u64::MAX),
            max_bytes: MAX_ANSWER_BYTES,
            ..JwksSettings::default()
        };
        let issuer = self.settings.issuer.as_str().into();
        let keys = PublishedKeys::new(issuer, url, &limits, self.clock.clone(), self.tasks.clone())?;
        Ok(Arc::new(keys))
    }

    fn attempts(&self) -> std::sync::MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
