//! `astria-gateway ownership …`: for apps that had objects before the gateway, and for an operator's questions.
//!
//! An import asks Astria for each tune and its prompts, and records them as one end user's. What belongs to somebody
//! else already is refused, and then nothing of that tune is recorded.
//!
//! What it does *not* do: it changes nothing at Astria; titles of adopted tunes stay as they are.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::accounts::Account;
use crate::config::AccountChoice;
use crate::ids::TuneId;
use crate::objects::{Prompt, Tune};
use crate::operation::Operation;
use crate::ownership::{Found, IndexError, Seen};
use crate::principal::EndUserId;
use crate::state::State;
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

/// The largest page that Astria gives.
const PAGE: usize = 120;

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The tenant has no account, or `[upstream]` has no key.
    #[error("no account: configure its API key, or name another tenant")]
    NoAccount,
    /// It is on the list of tunes that everybody may use: nobody's to delete.
    #[error("tune {0}: it is shared, so it can be nobody's")]
    Shared(u64),
    /// Astria's answer.
    #[error("tune {tune}: {error}")]
    Upstream {
        /// Which one.
        tune: u64,
        /// What went wrong.
        error: UpstreamError,
    },
    /// The store's answer.
    #[error("tune {tune}: {error}")]
    Index {
        /// Which one.
        tune: u64,
        /// What went wrong.
        error: IndexError,
    },
}

/// What one tune brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The tune.
    pub tune: u64,
    /// Its prompts, those that were known before too.
    pub prompts: usize,
    /// What is newly recorded: tune and prompts.
    pub new: u64,
}

/// Records a tune and its prompts as an end user's.
///
/// Cancel safe: a tune is recorded whole or not at all.
///
/// # Errors
/// [`AdoptError`]; nothing of this tune is recorded then.
pub async fn adopt(
    state: &State,
    tenant: Option<&str>,
    owner: &EndUserId,
    tune: u64,
) -> Result<Adopted, AdoptError> {
    let choice = tenant.map_or(AccountChoice::Upstream, AccountChoice::Tenant);
    let account = state.accounts.get(choice).ok_or(AdoptError::NoAccount)?;
    if state.rules.shared.find(TuneId::from_u64(tune)).is_some() {
        return Err(AdoptError::Shared(tune));
    }
    let objects = look(account, tune).await.map_err(|error| AdoptError::Upstream { tune, error })?;
    let prompts = objects.len() - 1;
    let at = state.clock.now();
    let new = state.ownership.index().import(&account.key, owner, objects, at).await;
    let new = new.map_err(|error| AdoptError::Index { tune, error })?;
    Ok(Adopted { tune, prompts, new })
}

/// The tune and all of its prompts.
async fn look(account: &Arc<Account>, tune: u64) -> Result<Vec<Seen>, UpstreamError> {
    let path = || Path::new().literal("tunes").of_operator(tune);
    let reply = account.upstream.call_raw(UpstreamRequest::get(Operation::GetTune, path())).await?;
    let found = Tune::find(&reply).filter(|found| found.id.get() == tune);
    let mut objects = vec![found.ok_or(UpstreamError::Unreadable)?.seen()];
    let mut before: Option<u64> = None;
    loop {
        let mut query = vec![("limit", PAGE.to_string())];
        query.extend(before.map(|id| ("before_id", id.to_string())));
        let request = UpstreamRequest::get(Operation::ListPrompts, path().literal("prompts")).query(&query);
        let reply = account.upstream.call_raw(request).await?;
        let prompts = Prompt::find_all(&reply).ok_or(UpstreamError::Unreadable)?;
        let last = prompts.last().map(|prompt| prompt.id.get());
        let further = last.filter(|last| before.is_none_or(|before| *last < before));
        objects.extend(prompts.iter().filter(|prompt| prompt.tune.get() == tune).map(Prompt::seen));
        match further {
            Some(_) if prompts.len() == PAGE => before = further,
            _ => return Ok(objects),
        }
    }
}

/// What is recorded under a number, for people.
///
/// # Errors
/// The store's.
pub async fn describe(state: &State, id: u64) -> Result<String, IndexError> {
    let found = state.ownership.index().look_up(id).await?;
    if found.is_empty() {
        return Ok(format!("{id}: not recorded; end users get 404\n"));
    }
    let mut text = String::new();
    for Found { account, owner, record, reservation } in found {
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:<12}{value}");
        };
        line(record.object.kind.name(), &id);
        line("account", &account.as_str());
        line("issuer", &owner.issuer);
        line("subject", &owner.subject);
        if let Some(tune) = record.tune {
            line("tune", &tune);
        }
        if let Some(pack) = record.pack {
            line("pack", &pack);
        }
        if let Some(reservation) = reservation {
            line("reservation", &reservation);
        }
        line("finished", &record.is_finished);
        line("free", &record.is_free);
        match record.seen_at {
            Some(at) => line("seen", &at.rfc_3339()),
            None => line("seen", &"to be looked at"),
        }
    }
    Ok(text)
}
