//! Keeps an issuer's key set fresh without letting tokens decide how often it is fetched.
//!
//! A rotated key must work soon, and an attacker can name a new key id in every token. So an unknown id
//! asks for a refresh, but at most one is under way and after each attempt, good or bad, there is a
//! cool-down. The very first set is an exception: it may have been fetched just before a rotation, so the first
//! unknown id after it does not wait. A set that cannot be refreshed is served on for a bounded time: the provider's bad hour must
//! not be ours.
//!
//! A removed key is refused once a refresh has run: in the background after `refresh_s`, and awaited if
//! nobody has asked for twice that long. It does *not* fetch at start: the first token does. After a reload of the
//! configuration that leaves the issuer as it was, the same set goes on (see [`Jwks::is_like`]).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jsonwebtoken::Algorithm;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::AuthError;
use super::jwks_fetch::{JwksSource, Place};
use super::key_set::{Found, KeySet};
use super::keys::VerifyingKey;
use super::refusal::Refusal;
use super::settings::JwksSettings;
use crate::clock::Clock;

/// The keys that one issuer publishes. Clones share them.
#[derive(Clone)]
pub(super) struct Jwks(Arc<Inner>);

/// What a set says about a token's key at once.
pub(super) enum Answer {
    /// Check the signature with this one.
    Key(Arc<VerifyingKey>),
    /// Ask again when the fetch under way has ended.
    Wait(Wait),
}

/// A fetch under way.
pub(super) struct Wait {
    running: watch::Receiver<()>,
    is_first: bool,
}

impl Wait {
    /// Cancel safe: the fetch runs in a task of its own.
    pub(super) async fn over(mut self) -> Waited {
        // An error is the expected end: the task drops its side when it is done.
        let _ended = self.running.changed().await;
        Waited { is_first: self.is_first }
    }
}

/// A fetch has been waited for.
#[derive(Clone, Copy)]
pub(super) struct Waited {
    is_first: bool,
}

struct Inner {
    issuer: Arc<str>,
    source: JwksSource,
    cooldown: Duration,
    refresh_after: Duration,
    max_stale: Duration,
    clock: Clock,
    tasks: TaskTracker,
    fetched: ArcSwapOption<Fetched>,
    attempts: Mutex<Attempts>,
}

struct Fetched {
    keys: KeySet,
    /// On the monotonic clock.
    at: Duration,
}

#[derive(Default)]
struct Attempts {
    /// When the last attempt started or ended, on the monotonic clock.
    last: Option<Duration>,
    /// Closed when the attempt under way ends, however it ends.
    running: Option<watch::Receiver<()>>,
    /// The first set answered its first token: one more attempt may come before the cool-down is over.
    may_repeat: bool,
}

impl Jwks {
    pub(super) fn new(
        issuer: Arc<str>,
        source: JwksSource,
        settings: &JwksSettings,
        clock: Clock,
        tasks: TaskTracker,
    ) -> Self {
        Self(Arc::new(Inner {
            issuer,
            source,
            cooldown: Duration::from_secs(settings.cooldown_s),
            refresh_after: Duration::from_secs(settings.refresh_s),
            max_stale: Duration::from_secs(settings.max_stale_s),
            clock,
            tasks,
            fetched: ArcSwapOption::empty(),
            attempts: Mutex::default(),
        }))
    }

    /// Whether this is what would be made from these, so that it can go on instead.
    pub(super) fn is_like(&self, issuer: &str, place: &Place, settings: &JwksSettings) -> bool {
        *self.0.issuer == *issuer && self.0.source.is_like(place, settings)
    }

