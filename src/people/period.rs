//! Days and months as the ledger writes them: 20261121 and 202611.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::quota::Period;

/// The day and the month of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodNumbers {
    /// 20261121
    pub day: u32,
    /// 202611
    pub month: u32,
}

impl PeriodNumbers {
    /// In the operator's calendar; the beginning of all calendars past the year 9999.
    pub fn at(now: Timestamp, zone: &TimeZone) -> Self {
        let ms = i64::try_from(now.unix_ms()).unwrap_or(i64::MAX);
        let moment = jiff::Timestamp::from_millisecond(ms).ok();
        moment.map_or(Self { day: 0, month: 0 }, |moment| Self::of(moment.to_zoned(zone.clone()).date()))
    }

    /// Of a date.
    pub fn of(date: Date) -> Self {
        let part = |number: i16| u32::try_from(number).unwrap_or_default();
        let month = part(date.year()) * 100 + part(date.month().into());
        Self { day: month * 100 + part(date.day().into()), month }
    }

    /// The one of this kind; 0 in total.
    pub const fn get(self, per: Period) -> u32 {
        match per {
            Period::Day => self.day,
            Period::Month => self.month,
            Period::Total => 0,
        }
    }
}

/// The date of 20261121.
pub fn date_of_day(day: u32) -> Option<Date> {
    let part = |number: u32| i8::try_from(number % 100).ok();
    Date::new(i16::try_from(day / 10_000).ok()?, part(day / 100)?, part(day)?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz;

    use super::*;

    #[test]
    fn a_moment_has_the_day_and_month_of_the_operators_calendar() {
        let moment: jiff::Timestamp = "2026-11-30T20:00:00Z".parse().unwrap();
        let moment = Timestamp::from_unix_ms(moment.as_millisecond().unsigned_abs());
        let utc = PeriodNumbers::at(moment, &TimeZone::UTC);
        let east = PeriodNumbers::at(moment, &TimeZone::fixed(tz::offset(9)));
        assert_eq!(
            [Period::Day, Period::Month, Period::Total].map(|per| utc.get(per)),
            [20_261_130, 202_611, 0]
        );
        assert_eq!(east, PeriodNumbers { day: 20_261_201, month: 202_612 });
        assert_eq!(date_of_day(east.day), Some(date(2026, 12, 1)));
        assert_eq!((date_of_day(20_261_301), date_of_day(0)), (None, Date::new(0, 0, 0).ok()));
    }
}
