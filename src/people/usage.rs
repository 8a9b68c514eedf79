//! What was used, by day, Operation and end user in any combination, read in parts that fit into memory.
//!
//! Told by end user, a part is a few of them; told otherwise, it is a few days. So the record of a busy year costs no more
//! memory than that of a quiet week, and no look-up takes long enough to be in anybody's way.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::{People, PeopleError, PeriodNumbers};
use crate::principal::EndUserId;
use crate::quota::{Amounts, Measure};

/// The most days that one question is about.
pub const MAX_USAGE_DAYS: u32 = 400;
/// Days of one part.
const DAYS: i64 = 7;
/// End users of one part; fewer where each has a line for every day.
const PEOPLE: u32 = 500;
const PEOPLE_BY_DAY: u32 = 20;

/// What a line is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// One day, not all of them together.
    pub day: bool,
    /// One Operation.
    pub operation: bool,
    /// One end user.
    pub user: bool,
}

impl By {
    /// Reads `day,operation,user`, or some of them.
    ///
    /// # Errors
    /// [`PeopleError::Word`]
    pub fn parse(text: &str) -> Result<Self, PeopleError> {
        let mut by = Self::default();
        for word in text.split(',').filter(|word| !word.is_empty()) {
            match word {
                "day" => by.day = true,
                "operation" => by.operation = true,
                "user" => by.user = true,
                _ => return Err(PeopleError::Word("by", "day, operation, user, or several with commas")),
            }
        }
        Ok(by)
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageQuery {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What a line is about.
    pub by: By,
}

impl UsageQuery {
    /// Reads it; what is not said is this month until today, by day.
    ///
    /// # Errors
    /// [`PeopleError::Days`], [`PeopleError::Word`]
    pub fn parse(
        from: Option<&str>,
        to: Option<&str>,
        by: Option<&str>,
        today: Date,
    ) -> Result<Self, PeopleError> {
        let date = |text: &str| {
            // Ten characters: nothing but YYYY-MM-DD, which is shown in the same way.
            let plain = text.len() == 10;
            text.parse::<Date>().ok().filter(|date| plain && date.year() >= 1).ok_or(PeopleError::Days)
        };
        let to = to.map_or(Ok(today), date)?;
        let from = from.map_or(Ok(to.first_of_month()), date)?;
        let days = from.until(to).map_err(|_| PeopleError::Days)?.get_days();
        if from > to || i64::from(days) >= i64::from(MAX_USAGE_DAYS) {
            return Err(PeopleError::Days);
        }
        Ok(Self { from, to, by: By::parse(by.unwrap_or("day"))? })
    }
}

/// A part of it, as a store is asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageSlice {
    /// The first day: 20261121.
    pub from: u32,
    /// The last one.
    pub to: u32,
    /// What a line is about.
    pub by: By,
    /// If told by end user: those after this pseudonym.
    pub after: String,
    /// If told by end user: so many of them.
    pub people: u32,
}

/// Whose usage a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The record's name for them.
    pub pseudonym: String,
    /// Theirs; none any more of who was forgotten.
    pub id: Option<EndUserId>,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageRow {
    /// 20261121, if told by day.
    pub day: Option<u32>,
    /// Its name, if told by Operation.
    pub operation: Option<String>,
    /// If told by end user.
    pub person: Option<Used>,
    /// Creates that were begun.
    pub creates: u64,
    /// What they used.
    pub used: Amounts,
    /// What they still hold.
    pub held: Amounts,
}

/// Reads part after part.
pub struct UsagePages {
    people: Arc<dyn People>,
    query: UsageQuery,
    next: Next,
}

enum Next {
    Day(Date),
    PersonAfter(String),
    Nothing,
}

impl UsagePages {
    /// All of it, from the first.
    pub fn new(people: Arc<dyn People>, query: UsageQuery) -> Self {
        let next = if query.by.user { Next::PersonAfter(String::new()) } else { Next::Day(query.from) };
        Self { people, query, next }
    }

