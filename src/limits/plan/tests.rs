use std::time::Duration;

use super::*;
use crate::clock::Timestamp;

const SLOW: RatePolicy = RatePolicy { requests_per_s: 1.0, burst: 5 };
const FAST: RatePolicy = RatePolicy { requests_per_s: 10.0, burst: 50 };

fn user(subject: &str) -> EndUserId {
    EndUserId { issuer: "https://id.example".into(), subject: subject.into() }
}

fn limits(max_keys: usize) -> (Clock, PlanLimits) {
    let clock = Clock::manual(Timestamp::from_unix_s(1_800_000_000));
    let plans = [
        (
            Arc::from("free"),
            SLOW,
            BTreeMap::from([(Operation::CreateTune, RatePolicy { requests_per_s: 0.1, burst: 1 })]),
        ),
        (Arc::from("pro"), FAST, BTreeMap::new()),
    ];
    let limits = PlanLimits::new(clock.clone(), max_keys, plans, None).unwrap();
    (clock, limits)
}

fn state(decision: Decision) -> RateState {
    match decision {
        Decision::Allowed(state) | Decision::Refused(state) => state,
    }
}

fn allowed(decision: Decision) -> bool {
    matches!(decision, Decision::Allowed(_))
}

#[test]
fn rl_03_a_full_burst_passes_and_then_exactly_the_steady_rate() {
    let (clock, limits) = limits(1_000);
    let a = user("a");
    let at_once = (0..20).filter(|_| allowed(limits.check("free", &a, None))).count();
    assert_eq!(at_once, 5);
    let mut later = 0;
    for _ in 0..1_000 {
        clock.advance(Duration::from_millis(100));
        later += usize::from(allowed(limits.check("free", &a, None)));
    }
    assert_eq!(later, 100, "one a second for 100 seconds");
}

#[test]
fn rl_01_a_refusal_names_the_seconds_after_which_the_next_request_is_allowed() {
    let (clock, limits) = limits(1_000);
    let a = user("a");
    assert!(allowed(limits.check("free", &a, Some(Operation::CreateTune))));
    let refused = limits.check("free", &a, Some(Operation::CreateTune));
    assert!(!allowed(refused));
    assert_eq!(state(refused).retry_after_s, 10);
    clock.advance(Duration::from_millis(9_900));
    assert_eq!(state(limits.check("free", &a, Some(Operation::CreateTune))).retry_after_s, 1);
    clock.advance(Duration::from_millis(100));
    assert!(allowed(limits.check("free", &a, Some(Operation::CreateTune))));
}

