//! Sessions in use, in memory: a request by cookie asks the store for nothing.
//!
//! What is remembered is believed only while this process hears of changes: the store is asked for them twice a second
//! (and at once after a change made here), whichever process made them. Whoever cannot hear asks the store for each
//! request, and where that fails, nobody is let in: a session that was ended must not live on because of a fault.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::id::SessionId;
use super::record::{Ended, Found, NewCookie, NewSession, Session, Sessions, SessionsError};
use crate::clock::{Clock, Timestamp};
use crate::principal::EndUserId;

/// Between two looks for changes.
const LOOK_AFTER: Duration = Duration::from_millis(500);
/// What was heard longer ago is not believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// Sessions in memory.
const MAX_KNOWN: u64 = 50_000;
/// The store is told of a session's use at most so often.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// For how long requests that were under way may still show the cookie of before.
const OLD_COOKIE: Duration = Duration::from_secs(30);
/// Between two new cookies for one session: where one is lost on its way, another follows.
const COOKIE_EVERY: Duration = Duration::from_secs(10);
/// What has ended is forgotten a day later …
const FORGET_AFTER: Duration = Duration::from_secs(86_400);
/// … by a look now and then.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// What config says of sessions.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// A session that is not used for so long has ended.
    pub idle: Duration,
}

/// See the module. Outlives a reload.
pub struct LiveSessions {
    store: Arc<dyn Sessions>,
    clock: Clock,
    tasks: TaskTracker,
    known: Cache<[u8; 32], Arc<Found>>,
    /// Up to this revision all changes were heard.
    revision: AtomicU64,
    /// When they were asked for, in milliseconds since `born`; 0: never.
    heard_ms: AtomicU64,
    born: Instant,
    hearing: Mutex<()>,
    is_failing: AtomicBool,
    changes: watch::Sender<u64>,
}

impl LiveSessions {
    /// Those of a store.
    pub fn new(store: Arc<dyn Sessions>, clock: Clock, tasks: TaskTracker) -> Self {
        Self {
            store,
            clock,
            tasks,
            known: Cache::new(MAX_KNOWN),
            revision: AtomicU64::new(0),
            heard_ms: AtomicU64::new(0),
            born: Instant::now(),
            hearing: Mutex::default(),
            is_failing: AtomicBool::new(false),
            changes: watch::Sender::new(0),
        }
    }

    /// The store itself, for what need not be fast.
    pub fn store(&self) -> &dyn Sessions {
        &*self.store
    }

    /// Tells whoever must ask again whether a session goes on.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The session that has this id and goes on; it counts as used.
    ///
    /// # Errors
    /// [`SessionsError`]: nobody knows.
    ///
    /// Cancel safe.
    pub async fn find(&self, id: &SessionId, rules: Rules) -> Result<Option<Arc<Found>>, SessionsError> {
        let Some(found) = self.goes_on(id.hash(), rules).await? else { return Ok(None) };
        let now = self.clock.now();
        if found.session.used(now, now.minus(NOTED_EVERY.min(rules.idle / 4))) {
            let (store, name) = (Arc::clone(&self.store), Arc::clone(&found.session.name));
            self.tasks.spawn(async move {
                if store.touch(name, now).await.is_err() {
                    tracing::warn!("a session's use could not be noted; the next one is");
                }
            });
        }
        if !found.is_confirmed {
            // From the first request on that shows it, the browser has the new cookie.
            self.store.confirm(found.hash, now.plus(OLD_COOKIE)).await?;
            self.hear().await?;
        }
        Ok(Some(found))
    }

    /// The same by the hash, for a stream that goes on; it does not count as used.
    ///
    /// # Errors
    /// [`SessionsError`]: nobody knows.
    ///
    /// Cancel safe.
    pub async fn goes_on(&self, hash: [u8; 32], rules: Rules) -> Result<Option<Arc<Found>>, SessionsError> {
        let now = self.clock.now();
        let is_open = |found: &Arc<Found>| {
            let session = &found.session;
            now < session.expires_at
                && now < session.last_used_at().plus(rules.idle)
                && found.ends_at.is_none_or(|ends_at| now < ends_at)
        };
        if self.hears()
            && let Some(found) = self.known.get(&hash).filter(is_open)
        {
            return Ok(Some(found));
        }
        // Another process may know of a later use.
        let (found, revision) = self.store.find(hash).await?;
        let found = found.map(Arc::new).filter(is_open);
        match &found {
            Some(found) => self.remember(found, revision),
            None => self.known.invalidate(&hash),
        }
        Ok(found)
    }

