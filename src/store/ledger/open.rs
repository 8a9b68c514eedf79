//! Opens a create: its key, its end user, its holds and its line, all or nothing.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::columns::{MEASURES, amount_in, amounts_in, measures};
use super::keys;
use super::post::{Entry, Kind, periods, write};
use super::totals::Totals;
use crate::quota::{BooksError, Limit, Opened, Opening};
use crate::store::command::{Answer, Outcome};
use crate::store::rows::{id_in, time_in};
use crate::store::write::people::{Owner, name, owner};

/// See the module. A refusal leaves nothing behind but the end user's name.
pub(in crate::store) fn open(conn: &Connection, totals: &mut Totals, opening: &Opening) -> Outcome {
    let Some(owner) = owner(conn, &opening.owner)? else {
        return refuse(BooksError::GuestGone);
    };
    if owner.erasing_since.is_some() {
        return refuse(BooksError::Erasing);
    }
    if let Some(claim) = &opening.claim
        && let Some(opened) = keys::find(conn, owner.id, claim, opening.at)?
    {
        return Ok(Ok(Answer::Opened(Box::new(Ok(opened)))));
    }
    if let Some(max_jobs) = opening.max_jobs {
        let in_flight = jobs_in_flight(conn, owner.id)?;
        if in_flight >= u64::from(max_jobs) {
            return refuse(BooksError::TooManyJobs { in_flight });
        }
    }
    if opening.trail.is_nameless && is_theme_open(conn, opening)? {
        return refuse(BooksError::ThemeOpen);
    }
    if let Some(exhausted) = exhausted(conn, totals, opening)? {
        return refuse(exhausted);
    }
    if !write_down(conn, &owner, opening)? {
        return refuse(BooksError::AlreadyReserved);
    }
    let amounts = amounts_in(&opening.amounts);
    for scope in &opening.scopes {
        let name = scope.to_string();
        for period in periods(opening.day) {
            totals.add(conn, &name, period, &amounts, &[0; MEASURES])?;
        }
    }
    Ok(Ok(Answer::Opened(Box::new(Ok(Opened::Held)))))
}

fn refuse(error: BooksError) -> Outcome {
    Ok(Ok(Answer::Opened(Box::new(Err(error)))))
}

/// Unfinished objects of an end user, and creates that have no end.
fn jobs_in_flight(conn: &Connection, owner: i64) -> Result<u64, rusqlite::Error> {
    const COUNT: &str = "SELECT (SELECT COUNT(*) FROM objects WHERE owner = ?1 AND is_finished = 0 AND lost_at_ms IS NULL) \
        + (SELECT COUNT(*) FROM reservations INDEXED BY reservations_unended \
        WHERE owner = ?1 AND look_at_ms IS NOT NULL AND state IN ('open', 'unknown'))";
    conn.prepare_cached(COUNT)?
        .query_row([owner], |row| row.get::<_, i64>(0))
        .map(|count| u64::try_from(count).unwrap_or(0))
}

fn is_theme_open(conn: &Connection, opening: &Opening) -> Result<bool, rusqlite::Error> {
    const FIND: &str = "SELECT 1 FROM open_themes WHERE account = ?1 AND tune = ?2";
    for tune in &opening.trail.tunes {
        let values = params![opening.account.as_str(), id_in(tune.get())];
        if conn.prepare_cached(FIND)?.query_row(values, |_| Ok(())).optional()?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The limit without room that lasts longest.
fn exhausted(
    conn: &Connection,
    totals: &mut Totals,
    opening: &Opening,
) -> Result<Option<BooksError>, rusqlite::Error> {
    let mut worst: Option<(&Limit, u64, u64)> = None;
    for limit in &opening.limits {
        let amount = opening.amounts.get(limit.of);
        let usage = totals.usage(conn, &limit.scope.to_string(), opening.day.period(limit.per))?;
        let (used, held) = (usage.used.get(limit.of), usage.held.get(limit.of));
        let wanted = amount_in(used).saturating_add(amount_in(held)).saturating_add(amount_in(amount));
        if amount > 0
            && wanted > amount_in(limit.limit)
            && worst.is_none_or(|(worst, ..)| worst.per < limit.per)
        {
            worst = Some((limit, used, held));
        }
    }
    Ok(worst.map(|(limit, used, held)| BooksError::Exhausted { limit: limit.clone(), used, held }))
}

/// The create's line, its first entry, its key. `false`: the id was used before.
fn write_down(conn: &Connection, owner: &Owner, opening: &Opening) -> Result<bool, rusqlite::Error> {
    const ADD: &str = concat!(
        "INSERT INTO reservations (id, request, account, owner, subject, scopes, plan, operation, tunes, title, day, \
         state, keeps_failed, created_at_ms, lease_until_ms, look_at_ms, tune_watermark, prompt_watermark, ",
        measures!("reserved_"),
        ", ",
        measures!("held_"),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'open', ?12, ?13, ?14, ?14, \
         COALESCE((SELECT MAX(id) FROM objects WHERE account = ?3 AND kind = 'tune'), 0), \
         COALESCE((SELECT MAX(id) FROM objects WHERE account = ?3 AND kind = 'prompt'), 0), \
         ?15, ?16, ?17, ?18, ?19, ?20, ?15, ?16, ?17, ?18, ?19, ?20) ON CONFLICT (id) DO NOTHING"
    );
    let amounts = amounts_in(&opening.amounts);
    let [a0, a1, a2, a3, a4, a5] = amounts;
    let scopes: Vec<String> = opening.scopes.iter().map(ToString::to_string).collect();
    let tunes: Vec<u64> = opening.trail.tunes.iter().map(|tune| tune.get()).collect();
    let [day, ..] = periods(opening.day);
    let added = conn.prepare_cached(ADD)?.execute(params![
        opening.reservation.to_string(),
        opening.request,
        opening.account.as_str(),
        owner.id,
        opening.subject.to_string(),
        serde_json::Value::from(scopes).to_string(),
        opening.plan,
        opening.operation.name(),
        serde_json::Value::from(tunes).to_string(),
        opening.trail.title,
        day,
        opening.keeps_failed,
        time_in(opening.at),
        time_in(opening.lease_until),
        a0,
        a1,
        a2,
        a3,
        a4,
        a5,
    ])?;
    if added == 0 {
        return Ok(false);
    }
    let n = conn.last_insert_rowid();
    if !opening.amounts.is_none() {
        let entry = Entry {
            kind: Kind::Reserve,
            object: None,
            held: amounts,
            used: [0; MEASURES],
            is_overrun: false,
            at: opening.at,
        };
        write(conn, n, &entry)?;
    }
    if opening.trail.is_nameless {
        const OPEN_THEME: &str = "INSERT INTO open_themes (account, tune, reservation) VALUES (?1, ?2, ?3) \
            ON CONFLICT DO NOTHING";
        for tune in &opening.trail.tunes {
            let values = params![opening.account.as_str(), id_in(tune.get()), n];
            conn.prepare_cached(OPEN_THEME)?.execute(values)?;
        }
    }
    if let Some(claim) = &opening.claim {
        keys::claim(conn, owner.id, n, claim)?;
    }
    if !owner.is_named {
        name(conn, owner.id, &opening.subject.to_string())?;
    }
    Ok(true)
}
