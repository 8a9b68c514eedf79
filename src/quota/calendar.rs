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

/// A day of the operator's calendar, and the periods that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The name of a period that it belongs to: `20261121` a day, `202611` a month, 0 in total.
    pub fn period(self, per: Period) -> u32 {
        let part = |part: i8| u32::from(part.unsigned_abs());
        let month = u32::from(self.0.year().unsigned_abs()) * 100 + part(self.0.month());
        match per {
            Period::Day => month * 100 + part(self.0.day()),
            Period::Month => month,
            Period::Total => 0,
        }
    }

    /// The day of this name; `None` if there is none.
    pub fn parse(number: u32) -> Option<Self> {
        let year = i16::try_from(number / 10_000).ok()?;
        let part = |number: u32| i8::try_from(number % 100).ok();
        Date::new(year, part(number / 100)?, part(number)?).ok().map(Self)
    }
}

/// The operator's calendar.
#[derive(Clone)]
pub struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    /// Days begin at midnight in this zone.
    pub const fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The day of a moment; none past the year 9999.
    pub fn day_at(&self, now: Timestamp) -> Option<Day> {
        let at = jiff::Timestamp::from_millisecond(i64::try_from(now.unix_ms()).ok()?).ok()?;
        Some(Day(at.to_zoned(self.zone.clone()).date()))
    }

    /// The first moment after a period; none for the total.
    pub fn end_of(&self, Day(day): Day, per: Period) -> Option<jiff::Timestamp> {
        let next_day = match per {
            Period::Day => day.tomorrow(),
            Period::Month => day.last_of_month().tomorrow(),
            Period::Total => return None,
        };
        // Where midnight does not exist (daylight saving), the day begins when the gap ends.
        next_day.ok()?.to_zoned(self.zone.clone()).ok().map(|start| start.timestamp())
    }
}

/// Seconds from `now` to `later`, rounded up, at least 1.
pub fn seconds_until(now: Timestamp, later: jiff::Timestamp) -> u64 {
    let later_ms = u64::try_from(later.as_millisecond()).unwrap_or(0);
    later_ms.saturating_sub(now.unix_ms()).div_ceil(1000).max(1)
}

#[cfg(test)]
mod tests {
    use jiff::tz;

    use super::*;

    fn at(text: &str) -> Timestamp {
        let ms = text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        Timestamp::from_unix_ms(u64::try_from(ms).unwrap())
    }

    #[test]
    fn a_moment_belongs_to_the_operators_day_and_month() {
        let periods = |calendar: &Calendar| {
            let day = calendar.day_at(at("2026-11-30T20:00:00Z")).unwrap();
            [Period::Day, Period::Month, Period::Total].map(|per| day.period(per))
        };
        assert_eq!(periods(&Calendar::new(TimeZone::UTC)), [20_261_130, 202_611, 0]);
        assert_eq!(periods(&Calendar::new(TimeZone::fixed(tz::offset(9)))), [20_261_201, 202_612, 0]);
        assert_eq!(Calendar::new(TimeZone::UTC).day_at(Timestamp::from_unix_ms(u64::MAX)), None);
    }

    #[test]
    fn a_period_ends_at_the_operators_midnight() {
        let east = Calendar::new(TimeZone::fixed(tz::offset(9)));
        let day = Day::parse(20_261_201).unwrap();
        let end = |per| east.end_of(day, per).map(|end| end.to_string());
        assert_eq!(end(Period::Day).as_deref(), Some("2026-12-01T15:00:00Z"));
        assert_eq!(end(Period::Month).as_deref(), Some("2026-12-31T15:00:00Z"));
        assert_eq!(end(Period::Total), None);
        assert_eq!(day.period(Period::Day), 20_261_201);
        assert!(Day::parse(20_261_301).is_none() && Day::parse(0).is_none());
    }

    #[test]
    fn the_wait_for_a_reset_is_rounded_up_and_never_zero() {
        let reset = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(seconds_until(at("2026-11-21T23:59:50.001Z"), reset), 10);
        assert_eq!(seconds_until(at("2026-11-22T00:00:00Z"), reset), 1);
    }
}
