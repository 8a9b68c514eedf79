//! Numbers and rows: between SQLite's and ours.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::clock::Timestamp;
use crate::ids::{PackId, TuneId};
use crate::ownership::{ObjectId, ObjectKind, Record};

/// The columns that [`record`] reads, in its order.
macro_rules! record_columns {
    () => {
        "kind, id, tune, pack, is_free, is_finished, is_liked, seen_at_ms, members"
    };
}
pub(super) use record_columns;

/// How many columns those are.
pub(super) const RECORD_COLUMNS: usize = 9;

/// An id as it is kept. `None`: no object of ours can have it, so it is nobody's. It never wraps.
pub(super) fn id_in(id: u64) -> Option<i64> {
    i64::try_from(id).ok().filter(|id| *id > 0)
}

/// A number that is never negative.
pub(super) fn number_out(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A time as it is kept; saturates after 292 million years.
pub(super) fn time_in(at: Timestamp) -> i64 {
    i64::try_from(at.unix_ms()).unwrap_or(i64::MAX)
}

/// A time as it was kept.
pub(super) fn time_out(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(number_out(ms))
}

/// A kind as it was kept.
pub(super) fn kind_out(name: &str) -> Result<ObjectKind, sqlx::Error> {
    [ObjectKind::Tune, ObjectKind::Prompt]
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| sqlx::Error::Decode("an unknown kind".into()))
}

/// A record from the columns of [`record_columns`], the first of which has this number.
pub(super) fn record(row: &SqliteRow, first: usize) -> Result<Record, sqlx::Error> {
    let id = |column: usize| row.try_get::<Option<i64>, _>(first + column);
    let flag = |column: usize| row.try_get::<i64, _>(first + column).map(|flag| flag != 0);
    Ok(Record {
        object: ObjectId { kind: kind_out(row.try_get(first)?)?, id: number_out(row.try_get(first + 1)?) },
        tune: id(2)?.map(|id| TuneId::from_u64(number_out(id))),
        pack: id(3)?.map(|id| PackId::from_u64(number_out(id))),
        is_free: flag(4)?,
        is_finished: flag(5)?,
        is_liked: flag(6)?,
        seen_at: id(7)?.map(time_out),
        members: row.try_get(first + 8)?,
    })
}
