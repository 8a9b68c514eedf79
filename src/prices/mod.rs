//! What a create may cost, before it is called: what the ledger holds until Astria says the truth.
//!
//! Nobody knows the price of a prompt for certain before it is made, and a hold that is too low lets an end user
//! overspend, so each source is asked in turn: the pack's published cost, the operator's table, what the same kind of
//! job last cost, and the operator's default.
//!
//! ```text
//! free → 0    published (packs) → that    else each job: table → last cost → unknown_cost_mc an image
//! ```
//!
//! What it does *not* do: it books nothing, and it never says zero unless a job is free.

mod job;
mod last;
mod table;

pub use job::Job;
pub use last::LastCosts;
pub use table::{Per, Price, PriceTable, VideoPrice};

use crate::money::Millicents;
use crate::ownership::AccountKey;

/// See the module.
pub struct Prices {
    table: PriceTable,
    last: LastCosts,
    unknown_cost_mc: Millicents,
}

/// What was learned about a kind of job, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// See [`Job::kind`].
    pub kind: String,
    /// The cost of one image, or of one training or inspection.
    pub each_mc: Millicents,
}

impl Prices {
    /// `unknown_cost_mc` is held for each image, training or inspection of which nothing is known: at least 1.
    pub fn new(table: PriceTable, last: LastCosts, unknown_cost_mc: Millicents) -> Self {
        Self { table, last, unknown_cost_mc: unknown_cost_mc.max(Millicents(1)) }
    }

    /// What jobs last cost: outlives a configuration.
    pub const fn last(&self) -> &LastCosts {
        &self.last
    }

    /// What to hold for these jobs together. `published` is what a pack says that they cost; it covers nothing that a
    /// request adds to the pack (a flag, a video, a resolution): then the larger of both counts.
    ///
    /// Zero if and only if `is_free`. Saturates.
    pub fn estimate(
        &self,
        account: &AccountKey,
        jobs: &[Job],
        published: Option<Millicents>,
        is_free: bool,
    ) -> Millicents {
        if is_free {
            return Millicents(0);
        }
        let of_jobs = || {
            let costs = jobs.iter().map(|job| self.of_job(account, job).0);
            Millicents(costs.fold(0, u64::saturating_add)).max(self.unknown_of_none(jobs))
        };
        match published.filter(|published| published.0 > 0) {
            Some(published) if jobs.iter().any(Job::has_extras) => published.max(of_jobs()),
            Some(published) => published,
            None => of_jobs(),
        }
    }

    /// Remembers what jobs of one kind were said to have cost together; of jobs of several kinds nobody can tell what
    /// each cost. `Some` if it is news.
    pub fn learn(&self, account: &AccountKey, jobs: &[Job], cost: Millicents) -> Option<Learned> {
        let (first, rest) = jobs.split_first()?;
        let kind = first.kind();
        if cost.0 == 0 || rest.iter().any(|job| job.kind() != kind) {
            return None;
        }
        let units = jobs.iter().map(Job::units).fold(0, u64::saturating_add);
        let each_mc = Millicents(cost.0.div_ceil(units.max(1)));
        self.last.remember(account, &kind, each_mc).then_some(Learned { kind, each_mc })
    }

    fn of_job(&self, account: &AccountKey, job: &Job) -> Millicents {
        let last = || self.last.find(account, &job.kind()).map(|each| each.times(job.units()));
        let unknown = || self.unknown_cost_mc.times(job.units());
        self.table.estimate(job).or_else(last).unwrap_or_else(unknown)
    }

    /// A call that names no job is unknown too.
    const fn unknown_of_none(&self, jobs: &[Job]) -> Millicents {
        if jobs.is_empty() { self.unknown_cost_mc } else { Millicents(1) }
    }
}

#[cfg(test)]
mod tests;
