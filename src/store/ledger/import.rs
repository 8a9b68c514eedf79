//! What was used before the ledger counted it.
//!
//! Creates of the version before have a line and objects, but nothing was written of what they used. Each is counted
//! once, from what is recorded of its objects; until then its day is 0. What an app used before it had a gateway comes
//! as figures and is booked under a create of its own.
//!
//! What it does *not* do: it asks Astria nothing. What is found later of such a create is booked as of any other.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::columns::{MEASURES, amount_in, amounts_in};
use super::create::{CreateRow, find_by_number};
use super::post::{Entry, Kind, Postings, periods, write};
use super::totals::Totals;
use crate::clock::Timestamp;
use crate::ids::ReservationId;
use crate::money::Millicents;
use crate::objects::{Prompt, Tune};
use crate::operation::Operation;
use crate::ownership::{AccountKey, Counts, ObjectId, ObjectKind};
use crate::quota::{Amounts, CreateState, Day, Measure, Scope};
use crate::store::rows::{id_in, kind_out, number_out, text, text_or_none, time_in};

/// How a create is counted, and what was.
pub(in crate::store) struct Counted<'a> {
    /// The ledger's name of its end user.
    pub(in crate::store) subject: String,
    pub(in crate::store) scopes: &'a [Scope],
    pub(in crate::store) day: Day,
    /// What an image, inspection or training counts whose price is not recorded.
    pub(in crate::store) unknown_cost: Millicents,
    pub(in crate::store) at: Timestamp,
}

/// Counts a create of before, with all its objects. Gives how many these are.
pub(in crate::store) fn count(
    conn: &Connection,
    totals: &mut Totals,
    n: i64,
    how: &Counted<'_>,
) -> Result<u64, rusqlite::Error> {
    const NAME: &str = "UPDATE reservations SET subject = ?2, scopes = ?3, day = ?4 WHERE n = ?1";
    let scopes: Vec<String> = how.scopes.iter().map(ToString::to_string).collect();
    let [day, ..] = periods(how.day);
    let written = serde_json::Value::from(scopes).to_string();
    conn.prepare_cached(NAME)?.execute(params![n, how.subject, written, day])?;
    let Some(mut create) = find_by_number(conn, n)? else { return Ok(0) };
    let mut postings = Postings::default();
    if create.operation == Some(Operation::InspectImage) && create.state != CreateState::Nothing {
        // No object of it is recorded; and nobody could find out what became of one that nobody saw the end of.
        let amounts = Amounts::none().with(Measure::Inspections, 1).with(Measure::CostMc, how.unknown_cost.0);
        post(conn, &mut create, &mut postings, None, &amounts, how.at)?;
    }
    let objects = objects(conn, &create)?;
    for object in &objects {
        let amounts = amounts(object, how.unknown_cost);
        charge(conn, &create, object, &amounts)?;
        post(conn, &mut create, &mut postings, Some(object.object), &amounts, how.at)?;
    }
    postings.flush(conn, totals, &create)?;
    Ok(objects.len() as u64)
}

fn post(
    conn: &Connection,
    create: &mut CreateRow,
    postings: &mut Postings,
    object: Option<ObjectId>,
    amounts: &Amounts,
    at: Timestamp,
) -> Result<(), rusqlite::Error> {
    let (held, used) = ([0; MEASURES], amounts_in(amounts));
    let entry = Entry { kind: Kind::Import, object, held, used, is_overrun: false, at };
    postings.post(conn, create, &entry)
}

/// What is recorded of an object.
struct Recorded {
    object: ObjectId,
    is_free: bool,
    is_finished: bool,
    is_video: bool,
    counts: Counts,
}

fn objects(conn: &Connection, create: &CreateRow) -> Result<Vec<Recorded>, rusqlite::Error> {
    const OBJECTS: &str = "SELECT kind, id, is_free, is_finished, is_video, members FROM objects \
        WHERE reservation = ?1 AND account = ?2";
    let mut objects = conn.prepare_cached(OBJECTS)?;
    let found = objects.query_map(params![create.id.to_string(), create.account.as_str()], |row| {
        let kind = kind_out(text(row, 0)?)?;
        let members = text_or_none(row, 5)?.unwrap_or_default().as_bytes();
        let seen = match kind {
            ObjectKind::Tune => Tune::find(members).map(|tune| tune.seen()),
            ObjectKind::Prompt => Prompt::find(members).map(|prompt| prompt.seen()),
        };
        Ok(Recorded {
            object: ObjectId { kind, id: number_out(row.get(1)?) },
            is_free: row.get(2)?,
            is_finished: row.get(3)?,
            is_video: row.get(4)?,
            counts: seen.map(|seen| seen.counts).unwrap_or_default(),
        })
    })?;
    found.collect()
}

