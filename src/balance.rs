//! Watches what the operator's accounts have left, tells the operator, and pauses plans before the money is gone.
//!
//! When an account is empty, everybody stands still, those who pay most among them. So the operator hears of it in time, and
//! may choose plans (free ones, say) that stop making things first.
//!
//! ```text
//! every balance.check_s, each account: GET /users → usd_balance_mc
//!   below alert_below_mc: one line in the log that the operator must act, again after it recovered
//!   below pause_below_mc: creates of pause_plans are refused until a look finds more
//! ```
//!
//! No document promises the route or the name and unit of its member, so an account whose reply is another is not asked again
//! before a reload. A look that fails for another reason changes nothing: what was told last counts.
//!
//! What it does *not* do: it is no limit. Between two looks more may be spent than is left; quotas of the whole account are
//! for that.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::Value as Json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::accounts::Account;
use crate::config::Balance as Settings;
use crate::operation::Operation;
use crate::problem::{Code, Problem};
use crate::state::{AppState, State};
use crate::upstream::{Path, Spent, UpstreamError, UpstreamRequest};

/// Accounts that are asked at once.
const FAN_OUT: usize = 8;

/// Refuses a create of a plan that pauses while the account has too little.
///
/// # Errors
/// `plan_paused`
pub fn check_not_paused(state: &State, account: &Account, plan: &str) -> Result<(), Problem> {
    let settings = &state.config.balance;
    if !settings.pause_plans.iter().any(|paused| paused == plan)
        || !is_paused(settings, account.balance.last_mc())
    {
        return Ok(());
    }
    let detail = "Your plan makes nothing for now, and nothing was spent; try again later.";
    let problem = Problem::new(Code::PlanPaused, detail).with_spent(Spent::No);
    Err(problem.with_retry_after_s(settings.check_s))
}

fn is_paused(settings: &Settings, balance_mc: Option<i64>) -> bool {
    balance_mc.is_some_and(|mc| is_below(mc, settings.pause_below_mc))
}

/// Whether a balance is below a threshold that is in force.
fn is_below(balance_mc: i64, threshold_mc: u64) -> bool {
    threshold_mc > 0 && i128::from(balance_mc) < i128::from(threshold_mc)
}

/// Looks now and then, and whenever a configuration was put in force (`reloaded`), until `stop`.
pub async fn keep_watching(state: impl Fn() -> AppState, reloaded: Arc<Notify>, stop: CancellationToken) {
    let watching = async {
        let mut watch = Watch::default();
        loop {
            let pause = watch.look(&state()).await;
            let is_reloaded = match pause {
                Some(pause) => tokio::time::timeout(pause, reloaded.notified()).await.is_ok(),
                None => {
                    reloaded.notified().await;
                    true
                }
            };
            if is_reloaded {
                watch.silent.clear();
            }
        }
    };
    // It only reads, so it can be left at any moment.
    stop.run_until_cancelled(watching).await;
}

/// What one look at an account brought.
enum Told {
    /// Millicents.
    Balance(i64),
    /// Nothing now; perhaps the next time.
    Nothing,
    /// It does not tell, for this reason.
    Never(&'static str),
}

/// What must be remembered between two looks: accounts by name.
#[derive(Default)]
struct Watch {
    /// Do not tell their balance; not asked before a reload.
    silent: BTreeSet<String>,
    /// Their operator was told that they have little.
    low: BTreeSet<String>,
    /// Plans pause for them.
    paused: BTreeSet<String>,
}

impl Watch {
    /// Gives how long to wait for the next look; `None`: until the configuration changes.
    ///
    /// Cancel safe.
    async fn look(&mut self, state: &State) -> Option<Duration> {
        let settings = &state.config.balance;
        for names in [&mut self.silent, &mut self.low, &mut self.paused] {
            names.retain(|name| state.accounts.all().any(|account| account.name == *name));
        }
        if settings.check_s == 0 {
            // Nobody would notice that it recovers.
            state.accounts.all().for_each(|account| account.balance.set(None));
            *self = Self::default();
            return None;
        }
        let asked = state.accounts.all().filter(|account| !self.silent.contains(&account.name));
        let asked: Vec<_> = asked.map(|account| async move { (account, ask(account).await) }).collect();
        let mut told = stream::iter(asked).buffer_unordered(FAN_OUT);
        while let Some((account, told)) = told.next().await {
            self.note(settings, account, &told);
        }
        Some(Duration::from_secs(settings.check_s))
    }

