//! Unfinished jobs: each is looked at once for everybody, less and less often, until it ends or is given up.
//!
//! What a callback told of comes first. Many jobs of one account are looked at by pages of its lists, a hundred at a
//! time (`pages`); the rest one by one.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::pace::Pace;
use super::pages::{self, Paged};
use super::pause;
use crate::clock::Timestamp;
use crate::objects::{Prompt, Tune};
use crate::ownership::{AccountKey, ObjectKind, Seen, prove_record};
use crate::quota::{DueObject, Looked, LookedAt};
use crate::state::AppState;
use crate::upstream::UpstreamError;

/// (first, longest) pause between two looks.
const OF_PROMPTS: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(60));
const OF_TUNES: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(300));
/// After the moment at which Astria thinks a job ends.
const AFTER_ETA: Duration = Duration::from_secs(3);

/// What a look showed of a job.
pub(super) enum Shown {
    /// It has ended, or Astria does not have it any more.
    Ended,
    /// It goes on; until when Astria thinks, if it says so.
    GoesOn(Option<Timestamp>),
    /// Nothing: Astria could not be asked, and not before that many seconds.
    Nothing(u64),
}

impl Shown {
    pub(super) fn of(seen: &Seen) -> Self {
        if seen.is_finished { Self::Ended } else { Self::GoesOn(seen.eta) }
    }

    pub(super) const fn failed(error: &UpstreamError) -> Self {
        match error {
            UpstreamError::NotFound => Self::Ended,
            UpstreamError::Busy { retry_after_s }
            | UpstreamError::Paused { retry_after_s, .. }
            | UpstreamError::Overloaded { retry_after_s } => Self::Nothing(*retry_after_s),
            _ => Self::Nothing(0),
        }
    }
}

/// Looks at as many of them as a second's requests allow; the others stay due. Gives whether there are such.
pub(super) async fn look_at(state: &AppState, due: Vec<DueObject>, pace: &Pace) -> bool {
    let mut requests = pace.in_a_second();
    let (told, aged): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.is_told);
    let (mut is_more, mut seen) = (false, HashSet::new());
    for part in [told, aged] {
        let mut groups: BTreeMap<(AccountKey, ObjectKind), Vec<DueObject>> = BTreeMap::new();
        for due in part {
            if seen.contains(&(due.account.clone(), due.record.object)) {
                // On a page that was read for another.
                continue;
            }
            groups.entry((due.account.clone(), due.record.object.kind)).or_default().push(due);
        }
        let mut single = Vec::new();
        for ((account, kind), group) in groups {
            let Paged { shown, rest } = pages::look(state, &account, kind, group, pace, &mut requests).await;
            seen.extend(shown.iter().map(|(due, _)| (due.account.clone(), due.record.object)));
            note(state, shown).await;
            single.extend(rest);
        }
        // Those first that are due for longest.
        single.sort_by_key(|due| due.since.0);
        is_more |= single.len() > requests;
        single.truncate(requests);
        requests -= single.len();
        let shown = one_by_one(state, single, pace).await;
        note(state, shown).await;
    }
    is_more
}

async fn one_by_one(state: &AppState, due: Vec<DueObject>, pace: &Pace) -> Vec<(DueObject, Shown)> {
    let places = state.config.reconcile.max_in_flight.max(1);
    let mut flying = FuturesUnordered::new();
    let mut shown = Vec::new();
    for due in due {
        if flying.len() >= places {
            shown.extend(flying.next().await);
        }
        pace.turn().await;
        flying.push(look(state, due));
    }
    while let Some(one) = flying.next().await {
        shown.push(one);
    }
    shown
}

/// One look. What it shows is recorded on the way, and counted.
async fn look(state: &AppState, due: DueObject) -> (DueObject, Shown) {
    let Some(account) = state.accounts.all().find(|account| account.key == due.account) else {
        // It is not configured any more: it may come back.
        return (due, Shown::Nothing(OF_TUNES.1.as_secs()));
    };
    let (proof, record) = prove_record(due.record.clone());
    let upstream = account.upstream.clone();
    let ask = move |request| async move { upstream.call_raw(request).await };
    let shown = match state.refresher.fetch(&due.account, proof, &record, ask).await {
        Ok(reply) => {
            let seen = match record.object.kind {
                ObjectKind::Tune => Tune::find(&reply).map(|tune| tune.seen()),
                ObjectKind::Prompt => Prompt::find(&reply).map(|prompt| prompt.seen()),
            };
            seen.map_or(Shown::Nothing(0), |seen| Shown::of(&seen))
        }
        Err(error) => Shown::failed(&error),
    };
    (due, shown)
}

/// When each is looked at again, and which are given up.
async fn note(state: &AppState, shown: Vec<(DueObject, Shown)>) {
    let now = state.clock.now();
    let mut looked = Vec::with_capacity(shown.len());
    for (due, shown) in shown {
        let usual = usual_pause(&due);
        let again_at = match shown {
            // What has ended is not due any more, however it ended; one that could not be recorded is.
            Shown::Ended => now.plus(usual),
            Shown::GoesOn(_) if is_overdue(state, &due, now) => {
                give_up(state, &due, now).await;
                continue;
            }
            Shown::GoesOn(Some(eta)) if eta > now => now.plus(usual.min(now.until(eta) + AFTER_ETA)),
            Shown::GoesOn(_) => now.plus(usual),
            Shown::Nothing(retry_after_s) => now.plus(usual.max(Duration::from_secs(retry_after_s))),
        };
        let at_what = LookedAt::Object(due.account, due.record.object, due.since);
        looked.push(Looked { at_what, again_at });
    }
    if !looked.is_empty() && state.ledger.books().looked(looked).await.is_err() {
        tracing::warn!("looks at unfinished jobs could not be recorded: they are due again");
    }
}

fn usual_pause(due: &DueObject) -> Duration {
    let (first, longest) = match due.record.object.kind {
        ObjectKind::Prompt => OF_PROMPTS,
        ObjectKind::Tune => OF_TUNES,
    };
    pause(due.looks, first, longest, due.record.object.id)
}

fn is_overdue(state: &AppState, due: &DueObject, now: Timestamp) -> bool {
    let config = &state.config.reconcile;
    let lost_after_s = match due.record.object.kind {
        ObjectKind::Prompt => config.prompt_lost_after_s,
        ObjectKind::Tune => config.tune_lost_after_s,
    };
    !due.record.is_finished && due.known_at.until(now) >= Duration::from_secs(lost_after_s)
}

async fn give_up(state: &AppState, due: &DueObject, now: Timestamp) {
    let object = due.record.object;
    match state.ledger.books().lose(&due.account, object, now).await {
        Ok(true) => {
            state.metrics.job_lost(object.kind.name());
            tracing::error!(kind = object.kind.name(), id = object.id, "a job never ended and was given up");
        }
        Ok(false) => {}
        Err(_) => tracing::warn!("a job that never ended could not be given up; it is due again"),
    }
}
