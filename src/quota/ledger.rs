//! Reserve, settle, release: the one way to spend.
//!
//! For any interleaving of calls, crashes and restarts: no reserve passes a limit, whatever was spent is booked in full,
//! nothing is counted twice, and nothing is released because time passed.
//!
//! What it does *not* do: it keeps nothing itself; [`Books`] says what a store must do. It knows no prices.

use std::sync::Arc;
use std::time::Duration;

use super::amounts::{Amounts, Measure};
use super::books::{Books, BooksError, Usage};
use super::calendar::{Calendar, Day, seconds_until};
use super::closing::{Closed, Closing, Ending};
use super::create::Standing;
use super::opening::{Claim, Limit, Opened, Opening, Trail};
use super::reservation::Reservation;
use super::rule::{Period, QuotaRule, QuotaState};
use super::scope::{Scope, SharedBy, Sharing};
use crate::clock::{Clock, Timestamp};
use crate::idempotency::StoredReply;
use crate::ids::ReservationId;
use crate::operation::Operation;
use crate::ownership::AccountKey;
use crate::principal::EndUserId;
use crate::pseudonym::{Pseudonym, Pseudonyms};

/// Why a ledger said no. Nothing is held.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum QuotaError {
    /// A rule does not leave room. If several do not, this is the one that lasts longest.
    #[error("quota of {} {} is used up", state.limit, state.of.name())]
    Exhausted {
        /// How it stands.
        state: QuotaState,
        /// Seconds until its period ends, at least 1; none in total.
        retry_after_s: Option<u64>,
    },
    /// Too many jobs of this end user are in flight.
    #[error("{in_flight} jobs are in flight")]
    TooManyJobs {
        /// So many.
        in_flight: u64,
    },
    /// A theme may still make prompts on one of the tunes.
    #[error("a theme is open on one of the tunes")]
    ThemeOpen,
    /// The end user's data is being erased.
    #[error("the end user's data is being erased")]
    Erasing,
    /// The guest has become an end user, or was forgotten: whoever asks is nobody.
    #[error("the guest is no more")]
    GuestGone,
    /// An object belongs to another end user.
    #[error("the object belongs to another end user")]
    Conflict,
    /// This reservation id has been used.
    #[error("the reservation exists already")]
    AlreadyReserved,
    /// The ledger cannot be reached or cannot answer truthfully: refuse to spend.
    #[error("the ledger is unavailable")]
    Unavailable,
}

/// What the operator granted an end user beside their plan.
pub trait Grants: Send + Sync {
    /// How much more of a measure in this period; [`Day::period`] names it.
    fn extra(&self, of: Measure, per: Period, period: u32) -> u64;
}

/// Whose quota, and which.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// Whose usage it is.
    pub user: &'a EndUserId,
    /// The tenant that their proof names.
    pub tenant: Option<&'a str>,
    /// Somebody who has not signed in: what they use counts for all guests, too.
    pub is_guest: bool,
    /// On which account.
    pub account: &'a AccountKey,
    /// What must leave room: the plan's rules and the account's.
    pub rules: &'a [QuotaRule],
    /// What the operator granted the end user beside their own rules, in this moment's periods.
    pub grants: Option<&'a dyn Grants>,
}

/// What to hold, for whom, under which rules.
pub struct ReserveRequest<'a> {
    /// The reservation's name, chosen by the caller because the upstream call carries it.
    pub id: ReservationId,
    /// The request that asks for it.
    pub request: &'a str,
    /// Whose.
    pub holder: Holder<'a>,
    /// The plan that the rules come from, for the record.
    pub plan: &'a str,
    /// Jobs that may be in flight at once.
    pub max_jobs: Option<u32>,
    /// A job that fails stays spent.
    pub keeps_failed: bool,
    /// What the quota is for.
    pub operation: Operation,
    /// An upper bound of what the call may take.
    pub amounts: Amounts,
    /// Where its outcome would be found.
    pub trail: Trail,
    /// Its idempotency key.
    pub claim: Option<Claim>,
    /// How long the call takes at most.
    pub lease: Duration,
}

/// What became of a reserve that was not refused.
pub enum Reserved {
    /// It may be called.
    Held(Reservation),
    /// The key's reply is known.
    Replay(StoredReply),
    /// The key's create is being called: try again after so many seconds.
    InProgress {
        /// At least 1.
        retry_after_s: u64,
    },
    /// The key came with another request.
    OtherRequest,
    /// Nobody knows yet what became of the key's create.
    Unknown(ReservationId),
}

/// What bounds a holder at this moment.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// The ledger's name of them.
    pub subject: Pseudonym,
    /// Their rules, as limits of today's periods.
    pub limits: Vec<Limit>,
    /// Today.
    pub day: Day,
    /// Now.
    pub at: Timestamp,
}

/// The ledger. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    books: Arc<dyn Books>,
    clock: Clock,
    calendar: Calendar,
    pseudonyms: Pseudonyms,
}

