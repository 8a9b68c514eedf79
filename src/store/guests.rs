//! [`Guests`] by way of the writer and the readers: guests begin, become end users, and are forgotten.

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::Store;
use super::command::{Answer, Command, Outcome};
use super::index::answer;
use super::ledger::{HandOver, Totals, is_beyond, move_creates, move_use};
use super::rows::{id_in, kind_out, number_out, text, time_in, time_out};
use super::write::people::{self, Owner};
use crate::clock::Timestamp;
use crate::events::EventKind;
use crate::guests::{
    Begun, COUNTED, Caps, Claim, Claimed, Forgotten, GuestId, GuestState, Guests, Moved, NetworkKey,
};
use crate::ids::TuneId;
use crate::ownership::{AccountKey, IndexError, ObjectId};
use crate::principal::{EndUserId, OWN_ISSUER};

/// Rows of each kind that one command forgets: what others write waits for it.
const MAX_FORGOTTEN: usize = 500;

/// A beginning.
pub(super) struct Beginning {
    pub(super) guest: GuestId,
    pub(super) network: NetworkKey,
    pub(super) caps: Caps,
    pub(super) at: Timestamp,
}

pub(super) fn begin(conn: &Connection, beginning: &Beginning) -> Outcome {
    // The one whose day must be over before there is room.
    const OF_NETWORK: &str = "SELECT began_at_ms FROM guests WHERE network = ?1 AND began_at_ms > ?2 \
        ORDER BY began_at_ms DESC LIMIT 1 OFFSET ?3";
    const OF_ALL: &str = "SELECT began_at_ms FROM guests WHERE began_at_ms > ?1 \
        ORDER BY began_at_ms DESC LIMIT 1 OFFSET ?2";
    const BEGIN: &str = "INSERT INTO guests (subject, began_at_ms, network) VALUES (?1, ?2, ?3) \
        ON CONFLICT (subject) DO NOTHING";
    let Beginning { guest, network, caps, at } = beginning;
    let begun = |begun| Ok(Ok(Answer::Begun(begun)));
    let since = time_in(at.minus(COUNTED));
    let (network, again) = (network.as_bytes(), |began: i64| time_out(began).plus(COUNTED));
    let Some(offset) = caps.per_network.checked_sub(1) else {
        return begun(Begun::NetworkFull { again_at: at.plus(COUNTED) });
    };
    let values = params![network, since, offset];
    if let Some(began) = conn.prepare_cached(OF_NETWORK)?.query_row(values, |row| row.get(0)).optional()? {
        return begun(Begun::NetworkFull { again_at: again(began) });
    }
    let Some(offset) = caps.in_all.checked_sub(1) else {
        return begun(Begun::Full { again_at: at.plus(COUNTED) });
    };
    let values = params![since, offset];
    if let Some(began) = conn.prepare_cached(OF_ALL)?.query_row(values, |row| row.get(0)).optional()? {
        return begun(Begun::Full { again_at: again(began) });
    }
    let added = conn.prepare_cached(BEGIN)?.execute(params![guest.subject(), time_in(*at), network])?;
    if added == 0 {
        return Ok(Err(IndexError::Conflict));
    }
    begun(Begun::Begun)
}

