//! The user limit: a token bucket for each end user, by plan, with overrides for single operations.
//!
//! An operation with an override has a bucket of its own; all others of a user share the plan's default
//! bucket. Time comes from [`Clock`], so that tests can move it.
//!
//! After a reload of the configuration, buckets go on where plan, operation and policy are what they were; where
//! one of them changed, everybody starts with a full bucket. All generations share one bounded set.
//!
//! What it does *not* do: it is lost at restart and local to this process.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

use super::LimitsError;
use super::bounded::{BoundedMap, Eviction, SHARED_BUCKETS};
use super::policy::{RatePolicy, RateState};
use crate::clock::Clock;
use crate::operation::Operation;
use crate::principal::EndUserId;

/// How many buckets the end users share that came when there was no room for a bucket of their own.
pub const SHARED_USER_BUCKETS: usize = SHARED_BUCKETS;
const POLICY: &str = "user";
const SECOND_NS: u64 = 1_000_000_000;

/// Whether a request may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may; a token was taken.
    Allowed(RateState),
    /// It may not; nothing was taken.
    Refused(RateState),
}

/// The user limits of all plans.
pub struct PlanLimits {
    hash_key: RandomState,
    buckets: Buckets,
    max_keys: usize,
    /// The number of the next limiter: keys of all generations stand in one set.
    next_number: u32,
    plans: HashMap<Arc<str>, Plan>,
    strictest: Limiter,
}

struct Plan {
    default: Limiter,
    overrides: Vec<(Operation, Limiter)>,
}

#[derive(Clone)]
struct Limiter {
    /// Part of every key, so that limiters can share one set of buckets.
    number: u32,
    policy: RatePolicy,
    bucket: Arc<RateLimiter<u64, Buckets, GovernorClock, StateInformationMiddleware>>,
}

impl PlanLimits {
    /// Builds the limiters. At most `max_keys` buckets (of all plans together, but not fewer than 64) exist at a
    /// time, plus [`SHARED_USER_BUCKETS`].
    ///
    /// After a reload, `previous` is the one in force, whose buckets go on where nothing changed; time then comes
    /// from its clock. Nothing of it is changed here, so that a reload that fails later leaves no trace: a new
    /// `max_keys` takes effect at the first [`PlanLimits::sweep`] of the new one.
    ///
    /// # Errors
    /// [`LimitsError::Plan`] if a policy does not hold, [`LimitsError::NoPlans`] if there is no plan.
    pub fn new(
        clock: Clock,
        max_keys: usize,
        plans: impl IntoIterator<Item = (Arc<str>, RatePolicy, BTreeMap<Operation, RatePolicy>)>,
        previous: Option<&Self>,
    ) -> Result<Self, LimitsError> {
        let buckets = match previous {
            Some(old) => old.buckets.for_new_limiters(),
            None => Buckets::new(GovernorClock(clock), max_keys),
        };
        let mut next_number = previous.map_or(0, |old| old.next_number);
        let mut limiter = |plan: &Arc<str>, operation, policy| {
            let known = previous.and_then(|old| old.find(plan, operation));
            if let Some(known) = known.filter(|known| known.policy == policy) {
                return Ok(known.clone());
            }
            next_number = next_number.wrapping_add(1);
            Limiter::new(next_number, policy, &buckets)
                .map_err(|reason| LimitsError::Plan { plan: Arc::clone(plan), reason: Box::new(reason) })
        };
        let mut by_name = HashMap::new();
        let mut strictest: Option<Limiter> = None;
        for (name, default, overrides) in plans {
            let default = limiter(&name, None, default)?;
            let overrides = overrides
                .into_iter()
                .map(|(operation, policy)| Ok((operation, limiter(&name, Some(operation), policy)?)));
            let plan = Plan { overrides: overrides.collect::<Result<_, LimitsError>>()?, default };
            if strictest.as_ref().is_none_or(|so_far| plan.default.is_stricter_than(so_far)) {
                strictest = Some(plan.default.clone());
            }
            by_name.insert(name, plan);
        }
        let strictest = strictest.ok_or(LimitsError::NoPlans)?;
        let hash_key = previous.map_or_else(RandomState::new, |old| old.hash_key.clone());
        Ok(Self { hash_key, buckets, max_keys, next_number, plans: by_name, strictest })
    }

