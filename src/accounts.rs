//! The operator's accounts at Astria: which one a caller's tenant selects.
//!
//! Ownership and cache are keyed by account, so one tenant's end users never meet another's objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ownership::AccountKey;
use crate::packs::PackCache;
use crate::upstream::Upstream;

/// One account: a key and a workspace at Astria.
pub struct Account {
    /// As a key of ownership and cache.
    pub key: AccountKey,
    /// Calls with its credential.
    pub upstream: Upstream,
    /// Its packs.
    pub packs: PackCache,
}

/// All of them.
pub struct Accounts {
    /// For tokens that name no tenant; absent if they must.
    pub own: Option<Arc<Account>>,
    /// By tenant; empty: tokens' tenants do not matter.
    pub tenants: BTreeMap<String, Arc<Account>>,
}

impl Accounts {
    /// The account that a token's tenant selects; none for a tenant that is not configured.
    pub fn get(&self, tenant: Option<&str>) -> Option<&Arc<Account>> {
        match tenant.filter(|_| !self.tenants.is_empty()) {
            Some(tenant) => self.tenants.get(tenant),
            None => self.own.as_ref(),
        }
    }

    /// Each once.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.own.iter().chain(self.tenants.values())
    }
}
