//! Who owns which upstream object, and the proofs that handlers ask for.
//!
//! All end users share one upstream account and its ids are sequential, so the upstream cannot say whose an
//! object is. Only a recorded owner may touch it; an object that is not recorded, belongs to someone else, or
//! is asked for under a tune that is not its own gives the same answer: none.
//!
//! ```text
//! policy collects References  →  Ownership::prove  →  Proven: Usable, Owned<TuneId>, Owned<PromptId>
//! ```
//!
//! What it does *not* do: it keeps nothing itself; [`Index`] and [`Subjects`] say what a store must do.

mod index;
mod owned;
mod references;
mod seen;
mod shared;
mod subjects;
mod titles;

use std::sync::Arc;

pub use index::{Filters, Found, Index, IndexError, ListQuery, Page, Record, Sighting};
pub use owned::{AccountKey, Owned, OwnedObject, SharedTune, Usable};
pub use references::{Proven, References};
pub use seen::{Counts, KEPT_AT_ASTRIA, ObjectId, ObjectKind, Seen, Traits};
pub use shared::SharedTunes;
pub use subjects::{AuditEntry, Cursor, Erasure, Subjects};
pub use titles::{TitlePrefix, Titles, has_prefix, words};

use crate::clock::Timestamp;
use crate::ids::{PromptId, TuneId};
use crate::principal::EndUserId;

/// Why nothing is proven.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum OwnershipError {
    /// At least one object is neither the caller's nor shared; whether it exists, nobody asked.
    #[error("an object is not usable by the caller")]
    NotFound,
    /// The index could not be asked, or says that it cannot be done.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// An object of the caller's: the proof, and what is known of it.
#[derive(Clone, Debug)]
pub struct Held<T> {
    /// The proof.
    pub owned: Owned<T>,
    /// What is known.
    pub record: Record,
}

/// A part of an end user's own objects.
#[derive(Clone, Debug, Default)]
pub struct Owns {
    /// Newest first.
    pub records: Vec<(OwnedObject, Record)>,
    /// Tunes on which prompts may turn up that are not recorded yet, with the moment of the last look.
    pub awaiting: Vec<(Owned<TuneId>, Option<Timestamp>)>,
}

/// Makes proofs from the index: the only place that can.
#[derive(Clone)]
pub struct Ownership {
    index: Arc<dyn Index>,
}

impl Ownership {
    /// On this index.
    pub fn new(index: Arc<dyn Index>) -> Self {
        Self { index }
    }

    /// The record itself, for what needs no proof.
    pub fn index(&self) -> &dyn Index {
        &*self.index
    }

    /// Proves that the caller may do what they ask with everything that they name: one query for all that is not
    /// shared, whether it exists or not.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`OwnershipError::NotFound`] for the whole if one of them is not theirs to use.
    pub async fn prove(
        &self,
        account: &AccountKey,
        caller: &EndUserId,
        named: &References,
        shared: &SharedTunes,
    ) -> Result<Proven, OwnershipError> {
        let mut proven = Proven::default();
        let mut wanted: Vec<ObjectId> = named.owned_tunes.iter().copied().map(ObjectId::from).collect();
        for id in named.usable_tunes.iter().copied().filter(|id| !named.owned_tunes.contains(id)) {
            match shared.find(id) {
                Some(tune) => drop(proven.tunes.insert(id, Usable::Shared(tune))),
                None => wanted.push(id.into()),
            }
        }
        wanted.extend(named.prompts.iter().copied().map(ObjectId::from));
        if wanted.is_empty() {
            return Ok(proven);
        }
        for record in self.index.find(account, caller, &wanted).await? {
            let id = record.object.id;
            match record.object.kind {
                ObjectKind::Tune => {
                    let tune = Owned::of_tune(TuneId::from_u64(id), record.is_free);
                    proven.tunes.insert(tune.id(), Usable::Owned(tune));
                }
                ObjectKind::Prompt => {
                    let prompt = owned_prompt(&record);
                    proven.prompts.insert(prompt.id(), prompt);
                }
            }
        }
        let all = named.usable_tunes.iter().all(|id| proven.tune(*id).is_some())
            && named.owned_tunes.iter().all(|id| proven.own_tune(*id).is_some())
            && named.prompts.iter().all(|id| proven.prompt(*id).is_some());
        if all { Ok(proven) } else { Err(OwnershipError::NotFound) }
    }

    /// The caller's own tune.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`OwnershipError::NotFound`]
    pub async fn tune(
        &self,
        account: &AccountKey,
        caller: &EndUserId,
        id: TuneId,
    ) -> Result<Held<TuneId>, OwnershipError> {
        let record = self.one(account, caller, id.into()).await?;
        Ok(Held { owned: Owned::of_tune(id, record.is_free), record })
    }

    /// The caller's own prompt; asked for under a tune, only if it is known to be of that tune.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`OwnershipError::NotFound`]
    pub async fn prompt(
        &self,
        account: &AccountKey,
        caller: &EndUserId,
        id: PromptId,
        under: Option<TuneId>,
    ) -> Result<Held<PromptId>, OwnershipError> {
        let record = self.one(account, caller, id.into()).await?;
        if under.is_some_and(|tune| record.tune != Some(tune)) {
            return Err(OwnershipError::NotFound);
        }
        Ok(Held { owned: owned_prompt(&record), record })
    }

    /// A part of the caller's objects of one kind, each with its proof, and which of their tunes await prompts: one
    /// query.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn list(
        &self,
        account: &AccountKey,
        caller: &EndUserId,
        kind: ObjectKind,
        query: &ListQuery,
        now: Timestamp,
    ) -> Result<Owns, IndexError> {
        let Page { records, awaiting } = self.index.list(account, caller, kind, query, now).await?;
        let awaiting = awaiting.into_iter().map(|(id, seen_at)| (Owned::of_tune(id, false), seen_at));
        Ok(Owns { records: records.into_iter().map(prove_record).collect(), awaiting: awaiting.collect() })
    }

    async fn one(
        &self,
        account: &AccountKey,
        caller: &EndUserId,
        object: ObjectId,
    ) -> Result<Record, OwnershipError> {
        let found = self.index.find(account, caller, &[object]).await?;
        found.into_iter().next().ok_or(OwnershipError::NotFound)
    }
}

/// The proof that belongs to a record of an owner's own objects. Public within the crate for [`Subjects`], which
/// reads all objects of one owner, and for whoever looks after unfinished jobs for their owners.
pub(crate) fn prove_record(record: Record) -> (OwnedObject, Record) {
    let proof = match record.object.kind {
        ObjectKind::Tune => {
            OwnedObject::Tune(Owned::of_tune(TuneId::from_u64(record.object.id), record.is_free))
        }
        ObjectKind::Prompt => OwnedObject::Prompt(owned_prompt(&record)),
    };
    (proof, record)
}

/// Its tune may be unknown: a pack's run on several tunes names prompts and not where they are.
fn owned_prompt(record: &Record) -> Owned<PromptId> {
    Owned::of_prompt(PromptId::from_u64(record.object.id), record.is_free)
}
