//! Amounts as columns, one a measure, in the order of [`Measure::ALL`].

use rusqlite::Row;

use crate::quota::{Amounts, Measure};

/// Larger amounts are kept as this: sums of thousands of them still fit a column.
const MAX_AMOUNT: u64 = 1 << 50;

/// `prefix` before each measure's name.
macro_rules! measures {
    ($prefix:literal) => {
        concat!(
            $prefix,
            "images, ",
            $prefix,
            "tunes, ",
            $prefix,
            "inspections, ",
            $prefix,
            "videos, ",
            $prefix,
            "cost_mc, ",
            $prefix,
            "prompts"
        )
    };
}
pub(super) use measures;

/// How many measures there are.
pub(super) const MEASURES: usize = Measure::ALL.len();

/// Signed amounts, as entries and totals change.
pub(super) type Change = [i64; MEASURES];

/// An amount as it is kept.
pub(super) fn amount_in(amount: u64) -> i64 {
    i64::try_from(amount.min(MAX_AMOUNT)).unwrap_or(i64::MAX)
}

/// Amounts as they are kept.
pub(super) fn amounts_in(amounts: &Amounts) -> Change {
    Measure::ALL.map(|of| amount_in(amounts.get(of)))
}

/// What is kept, as amounts; nothing is negative.
pub(super) fn amounts_of(change: &Change) -> Amounts {
    Amounts::of(|of| change.get(of as usize).map_or(0, |amount| u64::try_from(*amount).unwrap_or(0)))
}

/// Each measure of two changes.
pub(super) fn each(a: &Change, b: &Change, f: impl Fn(i64, i64) -> i64) -> Change {
    let mut all = *a;
    all.iter_mut().zip(b).for_each(|(a, b)| *a = f(*a, *b));
    all
}

/// The same, with the other sign.
pub(super) fn negative(change: &Change) -> Change {
    change.map(|amount| -amount)
}

/// Reads a row's amounts.
pub(in crate::store) trait Reading {
    /// The measures from this column on.
    fn amounts(&self, first: usize) -> Result<Change, rusqlite::Error>;
}

impl Reading for Row<'_> {
    fn amounts(&self, first: usize) -> Result<Change, rusqlite::Error> {
        let mut amounts = [0; MEASURES];
        for (place, amount) in amounts.iter_mut().enumerate() {
            *amount = self.get(first + place)?;
        }
        Ok(amounts)
    }
}
