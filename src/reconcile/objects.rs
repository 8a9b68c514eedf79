//! Unfinished jobs: each is looked at once for everybody, less and less often.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::pace::Pace;
use super::pause;
use crate::clock::Timestamp;
use crate::ownership::{AccountKey, ObjectKind, Record, prove_record};
use crate::quota::{Looked, LookedAt};
use crate::state::AppState;
use crate::upstream::UpstreamError;

/// (first, longest) pause between two looks.
const OF_PROMPTS: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(120));
const OF_TUNES: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));

/// Looks at all of them, a few at once.
pub(super) async fn look_at(state: &AppState, due: Vec<(AccountKey, Record, u32)>, pace: &mut Pace) {
    let places = state.config.reconcile.max_in_flight.max(1);
    let mut flying = FuturesUnordered::new();
    let mut looked = Vec::new();
    for (account, record, looks) in due {
        if flying.len() >= places {
            looked.extend(flying.next().await);
        }
        pace.turn().await;
        flying.push(look(state, account, record, looks));
    }
    while let Some(one) = flying.next().await {
        looked.push(one);
    }
    if !looked.is_empty() && state.ledger.books().looked(looked).await.is_err() {
        tracing::warn!("looks at unfinished jobs could not be recorded: they are due again");
    }
}

/// One look. What it shows is recorded on the way, and counted.
async fn look(state: &AppState, key: AccountKey, record: Record, looks: u32) -> Looked {
    let object = record.object;
    let (first, longest) = match object.kind {
        ObjectKind::Prompt => OF_PROMPTS,
        ObjectKind::Tune => OF_TUNES,
    };
    let again = |after: Duration| -> Timestamp { state.clock.now().plus(after) };
    let usual = pause(looks, first, longest, object.id);
    let account = state.accounts.all().find(|account| account.key == key);
    let again_at = match account {
        // It is not configured any more: it may come back.
        None => again(longest),
        Some(account) => {
            let (proof, record) = prove_record(record);
            let upstream = account.upstream.clone();
            let ask = move |request| async move { upstream.call_raw(request).await };
            match state.refresher.fetch(&key, proof, &record, ask).await {
                Err(
                    UpstreamError::Busy { retry_after_s }
                    | UpstreamError::Paused { retry_after_s, .. }
                    | UpstreamError::Overloaded { retry_after_s },
                ) => again(usual.max(Duration::from_secs(retry_after_s))),
                Ok(_) | Err(_) => again(usual),
            }
        }
    };
    Looked { at_what: LookedAt::Object(key, object), again_at }
}
