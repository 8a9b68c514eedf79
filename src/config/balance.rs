//! What must hold of `[balance]`.

use super::Config;

/// Appends everything that makes no sense.
pub(super) fn check(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    let balance = &config.balance;
    let thresholds = [
        ("balance.alert_below_mc", balance.alert_below_mc),
        ("balance.pause_below_mc", balance.pause_below_mc),
    ];
    for (key, below_mc) in thresholds {
        if below_mc > 0 && balance.check_s == 0 {
            wrong(key, "needs balance.check_s: nobody looks at the balance".into());
        }
    }
    if balance.pause_below_mc > 0 && balance.pause_plans.is_empty() {
        wrong("balance.pause_plans", "must name a plan, because balance.pause_below_mc is set".into());
    }
    for plan in balance.pause_plans.iter().filter(|plan| !config.plans.contains_key(*plan)) {
        wrong("balance.pause_plans", format!("there is no plan {plan:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, load_text};

    fn errors(lines: &str) -> Vec<String> {
        let text = format!("[balance]\n{lines}");
        let loaded = load_text(&text, &Environment::default());
        loaded.err().unwrap_or_default().iter().map(|error| error.key.clone()).collect()
    }

    #[test]
    fn a_threshold_needs_somebody_who_looks_and_a_pause_plans_that_exist() {
        for good in ["check_s = 0", "alert_below_mc = 5", "pause_below_mc = 5\npause_plans = [\"free\"]"] {
            assert_eq!(errors(good), Vec::<String>::new(), "{good}");
        }
        assert_eq!(errors("check_s = 0\nalert_below_mc = 5"), ["balance.alert_below_mc"]);
        let paused = "pause_below_mc = 5\npause_plans = [\"free\"]\n";
        assert_eq!(errors(&format!("{paused}check_s = 0")), ["balance.pause_below_mc"]);
        assert_eq!(errors("pause_below_mc = 5"), ["balance.pause_plans"]);
        assert_eq!(errors("pause_plans = [\"gold\"]"), ["balance.pause_plans"]);
    }
}
