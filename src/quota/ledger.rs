//! What the gateway asks of a ledger, whatever it is stored in.
//!
//! What it does *not* do: it does not say how the record is kept; `conformance` says how it must behave.

use futures_util::future::BoxFuture;

use super::amounts::{Amounts, Measure};
use super::reservation::Reservation;
use super::rule::{Period, QuotaRule, QuotaState};
use crate::ids::ReservationId;
use crate::operation::Operation;
use crate::principal::EndUserId;

/// Why a ledger said no.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum QuotaError {
    /// A rule does not leave room. If several do not, this is the one that lasts longest.
    #[error("quota of {limit} {} is used up", of.name())]
    Exhausted {
        /// What is counted.
        of: Measure,
        /// Over what time.
        per: Period,
        /// How much is allowed.
        limit: u64,
        /// When the period ends; none in total.
        resets_at: Option<jiff::Timestamp>,
        /// Seconds until then, at least 1; none in total.
        retry_after_s: Option<u64>,
    },
    /// The ledger has no room for another end user or reservation, and must not forget one.
    #[error("the ledger is full")]
    Full,
    /// This reservation id has been used. Nothing was held.
    #[error("the reservation exists already")]
    AlreadyReserved,
    /// The ledger cannot be reached or cannot answer truthfully: refuse to spend.
    #[error("the ledger is unavailable")]
    Unavailable,
}

/// What to hold, for whom, under which rules.
#[derive(Clone, Copy)]
pub struct ReserveRequest<'a> {
    /// The reservation's name, chosen by the caller because the upstream call carries it.
    pub id: ReservationId,
    /// Whose usage it is.
    pub user: &'a EndUserId,
    /// The plan that the rules come from, for the record. Usage is counted per end user, whatever the plan.
    pub plan: &'a str,
    /// What must leave room.
    pub rules: &'a [QuotaRule],
    /// What the quota is for.
    pub operation: Operation,
    /// An upper bound of what the call may take.
    pub amounts: &'a Amounts,
}

/// The record of what was reserved, settled and released.
///
/// For any interleaving of calls: no reserve passes a limit, whatever was spent is booked in full, nothing is
/// counted twice, and nothing is released because time passed.
pub trait Ledger: Send + Sync + 'static {
    /// Holds all amounts under all rules, or nothing. A rule is asked only if the request has some of its
    /// measure. The amounts count in the day and month of this moment, also when they are settled later.
    ///
    /// Cancel safe: a call that is cancelled has held nothing, or what it held is left unknown.
    ///
    /// # Errors
    /// [`QuotaError::Exhausted`] if a rule has no room; the others where they say so. Nothing is held then.
    fn reserve<'a>(&'a self, request: ReserveRequest<'a>) -> BoxFuture<'a, Result<Reservation, QuotaError>>;

    /// Books what was really spent, in the periods of the reservation, and holds nothing any more. More than
    /// was reserved is booked in full and blocks further reserves: truth comes before the limit.
    ///
    /// Not cancel safe: a call that is cancelled may leave the reservation unknown.
    ///
    /// # Errors
    /// [`QuotaError::Unavailable`] if it could not be recorded; the reservation is unknown then.
    fn settle<'a>(
        &'a self,
        reservation: Reservation,
        actual: Amounts,
    ) -> BoxFuture<'a, Result<(), QuotaError>>;

    /// Gives everything back. Only where it is certain that nothing was spent.
    ///
    /// Not cancel safe: a call that is cancelled may leave the reservation unknown.
    ///
    /// # Errors
    /// [`QuotaError::Unavailable`] if it could not be recorded; the reservation is unknown then.
    fn release<'a>(&'a self, reservation: Reservation) -> BoxFuture<'a, Result<(), QuotaError>>;

    /// Records that nobody knows whether this was spent. It stays held until someone finds out, however long
    /// that takes. Dropping the reservation does the same.
    ///
    /// Cancel safe: cancelled or not, the reservation is left unknown.
    ///
    /// # Errors
    /// [`QuotaError::Unavailable`] if it could not be recorded; it is held all the same.
    fn leave_unknown<'a>(&'a self, reservation: Reservation) -> BoxFuture<'a, Result<(), QuotaError>>;

    /// Where an end user stands with each of these rules, in their order.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`QuotaError::Unavailable`] if the record cannot be read.
    fn state<'a>(
        &'a self,
        user: &'a EndUserId,
        plan: &'a str,
        rules: &'a [QuotaRule],
    ) -> BoxFuture<'a, Result<Vec<QuotaState>, QuotaError>>;

    /// How many reservations are held and have no end yet: not settled, not released, not left unknown.
    fn open_reservations(&self) -> usize;

    /// How many reservations are held because nobody knows whether they were spent.
    fn unknown_reservations(&self) -> usize;
}