    fn note(&mut self, settings: &Settings, account: &Account, told: &Told) {
        let name = &account.name;
        match *told {
            Told::Nothing => {}
            Told::Never(outcome) => {
                tracing::info!(
                    account = name,
                    outcome,
                    "an account does not tell its balance; it is not asked again"
                );
                account.balance.set(None);
                self.silent.insert(name.clone());
                self.low.remove(name);
                self.paused.remove(name);
            }
            Told::Balance(balance_mc) => {
                account.balance.set(Some(balance_mc));
                let Settings { alert_below_mc, pause_below_mc, .. } = *settings;
                match crossed(&mut self.low, name, is_below(balance_mc, alert_below_mc)) {
                    Some(true) => tracing::error!(
                        account = name,
                        balance_mc,
                        alert_below_mc,
                        "the operator must act: an account has little left"
                    ),
                    Some(false) => tracing::info!(account = name, balance_mc, "an account has enough again"),
                    None => {}
                }
                match crossed(&mut self.paused, name, is_below(balance_mc, pause_below_mc)) {
                    Some(true) => tracing::error!(
                        account = name,
                        balance_mc,
                        pause_below_mc,
                        "the operator must act: plans make nothing until an account has more"
                    ),
                    Some(false) => tracing::info!(account = name, balance_mc, "paused plans go on"),
                    None => {}
                }
            }
        }
    }
}

/// Remembers on which side an account is; gives the side if it is another than before.
fn crossed(names: &mut BTreeSet<String>, name: &str, is_below: bool) -> Option<bool> {
    let has_changed = if is_below { names.insert(name.to_owned()) } else { names.remove(name) };
    has_changed.then_some(is_below)
}

async fn ask(account: &Account) -> Told {
    let request = UpstreamRequest::get(Operation::GetBalance, Path::new().literal("users"));
    match account.upstream.call(request).await {
        Ok(reply) => read(&reply).map_or(Told::Never("unreadable"), Told::Balance),
        Err(error) if is_final(&error) => Told::Never(error.name()),
        Err(_) => Told::Nothing,
    }
}

/// The account, or the only one of a list.
fn read(reply: &Json) -> Option<i64> {
    let account = match reply {
        Json::Array(list) => match list.as_slice() {
            [only] => only,
            _ => return None,
        },
        other => other,
    };
    account.get("usd_balance_mc")?.as_i64()
}

/// Whether asking again would bring the same.
///
/// A rejected key is final too, until a reload brings a new one. None of it pauses the account's other calls, which may work.
const fn is_final(error: &UpstreamError) -> bool {
    match error {
        UpstreamError::CredentialRejected
        | UpstreamError::Outdated
        | UpstreamError::NotFound
        | UpstreamError::Invalid(_)
        | UpstreamError::Refused(_)
        | UpstreamError::Unexpected { .. }
        | UpstreamError::Unreadable
        | UpstreamError::TooLarge
        | UpstreamError::SecretEchoed => true,
        UpstreamError::Unreachable
        | UpstreamError::TimedOut
        | UpstreamError::Cut
        | UpstreamError::Busy { .. }
        | UpstreamError::Paused { .. }
        | UpstreamError::Overloaded { .. }
        | UpstreamError::AccountExhausted
        | UpstreamError::Failed { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_balance_is_read_from_an_account_or_a_list_of_one() {
        let account = json!({"id": 1, "email": "a@b.example", "usd_balance_mc": -7});
        assert_eq!(read(&account), Some(-7));
        assert_eq!(read(&json!([account])), Some(-7));
        for other in [
            json!([account, account]),
            json!([]),
            json!({}),
            json!(null),
            json!({"usd_balance_mc": "7"}),
            json!({"usd_balance_mc": 7.5}),
            json!({"usd_balance_mc": null}),
            json!({"user": account}),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }

    #[test]
    fn a_side_is_named_when_it_changes_and_only_then() {
        let mut names = BTreeSet::new();
        let sides =
            [false, true, true, false, false, true].map(|is_below| crossed(&mut names, "a", is_below));
        assert_eq!(sides, [None, Some(true), None, Some(false), None, Some(true)]);
    }

    #[test]
    fn a_threshold_of_zero_is_none_even_for_debts() {
        assert!(!is_below(-1, 0));
        assert!(is_below(-1, 1) && is_below(0, 1) && !is_below(1, 1));
        assert!(is_below(i64::MAX, u64::MAX) && is_below(i64::MIN, 1));
    }
}
