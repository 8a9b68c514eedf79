//! A quota as config writes it, and its state as an end user reads it.
//!
//! What it does *not* do: a rule does not say whose usage it limits; whoever asks the ledger does.

use serde::{Deserialize, Serialize};

use super::amounts::Measure;
use super::scope::SharedBy;

/// Over what time a quota is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A calendar day in the operator's time zone.
    Day,
    /// A calendar month in the operator's time zone.
    Month,
    /// For ever.
    Total,
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 3] = [Self::Day, Self::Month, Self::Total];

    /// The word in config, replies and headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }
}

/// At most `limit` of a measure in a period. A limit of 0 forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaRule {
    /// What is counted.
    pub of: Measure,
    /// Over what time.
    pub per: Period,
    /// How much is allowed; millicents where money is counted.
    pub limit: u64,
    /// With whom it is shared.
    #[serde(default)]
    pub shared_by: SharedBy,
}

/// Where an end user stands with one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QuotaState {
    /// What is counted.
    pub of: Measure,
    /// Over what time.
    pub per: Period,
    /// How much is allowed, with what the operator granted beside it.
    pub limit: u64,
    /// With whom it is shared.
    pub shared_by: SharedBy,
    /// What was settled. May be more than the limit: see [`super::Ledger::settle`].
    pub used: u64,
    /// What is reserved and neither settled nor released.
    pub held: u64,
    /// What can still be reserved.
    pub left: u64,
    /// When the period ends: RFC 3339; null in total.
    pub resets_at: Option<jiff::Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_from_config_and_a_misspelt_key_is_refused() {
        let read = |text| serde_json::from_str::<QuotaRule>(text);
        let rule = read(r#"{"of": "cost_mc", "per": "month", "limit": 500000}"#).unwrap();
        assert_eq!(
            rule,
            QuotaRule {
                of: Measure::CostMc,
                per: Period::Month,
                limit: 500_000,
                shared_by: SharedBy::EndUser
            }
        );
        assert!(read(r#"{"of": "images", "per": "day", "limit": 1, "limt": 2}"#).is_err());
        assert!(read(r#"{"of": "images", "per": "day", "limit": -1}"#).is_err());
    }

    #[test]
    fn a_state_is_written_with_an_rfc_3339_reset_or_null() {
        let mut state = QuotaState {
            of: Measure::Images,
            per: Period::Day,
            limit: 10,
            shared_by: SharedBy::EndUser,
            used: 3,
            held: 4,
            left: 3,
            resets_at: Some("2026-11-22T00:00:00Z".parse().unwrap()),
        };
        let written = serde_json::to_value(state).unwrap();
        assert_eq!((&written["of"], &written["per"]), (&"images".into(), &"day".into()));
        assert_eq!(written["resets_at"], "2026-11-22T00:00:00Z");
        state.resets_at = None;
        assert!(serde_json::to_value(state).unwrap()["resets_at"].is_null());
    }
}
