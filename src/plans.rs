//! The plans that are in force: what a claim leads to, without a copy a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, Plan};
use crate::operation::Operation;
use crate::policy::PlanRules;

/// A plan and its name.
pub struct ActivePlan {
    /// As config spells it.
    pub name: Arc<str>,
    /// What its end users may do.
    pub rules: Plan,
}

impl ActivePlan {
    /// Whether it has an operation: what costs money must be on its list.
    pub fn allows(&self, operation: Operation) -> bool {
        !operation.creates_cost() || self.rules.allow.contains(&operation)
    }

    /// What it lets parameters say.
    pub fn policy(&self) -> PlanRules<'_> {
        self.rules.policy()
    }
}

/// All of them.
pub struct Plans {
    by_name: BTreeMap<Arc<str>, Arc<ActivePlan>>,
    default: Arc<ActivePlan>,
}

impl Plans {
    /// As config says.
    pub fn new(config: &Config) -> Self {
        let named = |(name, plan): (&str, &Plan)| {
            let name: Arc<str> = name.into();
            (Arc::clone(&name), Arc::new(ActivePlan { name, rules: plan.clone() }))
        };
        let by_name = config.plans.iter().map(|(name, plan)| named((name, plan))).collect();
        Self { by_name, default: named(config.plan(None)).1 }
    }

    /// The plan that counts for a claim: the claimed one if it exists, else the default.
    pub fn get(&self, claimed: Option<&str>) -> &Arc<ActivePlan> {
        claimed.and_then(|name| self.by_name.get(name)).unwrap_or(&self.default)
    }
}
