//! Closes a create: what it made gets its owner and its price, the rest of the hold is given back, and the key its reply.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::charge::{charge, close_theme, reverse, take_prices_back};
use super::columns::{MEASURES, amounts_in, each, negative};
use super::create::{CreateRow, find};
use super::keys;
use super::post::{Entry, Kind, Postings, release};
use super::totals::Totals;
use crate::clock::Timestamp;
use crate::ids::TuneId;
use crate::ownership::{IndexError, ObjectId, Seen};
use crate::quota::{Amounts, BooksError, Closed, Closing, CreateState, Ending};
use crate::store::command::{Answer, Outcome};
use crate::store::rows::{id_in, time_in};
use crate::store::write::objects::{named_owner, tunes_first};
use crate::store::write::upsert::{Known, is_free, known, upsert};
use crate::store::{events, inbox};

/// See the module.
pub(in crate::store) fn close(conn: &Connection, totals: &mut Totals, closing: &Closing) -> Outcome {
    let Some(mut create) = find(conn, closing.reservation)? else {
        // Opened nowhere.
        return Ok(Err(IndexError::Unavailable));
    };
    // What was made in part can be completed, or presumed.
    let completes = create.state == CreateState::Made
        && create.look_at.is_some()
        && matches!(closing.ending, Ending::Made { .. } | Ending::Presumed);
    if matches!(create.state, CreateState::Made | CreateState::Nothing) && !completes {
        answer_late(conn, &mut create, closing)?;
        return closed(Closed { is_repeat: create.is_repeat, was_ended: true, ..Closed::default() });
    }
    let recorded = known(conn, &create.account, &closing.objects)?;
    if is_conflict(conn, &create, &closing.objects, &recorded, closing)? {
        if create.state == CreateState::Open {
            leave_unknown(&mut create, closing);
            create.save(conn)?;
        }
        return Ok(Ok(Answer::Closed(Err(BooksError::Conflict))));
    }
    let mut postings = Postings::default();
    let mut done = Closed { is_repeat: create.is_repeat, ..Closed::default() };
    match closing.ending {
        Ending::Unknown => {
            await_lost(conn, &create, closing.awaits_until)?;
            if create.state != CreateState::Presumed {
                leave_unknown(&mut create, closing);
            }
        }
        Ending::Presumed => presume(conn, &mut create, &mut postings, closing)?,
        Ending::Nothing => {
            if create.state == CreateState::Presumed {
                reverse(conn, &mut create, &mut postings, closing.at)?;
            }
            release(conn, &mut create, &mut postings, closing.at)?;
            end(conn, &mut create, CreateState::Nothing, closing)?;
            match &closing.reply {
                Some(reply) => keys::answer(conn, create.n, reply)?,
                None => keys::free(conn, create.n)?,
            }
        }
        Ending::Made { is_complete, is_price_whole } => {
            if create.state == CreateState::Presumed {
                reverse(conn, &mut create, &mut postings, closing.at)?;
            }
            // What this create's own callback made known meanwhile is not a repeat.
            let (name, created_at) = (create.id.to_string(), create.created_at);
            let is_old = |seen: &Seen| {
                recorded.get(&seen.object).is_some_and(|known| {
                    known.reservation.as_deref() != Some(&*name) && known.known_at <= created_at
                })
            };
            if !completes {
                done.is_repeat = !closing.objects.is_empty() && closing.objects.iter().all(is_old);
            }
            own(conn, &create, &recorded, closing)?;
            if !done.is_repeat {
                // Told again, what was spent beside objects is not booked again.
                let is_first = !std::mem::replace(&mut create.is_settled, true);
                if is_first && is_price_whole {
                    create.is_price_whole = true;
                    take_prices_back(conn, &mut create, &mut postings, closing.at)?;
                }
                if is_first && !closing.beside.is_none() {
                    done.is_overrun =
                        settle_beside(conn, &mut create, &mut postings, &closing.beside, closing.at)?;
                }
                let new = tunes_first(&closing.objects).filter(|seen| !is_old(seen));
                done.is_overrun |= book(conn, &mut create, &mut postings, new, closing.at)?;
            }
            create.is_repeat = done.is_repeat;
            if let Some(reply) = &closing.reply {
                keys::answer(conn, create.n, reply)?;
            }
            if is_complete || done.is_repeat || create.is_all_there() {
                release(conn, &mut create, &mut postings, closing.at)?;
                end(conn, &mut create, CreateState::Made, closing)?;
            } else {
                create.state = CreateState::Made;
                create.ended_at = create.ended_at.or(Some(closing.at));
                create.look_at = Some(closing.look_at);
            }
        }
    }
    for tune in &closing.awaits {
        await_prompts(conn, &create, *tune, closing.awaits_until)?;
    }
    if !closing.objects.is_empty() {
        inbox::after_reply(conn, create.id, closing.at)?;
    }
    create.save(conn)?;
    postings.flush(conn, totals, &create)?;
    for (scope, period) in &closing.report {
        done.usage.push(totals.usage(conn, &scope.to_string(), *period)?);
    }
    closed(done)
}

fn closed(done: Closed) -> Outcome {
    Ok(Ok(Answer::Closed(Ok(done))))
}

/// A create that has its end already may still owe its key a reply.
fn answer_late(conn: &Connection, create: &mut CreateRow, closing: &Closing) -> Result<(), rusqlite::Error> {
    if let Some(reply) = &closing.reply {
        keys::answer(conn, create.n, reply)?;
    }
    Ok(())
}