    /// The next lines; `None` when there are no more.
    ///
    /// Cancel safe: the same lines are given again.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]
    pub async fn next(&mut self) -> Result<Option<Vec<UsageRow>>, PeopleError> {
        let UsageQuery { from, to, by } = self.query;
        match &self.next {
            Next::Nothing => Ok(None),
            Next::PersonAfter(after) => {
                let people = if by.day { PEOPLE_BY_DAY } else { PEOPLE };
                let rows = self.slice(from, to, after.clone(), people).await?;
                let last = rows.last().and_then(|row| row.person.as_ref());
                self.next = last.map_or(Next::Nothing, |last| Next::PersonAfter(last.pseudonym.clone()));
                Ok(Some(rows).filter(|rows| !rows.is_empty()))
            }
            Next::Day(day) if by.day => {
                let (last, next) = part(*day, to);
                let rows = self.slice(*day, last, String::new(), 0).await?;
                self.next = next.map_or(Next::Nothing, Next::Day);
                Ok(Some(rows))
            }
            Next::Day(first) => {
                let rows = self.all_days(*first, to).await?;
                self.next = Next::Nothing;
                Ok(Some(rows))
            }
        }
    }

    /// Lines that are about no single day, of which there are as many as Operations.
    async fn all_days(&self, first: Date, to: Date) -> Result<Vec<UsageRow>, PeopleError> {
        let mut sums: BTreeMap<Option<String>, UsageRow> = BTreeMap::new();
        let mut next = Some(first);
        while let Some(day) = next {
            let (last, after) = part(day, to);
            for row in self.slice(day, last, String::new(), 0).await? {
                let sum = sums
                    .entry(row.operation.clone())
                    .or_insert_with(|| UsageRow { operation: row.operation.clone(), ..UsageRow::default() });
                sum.creates = sum.creates.saturating_add(row.creates);
                sum.used = plus(sum.used, &row.used);
                sum.held = plus(sum.held, &row.held);
            }
            next = after;
        }
        Ok(sums.into_values().collect())
    }

    async fn slice(
        &self,
        from: Date,
        to: Date,
        after: String,
        people: u32,
    ) -> Result<Vec<UsageRow>, PeopleError> {
        let day = |date| PeriodNumbers::of(date).day;
        let slice = UsageSlice { from: day(from), to: day(to), by: self.query.by, after, people };
        self.people.usage(&slice).await
    }
}

/// The last day of the part that begins with `day`, and the first of the next.
fn part(day: Date, to: Date) -> (Date, Option<Date>) {
    let last = day.saturating_add(jiff::Span::new().days(DAYS - 1)).min(to);
    (last, last.tomorrow().ok().filter(|next| *next <= to))
}

fn plus(sum: Amounts, more: &Amounts) -> Amounts {
    Measure::ALL.into_iter().fold(sum, |sum, of| sum.with(of, sum.get(of).saturating_add(more.get(of))))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_is_not_said_is_this_month_by_day_and_nonsense_is_refused() {
        let today = date(2026, 11, 21);
        let read = |from, to, by| UsageQuery::parse(from, to, by, today);
        let by = By { day: true, ..By::default() };
        assert_eq!(read(None, None, None), Ok(UsageQuery { from: date(2026, 11, 1), to: today, by }));
        let all = By { day: true, operation: true, user: true };
        let said = read(Some("2026-10-30"), Some("2026-10-30"), Some("user,day,operation"));
        assert_eq!(said, Ok(UsageQuery { from: date(2026, 10, 30), to: date(2026, 10, 30), by: all }));
        assert_eq!(read(None, None, Some("")).map(|query| query.by), Ok(By::default()));
        for (from, to) in [
            ("2026-11-22", "2026-11-21"),
            ("2026-02-30", "2026-11-21"),
            ("20261101", "2026-11-21"),
            ("2025-01-01", "2026-11-21"),
            ("2026-11-01T00:00:00", "2026-11-21"),
        ] {
            assert_eq!(read(Some(from), Some(to), None), Err(PeopleError::Days), "{from} {to}");
        }
        assert!(matches!(read(None, None, Some("week")), Err(PeopleError::Word("by", _))));
    }

    #[test]
    fn parts_cover_every_day_once() {
        let (mut day, to, mut days) = (Some(date(2026, 10, 28)), date(2026, 11, 12), 0);
        while let Some(first) = day {
            let (last, next) = part(first, to);
            days += first.until(last).unwrap().get_days() + 1;
            assert!(next.is_none_or(|next| next == last.tomorrow().unwrap()));
            day = next;
        }
        assert_eq!(days, 16);
    }
}
