//! Ends that nobody sees: a job of which nothing is heard any more, and an object whose time is over.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::events::EventKind;
use crate::ids::TuneId;
use crate::ownership::{AccountKey, ObjectId};
use crate::store::command::{Answer, Outcome};
use crate::store::events;
use crate::store::rows::{id_in, kind_out, number_out, text, time_in};

/// Objects in one go.
const BATCH: i64 = 500;
/// After which an object that should have vanished is looked at again.
const LOOK_AGAIN_MS: i64 = 86_400_000;

/// Gives an unfinished job up. Whoever looks at it later and finds it ended counts as ever.
pub(in crate::store) fn lose(
    conn: &Connection,
    account: &AccountKey,
    object: ObjectId,
    at: Timestamp,
) -> Outcome {
    const LOSE: &str = "UPDATE objects SET lost_at_ms = ?4, look_at_ms = NULL WHERE id = ?2 AND kind = ?3 \
        AND account = ?1 AND is_finished = 0 AND lost_at_ms IS NULL RETURNING owner, tune";
    let values = params![account.as_str(), id_in(object.id), object.kind.name(), time_in(at)];
    let lost = conn
        .prepare_cached(LOSE)?
        .query_map(values, |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))?
        .collect::<Result<Vec<(i64, Option<i64>)>, _>>()?;
    for (owner, tune) in &lost {
        let tune = tune.map(|tune| TuneId::from_u64(number_out(tune)));
        events::tell(conn, account, *owner, (object, tune), EventKind::Lost, at)?;
    }
    Ok(Ok(Answer::Ended(lost.len() as u64)))
}

/// Tells the owners of what vanishes until `warn_until`, each once, and lets be looked at what should be gone by `at`.
/// Gives how many owners' objects were told of.
pub(in crate::store) fn vanishing(conn: &Connection, at: Timestamp, warn_until: Timestamp) -> Outcome {
    const SOON: &str = "UPDATE objects SET is_vanishing_told = 1 WHERE rowid IN (SELECT rowid FROM objects \
        INDEXED BY objects_vanishing WHERE is_vanishing_told = 0 AND vanishes_at_ms <= ?1 \
        AND expired_at_ms IS NULL LIMIT ?2) RETURNING account, owner, kind, id, tune, vanishes_at_ms > ?3";
    // Still there after its time, it is looked at again a day later.
    const GONE: &str = "UPDATE objects SET look_at_ms = ?1, looks = 0, vanishes_at_ms = ?1 + ?3 WHERE rowid IN \
        (SELECT rowid FROM objects INDEXED BY objects_vanishing WHERE is_vanishing_told = 1 \
        AND vanishes_at_ms <= ?1 AND expired_at_ms IS NULL LIMIT ?2)";
    let told = conn
        .prepare_cached(SOON)?
        .query_map(params![time_in(warn_until), BATCH, time_in(at)], |row| {
            let object = ObjectId { kind: kind_out(text(row, 2)?)?, id: number_out(row.get(3)?) };
            let tune: Option<i64> = row.get(4)?;
            let tune = tune.map(|tune| TuneId::from_u64(number_out(tune)));
            Ok((AccountKey::new(text(row, 0)?), row.get(1)?, object, tune, row.get(5)?))
        })?
        .collect::<Result<Vec<(AccountKey, i64, ObjectId, Option<TuneId>, bool)>, _>>()?;
    let mut count = 0;
    // Of what is gone already, nobody can do anything any more.
    for (account, owner, object, tune, _) in told.iter().filter(|(.., is_to_come)| *is_to_come) {
        events::tell(conn, account, *owner, (*object, *tune), EventKind::Expiring, at)?;
        count += 1;
    }
    conn.prepare_cached(GONE)?.execute(params![time_in(at), BATCH, LOOK_AGAIN_MS])?;
    Ok(Ok(Answer::Ended(count)))
}
