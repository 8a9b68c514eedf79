//! Callbacks that came: each makes its objects due, and those that come before their objects are remembered.

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::Store;
use super::command::{Answer, Command, Outcome};
use super::index::answer;
use super::ledger::find;
use super::rows::{id_in, number_out, time_in};
use crate::callback::{Callback, Inbox, Received};
use crate::clock::Timestamp;
use crate::ids::ReservationId;
use crate::ownership::{AccountKey, IndexError, ObjectId};
use crate::quota::CreateState;

/// What is due because somebody said so comes before all that is due because of its age, and in the order in which it
/// was said: so many milliseconds before its time. (1970 is less than that long ago, so no other time is below zero.)
const AHEAD_MS: i64 = 100_000_000_000_000;

/// When an object is due that a callback told of at this moment.
pub(super) fn at_once(at: Timestamp) -> i64 {
    time_in(at).saturating_sub(AHEAD_MS)
}

/// Whether something is due because a callback told of it.
pub(super) const fn is_told(look_at_ms: i64) -> bool {
    look_at_ms < 0
}

pub(super) fn receive(conn: &Connection, callback: &Callback) -> Outcome {
    Ok(Ok(Answer::Received(note(conn, callback)?)))
}

fn note(conn: &Connection, callback: &Callback) -> Result<Received, rusqlite::Error> {
    let Callback { token, objects, at } = callback;
    let Some(create) = find(conn, token.reservation)? else { return Ok(Received::Unknown) };
    let name = token.reservation.to_string();
    let is_awaited = create.is_awaited();
    if !objects.is_empty() && !names_its_own(conn, &create.account, token.reservation, objects, is_awaited)? {
        return Ok(Received::WrongObject);
    }
    const NOTE: &str = "INSERT INTO inbox (reservation, slot, received_at_ms) VALUES (?1, ?2, ?3) \
        ON CONFLICT (reservation, slot) DO UPDATE SET times = times + 1, received_at_ms = excluded.received_at_ms";
    conn.prepare_cached(NOTE)?.execute(params![name, token.slot.to_string(), time_in(*at)])?;
    let due = make_due(conn, token.reservation, *at)?;
    if create.state == CreateState::Open {
        return Ok(Received::Early);
    }
    if is_awaited {
        // What it made is looked for: it may be what the callback tells of.
        const SOON: &str = "UPDATE reservations SET look_at_ms = MIN(look_at_ms, ?2) WHERE id = ?1 AND look_at_ms IS NOT NULL";
        conn.prepare_cached(SOON)?.execute(params![name, time_in(*at)])?;
    }
    Ok(match (due, is_awaited) {
        (0, true) => Received::Early,
        (0, false) => Received::Repeated,
        _ => Received::Due,
    })
}

/// Lets everything unfinished of a create be looked at, those first that were told of first. Gives how many.
fn make_due(conn: &Connection, reservation: ReservationId, at: Timestamp) -> Result<usize, rusqlite::Error> {
    const DUE: &str = "UPDATE objects SET look_at_ms = ?2, looks = 0 \
        WHERE reservation = ?1 AND is_finished = 0 AND lost_at_ms IS NULL AND expired_at_ms IS NULL";
    conn.prepare_cached(DUE)?.execute(params![reservation.to_string(), at_once(at)])
}

/// The reply of a create is there: callbacks that came before it count from now on.
pub(super) fn after_reply(
    conn: &Connection,
    reservation: ReservationId,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    const CAME: &str = "SELECT EXISTS (SELECT 1 FROM inbox WHERE reservation = ?1)";
    if conn.prepare_cached(CAME)?.query_row([reservation.to_string()], |row| row.get(0))? {
        make_due(conn, reservation, at)?;
    }
    Ok(())
}

/// Whether one of the objects is the create's, or may turn out to be.
fn names_its_own(
    conn: &Connection,
    account: &AccountKey,
    reservation: ReservationId,
    objects: &[ObjectId],
    is_awaited: bool,
) -> Result<bool, rusqlite::Error> {
    const FIND: &str = "SELECT reservation FROM objects WHERE id = ?1 AND kind = ?2 AND account = ?3";
    let name = reservation.to_string();
    for object in objects {
        let values = params![id_in(object.id), object.kind.name(), account.as_str()];
        let made_by: Option<Option<String>> =
            conn.prepare_cached(FIND)?.query_row(values, |row| row.get(0)).optional()?;
        let is_own = match made_by {
            None => is_awaited,
            Some(made_by) => made_by.as_deref() == Some(&*name),
        };
        if is_own {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn forget(conn: &Connection, before: Timestamp) -> Outcome {
    const FORGET: &str = "DELETE FROM inbox WHERE received_at_ms < ?1";
    let gone = conn.prepare_cached(FORGET)?.execute([time_in(before)])?;
    Ok(Ok(Answer::Ended(number_out(i64::try_from(gone).unwrap_or(i64::MAX)))))
}

impl Inbox for Store {
    fn receive(&self, callback: Callback) -> BoxFuture<'_, Result<Received, IndexError>> {
        let command = Command::Receive(Box::new(callback));
        Box::pin(async move { answer!(self, command, Answer::Received(received) => received) })
    }

    fn forget_callbacks(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, IndexError>> {
        let command = Command::ForgetCallbacks(before);
        Box::pin(async move { answer!(self, command, Answer::Ended(gone) => gone) })
    }
}
