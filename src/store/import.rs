//! Takes over what was used before the ledger counted it: by the version before, and by apps before the gateway.
//!
//! What it does *not* do: it decides nothing about amounts; `ledger/import` does.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use super::command::Answer;
use super::error::StoreError;
use super::ledger::{Counted, Totals, count, import_used, was_imported};
use super::open::{Opening, Place};
use super::rows::{text, time_out};
use super::write::{keys, people};
use super::{Store, StoreSettings, aside};
use crate::clock::{Clock, Timestamp};
use crate::money::Millicents;
use crate::ownership::AccountKey;
use crate::principal::{EndUserId, OWN_ISSUER};
use crate::pseudonym::{Pseudonym, Pseudonyms};
use crate::quota::{Amounts, Calendar, Day, Scope, Sharing};

/// How what the version before made is counted.
#[derive(Clone)]
pub struct CarryOver {
    /// Days begin at midnight in this zone.
    pub zone: TimeZone,
    /// What an image, inspection or training counts whose price is not recorded.
    pub unknown_cost: Millicents,
    /// Time.
    pub clock: Clock,
}

/// What was newly counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Creates; of figures, one an end user and day.
    pub creates: u64,
    /// Objects that they made.
    pub objects: u64,
}

/// What one end user used on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Where it was said, for whoever reads a refusal.
    pub line: usize,
    /// Who.
    pub user: EndUserId,
    /// When.
    pub day: Day,
    /// What.
    pub amounts: Amounts,
}

impl Store {
    /// Counts the creates of the version before, which kept usage in memory: once, all of them or none.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was counted.
    pub async fn carry_over(settings: &StoreSettings, how: CarryOver) -> Result<Imported, StoreError> {
        let opening = Opening::new(settings)?;
        if opening.place == Place::Memory {
            return Ok(Imported::default());
        }
        aside(move || {
            let path = opening.place.path();
            let mut conn = opening.writing().map_err(|error| StoreError::of(error, path))?;
            carry_over(&mut conn, &how).map_err(|error| StoreError::of(error, path))
        })
        .await
    }

    /// Books figures of before the gateway: all of them or none, and those of one `name` once.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was booked.
    pub async fn import_used(
        settings: &StoreSettings,
        name: String,
        (account, tenant): (AccountKey, Option<String>),
        all: Vec<Used>,
        at: Timestamp,
    ) -> Result<Imported, StoreError> {
        let opening = Opening::new(settings)?;
        aside(move || {
            let path = opening.place.path();
            let of = |error| StoreError::of(error, path);
            let mut conn = opening.make()?;
            let whole = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(of)?;
            if was_imported(&whole, &name).map_err(of)? {
                return Err(StoreError::ImportedBefore);
            }
            let pseudonyms = pseudonyms(&whole).map_err(of)?;
            let mut totals = Totals::default();
            let mut by_day: BTreeMap<(EndUserId, Day), (usize, Amounts)> = BTreeMap::new();
            for used in all {
                let sum = by_day.entry((used.user, used.day)).or_insert((used.line, Amounts::none()));
                sum.1 = sum.1.plus(&used.amounts);
            }
            let creates = by_day.len() as u64;
            for ((user, day), (line, amounts)) in by_day {
                let owner = people::owner(&whole, &user).map_err(of)?;
                let owner = owner.filter(|owner| owner.erasing_since.is_none());
                let owner = owner.ok_or(StoreError::Erasing(line))?;
                let subject = pseudonyms.of(&user);
                people::name(&whole, owner.id, &subject.to_string()).map_err(of)?;
                let scopes = scopes(&user, subject, tenant.as_deref(), &account);
                let unknown_cost = Millicents::default();
                let how = Counted { subject: subject.to_string(), scopes: &scopes, day, unknown_cost, at };
                import_used(&whole, &mut totals, &name, (&account, owner.id), &amounts, &how).map_err(of)?;
            }
            totals.write(&whole).map_err(of)?;
            whole.commit().map_err(of)?;
            Ok(Imported { creates, objects: 0 })
        })
        .await
    }
}

