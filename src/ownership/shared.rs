//! The tunes that the operator shares with all end users, and the names that clients may give them.
//!
//! *Shared* means usable: to prompt on, to load in a text, to train on top of, and to look at in part. It never
//! means owned, so nobody can change or delete one, or make on it what could not be told apart.

use std::collections::{BTreeMap, BTreeSet};

use super::owned::SharedTune;
use crate::ids::TuneId;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedTunes {
    ids: BTreeSet<TuneId>,
    names: BTreeMap<String, TuneId>,
}

impl SharedTunes {
    /// `names` in lower case; a tune with a name is shared.
    pub fn new(ids: impl IntoIterator<Item = TuneId>, names: BTreeMap<String, TuneId>) -> Self {
        let ids = ids.into_iter().chain(names.values().copied()).collect();
        Self { ids, names }
    }

    /// What a client's word means: an id in its canonical form (anybody's), or one of the names, with or without a
    /// leading `@`.
    pub fn read(&self, text: &str) -> Option<TuneId> {
        let name = text.strip_prefix('@').unwrap_or(text);
        let named = || self.names.get(&name.to_ascii_lowercase()).copied();
        match TuneId::parse(text) {
            Some(id) if self.ids.contains(&id) => Some(id),
            Some(id) => named().or(Some(id)),
            None => named(),
        }
    }

    /// The proof that a tune is shared.
    pub fn find(&self, id: TuneId) -> Option<SharedTune> {
        self.ids.contains(&id).then_some(SharedTune::new(id))
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = TuneId> {
        self.ids.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_an_id_in_one_spelling_or_a_name() {
        let id = TuneId::from_u64;
        let shared = SharedTunes::new([id(7)], BTreeMap::from([("gemini".into(), id(9))]));
        for (text, meant) in [("7", Some(7)), ("8", Some(8)), ("gemini", Some(9)), ("@Gemini", Some(9))] {
            assert_eq!(shared.read(text).map(TuneId::get), meant, "{text}");
        }
        for odd in ["", "@", "07", "@7", "7.json", "gemini ", "@@gemini"] {
            assert_eq!(shared.read(odd), None, "{odd}");
        }
        assert!(shared.find(id(7)).is_some() && shared.find(id(9)).is_some() && shared.find(id(8)).is_none());
    }
}
