//! Who owns which upstream object: the index in memory, and the proof [`Owned`] that a handler asks for.
//!
//! All end users share one upstream account and its ids are sequential, so the upstream cannot say whose an
//! object is. Only a recorded owner may touch it; an object that is not recorded, belongs to someone else, or
//! is asked for under a tune that is not its own gives the same answer: none.
//!
//! What it does *not* do: **it is lost at restart**; a durable index replaces it. It never forgets an owner to
//! make room: when full, recording fails, because an object without an owner is lost to its user, while a
//! refused request can be repeated.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

use super::{AccountKey, Owned};
use crate::ids::{PromptId, TuneId};
use crate::principal::EndUserId;

/// How many objects an [`MemoryOwnership`] records unless told otherwise.
pub(super) const MAX_ENTRIES: usize = 1_000_000;

/// Why an owner was not recorded.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum MemoryOwnershipError {
    /// No room for another object. Nothing was forgotten.
    #[error("the ownership index is full")]
    Full,
    /// The object is recorded with another owner or another tune; that record stands.
    #[error("the object is recorded otherwise")]
    Conflict,
}

/// Objects and their owners, keyed by (account, kind, id).
pub struct MemoryOwnership {
    max_entries: usize,
    index: RwLock<Index>,
}

#[derive(Default)]
struct Index {
    prompts: HashMap<AccountKey, HashMap<PromptId, PromptRow>>,
    /// One copy of each owner's name, however many objects they have.
    owners: HashSet<EndUserId>,
    entries: usize,
}

struct PromptRow {
    tune: TuneId,
    owner: EndUserId,
}

impl MemoryOwnership {
    /// An empty index for at most `max_entries` objects.
    pub fn new(max_entries: usize) -> Self {
        Self { max_entries, index: RwLock::default() }
    }

    /// Records who owns a prompt and which tune it is of. Recording the same again changes nothing.
    ///
    /// # Errors
    /// [`MemoryOwnershipError::Full`] when there is no room, [`MemoryOwnershipError::Conflict`] when the prompt is recorded
    /// with another owner or tune.
    pub fn record_prompt(
        &self,
        account: &AccountKey,
        prompt: PromptId,
        tune: TuneId,
        owner: &EndUserId,
    ) -> Result<(), MemoryOwnershipError> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let Index { prompts, owners, entries } = &mut *index;
        if let Some(row) = prompts.get(account).and_then(|of_account| of_account.get(&prompt)) {
            let same = row.owner == *owner && row.tune == tune;
            return if same { Ok(()) } else { Err(MemoryOwnershipError::Conflict) };
        }
        if *entries >= self.max_entries {
            return Err(MemoryOwnershipError::Full);
        }
        let owner = owners.get(owner).cloned().unwrap_or_else(|| {
            owners.insert(owner.clone());
            owner.clone()
        });
        let of_account = match prompts.entry(account.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(HashMap::new()),
        };
        of_account.insert(prompt, PromptRow { tune, owner });
        *entries += 1;
        Ok(())
    }

    /// The proof that `caller` may touch this prompt.
    pub fn find_prompt(
        &self,
        account: &AccountKey,
        prompt: PromptId,
        caller: &EndUserId,
    ) -> Option<Owned<PromptId>> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let row = index.prompts.get(account)?.get(&prompt)?;
        (row.owner == *caller).then(|| Owned::of_prompt(prompt, row.tune, false))
    }

    /// Like [`MemoryOwnership::find_prompt`], for a prompt that is asked for under a tune: none if it is not of that
    /// tune.
    pub fn find_prompt_of_tune(
        &self,
        account: &AccountKey,
        tune: TuneId,
        prompt: PromptId,
        caller: &EndUserId,
    ) -> Option<Owned<PromptId>> {
        self.find_prompt(account, prompt, caller).filter(|owned| owned.tune() == tune)
    }

    /// How many objects are recorded.
    pub fn len(&self) -> usize {
        self.index.read().unwrap_or_else(PoisonError::into_inner).entries
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for MemoryOwnership {
    fn default() -> Self {
        Self::new(MAX_ENTRIES)
    }
}
