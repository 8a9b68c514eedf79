//! Creates of which nobody knows what became, or not all: looked for where they would be found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::look::look_down;
use super::pace::Pace;
use super::pause;
use super::reply;
use crate::accounts::Account;
use crate::clock::Timestamp;
use crate::operation::Operation;
use crate::ownership::{AccountKey, ObjectKind, Seen};
use crate::quota::{BooksError, Closing, Create, CreateState, Ending, Looked, LookedAt};
use crate::state::AppState;

/// (first, longest) pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));

/// What one look showed of an account.
struct Sight {
    /// Before the first request.
    began_at: Timestamp,
    tunes: Vec<Seen>,
    prompts: Vec<Seen>,
    /// Everything above the marks was read.
    is_complete: bool,
}

/// Looks for all of them, with one look an account.
pub(super) async fn look_after(state: &AppState, due: Vec<Create>, pace: &Pace) {
    let mut by_account: BTreeMap<AccountKey, Vec<Create>> = BTreeMap::new();
    for create in due {
        if create.operation == Operation::InspectImage {
            count_as_spent(state, &create).await;
        } else {
            by_account.entry(create.account.clone()).or_default().push(create);
        }
    }
    for (key, creates) in by_account {
        let account = state.accounts.all().find(|account| account.key == key).cloned();
        let sight = match &account {
            Some(account) => look(state, account, &creates, pace).await,
            None => {
                tracing::error!("creates are on an account that is not configured any more");
                Sight { began_at: state.clock.now(), tunes: vec![], prompts: vec![], is_complete: false }
            }
        };
        for create in creates {
            conclude(state, create, &sight).await;
        }
    }
}

async fn look(state: &AppState, account: &Arc<Account>, creates: &[Create], pace: &Pace) -> Sight {
    let began_at = state.clock.now();
    let mut sight = Sight { began_at, tunes: Vec::new(), prompts: Vec::new(), is_complete: true };
    let marks = |create: &Create| create.watermarks;
    if let Some(above) = creates.iter().filter(|one| one.trail.title.is_some()).map(|one| marks(one).0).min()
    {
        match look_down(account, ObjectKind::Tune, above, pace).await {
            Ok(found) => sight.tunes = found,
            Err(_) => sight.is_complete = false,
        }
    }
    if let Some(above) = creates.iter().map(|one| marks(one).1).min() {
        match look_down(account, ObjectKind::Prompt, above, pace).await {
            Ok(found) => sight.prompts = found,
            Err(_) => sight.is_complete = false,
        }
    }
    sight
}

impl Sight {
    /// What a create made, as far as it is seen.
    fn of(&self, create: &Create) -> Vec<Seen> {
        let (tunes_above, prompts_above) = create.watermarks;
        let names = |seen: &Seen| seen.reservation == Some(create.reservation);
        let is_titled = |seen: &Seen| {
            let title = create.trail.title.as_ref();
            title.is_some() && seen.reservation.is_none() && seen.traits.title.as_ref() == title
        };
        let tunes =
            self.tunes.iter().filter(|seen| names(seen) || (is_titled(seen) && seen.object.id > tunes_above));
        let is_of_theme = |seen: &Seen| {
            let tunes = &create.trail.tunes;
            create.trail.is_nameless
                && seen.reservation.is_none()
                && seen.object.id > prompts_above
                && seen.tune.is_some_and(|tune| tunes.contains(&tune))
        };
        let prompts = self.prompts.iter().filter(|seen| names(seen) || is_of_theme(seen));
        tunes.chain(prompts).cloned().collect()
    }
}

/// What the look means for one create.
async fn conclude(state: &AppState, create: Create, sight: &Sight) {
    let config = &state.config.reconcile;
    let at = state.clock.now();
    // A theme's prompts come one after the other, and none says that it is the last.
    let closes_after_s = if create.trail.is_nameless { config.theme_close_s } else { config.miss_after_s };
    let may_miss_from = create.ended_at.plus(Duration::from_secs(closes_after_s));
    // Complete, and begun when Astria must have been done.
    let is_whole = sight.is_complete && sight.began_at >= may_miss_from;
    let objects = sight.of(&create);
    let is_found = !objects.is_empty() || !create.objects.is_empty() || create.state == CreateState::Made;
    let is_one = matches!(create.operation, Operation::CreatePrompt | Operation::DuplicatePrompt);
    let (first, longest) = PAUSES;
    let seed = create.created_at.unix_ms();
    let mut look_at = at.plus(pause(create.looks, first, longest, seed));
    if sight.is_complete && look_at > may_miss_from && may_miss_from > at {
        look_at = may_miss_from;
    }
    let presumed_from = create.ended_at.plus(Duration::from_secs(config.presume_spent_after_s));
    let ending = if is_found && (sight.is_complete || !objects.is_empty()) {
        Ending::Made { is_complete: is_one || is_whole, is_price_whole: false }
    } else if is_whole {
        Ending::Nothing
    } else if !sight.is_complete && at >= presumed_from && create.state != CreateState::Presumed {
        Ending::Presumed
    } else {
        note_look(state, &create, look_at).await;
        return;
    };
    let reply = if create.has_key { reply::of(state, &create, &objects) } else { None };
    let closing = Closing {
        objects,
        awaits: Vec::new(),
        awaits_until: at.plus(Duration::from_secs(state.config.lists.awaits_s)),
        look_at,
        reply,
        ..Closing::new(create.reservation, ending, at)
    };
    let (operation, was) = (create.operation.name(), create.state.name());
    match state.ledger.books().close(closing).await {
        Ok(closed) => {
            state.metrics.reconciled(create.operation, outcome(ending));
            if closed.is_overrun {
                tracing::error!(operation, "a create that was found made more than was reserved");
            }
            tracing::info!(operation, was, outcome = outcome(ending), "an unknown outcome was looked for");
            // A part of it may be there before the rest.
            note_look(state, &create, look_at).await;
        }
        Err(BooksError::Conflict) => {
            tracing::error!(operation, "what a create made is recorded as another end user's");
            note_look(state, &create, at.plus(longest)).await;
        }
        Err(_) => tracing::warn!(operation, "what became of a create could not be recorded; it is due again"),
    }
}

const fn outcome(ending: Ending) -> &'static str {
    match ending {
        Ending::Made { is_complete: true, .. } => "found",
        Ending::Made { is_complete: false, .. } => "found_in_part",
        Ending::Nothing => "missed",
        Ending::Presumed => "presumed",
        Ending::Unknown => "unknown",
    }
}

async fn note_look(state: &AppState, create: &Create, again_at: Timestamp) {
    let looked = vec![Looked { at_what: LookedAt::Create(create.reservation), again_at }];
    if state.ledger.books().looked(looked).await.is_err() {
        tracing::warn!("a look for a create could not be recorded: it is due again");
    }
}

/// Nobody can find an inspection: one whose end nobody saw counts as spent.
async fn count_as_spent(state: &AppState, create: &Create) {
    let at = state.clock.now();
    let ending = Ending::Made { is_complete: true, is_price_whole: false };
    let closing = Closing {
        beside: create.held,
        reply: create.has_key.then(|| reply::lost(state, create)),
        ..Closing::new(create.reservation, ending, at)
    };
    if state.ledger.books().close(closing).await.is_err() {
        tracing::warn!("an inspection that was cut off could not be recorded; it is due again");
    }
    state.metrics.reconciled(create.operation, "counted");
}
