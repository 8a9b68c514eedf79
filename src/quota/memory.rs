//! The ledger in memory: **everything in it is lost at restart**. A stand-in until the durable ledger.
//!
//! It keeps every promise of [`Ledger`] for as long as the process lives, so the rest of the gateway can be
//! built and tested on it. After a restart every end user has their whole quota again, and reservations
//! whose outcome was unknown are forgotten: an operator who must not lose money needs the durable one.
//!
//! What it does *not* do: it never forgets what an end user has used in total, so it takes a bounded number of
//! end users and then refuses new ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use jiff::tz::TimeZone;

use super::amounts::Amounts;
use super::books::{Books, Tally};
use super::calendar::{Calendar, Periods, seconds_until};
use super::ledger::{Ledger, QuotaError, ReserveRequest};
use super::reservation::{Abandoned, Reservation};
use super::rule::{QuotaRule, QuotaState};
use crate::clock::{Clock, Timestamp};
use crate::ids::ReservationId;
use crate::principal::EndUserId;
use crate::pseudonym::{Pseudonym, Pseudonyms};

/// How much a [`MemoryLedger`] may hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerBounds {
    /// End users who have used or hold anything.
    pub max_users: usize,
    /// Reservations that are open or unknown.
    pub max_reservations: usize,
}

impl Default for LedgerBounds {
    fn default() -> Self {
        Self { max_users: 1_000_000, max_reservations: 100_000 }
    }
}

/// A ledger that is **lost at restart**. Cheap to clone; clones share one record.
#[derive(Clone)]
pub struct MemoryLedger(Arc<Shared>);

struct Shared {
    clock: Clock,
    /// It knows end users by these alone: leaving and being forgotten resets no quota.
    pseudonyms: Pseudonyms,
    calendar: Calendar,
    bounds: LedgerBounds,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    books: HashMap<Pseudonym, Books>,
    held: HashMap<ReservationId, Held>,
    unknown: usize,
}

struct Held {
    user: Pseudonym,
    periods: Periods,
    amounts: Amounts,
    is_unknown: bool,
}

impl MemoryLedger {
    /// An empty ledger whose days and months are those of `zone`.
    pub fn new(clock: Clock, zone: TimeZone, pseudonyms: Pseudonyms) -> Self {
        Self::with_bounds(clock, zone, pseudonyms, LedgerBounds::default())
    }

    /// An empty ledger that holds no more than `bounds` say.
    pub fn with_bounds(clock: Clock, zone: TimeZone, pseudonyms: Pseudonyms, bounds: LedgerBounds) -> Self {
        let calendar = Calendar::new(zone);
        Self(Arc::new(Shared { clock, pseudonyms, calendar, bounds, record: Mutex::default() }))
    }
}

impl Shared {
    /// No code that holds this lock can panic half-way through a change.
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reserve(&self, request: &ReserveRequest<'_>) -> Result<(), QuotaError> {
        let mut record = self.lock();
        // Read under the lock: reserves are in one order, and so are their moments.
        let now = self.clock.now();
        let periods = self.calendar.periods_at(now).ok_or(QuotaError::Unavailable)?;
        if record.held.contains_key(&request.id) {
            return Err(QuotaError::AlreadyReserved);
        }
        if record.held.len() >= self.bounds.max_reservations {
            return Err(QuotaError::Full);
        }
        let user = self.pseudonyms.of(request.user);
        let is_new = !record.books.contains_key(&user);
        if is_new && record.books.len() >= self.bounds.max_users {
            return Err(QuotaError::Full);
        }
        let mut first = Books::default();
        let books = record.books.get_mut(&user).unwrap_or(&mut first);
        books.drop_past(periods);
        if books.is_closed(periods) {
            return Err(QuotaError::Unavailable);
        }
        if let Some(refusal) = self.refusal(request, books, periods, now) {
            return Err(refusal);
        }
        books.hold(periods, request.amounts);
        if is_new && !first.is_blank() {
            record.books.insert(user, first);
        }
        let held = Held { user, periods, amounts: *request.amounts, is_unknown: false };
        record.held.insert(request.id, held);
        Ok(())
    }

    /// The rule without room that lasts longest, if any has no room.
    fn refusal(
        &self,
        request: &ReserveRequest<'_>,
        books: &Books,
        now: Periods,
        at: Timestamp,
    ) -> Option<QuotaError> {
        let full = request.rules.iter().filter(|rule| {
            let amount = request.amounts.get(rule.of);
            amount > 0 && !books.tally(now.get(rule.per), rule.of).has_room(amount, rule.limit)
        });
        let QuotaRule { of, per, limit } = *full.max_by_key(|rule| rule.per)?;
        let resets_at = self.calendar.end_of(now.get(per));
        let retry_after_s = resets_at.map(|resets_at| seconds_until(at, resets_at));
        Some(QuotaError::Exhausted { of, per, limit, resets_at, retry_after_s })
    }

    /// Ends a reservation: gives back what it held and books what was spent.
    fn end(&self, id: ReservationId, spent: &Amounts) -> Result<(), QuotaError> {
        let mut record = self.lock();
        let Record { books, held, unknown } = &mut *record;
        let ended = held.remove(&id).ok_or(QuotaError::Unavailable)?;
        *unknown -= usize::from(ended.is_unknown);
        let of_user = books.entry(ended.user).or_default();
        of_user.book(ended.periods, spent);
        of_user.give_back(ended.periods, &ended.amounts);
        if of_user.is_blank() {
            books.remove(&ended.user);
        }
        Ok(())
    }

