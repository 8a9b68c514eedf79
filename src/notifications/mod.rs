//! Notifications for the operator's app: which events it hears of, how they are signed, when they are tried again.
//!
//! An app hears of each event at least once, and of one object's events in their order. Each notification has an id that
//! stays the same however often it is sent, so that an app can tell a repetition; and a signature as Standard Webhooks
//! has it, so that it can tell who sent it.
//!
//! ```
//! use astria_gateway::notifications::Filter;
//! use astria_gateway::{events::EventKind, ownership::ObjectKind};
//! let filter = Filter::parse(["prompt.finished"]).unwrap();
//! assert!(filter.passes(ObjectKind::Prompt, EventKind::Finished));
//! assert!(!filter.passes(ObjectKind::Tune, EventKind::Finished));
//! ```
//!
//! What it does *not* do: it sends nothing (`notify` does) and keeps nothing (a store does).

mod filter;
mod health;
mod outbox;
mod schedule;
mod signature;

use std::sync::Arc;

use url::Url;

pub use filter::{Filter, UnknownEvent};
pub use health::Health;
pub use outbox::{
    Attempt, FannedOut, ListState, Listing, MAX_REPLAYED_IDS, Notification, Replay, Replayed, Standing,
};
pub use schedule::{Failure, LONGEST_RETRY_AFTER_S, retry_pause};
pub use signature::{SecretFault, SigningKey, SigningKeys};

/// Where the operator's app hears of events.
pub struct Endpoint {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// Its address. May hold a secret in its path or query: for no log.
    pub url: Url,
    /// Of which events.
    pub filter: Filter,
    /// What signs.
    pub keys: SigningKeys,
}
