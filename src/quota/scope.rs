//! Whose usage it is: an end user's, a tenant's, the guests', or the account's.
//!
//! One create counts in several scopes at once, and each may have limits.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ownership::AccountKey;
use crate::pseudonym::Pseudonym;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// One end user, by the ledger's name for them.
    EndUser(Pseudonym),
    /// Everybody whose proof names this tenant; empty: everybody whose proof names none.
    Tenant(Arc<str>),
    /// Everybody who is a guest, or was when it was used.
    Guests,
    /// Everybody on one of the operator's accounts.
    Account(AccountKey),
}

/// As it is stored.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndUser(pseudonym) => write!(f, "u:{pseudonym}"),
            Self::Tenant(name) => write!(f, "t:{name}"),
            Self::Guests => f.write_str("g:"),
            Self::Account(key) => write!(f, "a:{}", key.as_str()),
        }
    }
}

/// With whom a quota is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedBy {
    /// With nobody: each end user and each guest has their own.
    #[default]
    EndUser,
    /// With everybody of the same tenant.
    Tenant,
    /// With all guests; it is nothing to anybody else.
    Guests,
    /// With everybody on the account: the operator's ceiling.
    Account,
}

impl SharedBy {
    /// The word in config and replies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndUser => "end_user",
            Self::Tenant => "tenant",
            Self::Guests => "guests",
            Self::Account => "account",
        }
    }

    /// Whether those who share it may know how it stands; else it is the operator's business.
    pub const fn is_shown(self) -> bool {
        match self {
            Self::EndUser | Self::Tenant => true,
            Self::Guests | Self::Account => false,
        }
    }
}

/// What of a caller decides in which scopes their creates count.
#[derive(Clone, Copy, Debug)]
pub struct Sharing<'a> {
    /// The end user.
    pub user: Pseudonym,
    /// The tenant that their proof names.
    pub tenant: Option<&'a str>,
    /// Somebody who has not signed in.
    pub is_guest: bool,
    /// On which account.
    pub account: &'a AccountKey,
}

impl Sharing<'_> {
    /// The scope in which a quota that is shared so counts.
    pub fn scope(&self, shared_by: SharedBy) -> Scope {
        match shared_by {
            SharedBy::EndUser => Scope::EndUser(self.user),
            SharedBy::Tenant => Scope::Tenant(self.tenant.unwrap_or_default().into()),
            SharedBy::Guests => Scope::Guests,
            SharedBy::Account => Scope::Account(self.account.clone()),
        }
    }

    /// Every scope in which a create counts, whether or not a quota asks today: one that asks tomorrow finds it.
    pub fn scopes(&self, shared: impl Iterator<Item = SharedBy>) -> Vec<Scope> {
        let mut scopes = vec![self.scope(SharedBy::EndUser), self.scope(SharedBy::Account)];
        if self.is_guest {
            scopes.push(Scope::Guests);
        }
        let is_shared = shared.into_iter().any(|by| by == SharedBy::Tenant);
        if self.tenant.is_some() || is_shared {
            scopes.push(self.scope(SharedBy::Tenant));
        }
        scopes
    }
}