/// How a guest stands.
pub(super) fn state(conn: &Connection, guest: GuestId) -> Result<GuestState, rusqlite::Error> {
    const FIND: &str = "SELECT ended_at_ms IS NOT NULL, is_claimed FROM guests WHERE subject = ?1";
    let found = conn.prepare_cached(FIND)?.query_row([guest.subject()], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(match found.optional()? {
        Some((false, _)) => GuestState::Alive,
        Some((true, true)) => GuestState::Claimed,
        Some((true, false)) | None => GuestState::Gone,
    })
}

/// From here on a guest is nobody; whoever is none is left alone.
pub(super) fn end(
    conn: &Connection,
    who: &EndUserId,
    is_claimed: bool,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    const END: &str =
        "UPDATE guests SET ended_at_ms = ?2, is_claimed = ?3 WHERE subject = ?1 AND ended_at_ms IS NULL";
    if let Some(guest) = GuestId::of(who) {
        conn.prepare_cached(END)?.execute(params![guest.subject(), time_in(at), is_claimed])?;
    }
    Ok(())
}

pub(super) fn claim(conn: &Connection, totals: &mut Totals, claim: &Claim) -> Outcome {
    let claimed = |claimed| Ok(Ok(Answer::Claimed(claimed)));
    match state(conn, claim.guest)? {
        GuestState::Alive => {}
        GuestState::Claimed => return claimed(Claimed::Already),
        GuestState::Gone => return claimed(Claimed::Nothing),
    }
    let guest = claim.guest.end_user();
    // A block is not shaken off by signing up, and no guest becomes a guest.
    if is_blocked(conn, claim)? || *claim.end_user.issuer == *OWN_ISSUER {
        return claimed(Claimed::Nothing);
    }
    let user = people::find_owner(conn, &claim.end_user)?;
    if user.is_some_and(|user| user.erasing_since.is_some()) {
        return Ok(Err(IndexError::Erasing));
    }
    let mut moved = Moved::default();
    if let Some(from) = people::find_owner(conn, &guest)? {
        let Some(to) = people::owner(conn, &claim.end_user)? else { return claimed(Claimed::Nothing) };
        moved = hand_over(conn, totals, claim, &from, &to)?;
    }
    end(conn, &guest, true, claim.at)?;
    claimed(Claimed::Moved(moved))
}

fn is_blocked(conn: &Connection, claim: &Claim) -> Result<bool, rusqlite::Error> {
    const BLOCKED: &str =
        "SELECT EXISTS (SELECT 1 FROM overrides WHERE pseudonym = ?1 AND blocked_at_ms IS NOT NULL)";
    conn.prepare_cached(BLOCKED)?.query_row([claim.guest_subject.to_string()], |row| row.get(0))
}

/// Everything that has the guest's row as its owner; then that row goes.
fn hand_over(
    conn: &Connection,
    totals: &mut Totals,
    claim: &Claim,
    from: &Owner,
    to: &Owner,
) -> Result<Moved, rusqlite::Error> {
    const NOTE: &str = "INSERT INTO moves (at_ms, guest, end_user, objects, reservations, is_overrun) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let over =
        HandOver { from: from.id, from_subject: claim.guest_subject, to: to.id, to_subject: claim.subject };
    let moving = move_use(conn, totals, &over)?;
    let is_overrun = moving.count() > 0 && is_beyond(conn, totals, &over, &claim.limits, claim.day)?;
    let objects = objects(conn, from.id)?;
    let moved = Moved { objects: objects.len() as u64, reservations: moving.count() as u64, is_overrun };
    conn.prepare_cached(NOTE)?.execute(params![
        time_in(claim.at),
        claim.guest_subject.to_string(),
        claim.subject.to_string(),
        i64::try_from(moved.objects).unwrap_or(i64::MAX),
        i64::try_from(moved.reservations).unwrap_or(i64::MAX),
        is_overrun,
    ])?;
    move_creates(conn, &over, &moving, conn.last_insert_rowid())?;
    conn.prepare_cached("UPDATE objects SET owner = ?2 WHERE owner = ?1")?.execute([from.id, to.id])?;
    move_events(conn, from.id, to.id)?;
    people::name(conn, to.id, &claim.subject.to_string())?;
    // Whoever listens to the end user's events learns of what they have now.
    for object in objects.iter().filter(|object| !object.is_expired) {
        let what = (object.object, object.tune);
        super::events::tell(conn, &object.account, to.id, what, EventKind::Updated, claim.at)?;
    }
    conn.prepare_cached("DELETE FROM owners WHERE id = ?1")?.execute([from.id])?;
    Ok(moved)
}

/// An object that moves.
struct Object {
    account: AccountKey,
    object: ObjectId,
    tune: Option<TuneId>,
    is_expired: bool,
}

fn objects(conn: &Connection, owner: i64) -> Result<Vec<Object>, rusqlite::Error> {
    const ALL: &str = "SELECT account, kind, id, tune, expired_at_ms IS NOT NULL FROM objects \
        WHERE owner = ?1 ORDER BY account, kind DESC, id";
    let mut all = conn.prepare_cached(ALL)?;
    let all = all.query_map([owner], |row| {
        let tune: Option<i64> = row.get(3)?;
        Ok(Object {
            account: AccountKey::new(text(row, 0)?),
            object: ObjectId { kind: kind_out(text(row, 1)?)?, id: number_out(row.get(2)?) },
            tune: tune.map(|tune| TuneId::from_u64(number_out(tune))),
            is_expired: row.get(4)?,
        })
    })?;
    all.collect()
}

/// The guest's events come after the end user's own, in their order; notifications that wait are told of the end user.
/// Nothing is written anew, so no endpoint is told of one event twice.
fn move_events(conn: &Connection, from: i64, to: i64) -> Result<(), rusqlite::Error> {
    const LAST: &str = "SELECT last_event FROM owners WHERE id = ?1";
    let last = |owner: i64| conn.prepare_cached(LAST)?.query_row([owner], |row| row.get::<_, i64>(0));
    let (before, more) = (last(to)?, last(from)?);
    for shift in [
        "UPDATE events SET owner = ?2, n = n + ?3 WHERE owner = ?1",
        "UPDATE outbox SET owner = ?2, n = n + ?3 WHERE owner = ?1",
    ] {
        conn.prepare_cached(shift)?.execute(params![from, to, before])?;
    }
    conn.prepare_cached("UPDATE owners SET last_event = ?2 WHERE id = ?1")?
        .execute(params![to, before.saturating_add(more)])?;
    // What the guest's tickets opened was the guest's.
    conn.prepare_cached("DELETE FROM event_streams WHERE owner = ?1")?.execute([from])?;
    Ok(())
}

pub(super) fn forget(conn: &Connection, before: Timestamp, at: Timestamp) -> Outcome {
    const NETWORKS: &str = "UPDATE guests SET network = NULL WHERE subject IN (SELECT subject FROM guests \
        INDEXED BY guests_with_network WHERE network IS NOT NULL AND began_at_ms <= ?1 LIMIT ?2)";
    const OLD: &str = "SELECT subject FROM guests INDEXED BY guests_unended \
        WHERE ended_at_ms IS NULL AND began_at_ms < ?1 ORDER BY began_at_ms LIMIT ?2";
    const ERASE: &str = "UPDATE owners SET erasing_since_ms = ?3 \
        WHERE issuer = ?1 AND subject = ?2 AND erasing_since_ms IS NULL";
    // Of those that are being erased the name is needed until nothing is left.
    const FORGET: &str = "DELETE FROM guests WHERE subject IN (SELECT subject FROM guests \
        INDEXED BY guests_began WHERE began_at_ms < ?1 AND ended_at_ms IS NOT NULL \
        AND NOT EXISTS (SELECT 1 FROM owners WHERE issuer = ?2 AND owners.subject = guests.subject) LIMIT ?3)";
    let limit = id_in(MAX_FORGOTTEN as u64);
    let networks = conn.prepare_cached(NETWORKS)?.execute(params![time_in(at.minus(COUNTED)), limit])?;
    let old = conn
        .prepare_cached(OLD)?
        .query_map(params![time_in(before), limit], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut erasing = 0;
    for subject in &old {
        let values = params![OWN_ISSUER, subject, time_in(at)];
        erasing += conn.prepare_cached(ERASE)?.execute(values)? as u64;
        end(conn, &EndUserId { issuer: OWN_ISSUER.into(), subject: subject.as_str().into() }, false, at)?;
    }
    let forgotten = conn.prepare_cached(FORGET)?.execute(params![time_in(before), OWN_ISSUER, limit])?;
    let is_more = [networks, old.len(), forgotten].contains(&MAX_FORGOTTEN);
    Ok(Ok(Answer::ForgotGuests(Forgotten { forgotten: forgotten as u64, erasing, is_more })))
}

impl Guests for Store {
    fn begin_guest(
        &self,
        guest: GuestId,
        network: NetworkKey,
        caps: Caps,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Begun, IndexError>> {
        let command = Command::BeginGuest(Box::new(Beginning { guest, network, caps, at }));
        Box::pin(async move { answer!(self, command, Answer::Begun(begun) => begun) })
    }

    fn find_guest(&self, guest: GuestId) -> BoxFuture<'_, Result<GuestState, IndexError>> {
        Box::pin(self.read("find_guest", move |conn| state(conn, guest)))
    }

    fn claim_guest(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, IndexError>> {
        let command = Command::ClaimGuest(Box::new(claim));
        Box::pin(async move {
            let claimed = answer!(self, command, Answer::Claimed(claimed) => claimed)?;
            if matches!(claimed, Claimed::Moved(Moved { is_overrun: true, .. })) {
                self.observer.overrun();
            }
            Ok(claimed)
        })
    }

    fn forget_guests(
        &self,
        before: Timestamp,
        at: Timestamp,
    ) -> BoxFuture<'_, Result<Forgotten, IndexError>> {
        let command = Command::ForgetGuests { before, at };
        Box::pin(async move { answer!(self, command, Answer::ForgotGuests(forgotten) => forgotten) })
    }
}
