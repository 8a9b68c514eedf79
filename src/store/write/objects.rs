//! Objects that were seen at Astria, and whose they are.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::people::owner;
use super::upsert::{is_free, known, reservation_owner, upsert};
use crate::clock::Timestamp;
use crate::ids::{ReservationId, TuneId};
use crate::ownership::{AccountKey, IndexError, ObjectId, ObjectKind, Seen, Sighting};
use crate::principal::EndUserId;
use crate::store::command::{Answer, Outcome};
use crate::store::events;
use crate::store::ledger::{Totals, charge_seen};
use crate::store::rows::id_in;

pub(in crate::store) fn see(conn: &Connection, totals: &mut Totals, sighting: &Sighting) -> Outcome {
    let Sighting { account, objects, found_on, at } = sighting;
    let recorded = known(conn, account, objects)?;
    let finder = match found_on {
        Some(tune) => owner_of(conn, account, (*tune).into())?,
        None => None,
    };
    let (mut new, mut overruns) = (0, 0);
    for seen in tunes_first(objects) {
        if id_in(seen.object.id).is_none() {
            continue;
        }
        let named = named_owner(conn, account, seen)?;
        let is_of_tune =
            seen.object.kind == ObjectKind::Prompt && (seen.tune.is_none() || seen.tune == *found_on);
        let by_tune = finder.filter(|_| is_of_tune);
        let (owner, is_new) = match recorded.get(&seen.object) {
            Some(known) => (known.owner, false),
            None => match named.map(|(owner, _)| owner).or(by_tune) {
                Some(owner) => (owner, true),
                None => continue,
            },
        };
        let reservation = named.filter(|(named, _)| *named == owner).map(|(_, reservation)| reservation);
        let tune: Option<TuneId> = seen.tune.or(if is_of_tune { *found_on } else { None });
        upsert(conn, account, owner, seen, tune, reservation, *at)?;
        if let Some(kind) = events::change(recorded.get(&seen.object), seen) {
            events::tell(conn, account, owner, (seen.object, tune), kind, *at)?;
        }
        new += u64::from(is_new);
        if named.is_none() || reservation.is_some() {
            overruns += u64::from(book(conn, totals, account, seen, (tune, is_new), *at)?);
        }
    }
    Ok(Ok(Answer::Seen { known: new, overruns }))
}

/// Books what was seen on the create that made it. `true`: more than was reserved.
fn book(
    conn: &Connection,
    totals: &mut Totals,
    account: &AccountKey,
    seen: &Seen,
    (tune, is_new): (Option<TuneId>, bool),
    at: Timestamp,
) -> Result<bool, rusqlite::Error> {
    let is_free = is_free(conn, account, seen)?;
    let Some((made_by, is_overrun)) = charge_seen(conn, totals, account, seen, (tune, is_new, is_free), at)?
    else {
        return Ok(false);
    };
    if is_new && seen.reservation.is_none() {
        const MADE_BY: &str = "UPDATE objects SET reservation = ?4 \
            WHERE id = ?1 AND kind = ?2 AND account = ?3 AND reservation IS NULL";
        let values = params![id_in(seen.object.id), seen.object.kind.name(), account.as_str(), made_by];
        conn.prepare_cached(MADE_BY)?.execute(values)?;
    }
    Ok(is_overrun)
}

pub(in crate::store) fn import(
    conn: &Connection,
    account: &AccountKey,
    who: &EndUserId,
    objects: &[Seen],
    at: Timestamp,
) -> Outcome {
    let recorded = known(conn, account, objects)?;
    let owner = match owner(conn, who)? {
        Some(owner) if owner.erasing_since.is_none() => owner,
        _ => return Ok(Err(IndexError::Erasing)),
    };
    let is_strange = |seen: &&Seen| {
        id_in(seen.object.id).is_none()
            || recorded.get(&seen.object).is_some_and(|known| known.owner != owner.id)
    };
    if objects.iter().any(|seen| is_strange(&seen)) {
        return Ok(Err(IndexError::Conflict));
    }
    for seen in tunes_first(objects) {
        let named = named_owner(conn, account, seen)?;
        let reservation = named.filter(|(named, _)| *named == owner.id).map(|(_, reservation)| reservation);
        upsert(conn, account, owner.id, seen, seen.tune, reservation, at)?;
    }
    let new = objects.iter().filter(|seen| !recorded.contains_key(&seen.object)).count();
    Ok(Ok(Answer::Known(u64::try_from(new).unwrap_or(u64::MAX))))
}

/// Tunes first, so that a prompt finds its tune.
pub(in crate::store) fn tunes_first(objects: &[Seen]) -> impl Iterator<Item = &Seen> {
    let of = |kind| objects.iter().filter(move |seen| seen.object.kind == kind);
    of(ObjectKind::Tune).chain(of(ObjectKind::Prompt))
}

/// Who made the reservation that an object names, and that.
pub(in crate::store) fn named_owner(
    conn: &Connection,
    account: &AccountKey,
    seen: &Seen,
) -> Result<Option<(i64, ReservationId)>, rusqlite::Error> {
    let Some(reservation) = seen.reservation else { return Ok(None) };
    Ok(reservation_owner(conn, account, reservation)?.map(|owner| (owner, reservation)))
}

fn owner_of(
    conn: &Connection,
    account: &AccountKey,
    object: ObjectId,
) -> Result<Option<i64>, rusqlite::Error> {
    let Some(id) = id_in(object.id) else { return Ok(None) };
    let find = "SELECT owner FROM objects WHERE id = ?1 AND kind = ?2 AND account = ?3";
    let mut find = conn.prepare_cached(find)?;
    find.query_row(params![id, object.kind.name(), account.as_str()], |row| row.get(0)).optional()
}
