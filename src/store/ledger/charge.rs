//! What single objects cost: each is booked once, and once more made right when its job has ended.
//!
//! It does not matter who saw the object: the create's own reply, a list, a look at one. Whatever becomes known of a
//! create is booked by the same rule, so nothing is charged twice and nothing that was found is left out.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::columns::{Change, MEASURES, amount_in, amounts_in, each, negative};
use super::create::{CreateRow, find, find_by_number};
use super::keys;
use super::post::{Entry, Kind, Postings, release};
use super::totals::Totals;
use crate::clock::Timestamp;
use crate::ids::TuneId;
use crate::operation::Operation;
use crate::ownership::{AccountKey, ObjectId, ObjectKind, Seen};
use crate::quota::{Amounts, CreateState, Measure};
use crate::store::rows::{id_in, kind_out, number_out, text};

/// What an object was booked with.
struct Charge {
    reservation: i64,
    is_final: bool,
    amounts: Amounts,
}

/// One of its kind, and what else is counted of it.
fn of_kind(kind: ObjectKind, images: u64, videos: u64, cost_mc: u64) -> Amounts {
    let one = match kind {
        ObjectKind::Tune => Measure::Tunes,
        ObjectKind::Prompt => Measure::Prompts,
    };
    Amounts::none()
        .with(one, 1)
        .with(Measure::Images, images)
        .with(Measure::Videos, videos)
        .with(Measure::CostMc, cost_mc)
}

fn find_charge(
    conn: &Connection,
    account: &AccountKey,
    seen: &Seen,
) -> Result<Option<Charge>, rusqlite::Error> {
    const FIND: &str = "SELECT reservation, is_final, images, videos, cost_mc FROM charges \
        WHERE account = ?1 AND kind = ?2 AND id = ?3";
    let kind = seen.object.kind;
    let values = params![account.as_str(), kind.name(), id_in(seen.object.id)];
    let found = conn.prepare_cached(FIND)?.query_row(values, |row| {
        let number = |column: usize| row.get::<_, i64>(column).map(number_out);
        Ok(Charge {
            reservation: row.get(0)?,
            is_final: row.get(1)?,
            amounts: of_kind(kind, number(2)?, number(3)?, number(4)?),
        })
    });
    found.optional()
}

/// Books an object on the create that made it, if that was not done. `true`: it overran what was reserved.
pub(super) fn charge(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    seen: &Seen,
    is_free: bool,
    at: Timestamp,
) -> Result<bool, rusqlite::Error> {
    if let Some(known) = find_charge(conn, &create.account, seen)? {
        return settle_for_good(conn, create, postings, seen, &known, at);
    }
    let share = share(create, seen.object.kind);
    let is_lost = seen.counts.is_failed && !create.keeps_failed;
    let amounts = if is_lost { Amounts::none() } else { first(create, seen, &share, is_free) };
    const ADD: &str = "INSERT INTO charges (account, kind, id, reservation, is_final, images, videos, cost_mc) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    conn.prepare_cached(ADD)?.execute(params![
        create.account.as_str(),
        seen.object.kind.name(),
        id_in(seen.object.id),
        create.n,
        seen.is_finished,
        amount_in(amounts.get(Measure::Images)),
        amount_in(amounts.get(Measure::Videos)),
        amount_in(amounts.get(Measure::CostMc)),
    ])?;
    // Of what it did not take, its own share is given back: others of the same create need theirs.
    let taken = share.at_most(&create.held());
    let is_overrun = amounts.exceeds(&create.held());
    let held = taken.plus(&amounts.at_most(&create.held()).minus(&taken));
    let entry = Entry {
        kind: Kind::Settle,
        object: Some(seen.object),
        held: each(&[0; MEASURES], &amounts_in(&held), |a, b| a - b),
        used: amounts_in(&amounts),
        is_overrun,
        at,
    };
    postings.post(conn, create, &entry)?;
    Ok(is_overrun && create.day.is_some())
}

