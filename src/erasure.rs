//! Carries out end users' wishes to be forgotten: at Astria first, then here.
//!
//! The wish is durable, so it is gone on with after a restart; what Astria does not delete today is tried again. An
//! end user is forgotten only when nothing of theirs is left: until then somebody must know what to delete.
//!
//! ```text
//! creates without an end get one  →  prompts, then tunes are deleted, each tune after a look for prompts that nobody
//! told of; again, as long as something turns up  →  every part of the gateway forgets (`elsewhere`)
//!                                  →  the store forgets the end user, their name included
//! ```
//!
//! What it does *not* do: it touches no backup (see `docs/operations.md`), and it leaves the use of quotas, which is
//! kept under a pseudonym. What Astria made of a create whose answer was lost, `reconcile` finds; an erasure waits for it.

mod elsewhere;

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio_util::sync::CancellationToken;

use crate::accounts::Account;
use crate::operation::Operation;
use crate::ownership::{
    AccountKey, AuditEntry, Cursor, Erasure, IndexError, ObjectKind, OwnedObject, Record, prove_record,
};
use crate::principal::EndUserId;
use crate::sessions::{Ended, SessionsError};
use crate::state::{AppState, State};
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// Between two looks at erasures that could not be finished: first, and at most. The same between two looks for such as
/// another gateway on the same store was asked for.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Objects that are read in one go.
const BATCH: u32 = 200;

/// Goes on with erasures when one is asked for, and now and then, until `stop`.
pub async fn keep_erasing(state: impl Fn() -> AppState, stop: CancellationToken) {
    let going_on = async {
        let mut pause = FIRST_PAUSE;
        loop {
            let present = state();
            let asked = Arc::clone(&present.erasure_asked);
            let is_done = go_on(&present).await;
            drop(present);
            let wait = if is_done { LONGEST_PAUSE } else { pause };
            let is_asked = tokio::time::timeout(wait, asked.notified()).await.is_ok();
            pause = if is_asked || is_done { FIRST_PAUSE } else { LONGEST_PAUSE.min(pause * 2) };
        }
    };
    // What was deleted is recorded one by one, so it can be left at any moment.
    stop.run_until_cancelled(going_on).await;
}

/// Goes on with every erasure as far as it can be gone on with now. Gives whether none is left.
///
/// Cancel safe: what was deleted is recorded one by one.
pub async fn go_on(state: &State) -> bool {
    let Ok(owners) = state.subjects.erasing().await else {
        tracing::warn!("erasures cannot be gone on with: the store is unavailable");
        return false;
    };
    let mut is_done = true;
    for owner in owners {
        match erase(state, &owner).await {
            Ok(true) => tracing::info!("an end user was forgotten"),
            Ok(false) => {
                tracing::warn!("an end user cannot be forgotten yet; it is tried again");
                is_done = false;
            }
            Err(IndexError::Unavailable | IndexError::Conflict | IndexError::Erasing) => {
                tracing::warn!("an erasure could not be recorded; it is tried again");
                is_done = false;
            }
        }
    }
    is_done
}

/// Gives whether it is finished.
async fn erase(state: &State, owner: &EndUserId) -> Result<bool, IndexError> {
    // Nothing is begun for them any more, so this only falls.
    let Some(Erasure { open_creates: 0, .. }) = state.subjects.erasure(owner).await? else {
        return Ok(false);
    };
    let mut deleted = 0;
    loop {
        let round = delete_all(state, owner).await?;
        deleted += round.deleted;
        if !round.is_left {
            break;
        }
        if round.deleted + round.found == 0 {
            return Ok(false);
        }
    }
    state
        .sessions
        .end(Ended::AllOf(owner.clone()))
        .await
        .map_err(|SessionsError::Unavailable| IndexError::Unavailable)?;
    elsewhere::forget(state);
    let pseudonym = state.pseudonyms.of(owner).to_string();
    let at = state.clock.now();
    let entry = AuditEntry { at, action: "erased", pseudonym: &pseudonym, request_id: "", objects: deleted };
    // Not if a look of the owner's at their objects has just recorded one more.
    state.subjects.finish_erasure(owner, entry).await
}

/// What one look at all objects of an end user brought.
#[derive(Default)]
struct Round {
    deleted: u64,
    /// Prompts that nobody had told of.
    found: u64,
    /// Something is still there, or may be.
    is_left: bool,
}

/// Deletes what can be: prompts first, since while a tune is there its prompts can be found.
async fn delete_all(state: &State, owner: &EndUserId) -> Result<Round, IndexError> {
    let mut round = Round::default();
    for kind in [ObjectKind::Prompt, ObjectKind::Tune] {
        let mut after: Option<Cursor> = None;
        loop {
            let batch = state.subjects.objects(owner, after.as_ref(), BATCH).await?;
            let Some((account, record)) = batch.last() else { break };
            after = Some(Cursor { account: account.clone(), object: record.object });
            for (account, record) in batch.into_iter().filter(|(_, record)| record.object.kind == kind) {
                delete(state, owner, &account, record, &mut round).await?;
            }
        }
    }
    Ok(round)
}

async fn delete(
    state: &State,
    owner: &EndUserId,
    key: &AccountKey,
    record: Record,
    round: &mut Round,
) -> Result<(), IndexError> {
    let Some(account) = state.accounts.all().find(|account| account.key == *key) else {
        tracing::error!("an object to erase is on an account that is not configured any more");
        round.is_left = true;
        return Ok(());
    };
    let (object, user) = (record.object, state.principal_hash(owner));
    let (proof, _) = prove_record(record);
    if let OwnedObject::Tune(tune) = proof {
        match state.refresher.sweep(account, tune, user).await {
            Ok(0) | Err(UpstreamError::NotFound) => {}
            Ok(found) => {
                (round.found, round.is_left) = (round.found + found, true);
                return Ok(());
            }
            Err(_) => {
                round.is_left = true;
                return Ok(());
            }
        }
    }
    match call(account, proof, user).await {
        Ok(()) | Err(UpstreamError::NotFound) => {
            state.ownership.index().forget(key, object).await?;
            round.deleted += 1;
        }
        Err(_) => round.is_left = true,
    }
    Ok(())
}

async fn call(account: &Account, proof: OwnedObject, user: u64) -> Result<(), UpstreamError> {
    let (operation, path) = match proof {
        OwnedObject::Tune(tune) => (Operation::DeleteTune, Path::new().literal("tunes").own_tune(tune)),
        OwnedObject::Prompt(prompt) => {
            (Operation::DeletePrompt, Path::new().literal("prompts").prompt(prompt))
        }
    };
    let request = UpstreamRequest::bare(operation, Method::DELETE, path).for_user(user);
    account.upstream.call_raw(request).await.map(drop)
}
