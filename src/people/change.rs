//! One thing that the operator changes about one end user, and what is recorded of it.

use serde_json::json;

use super::PeopleError;
use crate::clock::Timestamp;
use crate::principal::EndUserId;
use crate::pseudonym::Pseudonym;
use crate::quota::{Measure, Period};

/// The most that one grant gives.
pub const MAX_GRANT: u64 = 1_000_000_000_000;
/// The longest reason.
pub const MAX_REASON_CHARS: usize = 500;

/// What to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This plan whatever a token claims; `None`: again what it claims.
    Plan(Option<String>),
    /// More of a measure in one period.
    Grant {
        /// Of what.
        of: Measure,
        /// Over what time.
        per: Period,
        /// In which of them; see [`super::PeriodNumbers`].
        period: u32,
        /// How much more; millicents where money is counted.
        amount: u64,
    },
    /// Everything is refused.
    Block,
    /// Nothing is any more.
    Unblock,
}

/// What the operator had said about an end user, as far as a change is about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The plan.
    pub plan: Option<String>,
    /// Whether they are blocked.
    pub is_blocked: bool,
    /// What was granted of the change's measure in its period, all grants together.
    pub granted: u64,
}

impl Change {
    /// One fixed word each, for the record and the log.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Plan(_) => "plan",
            Self::Grant { .. } => "grant",
            Self::Block => "block",
            Self::Unblock => "unblock",
        }
    }

    /// How things stand after it.
    #[must_use]
    pub fn apply(&self, before: &Standing) -> Standing {
        let mut after = before.clone();
        match self {
            Self::Plan(plan) => after.plan.clone_from(plan),
            Self::Grant { amount, .. } => after.granted = before.granted.saturating_add(*amount),
            Self::Block => after.is_blocked = true,
            Self::Unblock => after.is_blocked = false,
        }
        after
    }

    /// What is recorded of how things stand: JSON.
    pub fn shows(&self, standing: &Standing) -> String {
        let shown = match self {
            Self::Plan(_) => json!({ "plan": standing.plan }),
            Self::Grant { of, per, period, .. } => {
                json!({ "of": of, "per": per, "period": period, "granted": standing.granted })
            }
            Self::Block | Self::Unblock => json!({ "blocked": standing.is_blocked }),
        };
        shown.to_string()
    }
}

/// Why something was done, in the operator's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Reads one; blanks around it do not count.
    ///
    /// # Errors
    /// [`PeopleError::Reason`]
    pub fn parse(text: &str) -> Result<Self, PeopleError> {
        let text = text.trim();
        let fits = (1..=MAX_REASON_CHARS).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(PeopleError::Reason)
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A change, about whom, by whom, when and why.
#[derive(Clone, Debug)]
pub struct Order {
    /// A token's name, or the command with its user.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// About whom.
    pub person: EndUserId,
    /// The same, as the record names them.
    pub pseudonym: Pseudonym,
    /// Why.
    pub reason: Reason,
    /// What.
    pub change: Change,
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// How things stood: JSON, as it was recorded.
    pub before: String,
    /// How they stand.
    pub after: String,
    /// Whether this end user had been known before: a name that was misspelt is known to nobody.
    pub was_known: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_must_be_given_and_is_one_line() {
        assert_eq!(Reason::parse(" asked by phone ").map(|reason| reason.0), Ok("asked by phone".into()));
        assert!(Reason::parse(&"ü".repeat(500)).is_ok());
        for bad in ["", "   ", "a\nb", "a\u{1b}[31mb", &"ü".repeat(501)] {
            assert_eq!(Reason::parse(bad), Err(PeopleError::Reason), "{bad:?}");
        }
    }

    #[test]
    fn a_change_shows_what_it_is_about_before_and_after_and_nothing_else() {
        let shown =
            |change: &Change, before: &Standing| (change.shows(before), change.shows(&change.apply(before)));
        let pair = |before: &str, after: &str| (before.to_owned(), after.to_owned());
        let before = Standing { plan: Some("free".into()), is_blocked: false, granted: 5 };
        let plan = |name: Option<&str>| Change::Plan(name.map(str::to_owned));
        assert_eq!(shown(&plan(Some("pro")), &before), pair(r#"{"plan":"free"}"#, r#"{"plan":"pro"}"#));
        assert_eq!(shown(&plan(None), &before), pair(r#"{"plan":"free"}"#, r#"{"plan":null}"#));
        assert_eq!(shown(&Change::Block, &before), pair(r#"{"blocked":false}"#, r#"{"blocked":true}"#));
        assert_eq!(shown(&Change::Unblock, &before), pair(r#"{"blocked":false}"#, r#"{"blocked":false}"#));
        let grant = Change::Grant { of: Measure::Images, per: Period::Month, period: 202_611, amount: 10 };
        let (was, is) = shown(&grant, &before);
        let number =
            |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["granted"].as_u64();
        assert_eq!((number(&was), number(&is)), (Some(5), Some(15)));
    }
}
