//! What the operator said about single end users, in memory: asked on every request, read anew when it changes.
//!
//! A command changes it in another process, so the store's revision is looked at twice a second; a change through the API
//! is read at once. What cannot be read anew stays as it was: a store that fails must unblock nobody.
//!
//! What it does *not* do: it is as large as what the operator said, which no end user can make larger.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use super::{People, PeopleError, PeriodNumbers};
use crate::clock::{Clock, Timestamp};
use crate::principal::EndUserId;
use crate::pseudonym::{Pseudonym, Pseudonyms};
use crate::quota::{Grants, Measure, Period};

/// Between two looks at the store's revision: a block by a command takes effect within a second.
const LOOK_AFTER: Duration = Duration::from_millis(500);
/// Grants of periods that ended longer ago are not kept in memory. Longer than any time zone is away from another.
const GRANTS_OF_THE_LAST: Duration = Duration::from_secs(2 * 86_400);

/// Since when somebody is refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// When it began.
    pub at: Timestamp,
    /// For the operator's eyes alone.
    pub reason: String,
}

/// More quota in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Of what.
    pub of: Measure,
    /// Over what time.
    pub per: Period,
    /// In which of them: 20261121, 202611, or 0 in total.
    pub period: u32,
    /// How much; millicents where money is counted.
    pub amount: u64,
    /// When it was granted.
    pub at: Timestamp,
}

/// All of it about one end user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// This plan, whatever a token claims. Whether it exists is for config to say.
    pub plan: Option<Arc<str>>,
    /// Everything is refused.
    pub block: Option<Block>,
    /// More quota.
    pub grants: Vec<Grant>,
}

impl Grants for Override {
    /// All grants together.
    fn extra(&self, of: Measure, per: Period, period: u32) -> u64 {
        let fitting =
            self.grants.iter().filter(|grant| (grant.of, grant.per, grant.period) == (of, per, period));
        fitting.fold(0, |sum: u64, grant| sum.saturating_add(grant.amount))
    }
}

#[derive(Default)]
struct Snapshot {
    revision: u64,
    people: HashMap<Pseudonym, Arc<Override>>,
}

/// See the module. Outlives a reload.
pub struct Overrides {
    people: Arc<dyn People>,
    pseudonyms: Pseudonyms,
    clock: Clock,
    present: ArcSwap<Snapshot>,
    /// One reader at a time, so that none puts back what another read later.
    reading: Mutex<()>,
    is_failing: AtomicBool,
    changes: watch::Sender<u64>,
}

impl Overrides {
    /// Reads them.
    ///
    /// # Errors
    /// [`PeopleError::Unavailable`]: a gateway that does not know whom to refuse must not start.
    pub async fn load(
        people: Arc<dyn People>,
        pseudonyms: Pseudonyms,
        clock: Clock,
    ) -> Result<Self, PeopleError> {
        let (present, reading) = (ArcSwap::default(), Mutex::default());
        let (is_failing, changes) = (AtomicBool::new(false), watch::Sender::new(0));
        let overrides = Self { people, pseudonyms, clock, present, reading, is_failing, changes };
        overrides.read(false).await?;
        Ok(overrides)
    }

    /// What the operator said about an end user. Costs next to nothing as long as nothing was said about anybody.
    pub fn find(&self, id: &EndUserId) -> Option<Arc<Override>> {
        let present = self.present.load();
        if present.people.is_empty() {
            return None;
        }
        present.people.get(&self.pseudonyms.of(id)).cloned()
    }

    /// The same by the name that the record has for them.
    pub fn of(&self, pseudonym: Pseudonym) -> Option<Arc<Override>> {
        self.present.load().people.get(&pseudonym).cloned()
    }

    /// Tells whoever must look again at what was said about somebody.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Reads them anew, now. What cannot be read stays as it was; the log says so once.
    ///
    /// Cancel safe.
    pub async fn refresh(&self) {
        self.settle(self.read(false).await.is_err());
    }

    /// Looks for changes until `stop`.
    ///
    /// Cancel safe.
    pub async fn keep_current(&self, stop: CancellationToken) {
        let looking = async {
            loop {
                tokio::time::sleep(LOOK_AFTER).await;
                self.settle(self.read(true).await.is_err());
            }
        };
        stop.run_until_cancelled(looking).await;
    }

    /// Says once that it fails, and once that it does no more.
    fn settle(&self, failed: bool) {
        let was_failing = self.is_failing.swap(failed, Ordering::Relaxed);
        match (was_failing, failed) {
            (false, true) => tracing::error!(
                "plans, grants and blocks of single end users cannot be read; the last known count"
            ),
            (true, false) => tracing::info!("plans, grants and blocks of single end users can be read again"),
            _ => {}
        }
    }

    async fn read(&self, only_if_changed: bool) -> Result<(), PeopleError> {
        let _one = self.reading.lock().await;
        // Before what it counts: what is changed meanwhile is read again.
        let revision = self.people.revision().await?;
        if only_if_changed && revision == self.present.load().revision {
            return Ok(());
        }
        let now_ms = self.clock.now().unix_ms();
        let since_ms =
            now_ms.saturating_sub(u64::try_from(GRANTS_OF_THE_LAST.as_millis()).unwrap_or(u64::MAX));
        let since = PeriodNumbers::at(Timestamp::from_unix_ms(since_ms), &TimeZone::UTC);
        let people = self.people.overrides(since).await?;
        let people = people.into_iter().map(|(who, said)| (who, Arc::new(said))).collect();
        self.present.store(Arc::new(Snapshot { revision, people }));
        self.changes.send_if_modified(|told| std::mem::replace(told, revision) != revision);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_of_one_measure_and_period_add_up_and_no_others_count() {
        let grant =
            |of, per, period, amount| Grant { of, per, period, amount, at: Timestamp::from_unix_ms(0) };
        let grants = vec![
            grant(Measure::Images, Period::Day, 20_261_121, 5),
            grant(Measure::Images, Period::Day, 20_261_121, 7),
            grant(Measure::Images, Period::Day, 20_261_120, 100),
            grant(Measure::Images, Period::Month, 202_611, 1000),
            grant(Measure::Tunes, Period::Day, 20_261_121, 10_000),
            grant(Measure::CostMc, Period::Total, 0, u64::MAX),
            grant(Measure::CostMc, Period::Total, 0, u64::MAX),
        ];
        let said = Override { grants, ..Override::default() };
        assert_eq!(said.extra(Measure::Images, Period::Day, 20_261_121), 12);
        assert_eq!(said.extra(Measure::Images, Period::Total, 0), 0);
        assert_eq!(said.extra(Measure::CostMc, Period::Total, 0), u64::MAX);
    }
}
