//! `GET /users`: the account itself, and what it has left.
//!
//! What is made takes its `cost_mc` off the balance when it is made; nothing is given back, and nothing is refused when it is
//! below zero. Inspections cost nothing here. It is one account whatever key is used.

use serde_json::json;

use crate::reply::Reply;
use crate::server::MockAstria;
use crate::settings::UsersReply;
use crate::state::{Shared, State};

/// Handles the route.
pub(crate) fn show(shared: &Shared) -> Reply {
    let balance_mc = shared.lock().balance_mc;
    let account = json!({ "id": 1, "email": "operator@example.com", "usd_balance_mc": balance_mc });
    match shared.settings.users_reply {
        UsersReply::Object => Reply::json(200, account),
        UsersReply::ListOfOne => Reply::json(200, json!([account])),
        UsersReply::Absent => Reply::page(404, "The page you were looking for doesn't exist"),
    }
}

impl State {
    /// Takes a price off the balance.
    pub(crate) fn charge(&mut self, cost_mc: u64) {
        self.balance_mc = self.balance_mc.saturating_sub_unsigned(cost_mc);
    }
}

impl MockAstria {
    /// What the account has left, in thousandths of a cent.
    #[must_use]
    pub fn balance_mc(&self) -> i64 {
        self.shared.lock().balance_mc
    }

    /// Sets what the account has left, as a top-up would.
    pub fn set_balance_mc(&self, balance_mc: i64) {
        self.shared.lock().balance_mc = balance_mc;
    }
}