/// What one object of a create may take of its hold, at most: the rest is for those that are still to come. Of one that
/// nothing is held for any more it is what would have been.
fn share(create: &CreateRow, kind: ObjectKind) -> Amounts {
    let one = match kind {
        ObjectKind::Tune => Measure::Tunes,
        ObjectKind::Prompt => Measure::Prompts,
    };
    let held = if create.held().get(one) > 0 { create.held() } else { create.reserved() };
    let (prompts, tunes) = (held.get(Measure::Prompts), held.get(Measure::Tunes));
    let jobs = (prompts + tunes).max(1);
    match kind {
        ObjectKind::Tune => of_kind(kind, 0, 0, held.get(Measure::CostMc) / jobs),
        ObjectKind::Prompt => {
            let of = |measure| held.get(measure) / prompts.max(1);
            of_kind(kind, of(Measure::Images), of(Measure::Videos), held.get(Measure::CostMc) / jobs)
        }
    }
}

/// What an object counts when it is first seen: what Astria says, and for what it does not say yet the share.
fn first(create: &CreateRow, seen: &Seen, share: &Amounts, is_free: bool) -> Amounts {
    let counts = &seen.counts;
    let said = counts.cost_mc.filter(|cost_mc| *cost_mc > 0 || seen.is_finished || is_free);
    let cost_mc = match said {
        _ if create.is_price_whole => 0,
        Some(cost_mc) => cost_mc,
        None => share.get(Measure::CostMc),
    };
    let (images, videos) = match seen.object.kind {
        ObjectKind::Tune => (0, 0),
        ObjectKind::Prompt => {
            let images = counts.images.unwrap_or_else(|| share.get(Measure::Images));
            let is_video = seen.traits.is_video || share.get(Measure::Videos) > 0;
            (images, if is_video { images } else { 0 })
        }
    };
    of_kind(seen.object.kind, images, videos, cost_mc)
}

/// Its job has ended: from now on it counts what was really made.
fn settle_for_good(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    seen: &Seen,
    known: &Charge,
    at: Timestamp,
) -> Result<bool, rusqlite::Error> {
    if known.is_final || !seen.is_finished || known.reservation != create.n {
        return Ok(false);
    }
    let get = |of| known.amounts.get(of);
    let is_lost = seen.counts.is_failed && !create.keeps_failed;
    let target = if is_lost {
        Amounts::none()
    } else if seen.counts.is_failed {
        known.amounts
    } else {
        let images = match seen.object.kind {
            ObjectKind::Tune => 0,
            ObjectKind::Prompt => seen.counts.images.unwrap_or_else(|| get(Measure::Images)),
        };
        let videos = if get(Measure::Videos) > 0 { images } else { 0 };
        let cost_mc = match seen.counts.cost_mc {
            Some(cost_mc) if !create.is_price_whole => cost_mc,
            _ => get(Measure::CostMc),
        };
        of_kind(seen.object.kind, images, videos, cost_mc)
    };
    const END: &str = "UPDATE charges SET is_final = 1, images = ?4, videos = ?5, cost_mc = ?6 \
        WHERE account = ?1 AND kind = ?2 AND id = ?3";
    conn.prepare_cached(END)?.execute(params![
        create.account.as_str(),
        seen.object.kind.name(),
        id_in(seen.object.id),
        amount_in(target.get(Measure::Images)),
        amount_in(target.get(Measure::Videos)),
        amount_in(target.get(Measure::CostMc)),
    ])?;
    let used: Change = each(&amounts_in(&target), &amounts_in(&known.amounts), |new, old| new - old);
    let more = target.minus(&known.amounts);
    let from_hold = more.at_most(&create.held());
    let is_overrun = !more.minus(&from_hold).is_none();
    let held = each(&[0; MEASURES], &amounts_in(&from_hold), |a, b| a - b);
    let entry = Entry { kind: Kind::Adjust, object: Some(seen.object), held, used, is_overrun, at };
    postings.post(conn, create, &entry)?;
    Ok(is_overrun && create.day.is_some())
}

/// The price of all objects is known: what was booked for single ones before is taken back, and held again as far as it
/// came from there.
pub(super) fn take_prices_back(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    const BOOKED: &str = "SELECT kind, id, cost_mc FROM charges WHERE reservation = ?1 AND cost_mc > 0";
    const TAKE: &str = "UPDATE charges SET cost_mc = 0 WHERE reservation = ?1";
    let booked: Vec<(ObjectId, u64)> = conn
        .prepare_cached(BOOKED)?
        .query_map([create.n], |row| {
            let object = ObjectId { kind: kind_out(text(row, 0)?)?, id: number_out(row.get(1)?) };
            Ok((object, number_out(row.get(2)?)))
        })?
        .collect::<Result<_, _>>()?;
    conn.prepare_cached(TAKE)?.execute([create.n])?;
    // Each on its object: what an object was booked with is the sum of its entries.
    for (object, cost_mc) in booked {
        let cost = Amounts::none().with(Measure::CostMc, cost_mc);
        let held = amounts_in(&cost.at_most(&create.reserved().minus(&create.held())));
        let used = negative(&amounts_in(&cost));
        let entry = Entry { kind: Kind::Adjust, object: Some(object), held, used, is_overrun: false, at };
        postings.post(conn, create, &entry)?;
    }
    Ok(())
}

