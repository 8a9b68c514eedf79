//! When somebody must look again, and at what.

use rusqlite::{Connection, params};

use super::close::await_lost;
use super::create::{create_columns, read};
use crate::clock::Timestamp;
use crate::ownership::AccountKey;
use crate::quota::{CreateState, Looked, LookedAt};
use crate::store::command::{Answer, Outcome};
use crate::store::rows::{id_in, time_in};

/// How long after a call's end what it made is looked for first: Astria may still be at work.
const LOOK_AFTER_MS: u64 = 15_000;

/// Ends leases. `awaits_until`: prompts of a create that was cut off are looked for on its tunes until then; `of_all`:
/// also of those whose lease still runs, as at the start of a process.
pub(in crate::store) fn expire(
    conn: &Connection,
    at: Timestamp,
    awaits_until: Timestamp,
    of_all: bool,
) -> Outcome {
    const OPEN: &str = concat!(
        "SELECT ",
        create_columns!(),
        " FROM reservations WHERE look_at_ms IS NOT NULL AND state = 'open'"
    );
    let mut open = conn.prepare_cached(OPEN)?;
    // All of them first: they are changed below.
    let open = open.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
    let mut ended = 0;
    for mut create in open {
        let is_over = create.lease_until <= at;
        if is_over || of_all {
            await_lost(conn, &create, awaits_until)?;
        }
        if is_over {
            create.state = CreateState::Unknown;
            create.ended_at = Some(create.lease_until);
            create.look_at = Some(at);
            create.save(conn)?;
            ended += 1;
        }
    }
    Ok(Ok(Answer::Ended(ended)))
}

/// When a create that was left unknown now is looked for first.
pub(in crate::store) fn first_look(at: Timestamp) -> Timestamp {
    Timestamp::from_unix_ms(at.unix_ms().saturating_add(LOOK_AFTER_MS))
}

pub(in crate::store) fn looked(conn: &Connection, looked: &[Looked]) -> Outcome {
    const OBJECT: &str = "UPDATE objects SET look_at_ms = CASE WHEN is_finished THEN NULL ELSE ?4 END, looks = looks + 1 \
        WHERE id = ?1 AND kind = ?2 AND account = ?3 AND look_at_ms = ?5";
    const CREATE: &str = "UPDATE reservations SET look_at_ms = ?2, looks = looks + 1 \
        WHERE id = ?1 AND look_at_ms IS NOT NULL";
    for one in looked {
        let again_at = time_in(one.again_at);
        match &one.at_what {
            LookedAt::Object(account, object, since) => {
                let values =
                    params![id_in(object.id), object.kind.name(), account.as_str(), again_at, since.0];
                conn.prepare_cached(OBJECT)?.execute(values)?;
            }
            LookedAt::Create(reservation) => {
                conn.prepare_cached(CREATE)?.execute(params![reservation.to_string(), again_at])?;
            }
        }
    }
    Ok(Ok(Answer::Done))
}

pub(in crate::store) fn remember_cost(
    conn: &Connection,
    account: &AccountKey,
    kind: &str,
    each_mc: u64,
    at: Timestamp,
) -> Outcome {
    const REMEMBER: &str = "INSERT INTO last_costs (account, kind, each_mc, at_ms) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT (account, kind) DO UPDATE SET each_mc = excluded.each_mc, at_ms = excluded.at_ms";
    let each_mc = i64::try_from(each_mc).unwrap_or(i64::MAX);
    conn.prepare_cached(REMEMBER)?.execute(params![account.as_str(), kind, each_mc, time_in(at)])?;
    Ok(Ok(Answer::Done))
}
