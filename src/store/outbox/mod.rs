//! Notifications for the operator's app: handed out from the events, kept until they are delivered.
//!
//! ```text
//! events  → fan_out: what is after an endpoint's cursor becomes its notifications, and the cursor moves, in one transaction
//! outbox  → due → find → delivered (gone) | failed (due later, or given up) → replayed
//! ```
//!
//! So whatever crashes, no event is left out and none has two notifications for one endpoint (ADR 0021).

mod change;
mod fan_out;
mod look;
mod operator;

use futures_util::TryFutureExt as _;

use super::Store;
use super::command::{Answer, Command};
use super::index::answer;
use crate::clock::Timestamp;
use crate::notifications::{Attempt, FannedOut, Filter, Listing, Notification, Replay, Replayed, Standing};
use crate::ownership::IndexError;

pub(super) use change::{Change, Told};
#[cfg(test)]
pub(super) use look::{DUE, FIND, GIVEN_UP, WAITING};

/// Every method is refused as [`IndexError::Unavailable`] alone, and is cancel safe: what it changes it has changed
/// whole, or not at all.
impl Store {
    async fn outbox(&self, change: Change) -> Result<Told, IndexError> {
        answer!(self, Command::Outbox(Box::new(change)), Answer::Outbox(told) => told)
    }

    /// From now on these endpoints are handed events; one that is new, those that are to come.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn follow_events(&self, endpoints: Vec<String>) -> Result<(), IndexError> {
        self.outbox(Change::Follow { endpoints, at: self.clock.now() }).map_ok(drop).await
    }

    /// Whether there are events that one of these endpoints was not handed.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn is_outbox_behind(&self, endpoints: Vec<String>) -> Result<bool, IndexError> {
        self.read("outbox_behind", move |conn| look::is_behind(conn, &endpoints)).await
    }

    /// Makes notifications of at most so many events an endpoint.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn fan_out(
        &self,
        endpoints: Vec<(String, Filter)>,
        limit: u32,
    ) -> Result<FannedOut, IndexError> {
        match self.outbox(Change::FanOut { endpoints, limit, at: self.clock.now() }).await? {
            Told::FannedOut(fanned_out) => Ok(fanned_out),
            Told::Count(_) => Err(IndexError::Unavailable),
        }
    }

    /// Notifications of an endpoint that may be sent now, by number: none whose object has an earlier one that waits.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn due_notifications(&self, endpoint: &str, limit: u32) -> Result<Vec<u64>, IndexError> {
        let (endpoint, now) = (endpoint.to_owned(), self.clock.now());
        self.read("outbox_due", move |conn| look::due(conn, &endpoint, now, limit)).await
    }

    /// One that waits, with its object as it is now. `None`: it does not wait any more.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn notification(&self, number: u64) -> Result<Option<Notification>, IndexError> {
        self.read("outbox_find", move |conn| look::find(conn, number)).await
    }

    /// It arrived.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]: it will be sent again.
    pub async fn notification_delivered(&self, number: u64) -> Result<(), IndexError> {
        self.outbox(Change::Delivered(number)).map_ok(drop).await
    }

    /// It did not. Gives how many were given up.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]: it is due again at once.
    pub async fn notification_failed(&self, attempt: Attempt) -> Result<u64, IndexError> {
        self.outbox(Change::Failed(attempt)).map_ok(Told::count).await
    }

    /// An endpoint's outage is over: everything that waits for it is due.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn endpoint_recovered(&self, endpoint: &str) -> Result<(), IndexError> {
        let change = Change::Recovered { endpoint: endpoint.to_owned(), at: self.clock.now() };
        self.outbox(change).map_ok(drop).await
    }

    /// Gives up what waits for endpoints that are configured no more, and forgets what was given up for long. Gives how
    /// many were given up.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn tidy_outbox(
        &self,
        endpoints: Vec<String>,
        give_up_before: Timestamp,
        forget_before: Timestamp,
    ) -> Result<u64, IndexError> {
        let at = self.clock.now();
        let change = Change::Tidy { endpoints, at, give_up_before, forget_before };
        self.outbox(change).map_ok(Told::count).await
    }

    /// How things stand, by endpoint.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn outbox_standing(&self) -> Result<Vec<Standing>, IndexError> {
        self.read("outbox_standing", look::standing).await
    }

    /// A part of all that there are.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn notifications(&self, listing: Listing) -> Result<Vec<Notification>, IndexError> {
        self.read("outbox_list", move |conn| look::list(conn, &listing)).await
    }

    /// Has notifications that were given up sent again, and records who wanted it.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    pub async fn replay_notifications(&self, replay: Replay) -> Result<Replayed, IndexError> {
        let replayed = self.outbox(Change::Replay(replay)).map_ok(Told::count).await?;
        Ok(Replayed { replayed })
    }
}