/// What an object counts. A job that failed counts nothing; a price that is not recorded is the operator's default.
fn amounts(object: &Recorded, unknown_cost: Millicents) -> Amounts {
    if object.counts.is_failed {
        return Amounts::none();
    }
    let (one, images) = match object.object.kind {
        ObjectKind::Tune => (Measure::Tunes, 0),
        // A prompt of which nothing is recorded has one at least.
        ObjectKind::Prompt => (Measure::Prompts, object.counts.images.unwrap_or(1)),
    };
    let unknown = unknown_cost.times(images.max(1)).0;
    let cost_mc = match object.counts.cost_mc {
        _ if object.is_free => 0,
        // Nothing, for a job that has not ended, says nothing.
        Some(0) if !object.is_finished => unknown,
        Some(cost_mc) => cost_mc,
        None => unknown,
    };
    Amounts::none()
        .with(one, 1)
        .with(Measure::Images, images)
        .with(Measure::Videos, if object.is_video { images } else { 0 })
        .with(Measure::CostMc, cost_mc)
}

fn charge(
    conn: &Connection,
    create: &CreateRow,
    object: &Recorded,
    amounts: &Amounts,
) -> Result<(), rusqlite::Error> {
    const ADD: &str = "INSERT INTO charges (account, kind, id, reservation, is_final, images, videos, cost_mc) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account, kind, id) DO UPDATE SET \
        is_final = excluded.is_final, images = excluded.images, videos = excluded.videos, cost_mc = excluded.cost_mc";
    conn.prepare_cached(ADD)?.execute(params![
        create.account.as_str(),
        object.object.kind.name(),
        id_in(object.object.id),
        create.n,
        object.is_finished,
        amount_in(amounts.get(Measure::Images)),
        amount_in(amounts.get(Measure::Videos)),
        amount_in(amounts.get(Measure::CostMc)),
    ])?;
    Ok(())
}

/// What figures of before the gateway are booked under.
const IMPORT: &str = "import";

/// Whether figures of this name were booked.
pub(in crate::store) fn was_imported(conn: &Connection, name: &str) -> Result<bool, rusqlite::Error> {
    const FIND: &str = "SELECT 1 FROM reservations WHERE operation = ?1 AND request = ?2 LIMIT 1";
    Ok(conn.query_row(FIND, params![IMPORT, name], |_| Ok(())).optional()?.is_some())
}

/// Books what an end user used on one day, under a create that has ended.
pub(in crate::store) fn import_used(
    conn: &Connection,
    totals: &mut Totals,
    name: &str,
    (account, owner): (&AccountKey, i64),
    amounts: &Amounts,
    how: &Counted<'_>,
) -> Result<(), rusqlite::Error> {
    const ADD: &str = "INSERT INTO reservations (id, request, account, owner, subject, scopes, plan, operation, \
        tunes, tune_watermark, prompt_watermark, day, state, created_at_ms, lease_until_ms, ended_at_ms) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, '[]', 0, 0, ?8, 'made', ?9, ?9, ?9)";
    let scopes: Vec<String> = how.scopes.iter().map(ToString::to_string).collect();
    let days = periods(how.day);
    let [day, ..] = days;
    conn.prepare_cached(ADD)?.execute(params![
        ReservationId::generate().to_string(),
        name,
        account.as_str(),
        owner,
        how.subject,
        serde_json::Value::from(scopes.clone()).to_string(),
        IMPORT,
        day,
        time_in(how.at),
    ])?;
    let used = amounts_in(amounts);
    let held = [0; MEASURES];
    let entry = Entry { kind: Kind::Import, object: None, held, used, is_overrun: false, at: how.at };
    write(conn, conn.last_insert_rowid(), &entry)?;
    for scope in &scopes {
        for period in days {
            totals.add(conn, scope, period, &held, &used)?;
        }
    }
    Ok(())
}
