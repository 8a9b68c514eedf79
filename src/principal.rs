//! Who is calling, proven.
//!
//! An end user is the pair (issuer, subject), never an e-mail address; the tenant is an attribute that
//! selects the upstream account. A service acts for one end user, and what it makes is that end user's.

use std::fmt;
use std::sync::Arc;

use crate::clock::Timestamp;

/// The issuer of identities that are the gateway's own, as the guest's. No configured issuer may have this name.
pub const OWN_ISSUER: &str = "gateway";

/// The subject of the guest that all callers without a token are together.
const SHARED_GUEST: &str = "guest";

/// An end user's identity: the key of ownership, limits and quota.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndUserId {
    /// The token's `iss`, as configured.
    pub issuer: Arc<str>,
    /// The token's subject claim.
    pub subject: Arc<str>,
}

impl fmt::Debug for EndUserId {
    /// Prints no name: a `{:?}` in a log line must not name a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndUserId(..)")
    }
}

/// A person of the operator's app, as one verified token describes them.
#[derive(Clone, Debug)]
pub struct EndUser {
    /// Who it is.
    pub id: EndUserId,
    /// The plan that the token claims, if any; whether it exists is for config to say.
    pub claimed_plan: Option<Arc<str>>,
    /// The tenant that the token claims, if any.
    pub tenant: Option<Arc<str>>,
    /// When the proof ends (the token's `exp`).
    pub expires_at: Timestamp,
}

/// A server of the operator's that proved itself with a service key and acts for one end user.
#[derive(Clone, Debug)]
pub struct Service {
    /// The key's name in config: for logs and the account page.
    pub key_name: Arc<str>,
    /// For whom it acts: issuer by config, subject by the request.
    pub end_user: EndUserId,
    /// The plan that config gives the key, if any.
    pub plan: Option<Arc<str>>,
    /// The tenant that config gives the key, if any.
    pub tenant: Option<Arc<str>>,
}

/// Somebody who has not signed in: one whom a cookie tells apart, or everybody without a token, together.
#[derive(Clone, Debug)]
pub struct Guest {
    /// ([`OWN_ISSUER`], `guest-…`); of all together ([`OWN_ISSUER`], `guest`).
    pub id: EndUserId,
    /// The plan that config gives guests.
    pub plan: Arc<str>,
    /// The tenant that config gives guests, if any.
    pub tenant: Option<Arc<str>>,
}

impl Guest {
    /// The one guest that all callers without a token are: one identity, one rate limit, no spending.
    pub fn new(plan: Arc<str>, tenant: Option<Arc<str>>) -> Self {
        Self { id: EndUserId { issuer: OWN_ISSUER.into(), subject: SHARED_GUEST.into() }, plan, tenant }
    }

    /// A guest of its own, by the identity that `guests` gives it.
    pub const fn single(id: EndUserId, plan: Arc<str>, tenant: Option<Arc<str>>) -> Self {
        Self { id, plan, tenant }
    }

    /// Whether this is all callers without a token, together.
    pub fn is_shared(&self) -> bool {
        *self.id.subject == *SHARED_GUEST
    }
}

/// Whoever is calling, proven. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Principal {
    /// A person of the operator's app.
    EndUser(Arc<EndUser>),
    /// A server that acts for a person.
    Service(Arc<Service>),
    /// Somebody without a token.
    Guest(Arc<Guest>),
}

impl Principal {
    /// The identity that owns objects and holds quota; a service has its end user's.
    pub fn id(&self) -> &EndUserId {
        match self {
            Self::EndUser(user) => &user.id,
            Self::Service(service) => &service.end_user,
            Self::Guest(guest) => &guest.id,
        }
    }

    /// The plan that the proof claims, or that config gives, if any.
    pub fn claimed_plan(&self) -> Option<&str> {
        match self {
            Self::EndUser(user) => user.claimed_plan.as_deref(),
            Self::Service(service) => service.plan.as_deref(),
            Self::Guest(guest) => Some(&guest.plan),
        }
    }

    /// The tenant that the proof claims, or that config gives, if any; whether it exists is for config to say.
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::EndUser(user) => user.tenant.as_deref(),
            Self::Service(service) => service.tenant.as_deref(),
            Self::Guest(guest) => guest.tenant.as_deref(),
        }
    }

    /// One fixed word each: `end_user`, `service`, `guest`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::EndUser(_) => "end_user",
            Self::Service(_) => "service",
            Self::Guest(_) => "guest",
        }
    }
}
