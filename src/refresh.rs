//! Looks at an object at Astria for everybody who asks: one fetch in flight an object, whoever waits for it.
//!
//! What was seen is recorded in the index; what Astria does not have any more is forgotten there, and only then. A
//! fetch runs in a task of its own, so that a client that leaves takes it from nobody else.
//!
//! What it does *not* do: it decides who may ask ([`OwnedObject`] is the proof) and how fresh is fresh enough for
//! whoever asks ([`Freshness`]), but never what is shown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio_util::task::TaskTracker;

use crate::accounts::Account;
use crate::clock::{Clock, Timestamp};
use crate::ids::TuneId;
use crate::objects::{Prompt, Tune};
use crate::operation::Operation;
use crate::ownership::{
    AccountKey, ObjectId, ObjectKind, Owned, OwnedObject, Ownership, Record, Seen, Sighting,
};
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// After which an object that did not change is written down again, so that the index knows it was looked at.
const WRITE_AGAIN_AFTER: Duration = Duration::from_secs(600);
/// Objects whose last look is remembered in memory.
const MAX_REMEMBERED: u64 = 100_000;
/// The largest page that Astria gives, and how many of them one look at a tune's prompts reads.
const PAGE: u32 = 120;
const MAX_PAGES: usize = 20;

type Key = (AccountKey, ObjectId);
type Flight = Shared<BoxFuture<'static, Result<Bytes, UpstreamError>>>;

/// How old an object may be before Astria is asked.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// One that is still being made.
    pub unfinished: Duration,
    /// One of which nothing more is expected.
    pub finished: Duration,
}

/// See the module. Cheap to clone; outlives a reload.
#[derive(Clone)]
pub struct Refresher(Arc<Inner>);

struct Inner {
    clock: Clock,
    tasks: TaskTracker,
    ownership: Ownership,
    flights: Mutex<HashMap<Key, Flight>>,
    /// When objects were last seen, also where nothing had to be written.
    looked: moka::sync::Cache<Key, Timestamp>,
}

impl Refresher {
    /// Its tasks are waited for at a stop.
    pub fn new(clock: Clock, tasks: TaskTracker, ownership: Ownership) -> Self {
        let looked = moka::sync::Cache::new(MAX_REMEMBERED);
        Self(Arc::new(Inner { clock, tasks, ownership, flights: Mutex::default(), looked }))
    }

    /// Whether a record may be shown without asking Astria.
    pub fn is_fresh(&self, account: &AccountKey, record: &Record, fresh: Freshness) -> bool {
        let (Some(written), true) = (record.seen_at, record.members.is_some()) else { return false };
        let looked = self.0.looked.get(&(account.clone(), record.object));
        let last = looked.map_or(written, |looked| looked.max(written));
        let fresh = if record.is_finished { fresh.finished } else { fresh.unfinished };
        last.until(self.0.clock.now()) < fresh
    }

    /// The object as Astria has it now: the reply as it came, already recorded. `ask` makes the call, if nobody's is
    /// under way.
    ///
    /// Cancel safe: the fetch goes on for whoever else waits.
    ///
    /// # Errors
    /// As [`crate::upstream::Upstream::call`]. After [`UpstreamError::NotFound`] the index does not know the object
    /// any more; after any other error it is as it was.
    pub async fn fetch<F>(
        &self,
        account: &AccountKey,
        object: OwnedObject,
        record: &Record,
        ask: impl FnOnce(UpstreamRequest) -> F,
    ) -> Result<Bytes, UpstreamError>
    where
        F: Future<Output = Result<Bytes, UpstreamError>> + Send + 'static,
    {
        let key = (account.clone(), record.object);
        let flight = {
            let mut flights = self.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(flight) = flights.get(&key) {
                flight.clone()
            } else {
                let known = (record.seen_at, record.members.clone());
                let look = Arc::clone(&self.0).look(key.clone(), object, known, ask(request(object)));
                // A task that panicked is a bug that was logged; its followers see a reply they cannot use.
                let task = self.0.tasks.spawn(look);
                let flight =
                    task.map(|ended| ended.unwrap_or(Err(UpstreamError::Unreadable))).boxed().shared();
                flights.insert(key, flight.clone());
                flight
            }
        };
        flight.await
    }

    /// Records what a page showed of objects that are known: what changed, and now and then what did not.
    ///
    /// Cancel safe: it is recorded whole or not at all.
    pub async fn note_seen(&self, account: &AccountKey, shown: Vec<(Record, Seen)>) {
        let inner = &self.0;
        let now = inner.clock.now();
        let keys: Vec<Key> = shown.iter().map(|(record, _)| (account.clone(), record.object)).collect();
        let is_news = |(record, seen): &(Record, Seen)| {
            !is_unchanged((record.seen_at, record.members.as_deref()), seen, now)
        };
        let objects: Vec<Seen> = shown.into_iter().filter(is_news).map(|(_, seen)| seen).collect();
        let sighting = Sighting { account: account.clone(), objects, found_on: None, at: now };
        if inner.ownership.index().see(sighting).await.is_err() {
            tracing::warn!("objects that were seen could not be recorded");
            return;
        }
        keys.into_iter().for_each(|key| inner.looked.insert(key, now));
    }

