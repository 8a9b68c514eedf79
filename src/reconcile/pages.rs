//! Many unfinished jobs of one account at once, by pages of its list: a hundred of them for the price of one look.
//!
//! Lists are in the order of ids, so a page that begins at the newest due job shows every due job down to the page's last
//! id, and all others that are looked after. One that should be in it and is not may be gone: it is looked at by itself.

use std::collections::{HashMap, HashSet};

use super::look::{PAGE, page};
use super::objects::Shown;
use super::pace::Pace;
use crate::ownership::{AccountKey, ObjectId, ObjectKind, Seen};
use crate::quota::DueObject;
use crate::state::AppState;

/// Fewer due jobs are looked at one by one: a page is a large answer.
const FEW: usize = 4;

/// What pages showed.
pub(super) struct Paged {
    /// Of these.
    pub(super) shown: Vec<(DueObject, Shown)>,
    /// These are to be looked at one by one.
    pub(super) rest: Vec<DueObject>,
}

/// Looks at jobs of one kind by pages, as long as that pays and there are requests left.
///
/// Cancel safe: what was seen is recorded page by page.
pub(super) async fn look(
    state: &AppState,
    key: &AccountKey,
    kind: ObjectKind,
    mut due: Vec<DueObject>,
    pace: &Pace,
    requests: &mut usize,
) -> Paged {
    let mut paged = Paged { shown: Vec::new(), rest: Vec::new() };
    let account = state.accounts.all().find(|account| account.key == *key);
    // Newest last.
    due.sort_by_key(|due| due.record.object.id);
    while let (Some(account), true, true) = (account, due.len() >= FEW, *requests > 0) {
        let Some(newest) = due.last().map(|due| due.record.object.id) else { break };
        pace.turn().await;
        *requests -= 1;
        let seen = match page(account, kind, newest.checked_add(1)).await {
            Ok(seen) => seen,
            Err(error) => {
                // Who is busy is left alone; a list that fails may fail alone.
                if let Shown::Nothing(retry_after_s @ 1..) = Shown::failed(&error) {
                    paged.shown.extend(due.drain(..).map(|due| (due, Shown::Nothing(retry_after_s))));
                }
                break;
            }
        };
        let is_last = seen.len() < PAGE;
        let lowest = seen.iter().map(|seen| seen.object.id).min().filter(|_| !is_last).unwrap_or(0);
        let covered = due.split_off(due.partition_point(|due| due.record.object.id < lowest));
        // Whatever else of it is looked after is seen as well: the whole page is not looked at again for a while.
        let ids: Vec<ObjectId> = seen.iter().map(|seen| seen.object).collect();
        let Ok(known) = state.ledger.books().looked_after(key, &ids).await else {
            paged.rest.extend(covered);
            break;
        };
        let told: HashSet<(ObjectId, i64)> =
            covered.iter().map(|due| (due.record.object, due.since.0)).collect();
        let mut by_id: HashMap<u64, Seen> = seen.into_iter().map(|seen| (seen.object.id, seen)).collect();
        paged.rest.extend(covered.into_iter().filter(|due| !by_id.contains_key(&due.record.object.id)));
        let (mut records, hits) = (Vec::new(), known.len());
        // A callback that came while the page was read tells of what the page may not show yet.
        let is_news = |due: &DueObject| due.is_told && !told.contains(&(due.record.object, due.since.0));
        for due in known {
            if let Some(seen) = by_id.remove(&due.record.object.id) {
                let shown = Shown::of(&seen);
                records.push((due.record.clone(), seen));
                if !is_news(&due) {
                    paged.shown.push((due, shown));
                }
            }
        }
        state.refresher.note_seen(key, records).await;
        if hits < FEW {
            break;
        }
    }
    paged.rest.append(&mut due);
    paged
}