    fn remember(&self, found: &Arc<Found>, revision: u64) {
        self.known.insert(found.hash, Arc::clone(found));
        // What was heard after the look and before this line did not find it here.
        if revision < self.revision.load(Ordering::SeqCst) {
            self.known.invalidate(&found.hash);
        }
    }

    fn hears(&self) -> bool {
        let heard_ms = self.heard_ms.load(Ordering::SeqCst);
        heard_ms > 0 && self.born.elapsed() < Duration::from_millis(heard_ms) + BELIEVED
    }

    /// Begins a session.
    ///
    /// # Errors
    /// [`SessionsError`]
    ///
    /// Cancel safe: it may have begun; nobody has its cookie then.
    pub async fn begin(&self, new: NewSession) -> Result<(), SessionsError> {
        self.store.begin(new).await?;
        self.hear().await
    }

    /// Ends sessions, here at once and everywhere within a second. Gives how many.
    ///
    /// # Errors
    /// [`SessionsError`]
    ///
    /// Cancel safe: they may have ended.
    pub async fn end(&self, which: Ended) -> Result<u64, SessionsError> {
        let ended = self.store.end(which, self.clock.now()).await?;
        self.hear().await?;
        Ok(ended)
    }

    /// An end user's sessions that go on, the last used first.
    ///
    /// # Errors
    /// [`SessionsError`]
    ///
    /// Cancel safe.
    pub async fn list(&self, owner: &EndUserId, rules: Rules) -> Result<Vec<Session>, SessionsError> {
        let now = self.clock.now();
        let mut sessions = self.store.list(owner).await?;
        sessions.retain(|session| now < session.expires_at && now < session.last_used_at().plus(rules.idle));
        Ok(sessions)
    }

    /// Gives a session another id, unless one was given just now. `true`: the browser must get it.
    ///
    /// # Errors
    /// [`SessionsError`]
    ///
    /// Cancel safe: an id that nobody got is replaced by the next.
    pub async fn renew(
        &self,
        found: &Found,
        plan: Arc<str>,
        (hash, key_sealed): ([u8; 32], Option<Vec<u8>>),
    ) -> Result<bool, SessionsError> {
        let at = self.clock.now();
        let cookie = NewCookie {
            name: Arc::clone(&found.session.name),
            plan,
            hash,
            key_sealed,
            at,
            unless_since: at.minus(COOKIE_EVERY),
        };
        let is_given = self.store.renew(cookie).await?;
        self.hear().await?;
        Ok(is_given)
    }

    /// Whether a session's cookie may be given out anew now.
    pub fn may_renew(&self, session: &Session) -> bool {
        session.cookie_at.plus(COOKIE_EVERY) <= self.clock.now()
    }

    /// Hears of all changes until now.
    ///
    /// # Errors
    /// [`SessionsError`]
    ///
    /// Cancel safe.
    pub async fn hear(&self) -> Result<(), SessionsError> {
        let _one = self.hearing.lock().await;
        let since = self.revision.load(Ordering::SeqCst);
        let asked_ms = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let (revision, names) = self.store.changed(since).await?;
        self.revision.store(revision, Ordering::SeqCst);
        if !names.is_empty() {
            let names: HashSet<_> = names.into_iter().collect();
            let changed = self.known.iter().filter(|(_, found)| names.contains(&found.session.name));
            let hashes: Vec<_> = changed.map(|(hash, _)| *hash).collect();
            hashes.iter().for_each(|hash| self.known.invalidate(hash));
            self.changes.send_replace(revision);
        }
        self.heard_ms.store(asked_ms, Ordering::SeqCst);
        Ok(())
    }

    /// Says once that changes are not heard of, and once that they are again.
    fn settle(&self, failed: bool) {
        match (self.is_failing.swap(failed, Ordering::Relaxed), failed) {
            (false, true) => tracing::error!("changes of sessions cannot be heard of: each is looked up"),
            (true, false) => tracing::info!("changes of sessions are heard of again"),
            _ => {}
        }
    }

    async fn forget(&self, now: Timestamp) {
        while matches!(self.store.forget(now.minus(FORGET_AFTER)).await, Ok(forgotten) if forgotten > 0) {}
    }
}

/// Hears of changes and forgets what has ended, until `stop`.
///
/// Cancel safe.
pub async fn keep_sessions(live: Arc<LiveSessions>, stop: CancellationToken) {
    let keeping = async {
        let mut forgotten = Instant::now();
        loop {
            live.settle(live.hear().await.is_err());
            if forgotten.elapsed() >= FORGET_EVERY {
                forgotten = Instant::now();
                live.forget(live.clock.now()).await;
            }
            tokio::time::sleep(LOOK_AFTER).await;
        }
    };
    stop.run_until_cancelled(keeping).await;
}
