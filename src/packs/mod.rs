//! The pack cache: lists that everybody looks at cost Astria one call a minute.
//!
//! Keyed by account, workspace, path and normalised query. Fresh answers come from memory; stale ones too,
//! while one task fetches a new one, or when Astria fails. One fetch is in flight per key, in a task of its
//! own, so that a client that leaves cancels nobody's answer. Errors are never kept; "no such pack" is,
//! briefly. Bounded in bytes.
//!
//! What it does *not* do: it does not ask who is calling. Authorisation and limits come before the look-up.

mod facts;
mod rendered;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use moka::sync::Cache;
use tokio_util::task::TaskTracker;

pub use facts::{Most, PackFacts};
pub use rendered::{PackRules, Rendered};

use crate::clock::Clock;
use crate::ownership::AccountKey;
use crate::upstream::{Upstream, UpstreamError, UpstreamRequest};

/// A failed refresh is not tried again for this long; meanwhile the stale answer serves.
const REFRESH_COOLDOWN_MS: u64 = 1_000;

/// How long answers live, and how many bytes of them.
#[derive(Clone, Debug)]
pub struct PackSettings {
    /// Served without asking.
    pub fresh: Duration,
    /// Served while asking, or when Astria fails.
    pub stale: Duration,
    /// "No such pack" is believed.
    pub negative: Duration,
    /// All entries together.
    pub max_bytes: u64,
    /// What end users see.
    pub rules: PackRules,
}

/// What an answer is stored under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PackKey {
    /// Account and workspace.
    pub account: AccountKey,
    /// Path and normalised query.
    pub path_and_query: String,
}

/// Where an answer came from; becomes `Cache-Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// From memory, fresh for so many seconds more; negative: stale for so many.
    Hit {
        /// Seconds.
        ttl_s: i64,
    },
    /// Fetched just now.
    Miss {
        /// Somebody else's fetch was joined.
        collapsed: bool,
    },
}

/// An answer: `None` means "no such pack".
pub type Answer = Option<Arc<Rendered>>;

type Flight = Shared<BoxFuture<'static, Result<Answer, UpstreamError>>>;

struct Entry {
    answer: Answer,
    stored_ms: u64,
    refreshed_ms: AtomicU64,
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct PackCache(Arc<Inner>);

struct Inner {
    settings: PackSettings,
    upstream: Upstream,
    clock: Clock,
    tasks: TaskTracker,
    entries: Cache<PackKey, Arc<Entry>>,
    flights: Mutex<HashMap<PackKey, Flight>>,
}

impl PackCache {
    /// An empty cache.
    pub fn new(settings: PackSettings, upstream: Upstream, clock: Clock, tasks: TaskTracker) -> Self {
        let entries = Cache::builder()
            .max_capacity(settings.max_bytes)
            .weigher(|key: &PackKey, entry: &Arc<Entry>| {
                let bytes =
                    entry.answer.as_ref().map_or(0, |r| r.size_bytes()) + key.path_and_query.len() + 200;
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .build();
        Self(Arc::new(Inner { settings, upstream, clock, tasks, entries, flights: Mutex::default() }))
    }

    /// Answers from memory or by one call, `request`, which must be what `key` names.
    ///
    /// Cancel safe: the call goes on in a task of its own.
    ///
    /// # Errors
    /// The call failed, and nothing fit to serve instead is in memory.
    pub async fn get(
        &self,
        key: PackKey,
        request: UpstreamRequest,
    ) -> Result<(Answer, Served), UpstreamError> {
        let now_ms = self.now_ms();
        if let Some(entry) = self.0.entries.get(&key) {
            let age = Duration::from_millis(now_ms.saturating_sub(entry.stored_ms));
            let fresh = if entry.answer.is_some() { self.0.settings.fresh } else { self.0.settings.negative };
            let stale = if entry.answer.is_some() { self.0.settings.stale } else { Duration::ZERO };
            if age < fresh + stale {
                if age >= fresh && entry.may_refresh(now_ms) {
                    drop(self.fly(&key, request));
                }
                let ttl_s =
                    i64::try_from(fresh.as_secs()).unwrap_or(0) - i64::try_from(age.as_secs()).unwrap_or(0);
                return Ok((entry.answer.clone(), Served::Hit { ttl_s }));
            }
        }
        let (flight, collapsed) = self.fly(&key, request);
        Ok((flight.await?, Served::Miss { collapsed }))
    }

    /// How many answers are in memory.
    pub fn entries(&self) -> u64 {
        self.0.entries.run_pending_tasks();
        self.0.entries.entry_count()
    }

    /// How many bytes they count for.
    pub fn size_bytes(&self) -> u64 {
        self.0.entries.weighted_size()
    }

    /// Joins the fetch of this key, or starts it.
    fn fly(&self, key: &PackKey, request: UpstreamRequest) -> (Flight, bool) {
        let mut flights = self.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(key) {
            return (flight.clone(), true);
        }
        let task = self.0.tasks.spawn(self.clone().fetch(key.clone(), request));
        // A task that panicked is a bug that was logged; its followers see a reply they cannot use.
        let flight = task.map(|ended| ended.unwrap_or(Err(UpstreamError::Unreadable))).boxed().shared();
        flights.insert(key.clone(), flight.clone());
        (flight, false)
    }

    /// Not cancel safe (it would leave its flight behind): runs in a task of its own.
    async fn fetch(self, key: PackKey, request: UpstreamRequest) -> Result<Answer, UpstreamError> {
        let landing = Landing { cache: &self, key: &key };
        let answer = match self.0.upstream.call(request).await {
            Ok(reply) => {
                let rules = self.0.settings.rules.clone();
                let made = self.0.tasks.spawn_blocking(move || Rendered::make(&reply, &rules)).await;
                made.unwrap_or(Err(UpstreamError::Unreadable))?.map(Arc::new)
            }
            Err(UpstreamError::NotFound) => None,
            Err(error) => return Err(error),
        };
        let stored_ms = self.now_ms();
        let entry = Entry { answer: answer.clone(), stored_ms, refreshed_ms: AtomicU64::new(stored_ms) };
        // The cache itself would keep what is too large until it next tidies up.
        if u64::from(weight(&key, &entry.answer)) <= self.0.settings.max_bytes {
            self.0.entries.insert(key.clone(), Arc::new(entry));
        }
        drop(landing);
        Ok(answer)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Entry {
    /// Whether this caller is the one who refreshes now.
    fn may_refresh(&self, now_ms: u64) -> bool {
        let last = self.refreshed_ms.load(Ordering::Relaxed);
        let due = now_ms >= last.saturating_add(REFRESH_COOLDOWN_MS);
        due && self.refreshed_ms.compare_exchange(last, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Bytes that an entry counts for, with an allowance for what surrounds it.
fn weight(key: &PackKey, answer: &Answer) -> u32 {
    let bytes = answer.as_ref().map_or(0, |rendered| rendered.size_bytes()) + key.path_and_query.len() + 200;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Takes the flight off the board, also when the fetch fails or panics.
struct Landing<'a> {
    cache: &'a PackCache,
    key: &'a PackKey,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.cache.0.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(self.key);
    }
}