impl Ledger {
    /// In these books, by this calendar.
    pub fn new(books: Arc<dyn Books>, clock: Clock, calendar: Calendar, pseudonyms: Pseudonyms) -> Self {
        Self { books, clock, calendar, pseudonyms }
    }

    /// The record itself.
    pub fn books(&self) -> &dyn Books {
        &*self.books
    }

    /// Today, by the operator's calendar.
    ///
    /// # Errors
    /// [`QuotaError::Unavailable`]: the clock is past the calendar.
    pub fn today(&self) -> Result<Day, QuotaError> {
        self.calendar.day_at(self.clock.now()).ok_or(QuotaError::Unavailable)
    }

    /// Holds all amounts under all rules, or nothing. A rule is asked only if the request has some of its measure.
    /// The amounts count in the day and month of this moment, also when they are settled later.
    ///
    /// Cancel safe: a call that is cancelled has held nothing, or what it held is left unknown.
    ///
    /// # Errors
    /// [`QuotaError`]; nothing is held then.
    pub async fn reserve(&self, request: ReserveRequest<'_>) -> Result<Reserved, QuotaError> {
        let at = self.clock.now();
        let day = self.calendar.day_at(at).ok_or(QuotaError::Unavailable)?;
        let sharing = self.sharing(&request.holder);
        let limits = limits(&request.holder, &sharing, day);
        let opening = Opening {
            reservation: request.id,
            request: request.request.to_owned(),
            account: request.holder.account.clone(),
            owner: request.holder.user.clone(),
            subject: sharing.user,
            scopes: sharing.scopes(request.holder.rules.iter().map(|rule| rule.shared_by)),
            plan: request.plan.to_owned(),
            keeps_failed: request.keeps_failed,
            operation: request.operation,
            amounts: request.amounts,
            day,
            limits: limits.clone(),
            max_jobs: request.max_jobs,
            trail: request.trail,
            claim: request.claim,
            lease_until: at.plus(request.lease),
            at,
        };
        // Made before the wait, so that a caller that leaves meanwhile leaves it unknown, not held for ever.
        let held = Reservation::new(request.id, request.amounts, (limits, day), Arc::clone(&self.books));
        match self.books.open(opening).await {
            Ok(Opened::Held) => Ok(Reserved::Held(held)),
            Ok(opened) => {
                held.close();
                Ok(match opened {
                    Opened::Replay(reply) => Reserved::Replay(reply),
                    Opened::InProgress { lease_until } => {
                        let left_s = at.until(lease_until).as_secs();
                        Reserved::InProgress { retry_after_s: left_s.clamp(1, MAX_RETRY_AFTER_S) }
                    }
                    Opened::OtherRequest => Reserved::OtherRequest,
                    Opened::Unknown(reservation) => Reserved::Unknown(reservation),
                    Opened::Held => Reserved::Unknown(request.id),
                })
            }
            Err(BooksError::Unavailable) => {
                held.uncalled();
                Err(QuotaError::Unavailable)
            }
            Err(refusal) => {
                held.close();
                Err(self.refused(refusal, day, at))
            }
        }
    }

    /// Books what was really made, in the periods of the reservation. More than was reserved is booked in full and
    /// blocks further reserves: truth comes before the limit. `is_complete`: nothing more is held then.
    ///
    /// Gives where the end user's limits stand then, too.
    ///
    /// Not cancel safe: a call that is cancelled may leave the reservation unknown.
    ///
    /// # Errors
    /// [`QuotaError::Conflict`]; [`QuotaError::Unavailable`] if it could not be recorded. The reservation is unknown
    /// then.
    pub async fn settle(
        &self,
        reservation: Reservation,
        closing: Closing,
    ) -> Result<(Closed, Vec<QuotaState>), QuotaError> {
        let (limits, day) = (reservation.limits.clone(), reservation.day);
        let own = limits.iter().filter(|limit| limit.shared_by.is_shown());
        let report = own.clone().map(|limit| (limit.scope.clone(), day.period(limit.per))).collect();
        let closed = self.end(reservation, Closing { report, ..closing }).await?;
        let left = own.zip(&closed.usage).map(|(limit, usage)| self.quota_state(limit, *usage, day));
        let left = left.collect();
        Ok((closed, left))
    }

    /// Gives everything back. Only where it is certain that nothing was spent. `reply`: what the key is answered with
    /// from now on; without one it is free again.
    ///
    /// Not cancel safe, as [`Ledger::settle`].
    ///
    /// # Errors
    /// As [`Ledger::settle`].
    pub async fn release(
        &self,
        reservation: Reservation,
        reply: Option<StoredReply>,
    ) -> Result<Closed, QuotaError> {
        let closing = Closing::new(reservation.id(), Ending::Nothing, self.clock.now());
        self.end(reservation, Closing { reply, ..closing }).await
    }

