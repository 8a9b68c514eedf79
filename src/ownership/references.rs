//! Every upstream object that a request names, wherever it stands: path, query, body or text.
//!
//! Policy collects them while it judges; it does not know who owns what. [`super::Ownership::prove`] then answers
//! for all of them at once, so that no id is forgotten and a stranger's id costs what an unknown one costs.

use std::collections::{BTreeMap, BTreeSet};

use super::owned::{Owned, Usable};
use crate::ids::{PromptId, TuneId};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    pub(super) usable_tunes: BTreeSet<TuneId>,
    pub(super) owned_tunes: BTreeSet<TuneId>,
    pub(super) prompts: BTreeSet<PromptId>,
}

impl References {
    /// The request uses this tune: owned or shared.
    pub fn use_tune(&mut self, id: TuneId) {
        self.usable_tunes.insert(id);
    }

    /// The request acts on this tune: it must be the caller's own.
    pub fn own_tune(&mut self, id: TuneId) {
        self.owned_tunes.insert(id);
    }

    /// The request acts on this prompt.
    pub fn own_prompt(&mut self, id: PromptId) {
        self.prompts.insert(id);
    }

    /// Both together.
    pub fn extend(&mut self, other: Self) {
        self.usable_tunes.extend(other.usable_tunes);
        self.owned_tunes.extend(other.owned_tunes);
        self.prompts.extend(other.prompts);
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.usable_tunes.is_empty() && self.owned_tunes.is_empty() && self.prompts.is_empty()
    }
}

/// What a request named, proven to be usable by its caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    pub(super) tunes: BTreeMap<TuneId, Usable>,
    pub(super) prompts: BTreeMap<PromptId, Owned<PromptId>>,
}

impl Proven {
    /// A tune that the request named.
    pub fn tune(&self, id: TuneId) -> Option<Usable> {
        self.tunes.get(&id).copied()
    }

    /// A tune that the request named and that is the caller's own.
    pub fn own_tune(&self, id: TuneId) -> Option<Owned<TuneId>> {
        match self.tunes.get(&id) {
            Some(Usable::Owned(owned)) => Some(*owned),
            Some(Usable::Shared(_)) | None => None,
        }
    }

    /// A prompt that the request named.
    pub fn prompt(&self, id: PromptId) -> Option<Owned<PromptId>> {
        self.prompts.get(&id).copied()
    }
}