    /// Looks through a tune's prompts for such as nobody told of: a theme's, a pack's, those of a lost answer. Gives
    /// how many became known.
    ///
    /// Cancel safe: what was found is recorded page by page.
    ///
    /// # Errors
    /// As [`crate::upstream::Upstream::call`].
    pub async fn sweep(
        &self,
        account: &Arc<Account>,
        tune: Owned<TuneId>,
        user: u64,
    ) -> Result<u64, UpstreamError> {
        let (mut found, mut before) = (0, None);
        for _ in 0..MAX_PAGES {
            let mut query = vec![("limit", PAGE.to_string())];
            query.extend(before.map(|id: u64| ("before_id", id.to_string())));
            let path = Path::new().literal("tunes").own_tune(tune).literal("prompts");
            let request = UpstreamRequest::get(Operation::ListPrompts, path).query(&query).for_user(user);
            let reply = account.upstream.call_raw(request).await?;
            let prompts = Prompt::find_all(&reply).ok_or(UpstreamError::Unreadable)?;
            let (count, last) = (prompts.len(), prompts.last().map(|prompt| prompt.id.get()));
            let objects: Vec<Seen> =
                prompts.iter().filter(|prompt| prompt.tune == tune.id()).map(Prompt::seen).collect();
            let at = self.0.clock.now();
            let sighting = Sighting { account: account.key.clone(), objects, found_on: Some(tune.id()), at };
            // What could not be recorded was not seen: whoever deletes the tune now would lose it.
            found += self.0.ownership.index().see(sighting).await.map_err(|_| UpstreamError::Unreadable)?;
            before = last.filter(|last| before.is_none_or(|before| *last < before));
            if count < PAGE as usize || before.is_none() {
                break;
            }
        }
        let at = self.0.clock.now();
        if self.0.ownership.index().swept(&account.key, tune.id(), at, false).await.is_err() {
            tracing::warn!("a look through a tune's prompts could not be recorded");
        }
        Ok(found)
    }
}

impl Inner {
    /// Not cancel safe (it would leave its flight behind): runs in a task of its own.
    async fn look(
        self: Arc<Self>,
        key: Key,
        object: OwnedObject,
        known: (Option<Timestamp>, Option<String>),
        asking: impl Future<Output = Result<Bytes, UpstreamError>> + Send,
    ) -> Result<Bytes, UpstreamError> {
        let _landing = Landing { inner: &self, key: &key };
        let answer = asking.await;
        match &answer {
            Ok(reply) => {
                let seen = match object {
                    OwnedObject::Tune(tune) => {
                        Tune::find(reply).filter(|found| found.id == tune.id()).map(|tune| {
                            // What turns up with it is its owner's, or whose its callback says.
                            let prompts = tune.prompts();
                            std::iter::once(tune.seen()).chain(prompts.iter().map(Prompt::seen)).collect()
                        })
                    }
                    OwnedObject::Prompt(prompt) => {
                        let found = Prompt::find(reply).filter(|found| found.id == prompt.id());
                        found.map(|prompt| vec![prompt.seen()])
                    }
                };
                self.note(&key, known, seen.ok_or(UpstreamError::Unreadable)?).await;
            }
            Err(UpstreamError::NotFound) => {
                if self.ownership.index().forget(&key.0, key.1).await.is_err() {
                    tracing::warn!("an object that is gone could not be forgotten; it is looked at again");
                }
            }
            Err(_) => {}
        }
        answer
    }

    /// Writes down what changed, and now and then what did not. The object itself is the first of `objects`.
    async fn note(
        &self,
        key: &Key,
        (seen_at, members): (Option<Timestamp>, Option<String>),
        objects: Vec<Seen>,
    ) {
        let now = self.clock.now();
        let is_same = |seen: &Seen| is_unchanged((seen_at, members.as_deref()), seen, now);
        if objects.len() != 1 || !objects.iter().all(is_same) {
            let found_on = (key.1.kind == ObjectKind::Tune).then(|| TuneId::from_u64(key.1.id));
            let sighting = Sighting { account: key.0.clone(), objects, found_on, at: now };
            if self.ownership.index().see(sighting).await.is_err() {
                tracing::warn!("an object that was seen could not be recorded");
                return;
            }
        }
        self.looked.insert(key.clone(), now);
    }
}

/// Whether an object is as it was recorded, and that not too long ago.
fn is_unchanged((seen_at, members): (Option<Timestamp>, Option<&str>), seen: &Seen, now: Timestamp) -> bool {
    members == Some(&*seen.members) && seen_at.is_some_and(|at| at.until(now) < WRITE_AGAIN_AFTER)
}

/// What is asked for an object.
fn request(object: OwnedObject) -> UpstreamRequest {
    match object {
        OwnedObject::Tune(tune) => {
            UpstreamRequest::get(Operation::GetTune, Path::new().literal("tunes").own_tune(tune))
        }
        OwnedObject::Prompt(prompt) => {
            // The short path: a prompt may outlive its tune.
            UpstreamRequest::get(Operation::GetPrompt, Path::new().literal("prompts").prompt(prompt))
        }
    }
}

/// Takes the flight off the board, also when the fetch fails or panics.
struct Landing<'a> {
    inner: &'a Inner,
    key: &'a Key,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(self.key);
    }
}