fn carry_over(conn: &mut Connection, how: &CarryOver) -> Result<Imported, rusqlite::Error> {
    const ANY: &str = "SELECT 1 FROM reservations INDEXED BY reservations_uncounted WHERE day = 0 LIMIT 1";
    const ALL: &str = "SELECT n FROM reservations INDEXED BY reservations_uncounted WHERE day = 0 ORDER BY n";
    let mut done = Imported::default();
    // Nearly always there is nothing to do, and nobody is kept waiting.
    if conn.query_row(ANY, [], |_| Ok(())).optional()?.is_none() {
        return Ok(done);
    }
    let whole = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (pseudonyms, calendar) = (pseudonyms(&whole)?, Calendar::new(how.zone.clone()));
    let all = whole.prepare(ALL)?.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let (now, mut totals) = (how.clock.now(), Totals::default());
    for n in all {
        let Some(before) = before(&whole, n)? else { continue };
        // Past the calendar: what cannot be is booked today, rather than never.
        let day = calendar.day_at(before.created_at).or_else(|| calendar.day_at(now));
        let Some(day) = day else { continue };
        let subject = before.user.as_ref().map(|user| pseudonyms.of(user));
        let scopes = match (&before.user, subject) {
            (Some(user), Some(subject)) => scopes(user, subject, before.tenant(), &before.account),
            _ => vec![Scope::Account(before.account.clone())],
        };
        if let (Some(owner), Some(subject)) = (before.owner, subject) {
            people::name(&whole, owner, &subject.to_string())?;
        }
        let subject = subject.map(|subject| subject.to_string()).unwrap_or_default();
        let counted = Counted { subject, scopes: &scopes, day, unknown_cost: how.unknown_cost, at: now };
        done.objects += count(&whole, &mut totals, n, &counted)?;
        done.creates += 1;
    }
    totals.write(&whole)?;
    whole.commit()?;
    Ok(done)
}

/// Whose a create of before is.
struct Before {
    account: AccountKey,
    owner: Option<i64>,
    user: Option<EndUserId>,
    created_at: Timestamp,
}

impl Before {
    /// The tenant whose account it is; who has none is on the operator's own.
    fn tenant(&self) -> Option<&str> {
        let (name, _) = self.account.as_str().rsplit_once('/')?;
        Some(name).filter(|name| *name != "-")
    }
}

fn before(conn: &Connection, n: i64) -> Result<Option<Before>, rusqlite::Error> {
    const FIND: &str = "SELECT reservations.account, reservations.owner, reservations.created_at_ms, owners.issuer, \
        owners.subject FROM reservations LEFT JOIN owners ON owners.id = reservations.owner WHERE reservations.n = ?1";
    let mut find = conn.prepare_cached(FIND)?;
    let found = find.query_row([n], |row| {
        let (issuer, subject): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
        let user = issuer
            .zip(subject)
            .map(|(issuer, subject)| EndUserId { issuer: issuer.into(), subject: subject.into() });
        Ok(Before {
            account: AccountKey::new(text(row, 0)?),
            owner: row.get(1)?,
            user,
            created_at: time_out(row.get(2)?),
        })
    });
    found.optional()
}

/// Where an end user's usage counts.
fn scopes(user: &EndUserId, name: Pseudonym, tenant: Option<&str>, account: &AccountKey) -> Vec<Scope> {
    let is_guest = *user.issuer == *OWN_ISSUER;
    Sharing { user: name, tenant, is_guest, account }.scopes(std::iter::empty())
}

/// By the database's own key, made if there is none.
fn pseudonyms(whole: &Transaction<'_>) -> Result<Pseudonyms, rusqlite::Error> {
    match keys::key(whole, "pseudonyms")? {
        Ok(Answer::Key(key)) => Ok(Pseudonyms::new(&key)),
        _ => Err(rusqlite::Error::InvalidQuery),
    }
}