#[test]
fn rl_02_the_remaining_requests_count_down_and_recover() {
    let (clock, limits) = limits(1_000);
    let a = user("a");
    let first = state(limits.check("free", &a, None));
    assert_eq!(first.ratelimit(), r#""user";r=4;t=1"#);
    assert_eq!(first.ratelimit_policy(), r#""user";q=5;w=5"#);
    for remaining in (0..4).rev() {
        assert_eq!(state(limits.check("free", &a, None)).remaining, remaining);
    }
    clock.advance(Duration::from_secs(5));
    assert_eq!(state(limits.check("free", &a, None)).remaining, 4);
}

#[test]
fn rl_05_one_user_does_not_use_up_anothers_bucket() {
    let (_, limits) = limits(1_000);
    for _ in 0..10 {
        limits.check("free", &user("a"), None);
    }
    assert!(!allowed(limits.check("free", &user("a"), None)));
    assert!(allowed(limits.check("free", &user("b"), None)));
    let same_subject = EndUserId { issuer: "https://other.example".into(), subject: "a".into() };
    assert!(
        allowed(limits.check("free", &same_subject, None)),
        "the same subject of another issuer is another user"
    );
}

#[test]
fn an_override_has_its_own_bucket_and_all_other_operations_share_one() {
    let (_, limits) = limits(1_000);
    let a = user("a");
    assert!(allowed(limits.check("free", &a, Some(Operation::CreateTune))));
    assert!(!allowed(limits.check("free", &a, Some(Operation::CreateTune))));
    assert_eq!(state(limits.check("free", &a, Some(Operation::GetPrompt))).remaining, 4);
    assert_eq!(state(limits.check("free", &a, Some(Operation::ListPacks))).remaining, 3);
    assert_eq!(state(limits.check("free", &a, None)).remaining, 2);
}

#[test]
fn an_unknown_plan_is_limited_like_the_strictest_one() {
    let (_, limits) = limits(1_000);
    assert_eq!(state(limits.check("no such plan", &user("a"), None)).limit, SLOW.burst);
    assert_eq!(state(limits.check("pro", &user("a"), None)).limit, FAST.burst);
}

#[test]
fn rl_08_one_million_users_make_no_more_buckets_than_the_cap() {
    let (_, limits) = limits(50_000);
    for n in 0..1_000_000_u32 {
        limits.check("pro", &user(&n.to_string()), None);
    }
    assert!(limits.len() <= 50_000, "{}", limits.len());
    assert!(limits.len() > 49_000, "{}", limits.len());
}

#[test]
fn rl_08_who_was_there_before_a_flood_keeps_their_own_bucket() {
    let (_, limits) = limits(1_000);
    limits.check("pro", &user("early"), None);
    for n in 0..100_000_u32 {
        limits.check("pro", &user(&n.to_string()), None);
    }
    assert_eq!(state(limits.check("pro", &user("early"), None)).remaining, 48);
}

#[test]
fn rl_08_users_that_share_a_bucket_are_still_limited() {
    let (_, limits) = limits(64);
    let passed =
        (0..1_000_000_u32).filter(|n| allowed(limits.check("free", &user(&n.to_string()), None))).count();
    assert!(passed <= (64 + SHARED_USER_BUCKETS) * 5, "{passed}");
}

#[test]
fn rl_08_a_full_set_makes_room_when_old_buckets_have_filled_again() {
    let (clock, limits) = limits(640);
    for n in 0..100_000_u32 {
        limits.check("free", &user(&n.to_string()), None);
    }
    clock.advance(Duration::from_secs(60));
    let late = user("late");
    for _ in 0..5 {
        assert!(allowed(limits.check("free", &late, None)), "a bucket of its own, and full");
    }
    assert!(!allowed(limits.check("free", &late, None)));
}

#[test]
fn a_sweep_forgets_full_buckets_only() {
    let (clock, limits) = limits(1_000);
    limits.check("free", &user("a"), Some(Operation::CreateTune));
    limits.check("free", &user("b"), None);
    clock.advance(Duration::from_secs(5));
    limits.sweep();
    assert_eq!(limits.len(), 1);
    assert!(
        !allowed(limits.check("free", &user("a"), Some(Operation::CreateTune))),
        "still empty after the sweep"
    );
    clock.advance(Duration::from_secs(20));
    limits.sweep();
    assert!(limits.is_empty());
}

#[test]
fn limits_without_a_plan_or_with_an_impossible_policy_are_not_built() {
    let clock = Clock::system();
    assert_eq!(PlanLimits::new(clock.clone(), 1, [], None).err(), Some(LimitsError::NoPlans));
    let zero = (Arc::from("free"), RatePolicy { requests_per_s: 1.0, burst: 0 }, BTreeMap::new());
    let refused = PlanLimits::new(clock, 1, [zero], None).err();
    assert_eq!(
        refused.map(|e| e.to_string()).as_deref(),
        Some(r#"limits of plan "free": burst must be at least 1"#)
    );
}

/// The limits after a reload that gave plan `free` these policies.
fn reloaded(old: &PlanLimits, free: RatePolicy, create_tune: RatePolicy, max_keys: usize) -> PlanLimits {
    let overrides = BTreeMap::from([(Operation::CreateTune, create_tune)]);
    let plans = [(Arc::from("free"), free, overrides), (Arc::from("new"), SLOW, BTreeMap::new())];
    PlanLimits::new(Clock::system(), max_keys, plans, Some(old)).unwrap()
}

const TUNE: RatePolicy = RatePolicy { requests_per_s: 0.1, burst: 1 };

#[test]
fn rl_03_a_reload_leaves_buckets_whose_policy_did_not_change_as_they_are() {
    let (clock, limits) = limits(1_000);
    let a = user("a");
    for _ in 0..3 {
        limits.check("free", &a, None);
    }
    limits.check("free", &a, Some(Operation::CreateTune));
    clock.advance(Duration::from_secs(100));
    for _ in 0..4 {
        limits.check("free", &a, None);
    }
    limits.check("free", &a, Some(Operation::CreateTune));

    let limits = reloaded(&limits, SLOW, TUNE, 1_000);
    assert_eq!(state(limits.check("free", &a, None)).remaining, 0);
    assert!(!allowed(limits.check("free", &a, None)));
    assert!(!allowed(limits.check("free", &a, Some(Operation::CreateTune))));
    assert_eq!(state(limits.check("new", &a, None)).remaining, 4);

    let limits = reloaded(&limits, SLOW, TUNE, 1_000);
    assert!(!allowed(limits.check("free", &a, None)), "nor do two reloads refill anything");
    clock.advance(Duration::from_secs(1));
    assert!(allowed(limits.check("free", &a, None)), "and the steady rate goes on");
    assert!(!allowed(limits.check("free", &a, None)));
}

#[test]
fn rl_03_a_reload_starts_only_the_buckets_anew_whose_policy_changed() {
    let (clock, limits) = limits(1_000);
    let a = user("a");
    clock.advance(Duration::from_secs(1_000));
    for _ in 0..6 {
        limits.check("free", &a, None);
    }
    limits.check("free", &a, Some(Operation::CreateTune));
    let seven = RatePolicy { requests_per_s: 1.0, burst: 7 };

    let limits = reloaded(&limits, seven, TUNE, 1_000);

    assert!(!allowed(limits.check("free", &a, Some(Operation::CreateTune))), "this one did not change");
    let at_once = (0..20).filter(|_| allowed(limits.check("free", &a, None))).count();
    assert_eq!(at_once, 7);
    clock.advance(Duration::from_secs(2));
    let later = (0..20).filter(|_| allowed(limits.check("free", &a, None))).count();
    assert_eq!(later, 2, "a limiter that is younger than the set counts right");
}

#[test]
fn rl_08_a_sweep_does_not_mistake_the_values_of_a_later_generation_for_old_ones() {
    let (clock, limits) = limits(1_000);
    let a = user("a");
    clock.advance(Duration::from_secs(1_000));
    let limits = reloaded(&limits, RatePolicy { requests_per_s: 0.1, burst: 2 }, TUNE, 1_000);
    for _ in 0..2 {
        limits.check("free", &a, None);
    }
    clock.advance(Duration::from_secs(5));

    limits.sweep();
    assert!(!allowed(limits.check("free", &a, None)), "still empty after the sweep");
    clock.advance(Duration::from_secs(30));
    limits.sweep();
    assert!(limits.is_empty());
}

#[test]
fn rl_08_all_generations_together_make_no_more_buckets_than_the_cap() {
    let (_, mut limits) = limits(640);
    for generation in 0..20_u32 {
        for n in 0..1_000 {
            limits.check("free", &user(&n.to_string()), None);
        }
        assert!(limits.len() <= 640, "{}", limits.len());
        limits = reloaded(&limits, RatePolicy { requests_per_s: 1.0, burst: generation + 1 }, TUNE, 640);
    }
}

#[test]
fn rl_08_a_new_cap_takes_effect_when_the_new_limits_are_in_force() {
    let (_, old) = limits(64);
    let new = reloaded(&old, SLOW, TUNE, 6_400);
    for n in 0..10_000 {
        old.check("free", &user(&n.to_string()), None);
    }
    assert!(old.len() <= 64, "a reload may still fail: nothing has changed");
    new.sweep();
    for n in 0..10_000 {
        new.check("free", &user(&n.to_string()), None);
    }
    assert!(new.len() > 6_000, "{}", new.len());
}
