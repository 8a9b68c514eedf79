//! Whether `[reconcile]` makes sense.

use super::sections::Reconcile;

/// Source: "504" of the API overview's error codes: wait a minute before asking whether it was processed (read
/// 2026-11-20).
const MIN_MISS_AFTER_S: u64 = 60;

/// No job may be given up that is only slow.
const MIN_LOST_AFTER_S: u64 = 600;

/// Appends everything that makes no sense. `imitated`: Astria is an imitation on this machine, which is quicker.
pub(super) fn check(config: &Reconcile, imitated: bool, wrong: &mut impl FnMut(&str, String)) {
    if !(0.1..=1000.0).contains(&config.requests_per_s) {
        wrong("reconcile.requests_per_s", "must be 0.1 to 1000".into());
    }
    if !(1..=256).contains(&config.max_in_flight) {
        wrong("reconcile.max_in_flight", "must be 1 to 256".into());
    }
    if config.miss_after_s < MIN_MISS_AFTER_S && !imitated {
        let message = format!("must be at least {MIN_MISS_AFTER_S}: Astria may still be at work");
        wrong("reconcile.miss_after_s", message);
    }
    if config.theme_close_s < config.miss_after_s {
        wrong("reconcile.theme_close_s", "must be at least reconcile.miss_after_s".into());
    }
    for (key, lost_after_s) in [
        ("reconcile.prompt_lost_after_s", config.prompt_lost_after_s),
        ("reconcile.tune_lost_after_s", config.tune_lost_after_s),
    ] {
        if lost_after_s < MIN_LOST_AFTER_S {
            wrong(key, format!("must be at least {MIN_LOST_AFTER_S}"));
        }
    }
    if config.presume_spent_after_s < config.theme_close_s {
        wrong("reconcile.presume_spent_after_s", "must be at least reconcile.theme_close_s".into());
    }
}