/// An object is somebody else's, or names somebody else's create.
fn is_conflict(
    conn: &Connection,
    create: &CreateRow,
    objects: &[Seen],
    recorded: &HashMap<ObjectId, Known>,
    closing: &Closing,
) -> Result<bool, rusqlite::Error> {
    if recorded.values().any(|known| Some(known.owner) != create.owner) {
        return Ok(true);
    }
    for seen in objects {
        if id_in(seen.object.id).is_none() {
            return Ok(true);
        }
        if seen.reservation.is_some_and(|named| named != closing.reservation) {
            let named = named_owner(conn, &create.account, seen)?;
            if named.is_some_and(|(owner, _)| Some(owner) != create.owner) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Records whose the objects are.
fn own(
    conn: &Connection,
    create: &CreateRow,
    recorded: &HashMap<ObjectId, Known>,
    closing: &Closing,
) -> Result<(), rusqlite::Error> {
    let Some(owner) = create.owner else { return Ok(()) };
    for seen in tunes_first(&closing.objects) {
        // Mostly it names this create, or none.
        let named = match seen.reservation {
            Some(named) if named != closing.reservation => named_owner(conn, &create.account, seen)?,
            _ => None,
        };
        let made_by = named.map_or(closing.reservation, |(_, named)| named);
        upsert(conn, &create.account, owner, seen, seen.tune, Some(made_by), closing.at)?;
        if let Some(kind) = events::change(recorded.get(&seen.object), seen) {
            events::tell(conn, &create.account, owner, (seen.object, seen.tune), kind, closing.at)?;
        }
    }
    Ok(())
}

/// Books the objects. `true`: more than was reserved.
fn book<'a>(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    objects: impl Iterator<Item = &'a Seen>,
    at: Timestamp,
) -> Result<bool, rusqlite::Error> {
    let mut is_overrun = false;
    for seen in objects {
        // An object that names another create of the same owner is that one's.
        if seen.reservation.is_some_and(|named| named != create.id) && find_named(conn, create, seen)? {
            continue;
        }
        // Nothing for a job that has not ended says nothing, unless it is free.
        let is_free = seen.counts.cost_mc == Some(0) && is_free(conn, &create.account, seen)?;
        is_overrun |= charge(conn, create, postings, seen, is_free, at)?;
    }
    Ok(is_overrun)
}

fn find_named(conn: &Connection, create: &CreateRow, seen: &Seen) -> Result<bool, rusqlite::Error> {
    Ok(named_owner(conn, &create.account, seen)?.is_some())
}

fn settle_beside(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    amounts: &Amounts,
    at: Timestamp,
) -> Result<bool, rusqlite::Error> {
    let taken = amounts.at_most(&create.held());
    let is_overrun = amounts.exceeds(&create.held());
    let held = each(&[0; MEASURES], &amounts_in(&taken), |a, b| a - b);
    let used = amounts_in(amounts);
    let entry = Entry { kind: Kind::Settle, object: None, held, used, is_overrun, at };
    postings.post(conn, create, &entry)?;
    Ok(is_overrun && create.day.is_some())
}

/// What is held counts as spent, until somebody finds out.
fn presume(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    closing: &Closing,
) -> Result<(), rusqlite::Error> {
    let presumed = create.held;
    let entry = Entry {
        kind: Kind::Presume,
        object: None,
        held: negative(&presumed),
        used: presumed,
        is_overrun: false,
        at: closing.at,
    };
    postings.post(conn, create, &entry)?;
    create.presumed = each(&create.presumed, &presumed, |a, b| a + b);
    create.state = CreateState::Presumed;
    create.look_at = Some(closing.look_at);
    Ok(())
}

fn leave_unknown(create: &mut CreateRow, closing: &Closing) {
    create.state = CreateState::Unknown;
    create.ended_at = create.ended_at.or(Some(closing.at));
    create.look_at = Some(closing.look_at);
}

/// Nothing more is expected of it.
fn end(
    conn: &Connection,
    create: &mut CreateRow,
    state: CreateState,
    closing: &Closing,
) -> Result<(), rusqlite::Error> {
    create.state = state;
    create.ended_at = create.ended_at.or(Some(closing.at));
    create.look_at = None;
    close_theme(conn, create)
}

/// Where prompts of a create may turn up whose reply nobody saw.
pub(super) fn await_lost(
    conn: &Connection,
    create: &CreateRow,
    until: Timestamp,
) -> Result<(), rusqlite::Error> {
    create.tunes.iter().try_for_each(|tune| await_prompts(conn, create, *tune, until))
}

/// Only on a tune of the same owner; a later end stands.
fn await_prompts(
    conn: &Connection,
    create: &CreateRow,
    tune: TuneId,
    until: Timestamp,
) -> Result<(), rusqlite::Error> {
    const NOTE: &str = "UPDATE objects SET awaits_until_ms = \
        CASE WHEN awaits_until_ms > ?4 THEN awaits_until_ms ELSE ?4 END \
        WHERE id = ?2 AND kind = 'tune' AND account = ?1 AND owner = ?3";
    let Some(id) = id_in(tune.get()) else { return Ok(()) };
    conn.prepare_cached(NOTE)?.execute(params![create.account.as_str(), id, create.owner, time_in(until)])?;
    Ok(())
}
