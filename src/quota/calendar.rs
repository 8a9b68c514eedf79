//! Names calendar periods: which day and month it is for the operator, and when they end.
//!
//! Usage is booked under the period's own name (this day, this month), not under "now", so a clock that jumps
//! back finds what was booked before.
//!
//! What it does *not* do: it holds no usage.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::rule::Period;
use crate::clock::Timestamp;

/// One calendar period, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PeriodId {
    Day(Date),
    /// The month's first day.
    Month(Date),
    Total,
}

/// The periods that a moment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Periods {
    pub(super) day: Date,
    /// The month's first day.
    pub(super) month: Date,
}

impl Periods {
    pub(super) fn get(self, per: Period) -> PeriodId {
        match per {
            Period::Day => PeriodId::Day(self.day),
            Period::Month => PeriodId::Month(self.month),
            Period::Total => PeriodId::Total,
        }
    }

    pub(super) fn all(self) -> [PeriodId; 3] {
        [Period::Day, Period::Month, Period::Total].map(|per| self.get(per))
    }

    /// The day and month before; none at the beginning of the calendar.
    pub(super) fn before(self) -> Option<Self> {
        let month = self.month.yesterday().ok()?.first_of_month();
        Some(Self { day: self.day.yesterday().ok()?, month })
    }
}

/// The operator's calendar.
pub(super) struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    pub(super) const fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The periods of a moment; none past the year 9999.
    pub(super) fn periods_at(&self, now: Timestamp) -> Option<Periods> {
        let day = to_jiff(now)?.to_zoned(self.zone.clone()).date();
        Some(Periods { day, month: day.first_of_month() })
    }

    /// The first moment after a period; none for the total.
    pub(super) fn end_of(&self, period: PeriodId) -> Option<jiff::Timestamp> {
        let next_day = match period {
            PeriodId::Day(day) => day.tomorrow(),
            PeriodId::Month(first) => first.last_of_month().tomorrow(),
            PeriodId::Total => return None,
        };
        // Where midnight does not exist (daylight saving), the day begins when the gap ends.
        next_day.ok()?.to_zoned(self.zone.clone()).ok().map(|start| start.timestamp())
    }
}

/// Seconds from `now` to `later`, rounded up, at least 1.
pub(super) fn seconds_until(now: Timestamp, later: jiff::Timestamp) -> u64 {
    let later_ms = u64::try_from(later.as_millisecond()).unwrap_or(0);
    later_ms.saturating_sub(now.unix_ms()).div_ceil(1000).max(1)
}

fn to_jiff(now: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(i64::try_from(now.unix_ms()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz;

    use super::*;

    fn at(text: &str) -> Timestamp {
        let ms = text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        Timestamp::from_unix_ms(u64::try_from(ms).unwrap())
    }

    #[test]
    fn a_moment_belongs_to_the_operators_day_and_month() {
        let utc = Calendar::new(TimeZone::UTC);
        let east = Calendar::new(TimeZone::fixed(tz::offset(9)));
        let moment = at("2026-11-30T20:00:00Z");
        let (november, december) = (date(2026, 11, 1), date(2026, 12, 1));
        assert_eq!(utc.periods_at(moment), Some(Periods { day: date(2026, 11, 30), month: november }));
        assert_eq!(east.periods_at(moment), Some(Periods { day: december, month: december }));
        assert_eq!(utc.periods_at(Timestamp::from_unix_ms(u64::MAX)), None);
    }

    #[test]
    fn a_period_ends_at_the_operators_midnight() {
        let east = Calendar::new(TimeZone::fixed(tz::offset(9)));
        let end = |period| east.end_of(period).map(|end| end.to_string());
        assert_eq!(end(PeriodId::Day(date(2026, 12, 1))).as_deref(), Some("2026-12-01T15:00:00Z"));
        assert_eq!(end(PeriodId::Month(date(2026, 12, 1))).as_deref(), Some("2026-12-31T15:00:00Z"));
        assert_eq!(end(PeriodId::Total), None);
    }

    #[test]
    fn the_wait_for_a_reset_is_rounded_up_and_never_zero() {
        let reset = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(seconds_until(at("2026-11-21T23:59:50.001Z"), reset), 10);
        assert_eq!(seconds_until(at("2026-11-22T00:00:00Z"), reset), 1);
    }
}
