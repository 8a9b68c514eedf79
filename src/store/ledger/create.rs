//! A reservation's row.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::columns::{Change, Reading as _, amounts_of};
use crate::clock::Timestamp;
use crate::ids::{ReservationId, TuneId};
use crate::operation::Operation;
use crate::ownership::AccountKey;
use crate::quota::{Amounts, CreateState, Day, Measure};
use crate::store::rows::{number_out, text, time_in, time_out};

/// See the module.
pub(in crate::store) struct CreateRow {
    pub(super) n: i64,
    pub(super) id: ReservationId,
    pub(in crate::store) account: AccountKey,
    pub(super) owner: Option<i64>,
    /// As they are stored.
    pub(super) scopes: Vec<String>,
    pub(super) operation: Option<Operation>,
    pub(super) tunes: Vec<TuneId>,
    pub(super) title: Option<String>,
    pub(super) watermarks: (u64, u64),
    /// `None`: of before there was a ledger, so nothing is counted.
    pub(super) day: Option<Day>,
    pub(in crate::store) state: CreateState,
    pub(super) is_repeat: bool,
    pub(super) keeps_failed: bool,
    pub(super) is_price_whole: bool,
    pub(super) is_settled: bool,
    pub(super) created_at: Timestamp,
    pub(super) lease_until: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) look_at: Option<Timestamp>,
    pub(super) looks: u32,
    pub(super) reserved: Change,
    pub(super) held: Change,
    pub(super) presumed: Change,
}

/// What [`read`] reads.
macro_rules! create_columns {
    () => {
        concat!(
            "n, id, account, owner, scopes, operation, tunes, title, tune_watermark, prompt_watermark, day, state, \
             is_repeat, keeps_failed, is_price_whole, is_settled, created_at_ms, lease_until_ms, ended_at_ms, look_at_ms, \
             looks, ",
            $crate::store::ledger::columns::measures!("reserved_"),
            ", ",
            $crate::store::ledger::columns::measures!("held_"),
            ", ",
            $crate::store::ledger::columns::measures!("presumed_")
        )
    };
}
pub(super) use create_columns;

pub(super) fn read(row: &Row<'_>) -> Result<CreateRow, rusqlite::Error> {
    let time = |column: usize| row.get::<_, i64>(column).map(time_out);
    let maybe_time =
        |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(time_out));
    let tunes: Vec<u64> = serde_json::from_str(text(row, 6)?).unwrap_or_default();
    let state = text(row, 11)?;
    let id = text(row, 1)?;
    Ok(CreateRow {
        n: row.get(0)?,
        id: ReservationId::parse(id).ok_or_else(|| odd("reservation"))?,
        account: AccountKey::new(text(row, 2)?),
        owner: row.get(3)?,
        scopes: serde_json::from_str(text(row, 4)?).unwrap_or_default(),
        operation: Operation::named(text(row, 5)?),
        tunes: tunes.into_iter().map(TuneId::from_u64).collect(),
        title: row.get(7)?,
        watermarks: (number_out(row.get(8)?), number_out(row.get(9)?)),
        day: u32::try_from(row.get::<_, i64>(10)?).ok().and_then(Day::parse),
        state: CreateState::ALL
            .into_iter()
            .find(|known| known.name() == state)
            .ok_or_else(|| odd("state"))?,
        is_repeat: row.get(12)?,
        keeps_failed: row.get(13)?,
        is_price_whole: row.get(14)?,
        is_settled: row.get(15)?,
        created_at: time(16)?,
        lease_until: time(17)?,
        ended_at: maybe_time(18)?,
        look_at: maybe_time(19)?,
        looks: u32::try_from(row.get::<_, i64>(20)?).unwrap_or(u32::MAX),
        reserved: row.amounts(21)?,
        held: row.amounts(27)?,
        presumed: row.amounts(33)?,
    })
}

/// Something is stored that nobody of ours writes.
pub(super) fn odd(what: &'static str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnName(what.to_owned())
}

pub(in crate::store) fn find(
    conn: &Connection,
    id: ReservationId,
) -> Result<Option<CreateRow>, rusqlite::Error> {
    const FIND: &str = concat!("SELECT ", create_columns!(), " FROM reservations WHERE id = ?1");
    conn.prepare_cached(FIND)?.query_row([id.to_string()], read).optional()
}

pub(super) fn find_by_number(conn: &Connection, n: i64) -> Result<Option<CreateRow>, rusqlite::Error> {
    const FIND: &str = concat!("SELECT ", create_columns!(), " FROM reservations WHERE n = ?1");
    conn.prepare_cached(FIND)?.query_row([n], read).optional()
}

impl CreateRow {
    pub(super) fn held(&self) -> Amounts {
        amounts_of(&self.held)
    }

    pub(super) fn reserved(&self) -> Amounts {
        amounts_of(&self.reserved)
    }

    /// What it made is not known yet, or not all of it.
    pub(in crate::store) fn is_awaited(&self) -> bool {
        match self.state {
            CreateState::Open | CreateState::Unknown | CreateState::Presumed => true,
            CreateState::Made => self.look_at.is_some(),
            CreateState::Nothing => false,
        }
    }

    /// Nothing that it was to make is still to come.
    pub(super) fn is_all_there(&self) -> bool {
        let held = self.held();
        [Measure::Prompts, Measure::Tunes, Measure::Inspections].into_iter().all(|of| held.get(of) == 0)
    }

    /// Writes what a command has changed.
    pub(super) fn save(&self, conn: &Connection) -> Result<(), rusqlite::Error> {
        const SAVE: &str = "UPDATE reservations SET state = ?2, is_repeat = ?3, is_price_whole = ?4, \
            ended_at_ms = ?5, look_at_ms = ?6, looks = ?7, held_images = ?8, held_tunes = ?9, held_inspections = ?10, \
            held_videos = ?11, held_cost_mc = ?12, held_prompts = ?13, presumed_images = ?14, presumed_tunes = ?15, \
            presumed_inspections = ?16, presumed_videos = ?17, presumed_cost_mc = ?18, presumed_prompts = ?19, \
            is_settled = ?20 \
            WHERE n = ?1";
        let [h0, h1, h2, h3, h4, h5] = self.held;
        let [p0, p1, p2, p3, p4, p5] = self.presumed;
        conn.prepare_cached(SAVE)?.execute(params![
            self.n,
            self.state.name(),
            self.is_repeat,
            self.is_price_whole,
            self.ended_at.map(time_in),
            self.look_at.map(time_in),
            self.looks,
            h0,
            h1,
            h2,
            h3,
            h4,
            h5,
            p0,
            p1,
            p2,
            p3,
            p4,
            p5,
            self.is_settled,
        ])?;
        Ok(())
    }
}