    async fn end(&self, reservation: Reservation, closing: Closing) -> Result<Closed, QuotaError> {
        match self.books.close(closing).await {
            Ok(closed) => {
                reservation.close();
                Ok(closed)
            }
            Err(BooksError::Conflict) => {
                reservation.close();
                Err(QuotaError::Conflict)
            }
            // Dropped, it is left unknown.
            Err(_) => Err(QuotaError::Unavailable),
        }
    }

    /// Where a holder stands with each of their rules, in the rules' order.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`QuotaError::Unavailable`] if the record cannot be read.
    pub async fn state(&self, holder: &Holder<'_>) -> Result<Vec<QuotaState>, QuotaError> {
        let day = self.today()?;
        let limits = limits(holder, &self.sharing(holder), day);
        let places: Vec<(Scope, u32)> =
            limits.iter().map(|limit| (limit.scope.clone(), day.period(limit.per))).collect();
        let usage = self.books.usage(&places).await.map_err(|_| QuotaError::Unavailable)?;
        Ok(limits.iter().zip(usage).map(|(limit, usage)| self.quota_state(limit, usage, day)).collect())
    }

    /// What the holder may use today, and the name that it counts under: for what becomes theirs by another way than a
    /// reserve.
    ///
    /// # Errors
    /// [`QuotaError::Unavailable`]: the clock is past the calendar.
    pub fn bounds(&self, holder: &Holder<'_>) -> Result<Bounds, QuotaError> {
        let at = self.clock.now();
        let day = self.calendar.day_at(at).ok_or(QuotaError::Unavailable)?;
        let sharing = self.sharing(holder);
        Ok(Bounds { subject: sharing.user, limits: limits(holder, &sharing, day), day, at })
    }

    /// The ledger's name of somebody.
    pub fn name_of(&self, who: &EndUserId) -> Pseudonym {
        self.pseudonyms.of(who)
    }

    fn quota_state(&self, limit: &Limit, usage: Usage, day: Day) -> QuotaState {
        let (used, held) = (usage.used.get(limit.of), usage.held.get(limit.of));
        QuotaState {
            of: limit.of,
            per: limit.per,
            limit: limit.limit,
            shared_by: limit.shared_by,
            used,
            held,
            left: limit.limit.saturating_sub(used).saturating_sub(held),
            resets_at: self.calendar.end_of(day, limit.per),
        }
    }

    /// How many creates stand where.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`QuotaError::Unavailable`]
    pub async fn standing(&self) -> Result<Standing, QuotaError> {
        self.books.standing().await.map_err(|_| QuotaError::Unavailable)
    }

    fn sharing<'a>(&self, holder: &Holder<'a>) -> Sharing<'a> {
        Sharing {
            user: self.pseudonyms.of(holder.user),
            tenant: holder.tenant,
            is_guest: holder.is_guest,
            account: holder.account,
        }
    }

    fn refused(&self, error: BooksError, day: Day, at: Timestamp) -> QuotaError {
        match error {
            BooksError::Exhausted { limit, used, held } => {
                let usage = Usage {
                    used: Amounts::none().with(limit.of, used),
                    held: Amounts::none().with(limit.of, held),
                };
                let state = self.quota_state(&limit, usage, day);
                let retry_after_s = state.resets_at.map(|resets_at| seconds_until(at, resets_at));
                QuotaError::Exhausted { state, retry_after_s }
            }
            BooksError::TooManyJobs { in_flight } => QuotaError::TooManyJobs { in_flight },
            BooksError::ThemeOpen => QuotaError::ThemeOpen,
            BooksError::Erasing => QuotaError::Erasing,
            BooksError::GuestGone => QuotaError::GuestGone,
            BooksError::AlreadyReserved => QuotaError::AlreadyReserved,
            BooksError::Conflict => QuotaError::Conflict,
            BooksError::Unavailable => QuotaError::Unavailable,
        }
    }
}

/// A create that is in progress is asked for again soon: most end within seconds.
const MAX_RETRY_AFTER_S: u64 = 5;

/// The holder's rules as limits of this day's scopes; grants raise their own.
fn limits(holder: &Holder<'_>, sharing: &Sharing<'_>, day: Day) -> Vec<Limit> {
    let limit = |rule: &QuotaRule| {
        let granted = match rule.shared_by {
            SharedBy::EndUser => {
                holder.grants.map_or(0, |grants| grants.extra(rule.of, rule.per, day.period(rule.per)))
            }
            SharedBy::Tenant | SharedBy::Guests | SharedBy::Account => 0,
        };
        Limit {
            scope: sharing.scope(rule.shared_by),
            shared_by: rule.shared_by,
            of: rule.of,
            per: rule.per,
            limit: rule.limit.saturating_add(granted),
        }
    };
    // What all guests share is nothing to an end user on the same plan.
    let rules = holder.rules.iter().filter(|rule| rule.shared_by != SharedBy::Guests || holder.is_guest);
    rules.map(limit).collect()
}
