//! Makes one owner's creates another's, with all that was used and is held by them.
//!
//! Entries hang on creates, and totals are the sums of entries by the creates' scopes. So nothing is booked: each
//! create gets the new owner's scope in the place of the old one's, and what its entries say leaves the one total and
//! joins the other, in the same periods. Every other scope stays: the account paid, the tenant's budget was used, and
//! a guest's use counts for all guests, whoever the guest becomes.
//!
//! What it does *not* do: it asks no limit. What was used was used.

use rusqlite::{Connection, params};

use super::columns::{Change, MEASURES, Reading as _, negative};
use super::post::periods;
use super::totals::Totals;
use crate::pseudonym::Pseudonym;
use crate::quota::{Day, Limit, Scope};
use crate::store::rows::text;

/// From whom to whom.
pub(in crate::store) struct HandOver {
    /// The row of whose the creates are.
    pub(in crate::store) from: i64,
    /// The ledger's name of them.
    pub(in crate::store) from_subject: Pseudonym,
    /// The row of whose they become.
    pub(in crate::store) to: i64,
    /// The ledger's name of them.
    pub(in crate::store) to_subject: Pseudonym,
}

/// A create that moves.
struct Create {
    n: i64,
    day: Option<Day>,
    scopes: Vec<String>,
}

/// Creates that are to move, their use moved already.
pub(in crate::store) struct Moving {
    creates: Vec<Create>,
}

impl Moving {
    /// How many.
    pub(in crate::store) const fn count(&self) -> usize {
        self.creates.len()
    }
}

/// Moves what was used and is held.
pub(in crate::store) fn move_use(
    conn: &Connection,
    totals: &mut Totals,
    over: &HandOver,
) -> Result<Moving, rusqlite::Error> {
    const ALL: &str = "SELECT n, day, scopes FROM reservations WHERE owner = ?1 ORDER BY day";
    const SUMS: &str = concat!(
        "SELECT COALESCE(SUM(held_images), 0), COALESCE(SUM(held_tunes), 0), COALESCE(SUM(held_inspections), 0), ",
        "COALESCE(SUM(held_videos), 0), COALESCE(SUM(held_cost_mc), 0), COALESCE(SUM(held_prompts), 0), ",
        "COALESCE(SUM(used_images), 0), COALESCE(SUM(used_tunes), 0), COALESCE(SUM(used_inspections), 0), ",
        "COALESCE(SUM(used_videos), 0), COALESCE(SUM(used_cost_mc), 0), COALESCE(SUM(used_prompts), 0) ",
        "FROM entries WHERE reservation = ?1"
    );
    let (old, new) =
        (Scope::EndUser(over.from_subject).to_string(), Scope::EndUser(over.to_subject).to_string());
    let mut all = conn.prepare_cached(ALL)?;
    let creates = all.query_map([over.from], |row| {
        Ok(Create {
            n: row.get(0)?,
            day: u32::try_from(row.get::<_, i64>(1)?).ok().and_then(Day::parse),
            scopes: serde_json::from_str(text(row, 2)?).unwrap_or_default(),
        })
    })?;
    let mut creates = creates.collect::<Result<Vec<_>, _>>()?;
    for create in &mut creates {
        let Some(scope) = create.scopes.iter_mut().find(|scope| **scope == old) else { continue };
        scope.clone_from(&new);
        let Some(day) = create.day else { continue };
        let (held, used): (Change, Change) = conn
            .prepare_cached(SUMS)?
            .query_row([create.n], |row| Ok((row.amounts(0)?, row.amounts(MEASURES)?)))?;
        for period in periods(day) {
            totals.add(conn, &old, period, &negative(&held), &negative(&used))?;
            totals.add(conn, &new, period, &held, &used)?;
        }
    }
    Ok(Moving { creates })
}

/// Whether the new owner has used more than one of these limits, or holds it with what they used.
pub(in crate::store) fn is_beyond(
    conn: &Connection,
    totals: &mut Totals,
    over: &HandOver,
    limits: &[Limit],
    day: Day,
) -> Result<bool, rusqlite::Error> {
    let own = Scope::EndUser(over.to_subject);
    for limit in limits.iter().filter(|limit| limit.scope == own) {
        let usage = totals.usage(conn, &own.to_string(), day.period(limit.per))?;
        if usage.used.get(limit.of).saturating_add(usage.held.get(limit.of)) > limit.limit {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes the creates the new owner's, and their idempotency keys with them: of two equal ones the new owner's own stays.
pub(in crate::store) fn move_creates(
    conn: &Connection,
    over: &HandOver,
    moving: &Moving,
    moved_by: i64,
) -> Result<(), rusqlite::Error> {
    const MOVE: &str =
        "UPDATE reservations SET owner = ?2, subject = ?3, scopes = ?4, moved_by = ?5 WHERE n = ?1";
    const KEYS: &str = "UPDATE OR IGNORE idempotency SET owner = ?2 WHERE owner = ?1";
    let subject = over.to_subject.to_string();
    for create in &moving.creates {
        let scopes = serde_json::Value::from(create.scopes.clone()).to_string();
        conn.prepare_cached(MOVE)?.execute(params![create.n, over.to, subject, scopes, moved_by])?;
    }
    conn.prepare_cached(KEYS)?.execute([over.from, over.to])?;
    conn.prepare_cached("DELETE FROM idempotency WHERE owner = ?1")?.execute([over.from])?;
    Ok(())
}
