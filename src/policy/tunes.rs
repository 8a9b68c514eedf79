//! Turns what a client calls a model into a tune that everybody may use.
//!
//! A path, a body or a text may hold an id or one of the operator's names; both end here, so that the answer to
//! an id that exists and belongs to someone else is the answer to one that does not exist.

use crate::ids::TuneId;

use super::PolicyRules;

/// Reads a canonical id, or a name with or without a leading `@`; `None` unless the tune is shared.
pub fn resolve_tune(text: &str, rules: &PolicyRules) -> Option<TuneId> {
    let name = text.strip_prefix('@').unwrap_or(text);
    let named = || rules.models.get(&name.to_ascii_lowercase()).copied();
    match TuneId::parse(text) {
        Some(id) if is_shared(id, rules) => Some(id),
        _ => named(),
    }
}

/// Whether everybody may use this tune.
pub(super) fn is_shared(id: TuneId, rules: &PolicyRules) -> bool {
    rules.shared_tunes.contains(&id) || rules.models.values().any(|named| *named == id)
}