    fn state(&self, user: &EndUserId, rules: &[QuotaRule]) -> Result<Vec<QuotaState>, QuotaError> {
        let periods = self.calendar.periods_at(self.clock.now()).ok_or(QuotaError::Unavailable)?;
        let record = self.lock();
        let books = record.books.get(&self.pseudonyms.of(user));
        if books.is_some_and(|books| books.is_closed(periods)) {
            return Err(QuotaError::Unavailable);
        }
        let state = |rule: &QuotaRule| {
            let period = periods.get(rule.per);
            let Tally { used, held } = books.map(|books| books.tally(period, rule.of)).unwrap_or_default();
            QuotaState {
                of: rule.of,
                per: rule.per,
                limit: rule.limit,
                used: saturating(used),
                held: saturating(held),
                left: saturating(u128::from(rule.limit).saturating_sub(used + held)),
                resets_at: self.calendar.end_of(period),
            }
        };
        Ok(rules.iter().map(state).collect())
    }
}

fn saturating(amount: u128) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

impl Abandoned for Shared {
    fn abandoned(&self, id: ReservationId) {
        let mut record = self.lock();
        let Record { held, unknown, .. } = &mut *record;
        if let Some(held) = held.get_mut(&id)
            && !held.is_unknown
        {
            held.is_unknown = true;
            *unknown += 1;
        }
    }
}

impl Ledger for MemoryLedger {
    fn reserve<'a>(&'a self, request: ReserveRequest<'a>) -> BoxFuture<'a, Result<Reservation, QuotaError>> {
        Box::pin(async move {
            self.0.reserve(&request)?;
            let on_drop: Arc<dyn Abandoned> = Arc::<Shared>::clone(&self.0);
            Ok(Reservation::new(request.id, *request.amounts, on_drop))
        })
    }

    fn settle<'a>(
        &'a self,
        reservation: Reservation,
        actual: Amounts,
    ) -> BoxFuture<'a, Result<(), QuotaError>> {
        Box::pin(async move {
            self.0.end(reservation.id(), &actual)?;
            reservation.close();
            Ok(())
        })
    }

    fn release<'a>(&'a self, reservation: Reservation) -> BoxFuture<'a, Result<(), QuotaError>> {
        self.settle(reservation, Amounts::none())
    }

    fn leave_unknown<'a>(&'a self, reservation: Reservation) -> BoxFuture<'a, Result<(), QuotaError>> {
        Box::pin(async move {
            drop(reservation);
            Ok(())
        })
    }

    fn state<'a>(
        &'a self,
        user: &'a EndUserId,
        _plan: &'a str,
        rules: &'a [QuotaRule],
    ) -> BoxFuture<'a, Result<Vec<QuotaState>, QuotaError>> {
        Box::pin(async move { self.0.state(user, rules) })
    }

    fn open_reservations(&self) -> usize {
        let record = self.0.lock();
        record.held.len() - record.unknown
    }

    fn unknown_reservations(&self) -> usize {
        self.0.lock().unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::quota::Measure;
    use crate::quota::conformance::ledger_conformance;

    ledger_conformance!(|clock, zone| Arc::new(MemoryLedger::new(clock, zone, Pseudonyms::new(b"key"))));

    fn tiny() -> MemoryLedger {
        let bounds = LedgerBounds { max_users: 2, max_reservations: 3 };
        MemoryLedger::with_bounds(Clock::system(), TimeZone::UTC, Pseudonyms::new(b"key"), bounds)
    }

    async fn reserve(ledger: &MemoryLedger, subject: &str) -> Result<Reservation, QuotaError> {
        let user = EndUserId { issuer: "https://id.example".into(), subject: subject.into() };
        let amounts = Amounts::none().with(Measure::Images, 1);
        let request = ReserveRequest {
            id: ReservationId::generate(),
            user: &user,
            plan: "free",
            rules: &[],
            operation: Operation::CreatePrompt,
            amounts: &amounts,
        };
        ledger.reserve(request).await
    }

    #[tokio::test]
    async fn a_full_ledger_refuses_new_users_and_forgets_none() {
        let ledger = tiny();
        for subject in ["a", "b"] {
            let held = reserve(&ledger, subject).await.unwrap();
            ledger.settle(held, Amounts::none().with(Measure::Images, 1)).await.unwrap();
        }
        assert_eq!(reserve(&ledger, "c").await.err(), Some(QuotaError::Full));
        assert!(reserve(&ledger, "a").await.is_ok());
    }

    #[tokio::test]
    async fn a_user_who_got_everything_back_makes_room() {
        let ledger = tiny();
        for n in 0..10 {
            let held = reserve(&ledger, &n.to_string()).await.unwrap();
            ledger.release(held).await.unwrap();
        }
        assert!(ledger.0.lock().books.is_empty());
    }

    #[tokio::test]
    async fn a_ledger_full_of_unknown_reservations_refuses_more() {
        let ledger = tiny();
        for _ in 0..3 {
            drop(reserve(&ledger, "a").await.unwrap());
        }
        assert_eq!(reserve(&ledger, "a").await.err(), Some(QuotaError::Full));
    }
}
