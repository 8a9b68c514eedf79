//! Numbers and rows: between SQLite's and ours.

use rusqlite::Row;
use rusqlite::types::Type;

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

/// A text where it lies, not copied.
pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, rusqlite::Error> {
    Ok(row.get_ref(column)?.as_str()?)
}

/// A text that may be absent, where it lies.
pub(super) fn text_or_none<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>, rusqlite::Error> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}

/// A kind as it was kept.
pub(super) fn kind_out(name: &str) -> Result<ObjectKind, rusqlite::Error> {
    let unknown = || {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, format!("an unknown kind: {name}").into())
    };
    [ObjectKind::Tune, ObjectKind::Prompt].into_iter().find(|kind| kind.name() == name).ok_or_else(unknown)
}

/// A record from the columns of [`record_columns`], the first of which has this number.
pub(super) fn record(row: &Row<'_>, first: usize) -> Result<Record, rusqlite::Error> {
    let id = |column: usize| row.get::<_, Option<i64>>(first + column);
    let flag = |column: usize| row.get::<_, bool>(first + column);
    Ok(Record {
        object: ObjectId { kind: kind_out(text(row, first)?)?, id: number_out(row.get(first + 1)?) },
        tune: id(2)?.map(|id| TuneId::from_u64(number_out(id))),
        pack: id(3)?.map(|id| PackId::from_u64(number_out(id))),
        is_free: flag(4)?,
        is_finished: flag(5)?,
        is_liked: flag(6)?,
        seen_at: id(7)?.map(time_out),
        members: row.get(first + 8)?,
    })
}
