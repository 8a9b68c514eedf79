//! Nobody overspends: races, keys, lost answers, and kills, through the whole gateway.

mod keys;
mod kills;
mod lost;
mod race;

use astria_gateway::operation::Operation;
use astria_gateway::quota::{Measure, Period, QuotaRule, SharedBy};
use serde_json::{Value, json};

use super::harness::{SHARED_TUNE, Spawn, spawn_gateway};

/// A rule of one end user's own, in total.
fn in_total(of: Measure, limit: u64) -> QuotaRule {
    QuotaRule { of, per: Period::Total, limit, shared_by: SharedBy::EndUser }
}

/// Everything is allowed, and counted.
fn generous() -> Spawn {
    spawn_gateway().config(|config| {
        for plan in config.plans.values_mut() {
            plan.allow = Operation::ALL.into_iter().filter(|op| op.creates_cost()).collect();
            plan.quotas = Measure::ALL.map(|of| in_total(of, 1_000_000_000)).to_vec();
        }
    })
}

fn on_shared() -> String {
    format!("/tunes/{SHARED_TUNE}/prompts")
}

fn a_prompt(images: u64) -> Value {
    json!({"prompt": {"text": "a cat", "num_images": images}})
}
