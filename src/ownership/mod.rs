//! Who owns which upstream object: the index in memory, and the proof [`Owned`] that a handler asks for.
//!
//! All end users share one upstream account and its ids are sequential, so the upstream cannot say whose an
//! object is. Only a recorded owner may touch it; an object that is not recorded, belongs to someone else, or
//! is asked for under a tune that is not its own gives the same answer: none.
//!
//! What it does *not* do: **it is lost at restart**; a durable index replaces it. It never forgets an owner to
//! make room: when full, recording fails, because an object without an owner is lost to its user, while a
//! refused request can be repeated.

mod owned;

pub use owned::{AccountKey, Owned};

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

use crate::ids::{PromptId, TuneId};
use crate::principal::EndUserId;

/// How many objects an [`Ownership`] records unless told otherwise.
pub const MAX_ENTRIES: usize = 1_000_000;

/// Why an owner was not recorded.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum OwnershipError {
    /// No room for another object. Nothing was forgotten.
    #[error("the ownership index is full")]
    Full,
    /// The object is recorded with another owner or another tune; that record stands.
    #[error("the object is recorded otherwise")]
    Conflict,
}

/// Objects and their owners, keyed by (account, kind, id).
pub struct Ownership {
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

impl Ownership {
    /// An empty index for at most `max_entries` objects.
    pub fn new(max_entries: usize) -> Self {
        Self { max_entries, index: RwLock::default() }
    }

    /// Records who owns a prompt and which tune it is of. Recording the same again changes nothing.
    ///
    /// # Errors
    /// [`OwnershipError::Full`] when there is no room, [`OwnershipError::Conflict`] when the prompt is recorded
    /// with another owner or tune.
    pub fn record_prompt(
        &self,
        account: &AccountKey,
        prompt: PromptId,
        tune: TuneId,
        owner: &EndUserId,
    ) -> Result<(), OwnershipError> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let Index { prompts, owners, entries } = &mut *index;
        if let Some(row) = prompts.get(account).and_then(|of_account| of_account.get(&prompt)) {
            let same = row.owner == *owner && row.tune == tune;
            return if same { Ok(()) } else { Err(OwnershipError::Conflict) };
        }
        if *entries >= self.max_entries {
            return Err(OwnershipError::Full);
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
        (row.owner == *caller).then(|| Owned::new(prompt, row.tune))
    }

    /// Like [`Ownership::find_prompt`], for a prompt that is asked for under a tune: none if it is not of that
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

impl Default for Ownership {
    fn default() -> Self {
        Self::new(MAX_ENTRIES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: PromptId = PromptId::from_u64(100);
    const TUNE: TuneId = TuneId::from_u64(7);

    fn account() -> AccountKey {
        AccountKey::new("main")
    }

    fn user(subject: &str) -> EndUserId {
        EndUserId { issuer: "https://id.example".into(), subject: subject.into() }
    }

    fn with_prompt_of(owner: &str) -> Ownership {
        let ownership = Ownership::new(2);
        ownership.record_prompt(&account(), PROMPT, TUNE, &user(owner)).unwrap();
        ownership
    }

    #[test]
    fn iso_01_only_the_recorded_owner_finds_a_prompt() {
        let ownership = with_prompt_of("a");
        let owned = ownership.find_prompt(&account(), PROMPT, &user("a")).unwrap();
        assert_eq!((owned.id(), owned.tune()), (PROMPT, TUNE));
        assert!(ownership.find_prompt(&account(), PROMPT, &user("b")).is_none());
        assert!(ownership.find_prompt(&account(), PromptId::from_u64(101), &user("a")).is_none());
    }

    #[test]
    fn iso_01_the_same_subject_of_another_issuer_is_another_owner() {
        let other = EndUserId { issuer: "https://other.example".into(), subject: "a".into() };
        assert!(with_prompt_of("a").find_prompt(&account(), PROMPT, &other).is_none());
    }

    #[test]
    fn an_id_of_one_account_says_nothing_about_that_id_in_another() {
        let ownership = with_prompt_of("a");
        let other = AccountKey::new("second");
        assert!(ownership.find_prompt(&other, PROMPT, &user("a")).is_none());
        ownership.record_prompt(&other, PROMPT, TUNE, &user("b")).unwrap();
        assert!(ownership.find_prompt(&other, PROMPT, &user("b")).is_some());
        assert!(ownership.find_prompt(&account(), PROMPT, &user("a")).is_some());
    }

    #[test]
    fn iso_01_a_prompt_asked_for_under_another_tune_is_not_there() {
        let ownership = with_prompt_of("a");
        let under =
            |tune| ownership.find_prompt_of_tune(&account(), TuneId::from_u64(tune), PROMPT, &user("a"));
        assert!(under(7).is_some());
        assert!(under(8).is_none());
    }

    #[test]
    fn a_recorded_owner_is_never_replaced() {
        let ownership = with_prompt_of("a");
        let record =
            |tune, owner| ownership.record_prompt(&account(), PROMPT, TuneId::from_u64(tune), &user(owner));
        assert_eq!(record(7, "a"), Ok(()));
        assert_eq!(record(7, "b"), Err(OwnershipError::Conflict));
        assert_eq!(record(8, "a"), Err(OwnershipError::Conflict));
        assert!(ownership.find_prompt_of_tune(&account(), TUNE, PROMPT, &user("a")).is_some());
        assert_eq!(ownership.len(), 1);
    }

    #[test]
    fn a_full_index_refuses_new_objects_and_forgets_none() {
        let ownership = with_prompt_of("a");
        let record = |id| ownership.record_prompt(&account(), PromptId::from_u64(id), TUNE, &user("b"));
        assert_eq!(record(101), Ok(()));
        assert_eq!(record(102), Err(OwnershipError::Full));
        assert_eq!(record(101), Ok(()), "known already");
        assert!(ownership.find_prompt(&account(), PROMPT, &user("a")).is_some());
        assert_eq!(ownership.len(), 2);
    }
}
