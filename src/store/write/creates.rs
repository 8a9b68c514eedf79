//! Creates: written before they are called, and ended with what they made.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::objects::{named_owner, tunes_first};
use super::people::owner;
use super::upsert::{known, upsert};
use crate::clock::Timestamp;
use crate::ids::TuneId;
use crate::operation::Operation;
use crate::ownership::{Abandoned, AccountKey, Concluded, Conclusion, Ending, IndexError};
use crate::store::command::{Answer, Begin, Outcome};
use crate::store::rows::{id_in, number_out, text, time_in, time_out};

pub(in crate::store) fn begin(conn: &Connection, begin: &Begin) -> Outcome {
    let owner = owner(conn, &begin.owner)?;
    if owner.erasing_since.is_some() {
        return Ok(Err(IndexError::Erasing));
    }
    let add = "INSERT INTO reservations \
               (id, account, owner, operation, tune, title, state, created_at_ms, watermark) \
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7, \
               COALESCE((SELECT MAX(id) FROM objects WHERE account = ?2 AND kind = 'tune'), 0)";
    conn.prepare_cached(add)?.execute(params![
        begin.reservation.to_string(),
        begin.account.as_str(),
        owner.id,
        begin.operation.name(),
        begin.tune.and_then(|tune| id_in(tune.get())),
        begin.title,
        time_in(begin.at),
    ])?;
    Ok(Ok(Answer::Done))
}

/// A create as it is recorded.
struct Create {
    account: AccountKey,
    owner: i64,
    /// The first tune that it names.
    tune: Option<TuneId>,
    /// It may name more than one.
    has_tunes: bool,
    /// All that it names were recorded before it.
    watermark: i64,
    /// Ended for good: made, or nothing.
    is_ended: bool,
    is_repeat: bool,
    created_at: Timestamp,
}

pub(in crate::store) fn conclude(conn: &Connection, conclusion: &Conclusion) -> Outcome {
    let reservation = conclusion.reservation.to_string();
    let Some(create) = find(conn, &reservation)? else {
        // Begun nowhere, or forgotten: nobody knows for whom.
        return Ok(Err(IndexError::Unavailable));
    };
    if create.is_ended {
        return Ok(Ok(Answer::Concluded(Concluded { is_repeat: create.is_repeat })));
    }
    let recorded = known(conn, &create.account, &conclusion.objects)?;
    let mut is_conflict = recorded.values().any(|known| known.owner != create.owner);
    for seen in &conclusion.objects {
        is_conflict |= id_in(seen.object.id).is_none();
        if seen.reservation.is_some_and(|named| named != conclusion.reservation) {
            let named = named_owner(conn, &create.account, seen)?;
            is_conflict |= named.is_some_and(|(owner, _)| owner != create.owner);
        }
    }
    if is_conflict {
        end(conn, &reservation, Ending::Unknown, false, conclusion.at)?;
        return Ok(Err(IndexError::Conflict));
    }
    // What this create's own callback made known meanwhile is not a repeat.
    let is_repeat = !conclusion.objects.is_empty()
        && conclusion.objects.iter().all(|seen| {
            recorded.get(&seen.object).is_some_and(|known| {
                known.reservation.as_ref() != Some(&reservation) && known.known_at <= create.created_at
            })
        });
    for seen in tunes_first(&conclusion.objects) {
        // Mostly it names this create, or none.
        let named = match seen.reservation {
            Some(named) if named != conclusion.reservation => named_owner(conn, &create.account, seen)?,
            _ => None,
        };
        let made_by = named.map_or(conclusion.reservation, |(_, named)| named);
        upsert(conn, &create.account, create.owner, seen, seen.tune, Some(made_by), conclusion.at)?;
    }
    for tune in &conclusion.awaits {
        await_prompts(conn, &create, *tune, conclusion.awaits_until)?;
    }
    if conclusion.ending == Ending::Unknown {
        await_lost(conn, &create, conclusion.awaits_until)?;
    }
    end(conn, &reservation, conclusion.ending, is_repeat, conclusion.at)?;
    Ok(Ok(Answer::Concluded(Concluded { is_repeat })))
}

