//! The operator's accounts at Astria: which one a caller's tenant selects.
//!
//! Ownership and cache are keyed by account, so one tenant's end users never meet another's objects.

mod balance;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use balance::Balance;

use crate::config::AccountChoice;
use crate::fingerprint::Fingerprint;
use crate::ownership::AccountKey;
use crate::packs::PackCache;
use crate::quota::QuotaRule;
use crate::upstream::Upstream;
use crate::upstream::account::AccountState;
use crate::upstream::client::Client;

/// One account: a key and a workspace at Astria.
pub struct Account {
    /// Its name in configuration: a tenant's, or `upstream`.
    pub name: String,
    /// What it was made of, secrets as their hash: equal for an account that a reload leaves as it was.
    pub made_of: Fingerprint,
    /// The same of key and workspace alone.
    pub credential: Fingerprint,
    /// Its breaker, pause and places: they outlive a reload.
    pub shared: Arc<AccountState>,
    /// The pool that all accounts share.
    pub client: Client,
    /// What everybody on it may spend together.
    pub ceiling: Vec<QuotaRule>,
    /// As a key of ownership and cache.
    pub key: AccountKey,
    /// Calls with its credential.
    pub upstream: Upstream,
    /// Its packs.
    pub packs: PackCache,
    /// What it has left.
    pub balance: Arc<Balance>,
}

/// All of them.
pub struct Accounts {
    /// That of `[upstream]`; absent if it has no key.
    pub own: Option<Arc<Account>>,
    /// By tenant.
    pub tenants: BTreeMap<String, Arc<Account>>,
}

impl Accounts {
    /// The account that a tenant selects.
    pub fn get(&self, choice: AccountChoice<'_>) -> Option<&Arc<Account>> {
        match choice {
            AccountChoice::Upstream => self.own.as_ref(),
            AccountChoice::Tenant(name) => self.tenants.get(name),
            AccountChoice::Refused => None,
        }
    }

    /// Each once.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Account>> + Clone {
        self.own.iter().chain(self.tenants.values())
    }
}
