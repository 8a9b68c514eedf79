//! Notifications to the operator's app.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

section! {
    /// `[notifications]`: what the operator's app is told.
    Notifications {
        /// Notifications on their way to one endpoint at once.
        max_in_flight: usize = 8,
        /// Milliseconds for one attempt, from connecting to the end of the answer.
        timeout_ms: u64 = 15_000,
        /// Seconds for which a notification is tried again and again.
        give_up_after_s: u64 = 3 * 86_400,
        /// Seconds for which one that was given up can be replayed.
        keep_given_up_s: u64 = 30 * 86_400,
        /// Whether endpoints may have private addresses and speak plain http.
        allow_private_hosts: bool = false,
        /// Where notifications are sent, by name.
        endpoints: BTreeMap<String, NotificationEndpoint> = BTreeMap::new(),
    }
}

section! {
    /// `[notifications.endpoints.<name>]`: one address of the operator's app.
    NotificationEndpoint {
        /// Where notifications are posted.
        url: String = String::new(),
        /// File with the secret that signs them; empty: `ASTRIA_GATEWAY_NOTIFICATIONS_<NAME>_SECRET`.
        secret_file: PathBuf = PathBuf::new(),
        /// The one before, while a rotation lasts; empty: `ASTRIA_GATEWAY_NOTIFICATIONS_<NAME>_PREVIOUS_SECRET`, or none.
        previous_secret_file: PathBuf = PathBuf::new(),
        /// Of which events, such as `prompt.finished`; empty: of all.
        events: Vec<String> = Vec::new(),
    }
}