/// Creates that have no end and are old enough.
pub(in crate::store) const OPEN: &str =
    "SELECT id, created_at_ms FROM reservations WHERE state = 'open' AND created_at_ms < ?1";

pub(in crate::store) fn abandon(conn: &Connection, which: &Abandoned) -> Outcome {
    let last = which.awaited_before.max(which.ended_before);
    let mut open = conn.prepare_cached(OPEN)?;
    let open =
        open.query_map([time_in(last)], |row| Ok((row.get::<_, String>(0)?, time_out(row.get(1)?))))?;
    // All of them first: they are changed below.
    let open = open.collect::<Result<Vec<_>, _>>()?;
    let mut ended = 0;
    for (id, begun) in open {
        let Some(create) = find(conn, &id)? else { continue };
        await_lost(conn, &create, which.awaits_until)?;
        if begun < which.ended_before {
            end(conn, &id, Ending::Unknown, false, which.at)?;
            ended += 1;
        }
    }
    Ok(Ok(Answer::Ended(ended)))
}

fn find(conn: &Connection, reservation: &str) -> Result<Option<Create>, rusqlite::Error> {
    let find = "SELECT account, owner, state, is_repeat, created_at_ms, operation, tune, watermark \
                FROM reservations WHERE id = ?1";
    let several = [Operation::CreateTheme, Operation::RunPack].map(Operation::name);
    let mut find = conn.prepare_cached(find)?;
    let found = find.query_row([reservation], |row| {
        Ok(Create {
            account: AccountKey::new(text(row, 0)?),
            owner: row.get(1)?,
            tune: row.get::<_, Option<i64>>(6)?.map(|tune| TuneId::from_u64(number_out(tune))),
            has_tunes: several.contains(&text(row, 5)?),
            watermark: row.get(7)?,
            is_ended: matches!(text(row, 2)?, "made" | "nothing"),
            is_repeat: row.get(3)?,
            created_at: time_out(row.get(4)?),
        })
    });
    found.optional()
}

fn end(
    conn: &Connection,
    reservation: &str,
    ending: Ending,
    is_repeat: bool,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    let state = match ending {
        Ending::Made => "made",
        Ending::Nothing => "nothing",
        Ending::Unknown => "unknown",
    };
    let end = "UPDATE reservations SET state = ?2, is_repeat = ?3, ended_at_ms = ?4 WHERE id = ?1";
    conn.prepare_cached(end)?.execute(params![reservation, state, is_repeat, time_in(at)])?;
    Ok(())
}

/// Where prompts of a create may turn up whose reply nobody saw. Of those that name several tunes only the first is
/// recorded, so all are looked through that the owner had then.
fn await_lost(conn: &Connection, create: &Create, until: Timestamp) -> Result<(), rusqlite::Error> {
    let Some(tune) = create.tune else { return Ok(()) };
    if !create.has_tunes {
        return await_prompts(conn, create, tune, until);
    }
    let note = "UPDATE objects SET awaits_until_ms = \
                CASE WHEN awaits_until_ms > ?4 THEN awaits_until_ms ELSE ?4 END \
                WHERE owner = ?3 AND account = ?1 AND kind = 'tune' AND id <= ?2";
    let values = params![create.account.as_str(), create.watermark, create.owner, time_in(until)];
    conn.prepare_cached(note)?.execute(values)?;
    Ok(())
}

/// Only on a tune of the same owner; a later end stands.
fn await_prompts(
    conn: &Connection,
    create: &Create,
    tune: TuneId,
    until: Timestamp,
) -> Result<(), rusqlite::Error> {
    let Some(id) = id_in(tune.get()) else { return Ok(()) };
    let note = "UPDATE objects SET awaits_until_ms = \
                CASE WHEN awaits_until_ms > ?4 THEN awaits_until_ms ELSE ?4 END \
                WHERE id = ?2 AND kind = 'tune' AND account = ?1 AND owner = ?3";
    let values = params![create.account.as_str(), id, create.owner, time_in(until)];
    conn.prepare_cached(note)?.execute(values)?;
    Ok(())
}
