//! [`People`] by way of the writer and the readers.

mod change;
pub(super) mod look;
pub(super) mod usage;

use futures_util::future::BoxFuture;
use rusqlite::Row;

pub(super) use change::change;

use super::Store;
use super::command::{Answer, Command};
use super::index::answer;
use super::rows::number_out;
use crate::ownership::IndexError;
use crate::people::{
    Changed, Deed, HeldReservation, Known, Order, Override, People, PeopleError, PeriodNumbers, Person,
    ReservationQuery, Search, UsageRow, UsageSlice,
};
use crate::principal::EndUserId;
use crate::pseudonym::Pseudonym;
use crate::quota::{Amounts, Measure};

impl People for Store {
    fn revision(&self) -> BoxFuture<'_, Result<u64, PeopleError>> {
        Box::pin(async move { told(self.read("operator_revision", look::revision).await) })
    }

    fn overrides(
        &self,
        since: PeriodNumbers,
    ) -> BoxFuture<'_, Result<Vec<(Pseudonym, Override)>, PeopleError>> {
        Box::pin(async move { told(self.read("overrides", move |conn| look::overrides(conn, since)).await) })
    }

    fn change(&self, order: Order) -> BoxFuture<'_, Result<Changed, PeopleError>> {
        let command = Command::Operate(Box::new(order));
        let done = async move { answer!(self, command, Answer::Changed(changed) => changed) };
        Box::pin(async move { told(done.await) })
    }

    fn search<'a>(&'a self, search: &'a Search) -> BoxFuture<'a, Result<Vec<Known>, PeopleError>> {
        let search = search.clone();
        Box::pin(async move { told(self.read("search", move |conn| look::search(conn, &search)).await) })
    }

    fn person<'a>(
        &'a self,
        id: &'a EndUserId,
        pseudonym: Pseudonym,
        now: PeriodNumbers,
    ) -> BoxFuture<'a, Result<Person, PeopleError>> {
        let id = id.clone();
        let look = move |conn: &rusqlite::Connection| look::person(conn, &id, pseudonym, now);
        Box::pin(async move { told(self.read("person", look).await) })
    }

    fn usage<'a>(&'a self, slice: &'a UsageSlice) -> BoxFuture<'a, Result<Vec<UsageRow>, PeopleError>> {
        let slice = slice.clone();
        Box::pin(async move { told(self.read("usage", move |conn| usage::usage(conn, &slice)).await) })
    }

    fn reservations<'a>(
        &'a self,
        query: &'a ReservationQuery,
    ) -> BoxFuture<'a, Result<Vec<HeldReservation>, PeopleError>> {
        let query = query.clone();
        let look = move |conn: &rusqlite::Connection| look::reservations(conn, &query);
        Box::pin(async move { told(self.read("reservations", look).await) })
    }

    fn deeds(&self, before: Option<u64>, limit: u32) -> BoxFuture<'_, Result<Vec<Deed>, PeopleError>> {
        Box::pin(async move { told(self.read("deeds", move |conn| look::deeds(conn, before, limit)).await) })
    }
}

/// These commands and look-ups are refused for no other reason.
fn told<T>(done: Result<T, IndexError>) -> Result<T, PeopleError> {
    done.map_err(|_| PeopleError::Unavailable)
}

/// `PREFIX_images, PREFIX_tunes, …`, each as `shape` writes it, in the order of [`Measure::ALL`].
fn columns(shape: impl Fn(&str) -> String) -> String {
    Measure::ALL.map(|of| shape(of.name())).join(", ")
}

/// The amounts of [`columns`], the first of which has this number.
fn amounts(row: &Row<'_>, first: usize) -> Result<Amounts, rusqlite::Error> {
    Measure::ALL.into_iter().zip(first..).try_fold(Amounts::none(), |sum, (of, column)| {
        let amount: Option<i64> = row.get(column)?;
        Ok(sum.with(of, number_out(amount.unwrap_or_default())))
    })
}

/// A name from two columns, both of which are absent for who was forgotten.
fn name(row: &Row<'_>, issuer: usize) -> Result<Option<EndUserId>, rusqlite::Error> {
    let (issuer, subject): (Option<Box<str>>, Option<Box<str>>) = (row.get(issuer)?, row.get(issuer + 1)?);
    Ok(issuer
        .zip(subject)
        .map(|(issuer, subject)| EndUserId { issuer: issuer.into(), subject: subject.into() }))
}