    /// The key for a token, or a fetch to wait for: once at most, `waited` says that it has been.
    ///
    /// Errors: [`AuthError::KeysUnavailable`] if there is no set that is young enough;
    /// [`AuthError::Invalid`] if there is one and it has no such key.
    pub(super) fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        waited: Option<Waited>,
    ) -> Result<Answer, AuthError> {
        let inner = &self.0;
        let Some(waited) = waited else {
            if let Some(known) = inner.usable()
                && !inner.refresh_if_old(&known)
            {
                match known.keys.find(id, algorithm) {
                    Found::Key(key) => return Ok(Answer::Key(key)),
                    Found::Refused(reason) => return Err(AuthError::Invalid { reason }),
                    Found::Unknown => {}
                }
            }
            let is_first = inner.fetched.load().is_none();
            return match inner.refresh() {
                Some(running) => Ok(Answer::Wait(Wait { running, is_first })),
                None => inner.find_known(id, algorithm),
            };
        };
        let found = inner.find_known(id, algorithm);
        if found.is_ok() && waited.is_first {
            inner.attempts.lock().unwrap_or_else(PoisonError::into_inner).may_repeat = true;
        }
        found
    }

    /// Begins the first fetch without waiting for a token to ask.
    pub(super) fn fetch_early(&self) {
        if self.0.usable().is_none() {
            drop(self.0.refresh());
        }
    }

    /// Seconds since the set in use was fetched; `None` before the first success.
    pub(super) fn age_s(&self) -> Option<u64> {
        self.0.fetched.load().as_ref().map(|fetched| self.0.age(fetched).as_secs())
    }

    pub(super) fn issuer(&self) -> &Arc<str> {
        &self.0.issuer
    }
}

impl Inner {
    fn age(&self, fetched: &Fetched) -> Duration {
        self.clock.monotonic().saturating_sub(fetched.at)
    }

    /// The set, unless it is too old to be believed.
    fn usable(&self) -> Option<Arc<Fetched>> {
        self.fetched.load_full().filter(|fetched| self.age(fetched) <= self.max_stale)
    }

    fn find_known(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Answer, AuthError> {
        match self.usable().ok_or(AuthError::KeysUnavailable)?.keys.find(id, algorithm) {
            Found::Key(key) => Ok(Answer::Key(key)),
            Found::Refused(reason) => Err(AuthError::Invalid { reason }),
            Found::Unknown => Err(AuthError::Invalid { reason: Refusal::UnknownKey }),
        }
    }

    /// Starts a refresh of an old set in the background. True if the caller should rather wait for one:
    /// nobody has asked for so long that the set tells little, and the provider is not known to be down.
    fn refresh_if_old(self: &Arc<Self>, known: &Fetched) -> bool {
        let age = self.age(known);
        if age < self.refresh_after {
            return false;
        }
        let last = self.attempts.lock().unwrap_or_else(PoisonError::into_inner).last.unwrap_or_default();
        let is_idle = self.clock.monotonic().saturating_sub(last) >= self.refresh_after;
        if is_idle && age >= self.refresh_after * 2 {
            return true;
        }
        let _in_background = self.refresh();
        false
    }

    /// Joins the attempt under way or starts one; `None` within the cool-down.
    fn refresh(self: &Arc<Self>) -> Option<watch::Receiver<()>> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        // A closed channel is an attempt that has ended, even by a panic or at shutdown.
        if let Some(running) = attempts.running.as_ref().filter(|running| running.has_changed().is_ok()) {
            return Some(running.clone());
        }
        let now = self.clock.monotonic();
        let is_cooling = attempts.last.is_some_and(|last| now.saturating_sub(last) < self.cooldown);
        let may_repeat = std::mem::take(&mut attempts.may_repeat);
        if is_cooling && !may_repeat {
            return None;
        }
        let (ended, running) = watch::channel(());
        attempts.last = Some(now);
        attempts.running = Some(running.clone());
        drop(attempts);
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            inner.attempt().await;
            drop(ended);
        });
        Some(running)
    }

    /// Not cancel safe: an attempt that is dropped leaves no trace in the log.
    async fn attempt(&self) {
        let outcome = self.source.fetch(self.clock.monotonic()).await;
        let at = self.clock.monotonic();
        match outcome {
            Ok(keys) => {
                tracing::debug!(auth.issuer = %self.issuer, auth.jwks.keys = keys.len(), "key set fetched");
                self.fetched.store(Some(Arc::new(Fetched { keys, at })));
            }
            Err(fault) => {
                tracing::warn!(auth.issuer = %self.issuer, auth.jwks.fault = %fault, "key set not fetched");
            }
        }
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).last = Some(at);
    }
}
