//! Looks through an account's newest objects: page by page, and down to where everything is known for all creates that
//! are looked for.

use crate::accounts::Account;
use crate::objects::{Prompt, Tune};
use crate::operation::Operation;
use crate::ownership::{ObjectKind, Seen};
use crate::upstream::{Path, UpstreamError, UpstreamRequest};

use super::pace::Pace;

/// The largest page that Astria gives.
pub(super) const PAGE: usize = 120;
/// Beyond so many a look is not complete: it is begun again later.
const MAX_PAGES: usize = 200;

/// All objects of one kind above an id, newest first. An error: the look was not complete, and says nothing about what
/// it did not find.
///
/// Cancel safe: it only reads.
pub(super) async fn look_down(
    account: &Account,
    kind: ObjectKind,
    above: u64,
    pace: &Pace,
) -> Result<Vec<Seen>, UpstreamError> {
    let mut found: Vec<Seen> = Vec::new();
    let mut before: Option<u64> = None;
    for _ in 0..MAX_PAGES {
        pace.turn().await;
        let page = page(account, kind, before).await?;
        let (count, lowest) = (page.len(), page.iter().map(|seen| seen.object.id).min());
        found.extend(page.into_iter().filter(|seen| seen.object.id > above));
        match lowest {
            // A server that does not go down would be asked for ever.
            Some(lowest) if lowest > above && before.is_none_or(|before| lowest < before) => {
                before = Some(lowest);
            }
            _ => return Ok(found),
        }
        if count < PAGE {
            return Ok(found);
        }
    }
    Err(UpstreamError::TooLarge)
}

/// One page of an account's objects of one kind, newest first, below an id.
///
/// Cancel safe: it only reads.
pub(super) async fn page(
    account: &Account,
    kind: ObjectKind,
    before: Option<u64>,
) -> Result<Vec<Seen>, UpstreamError> {
    let (operation, path) = match kind {
        ObjectKind::Tune => (Operation::ListTunes, "tunes"),
        ObjectKind::Prompt => (Operation::ListPrompts, "prompts"),
    };
    let mut query = vec![("limit", PAGE.to_string())];
    query.extend(before.map(|id| ("before_id", id.to_string())));
    let request = UpstreamRequest::get(operation, Path::new().literal(path)).query(&query);
    let reply = account.upstream.call_raw(request).await?;
    let page = match kind {
        ObjectKind::Tune => Tune::find_all(&reply).map(|all| all.iter().map(Tune::seen).collect()),
        ObjectKind::Prompt => Prompt::find_all(&reply).map(|all| all.iter().map(Prompt::seen).collect()),
    };
    page.ok_or(UpstreamError::Unreadable)
}