    /// Takes a token from the bucket of this end user. A plan that is not configured is limited like the
    /// strictest one that is: which plan someone has is decided elsewhere, and a gap there must not open this.
    pub fn check(&self, plan: &str, user: &EndUserId, operation: Option<Operation>) -> Decision {
        let limiter = self.limiter(plan, operation);
        let key = self.hash_key.hash_one((limiter.number, user));
        match limiter.bucket.check_key(&key) {
            Ok(state) => Decision::Allowed(limiter.policy.allowed(POLICY, state.remaining_burst_capacity())),
            Err(not_until) => {
                let wait = not_until.wait_time_from(governor::clock::Clock::now(&self.buckets.clock));
                Decision::Refused(limiter.policy.refused(POLICY, wait))
            }
        }
    }

    /// Forgets buckets that are full again and gives their memory back. To be called now and then; a full
    /// set of buckets makes room by itself, too.
    pub fn sweep(&self) {
        self.buckets.map.set_max_keys(self.max_keys);
        self.buckets.map.sweep(self.buckets.full_again_up_to(self.buckets.elapsed_ns()));
    }

    /// How many buckets exist that are not shared.
    pub fn len(&self) -> usize {
        self.buckets.map.len()
    }

    /// Whether nobody has a bucket.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The limiter that is exactly this plan's default, or exactly this operation's own.
    fn find(&self, plan: &str, operation: Option<Operation>) -> Option<&Limiter> {
        let plan = self.plans.get(plan)?;
        match operation {
            None => Some(&plan.default),
            Some(wanted) => plan.overrides.iter().find(|(has, _)| *has == wanted).map(|(_, limiter)| limiter),
        }
    }

    fn limiter(&self, plan: &str, operation: Option<Operation>) -> &Limiter {
        let Some(plan) = self.plans.get(plan) else { return &self.strictest };
        let own = operation.and_then(|wanted| plan.overrides.iter().find(|(has, _)| *has == wanted));
        own.map_or(&plan.default, |(_, limiter)| limiter)
    }
}

impl Limiter {
    fn new(number: u32, policy: RatePolicy, buckets: &Buckets) -> Result<Self, LimitsError> {
        policy.check()?;
        let burst = NonZeroU32::new(policy.burst).ok_or(LimitsError::Burst)?;
        let quota = Quota::with_period(policy.period()).ok_or(LimitsError::Rate)?.allow_burst(burst);
        let bucket = RateLimiter::new(quota, buckets.clone(), buckets.clock.clone());
        Ok(Self { number, policy, bucket: Arc::new(bucket) })
    }

    fn is_stricter_than(&self, other: &Self) -> bool {
        let rank = |limiter: &Self| (limiter.policy.requests_per_s, limiter.policy.burst);
        rank(self) < rank(other)
    }
}

/// Our clock, as governor wants it.
#[derive(Clone)]
struct GovernorClock(Clock);

impl governor::clock::Clock for GovernorClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        // Half the range (292 years) leaves room for what governor adds.
        Nanos::new(u64::try_from(self.0.monotonic().as_nanos()).unwrap_or(u64::MAX).min(u64::MAX / 2))
    }
}

/// The one set of buckets that all limiters share: key → when that bucket is full again, in nanoseconds since the set
/// was made.
///
/// governor counts from the moment when a limiter was made. Limiters of later generations are younger than the set,
/// so each carries by how much, and no value is read as older or newer than it is.
#[derive(Clone)]
struct Buckets {
    map: Arc<BoundedMap>,
    clock: GovernorClock,
    /// When the set was made.
    start: Nanos,
    /// How much later the limiters with this handle were made.
    offset_ns: u64,
}

impl Buckets {
    fn new(clock: GovernorClock, max_keys: usize) -> Self {
        let start = governor::clock::Clock::now(&clock);
        Self { map: Arc::new(BoundedMap::new(max_keys)), clock, start, offset_ns: 0 }
    }

    /// The same set, for limiters that are made now.
    fn for_new_limiters(&self) -> Self {
        Self { offset_ns: self.elapsed_ns(), ..self.clone() }
    }

    fn elapsed_ns(&self) -> u64 {
        governor::clock::Clock::now(&self.clock).saturating_sub(self.start).as_u64()
    }

    /// Up to which value a bucket is certainly full. One second of margin: limiters count from the moment
    /// when they were made, a little after their handle of the set was.
    fn full_again_up_to(&self, elapsed_ns: u64) -> u64 {
        elapsed_ns.saturating_sub(SECOND_NS)
    }
}

impl StateStore for Buckets {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let now = self.elapsed_ns();
        let eviction = Eviction { stale_up_to: self.full_again_up_to(now), now, pause: SECOND_NS };
        self.map.update(*key, Some(eviction), |full_at, _| {
            let own = full_at.map(|full_at| Nanos::new(full_at.saturating_sub(self.offset_ns)));
            f(own).map(|(out, next)| (out, next.as_u64().saturating_add(self.offset_ns)))
        })
    }
}

#[cfg(test)]
mod tests;
