//! What kinds of jobs last cost, for what the operator's table does not price.
//!
//! What it does *not* do: it writes nothing to disk. Whoever keeps it hands it in at the start and is told of changes.

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::money::Millicents;
use crate::ownership::AccountKey;

/// Kinds that are remembered; beyond it those that were not asked for longest are forgotten.
const MAX_KINDS: u64 = 10_000;

/// By account and [`super::Job::kind`]: the cost of one image, or of one training or inspection. Cheap to clone, and
/// then shared.
#[derive(Clone, Debug)]
pub struct LastCosts(Cache<(AccountKey, String), Millicents>);

impl LastCosts {
    /// With what was known before; zeros are left out.
    pub fn with(rows: impl IntoIterator<Item = (AccountKey, String, Millicents)>) -> Self {
        let policy = EvictionPolicy::lru();
        let last = Self(Cache::builder().max_capacity(MAX_KINDS).eviction_policy(policy).build());
        for (account, kind, each_mc) in rows {
            last.remember(&account, &kind, each_mc);
        }
        last
    }

    /// Remembers what one image of a kind cost; `true` if that is news. Zero is no price and is left out.
    pub fn remember(&self, account: &AccountKey, kind: &str, each_mc: Millicents) -> bool {
        if each_mc.0 == 0 || self.find(account, kind) == Some(each_mc) {
            return false;
        }
        self.0.insert((account.clone(), kind.to_owned()), each_mc);
        true
    }

    /// What one image of a kind last cost.
    pub fn find(&self, account: &AccountKey, kind: &str) -> Option<Millicents> {
        self.0.get(&(account.clone(), kind.to_owned()))
    }
}

impl Default for LastCosts {
    fn default() -> Self {
        Self::with([])
    }
}
