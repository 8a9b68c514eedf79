//! The totals that one transaction changes: each is read once, compared and changed here, and written once before the commit.
//!
//! So a batch of creates that count in the same totals, as all of an account do, costs one statement for each of these and not
//! one for each create. Nobody else writes meanwhile: every transaction of the writer's begins as one that writes. What is
//! not written when it ends, in an error or a crash, was never there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::columns::{Change, MEASURES, Reading as _, amounts_of, each, measures};
use crate::quota::Usage;

/// See the module.
#[derive(Default)]
pub(in crate::store) struct Totals {
    /// By scope and period, in the order of the table.
    known: BTreeMap<(Box<str>, u32), Total>,
}

/// One total as it will be, and how much of that is not written yet.
#[derive(Default)]
struct Total {
    is_new: bool,
    held: Change,
    used: Change,
    held_more: Change,
    used_more: Change,
}

impl Totals {
    /// Changes one total.
    pub(super) fn add(
        &mut self,
        conn: &Connection,
        scope: &str,
        period: u32,
        held: &Change,
        used: &Change,
    ) -> Result<(), rusqlite::Error> {
        let total = self.total(conn, scope, period)?;
        for (all, more, change) in
            [(&mut total.held, &mut total.held_more, held), (&mut total.used, &mut total.used_more, used)]
        {
            *all = each(all, change, i64::saturating_add);
            *more = each(more, change, i64::saturating_add);
            if all.iter().any(|amount| *amount < 0 || *amount == i64::MAX) {
                return Err(impossible());
            }
        }
        Ok(())
    }

    /// One total as it is in this transaction.
    pub(super) fn usage(
        &mut self,
        conn: &Connection,
        scope: &str,
        period: u32,
    ) -> Result<Usage, rusqlite::Error> {
        let total = self.total(conn, scope, period)?;
        Ok(Usage { used: amounts_of(&total.used), held: amounts_of(&total.held) })
    }

    /// Writes what was changed: one atomic statement a total.
    pub(in crate::store) fn write(self, conn: &Connection) -> Result<(), rusqlite::Error> {
        const CHANGE: &str = "UPDATE totals SET held_images = held_images + ?3, held_tunes = held_tunes + ?4, \
            held_inspections = held_inspections + ?5, held_videos = held_videos + ?6, \
            held_cost_mc = held_cost_mc + ?7, held_prompts = held_prompts + ?8, used_images = used_images + ?9, \
            used_tunes = used_tunes + ?10, used_inspections = used_inspections + ?11, \
            used_videos = used_videos + ?12, used_cost_mc = used_cost_mc + ?13, used_prompts = used_prompts + ?14 \
            WHERE scope = ?1 AND period = ?2";
        const BEGIN: &str = concat!(
            "INSERT INTO totals (scope, period, ",
            measures!("held_"),
            ", ",
            measures!("used_"),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        );
        for ((scope, period), total) in self.known {
            if total.held_more == [0; MEASURES] && total.used_more == [0; MEASURES] {
                continue;
            }
            let [h0, h1, h2, h3, h4, h5] = total.held_more;
            let [u0, u1, u2, u3, u4, u5] = total.used_more;
            let values = params![scope, period, h0, h1, h2, h3, h4, h5, u0, u1, u2, u3, u4, u5];
            conn.prepare_cached(if total.is_new { BEGIN } else { CHANGE })?.execute(values)?;
        }
        Ok(())
    }

    /// The total of a scope and period, with all that this transaction has done to it.
    fn total(&mut self, conn: &Connection, scope: &str, period: u32) -> Result<&mut Total, rusqlite::Error> {
        match self.known.entry((scope.into(), period)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let total = match find(conn, scope, period)? {
                    Some((used, held)) => Total { held, used, ..Total::default() },
                    None => Total { is_new: true, ..Total::default() },
                };
                Ok(new.insert(total))
            }
        }
    }
}

/// A total as it is written: used and held.
pub(super) fn find(
    conn: &Connection,
    scope: &str,
    period: u32,
) -> Result<Option<(Change, Change)>, rusqlite::Error> {
    const FIND: &str = concat!(
        "SELECT ",
        measures!("used_"),
        ", ",
        measures!("held_"),
        " FROM totals WHERE scope = ?1 AND period = ?2"
    );
    let mut find = conn.prepare_cached(FIND)?;
    find.query_row(params![scope, period], |row| Ok((row.amounts(0)?, row.amounts(MEASURES)?))).optional()
}

/// What the table's own checks would say, of the command that did it and not of its batch.
fn impossible() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT_CHECK);
    rusqlite::Error::SqliteFailure(code, Some("a total would be negative".into()))
}
