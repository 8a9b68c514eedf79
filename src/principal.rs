//! Who is calling, proven.
//!
//! An end user is the pair (issuer, subject), never an e-mail address; the tenant is an attribute that
//! selects the upstream account. Guests and services join in later as further variants.

use std::fmt;
use std::sync::Arc;

use crate::clock::Timestamp;

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

/// Whoever is calling, proven.
#[derive(Clone, Debug)]
pub enum Principal {
    /// A person of the operator's app.
    EndUser(Arc<EndUser>),
}

impl Principal {
    /// The identity that owns objects and holds quota.
    pub fn id(&self) -> &EndUserId {
        match self {
            Self::EndUser(user) => &user.id,
        }
    }

    /// The tenant that the proof claims, if any.
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::EndUser(user) => user.tenant.as_deref(),
        }
    }

    /// The plan that the proof claims, if any.
    pub fn claimed_plan(&self) -> Option<&str> {
        match self {
            Self::EndUser(user) => user.claimed_plan.as_deref(),
        }
    }
}
