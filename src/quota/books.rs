//! One end user's usage: a line for each measure and calendar period.
//!
//! What it does *not* do: it takes no lock and knows no reservations; [`super::MemoryLedger`] does.

use jiff::civil::Date;

use super::amounts::{Amounts, Measure};
use super::calendar::{PeriodId, Periods};

/// What was used and is held of one measure in one period. Sums of 64-bit amounts cannot overflow it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) used: u128,
    pub(super) held: u128,
}

impl Tally {
    pub(super) fn has_room(self, amount: u64, limit: u64) -> bool {
        self.used + self.held + u128::from(amount) <= u128::from(limit)
    }
}

/// All lines of one end user.
///
/// Lines of the day and month before are kept, so that a clock that is off by a day finds them. Older ones
/// are dropped, and the newest period dropped is remembered: it can never be opened again.
#[derive(Default)]
pub(super) struct Books {
    lines: Vec<Line>,
    closed_day: Option<Date>,
    closed_month: Option<Date>,
}

struct Line {
    period: PeriodId,
    of: Measure,
    tally: Tally,
}

impl Books {
    pub(super) fn tally(&self, period: PeriodId, of: Measure) -> Tally {
        let line = self.lines.iter().find(|line| line.period == period && line.of == of);
        line.map_or_else(Tally::default, |line| line.tally)
    }

    /// Whether usage of this day or month was dropped, so that nobody knows any more what is left of it.
    pub(super) fn is_closed(&self, now: Periods) -> bool {
        self.closed_day.is_some_and(|day| now.day <= day)
            || self.closed_month.is_some_and(|month| now.month <= month)
    }

    /// Drops the lines of periods that are older than the ones before `now`; never one that is held.
    pub(super) fn drop_past(&mut self, now: Periods) {
        let Some(kept) = now.before() else { return };
        let (closed_day, closed_month) = (&mut self.closed_day, &mut self.closed_month);
        self.lines.retain(|line| {
            let (closed, date) = match line.period {
                PeriodId::Day(day) if day < kept.day => (&mut *closed_day, day),
                PeriodId::Month(month) if month < kept.month => (&mut *closed_month, month),
                _ => return true,
            };
            if line.tally.held > 0 {
                return true;
            }
            *closed = (*closed).max(Some(date));
            false
        });
    }

    pub(super) fn hold(&mut self, periods: Periods, amounts: &Amounts) {
        self.change(periods, amounts, |tally, amount| tally.held += amount);
    }

    pub(super) fn give_back(&mut self, periods: Periods, amounts: &Amounts) {
        self.change(periods, amounts, |tally, amount| tally.held = tally.held.saturating_sub(amount));
    }

    pub(super) fn book(&mut self, periods: Periods, amounts: &Amounts) {
        self.change(periods, amounts, |tally, amount| tally.used += amount);
    }

    /// Whether these books say nothing and can go.
    pub(super) fn is_blank(&self) -> bool {
        self.lines.is_empty() && self.closed_day.is_none() && self.closed_month.is_none()
    }

    fn change(&mut self, periods: Periods, amounts: &Amounts, change: impl Fn(&mut Tally, u128)) {
        for period in periods.all() {
            for (of, amount) in amounts.iter() {
                match self.lines.iter_mut().find(|line| line.period == period && line.of == of) {
                    Some(line) => change(&mut line.tally, u128::from(amount)),
                    None => {
                        let mut tally = Tally::default();
                        change(&mut tally, u128::from(amount));
                        self.lines.push(Line { period, of, tally });
                    }
                }
            }
        }
        self.lines.retain(|line| line.tally != Tally::default());
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn on(month: i8, day: i8) -> Periods {
        let day = date(2026, month, day);
        Periods { day, month: day.first_of_month() }
    }

    fn images(amount: u64) -> Amounts {
        Amounts::none().with(Measure::Images, amount)
    }

    #[test]
    fn books_keep_yesterday_and_drop_what_is_older() {
        let mut books = Books::default();
        books.book(on(11, 20), &images(4));
        books.drop_past(on(11, 21));
        assert_eq!(books.tally(PeriodId::Day(on(11, 20).day), Measure::Images).used, 4);
        books.drop_past(on(11, 22));
        assert_eq!(books.tally(PeriodId::Day(on(11, 20).day), Measure::Images).used, 0);
        assert_eq!(books.tally(PeriodId::Month(on(11, 20).month), Measure::Images).used, 4);
        assert_eq!(books.tally(PeriodId::Total, Measure::Images).used, 4);
    }

    #[test]
    fn quota_11_a_period_whose_usage_was_dropped_is_closed_for_ever() {
        let mut books = Books::default();
        books.book(on(9, 20), &images(4));
        books.drop_past(on(11, 1));
        assert!(books.is_closed(on(9, 20)), "its day");
        assert!(books.is_closed(on(9, 25)), "its month");
        assert!(!books.is_closed(on(10, 1)));
    }

    #[test]
    fn what_is_held_is_never_dropped_however_old() {
        let mut books = Books::default();
        books.hold(on(1, 1), &images(4));
        books.drop_past(on(11, 1));
        assert_eq!(books.tally(PeriodId::Day(on(1, 1).day), Measure::Images).held, 4);
        assert!(!books.is_closed(on(1, 1)));
    }

    #[test]
    fn books_that_got_everything_back_are_blank() {
        let mut books = Books::default();
        books.hold(on(1, 1), &images(4));
        books.give_back(on(1, 1), &images(4));
        assert!(books.is_blank());
    }
}