/// Another theme may come on its tunes.
pub(super) fn close_theme(conn: &Connection, create: &CreateRow) -> Result<(), rusqlite::Error> {
    if create.operation == Some(Operation::CreateTheme) {
        conn.prepare_cached("DELETE FROM open_themes WHERE reservation = ?1")?.execute([create.n])?;
    }
    Ok(())
}

/// Takes a presumption back: what was presumed spent is held again until it is booked or given back.
pub(super) fn reverse(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    let presumed = std::mem::replace(&mut create.presumed, [0; MEASURES]);
    let used = each(&[0; MEASURES], &presumed, |a, b| a - b);
    let entry = Entry { kind: Kind::Reverse, object: None, held: presumed, used, is_overrun: false, at };
    postings.post(conn, create, &entry)
}

/// Books an object that somebody saw, on the create that it names or, if it has no name, on the theme that is open on
/// its tune. `Some`: which create that was, and whether it was overrun.
pub(in crate::store) fn charge_seen(
    conn: &Connection,
    totals: &mut Totals,
    account: &AccountKey,
    seen: &Seen,
    (tune, is_new, is_free): (Option<TuneId>, bool, bool),
    at: Timestamp,
) -> Result<Option<(String, bool)>, rusqlite::Error> {
    let named = match seen.reservation {
        Some(reservation) => find(conn, reservation)?.filter(|create| create.account == *account),
        None => None,
    };
    let create = match named {
        Some(create) => Some(create),
        None => match find_charge(conn, account, seen)? {
            Some(known) => find_by_number(conn, known.reservation)?,
            None if is_new && seen.object.kind == ObjectKind::Prompt => theme_on(conn, account, tune, seen)?,
            None => None,
        },
    };
    let Some(mut create) = create else { return Ok(None) };
    let is_known = match find_charge(conn, account, seen)? {
        Some(known) => known.is_final || !seen.is_finished,
        None => false,
    };
    if is_known && create.state == CreateState::Presumed {
        // It says nothing of what is presumed.
        return Ok(None);
    }
    let mut postings = Postings::default();
    let was_open = create.state == CreateState::Open;
    if create.state == CreateState::Presumed {
        reverse(conn, &mut create, &mut postings, at)?;
    }
    let is_overrun = charge(conn, &mut create, &mut postings, seen, is_free, at)?;
    if !was_open {
        // Whoever calls an open one ends it.
        create.state = CreateState::Made;
        if create.is_all_there() {
            release(conn, &mut create, &mut postings, at)?;
            close_theme(conn, &create)?;
            if !keys::waits(conn, create.n)? {
                create.look_at = None;
            }
        }
    }
    create.save(conn)?;
    postings.flush(conn, totals, &create)?;
    Ok(Some((create.id.to_string(), is_overrun)))
}

/// The theme that made a prompt without a name: the one that is open on its tune, else the last that was.
fn theme_on(
    conn: &Connection,
    account: &AccountKey,
    tune: Option<TuneId>,
    seen: &Seen,
) -> Result<Option<CreateRow>, rusqlite::Error> {
    const OPEN: &str = "SELECT reservation FROM open_themes WHERE account = ?1 AND tune = ?2";
    let Some(tune) = tune.and_then(|tune| id_in(tune.get())) else { return Ok(None) };
    let open: Option<i64> =
        conn.prepare_cached(OPEN)?.query_row(params![account.as_str(), tune], |row| row.get(0)).optional()?;
    let Some(open) = open else { return Ok(None) };
    let theme = find_by_number(conn, open)?;
    // What was there before it is none of its prompts.
    Ok(theme.filter(|theme| theme.watermarks.1 < seen.object.id))
}
