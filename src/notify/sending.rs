//! What is on its way: to each endpoint so much at once as it can take, and nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use url::Url;

use super::TICK;
use super::attempt::{Ended, attempt};
use super::send::Sender;
use crate::notifications::{Endpoint, Health};
use crate::state::AppState;

/// An attempt that has ended: to which endpoint, of which notification, how, under which configuration.
pub(super) type Done = (Arc<str>, u64, Ended, AppState);

/// See the module.
#[derive(Default)]
pub(super) struct Sending {
    flying: FuturesUnordered<BoxFuture<'static, Done>>,
    endpoints: BTreeMap<Arc<str>, Progress>,
    sender: Option<Arc<Sender>>,
}

/// How it goes with one endpoint.
struct Progress {
    /// Whom the rest is about: another address is another app.
    url: Url,
    health: Health,
    flying: BTreeSet<u64>,
    /// Nothing is begun before this, on the monotonic clock: what was just looked up was not there.
    not_before: Duration,
}

impl Sending {
    /// Begins as many attempts as may be made now.
    ///
    /// Cancel safe.
    pub(super) async fn begin(&mut self, state: &AppState) {
        let sender = self.sender(state);
        let is_configured = |name: &Arc<str>| state.endpoints.iter().any(|one| one.name == *name);
        self.endpoints.retain(|name, progress| is_configured(name) || !progress.flying.is_empty());
        let now = state.clock.monotonic();
        for endpoint in &state.endpoints {
            let progress = self.endpoints.entry(Arc::clone(&endpoint.name)).or_insert_with(|| Progress {
                url: endpoint.url.clone(),
                health: Health::default(),
                flying: BTreeSet::new(),
                not_before: Duration::ZERO,
            });
            if progress.url != endpoint.url {
                progress.url = endpoint.url.clone();
                progress.health = Health::default();
            }
            for number in progress.next(state, endpoint, now).await {
                progress.flying.insert(number);
                let (state, sender, endpoint) =
                    (Arc::clone(state), Arc::clone(&sender), Arc::clone(endpoint));
                self.flying.push(Box::pin(async move {
                    let ended = attempt(&state, &sender, &endpoint, number).await;
                    (Arc::clone(&endpoint.name), number, ended, state)
                }));
            }
        }
    }

    /// Waits for the end of an attempt, which is to be noted; for ever if none is made.
    ///
    /// Cancel safe.
    pub(super) async fn ended(&mut self) -> Done {
        match self.flying.next().await {
            Some(done) => done,
            None => std::future::pending().await,
        }
    }

    /// Notes it, and all others that have ended meanwhile.
    ///
    /// Not cancel safe: an endpoint that is back may not be noticed.
    pub(super) async fn note_all(&mut self, first: Done) {
        let mut next = Some(first);
        while let Some(done) = next {
            self.note(done).await;
            next = self.flying.next().now_or_never().flatten();
        }
    }

    /// Waits until nothing is on its way.
    pub(super) async fn finish(&mut self) {
        while self.flying.next().await.is_some() {}
    }

    /// Lets go of everything: it is sent again, under the same ids.
    pub(super) fn abandon(&mut self) {
        self.flying.clear();
        self.endpoints.clear();
    }

    async fn note(&mut self, (name, number, ended, state): Done) {
        let Some(progress) = self.endpoints.get_mut(&name) else { return };
        progress.flying.remove(&number);
        let now = state.clock.monotonic();
        match ended {
            Ended::Delivered => {
                if progress.health.succeeded(now) {
                    tracing::info!(endpoint = &*name, "an endpoint of notifications is back");
                    if state.store.endpoint_recovered(&name).await.is_err() {
                        tracing::warn!("what waits for an endpoint that is back waits longer");
                    }
                }
            }
            Ended::Failed(not_taken) => {
                progress.health.failed(now, not_taken.failure, not_taken.retry_after, number);
            }
            Ended::NotSent => progress.not_before = now + TICK,
        }
    }

    /// The one in use, unless a reload has changed what it is made of.
    fn sender(&mut self, state: &AppState) -> Arc<Sender> {
        let settings = state.config.notification_settings();
        let timeout = state.config.notifications.timeout();
        let known = self.sender.take().filter(|known| known.is_made_of(&settings, timeout));
        let sender = known.unwrap_or_else(|| Arc::new(Sender::new(settings, timeout, &state.clock)));
        Arc::clone(self.sender.insert(sender))
    }
}

impl Progress {
    /// Those that are begun now.
    async fn next(&self, state: &AppState, endpoint: &Endpoint, now: Duration) -> Vec<u64> {
        if now < self.not_before {
            return Vec::new();
        }
        let max = state.config.notifications.max_in_flight;
        let places = self.health.places(now, max).saturating_sub(self.flying.len());
        if places == 0 {
            return Vec::new();
        }
        // Those on their way are due, too.
        let limit = u32::try_from(places + self.flying.len()).unwrap_or(u32::MAX);
        match state.store.due_notifications(&endpoint.name, limit).await {
            Ok(due) => due.into_iter().filter(|one| !self.flying.contains(one)).take(places).collect(),
            Err(_) => {
                tracing::warn!("notifications cannot be looked for: the store is unavailable");
                Vec::new()
            }
        }
    }
}
