//! Requests per time and per end user: when the gateway says no, and what it tells about it.

mod address;
mod cors;
mod overload;
mod structured_fields;

use std::time::Duration;

use astria_gateway::config::{Plan, Rate};
use astria_gateway::operation::Operation;
use serde_json::json;

use super::harness::{Client, Reply, SHARED_TUNE, Spawn, TestGateway, spawn_gateway};

/// A standing clock, and three requests at once for plan `free`, one more every ten seconds.
fn three_at_once() -> Spawn {
    plan_free(|plan| {
        plan.requests_per_s = 0.1;
        plan.burst = 3;
    })
}

fn plan_free(change: impl FnOnce(&mut Plan)) -> Spawn {
    spawn_gateway().manual_clock().config(|config| change(config.plans.get_mut("free").unwrap()))
}

/// What a reply says about its limit, after a check that its three dialects agree.
#[derive(Debug, PartialEq)]
struct Told {
    policy: String,
    limit: i64,
    window_s: i64,
    remaining: i64,
    reset_s: i64,
}

fn told(reply: &Reply) -> Told {
    let field = |name: &str| reply.header(name).unwrap_or_else(|| panic!("no {name}"));
    let (now, policy) =
        (structured_fields::parse(field("ratelimit")), structured_fields::parse(field("ratelimit-policy")));
    let ([(name, now)], [(policy_name, policy)]) = (now.as_slice(), policy.as_slice()) else {
        panic!("not one item each: {now:?} {policy:?}")
    };
    assert_eq!(name, policy_name);
    let told = Told {
        policy: name.clone(),
        limit: policy["q"],
        window_s: policy["w"],
        remaining: now["r"],
        reset_s: now["t"],
    };
    let legacy = ["limit", "remaining", "reset"]
        .map(|name| field(&format!("x-ratelimit-{name}")).parse::<i64>().unwrap());
    assert_eq!(legacy, [told.limit, told.remaining, told.reset_s]);
    told
}

fn retry_after_s(reply: &Reply) -> u64 {
    let header = reply.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(reply.json()["retry_after_s"], header);
    header
}

async fn account(user: &Client) -> Reply {
    user.get("/gateway/account").await
}

async fn create(user: &Client) -> Reply {
    let body = json!({"prompt": {"text": "a cat", "num_images": 1}});
    user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await
}

async fn exhaust(user: &Client) {
    while account(user).await.status != 429 {}
}

#[tokio::test]
async fn rl_01_when_the_burst_is_used_up_the_reply_is_429_and_says_when_to_come_back() {
    let gw = three_at_once().start().await;
    let user = gw.user("first");
    for _ in 0..3 {
        account(&user).await.ok();
    }

    let refused = account(&user).await;

    refused.problem(429, "rate_limited");
    assert_eq!(retry_after_s(&refused), 10);
    gw.clock.advance(Duration::from_millis(9_999));
    account(&user).await.problem(429, "rate_limited");
    gw.clock.advance(Duration::from_millis(1));
    account(&user).await.ok();
    account(&user).await.problem(429, "rate_limited");
}

#[tokio::test]
async fn rl_01_a_wait_of_less_than_a_second_is_told_as_one() {
    let gw = plan_free(|plan| (plan.requests_per_s, plan.burst) = (50.0, 1)).start().await;
    let user = gw.user("first");
    account(&user).await.ok();

    assert_eq!(retry_after_s(&account(&user).await), 1);
}

#[tokio::test]
async fn rl_02_every_reply_to_a_caller_says_where_the_limit_stands() {
    let gw = three_at_once().start().await;
    let user = gw.user("first");
    let mut replies = Vec::new();
    for _ in 0..4 {
        replies.push(told(&account(&user).await));
    }
    let expected = [(2, 10), (1, 20), (0, 30), (0, 10)].map(|(remaining, reset_s)| Told {
        policy: "user".into(),
        limit: 3,
        window_s: 30,
        remaining,
        reset_s,
    });
    assert_eq!(replies, expected);
}

#[tokio::test]
async fn rl_02_errors_behind_the_limit_tell_it_too() {
    let gw = three_at_once().start().await;
    let user = gw.user("first");

    let missing = user.get("/prompts/1").await;

    missing.problem(404, "not_found");
    assert_eq!(told(&missing).remaining, 2);
}

#[tokio::test]
async fn two_users_do_not_share_a_limit() {
    let gw = three_at_once().start().await;
    exhaust(&gw.user("first")).await;

    assert_eq!(told(&account(&gw.user("second")).await).remaining, 2);
}

#[tokio::test]
async fn a_new_token_of_the_same_user_does_not_refill_the_limit() {
    let gw = three_at_once().start().await;
    exhaust(&gw.user("first")).await;
    gw.clock.advance(Duration::from_secs(1));

    account(&gw.user("first")).await.problem(429, "rate_limited");
}

#[tokio::test]
async fn plans_have_limits_of_their_own() {
    let gw = three_at_once()
        .config(|config| {
            let pro = config.plans.get_mut("pro").unwrap();
            (pro.requests_per_s, pro.burst) = (2.0, 7);
        })
        .start()
        .await;

    let [free, pro] = [told(&account(&gw.user("first")).await), told(&account(&gw.pro_user("first")).await)];

    assert_eq!((free.limit, free.window_s), (3, 30));
    assert_eq!((pro.limit, pro.window_s), (7, 4));
}

#[tokio::test]
async fn an_operation_with_a_limit_of_its_own_leaves_the_others_alone() {
    let gw = plan_free(|plan| {
        plan.burst = 5;
        plan.limits.insert(Operation::ListPacks, Rate { requests_per_s: 0.5, burst: 1 });
    })
    .start()
    .await;
    let user = gw.user("first");
    let first = user.get("/packs").await;
    assert_eq!((told(&first).limit, told(&first).remaining), (1, 0));

    let second = user.get("/packs").await;

    second.problem(429, "rate_limited");
    assert_eq!(retry_after_s(&second), 2);
    let gallery = user.get("/gallery/packs").await;
    gallery.ok();
    assert_eq!((told(&gallery).limit, told(&gallery).remaining), (5, 4));
    let pro = gw.pro_user("first").get("/packs").await;
    assert_eq!(told(&pro).limit, 10_000, "the override is one plan's");
}

#[tokio::test]
async fn rl_09_a_refused_request_is_charged_no_quota_and_never_reaches_the_upstream() {
    let gw = plan_free(|plan| {
        plan.limits.insert(Operation::CreatePrompt, Rate { requests_per_s: 0.1, burst: 1 });
    })
    .start()
    .await;
    let user = gw.user("first");
    create(&user).await.ok();

    for _ in 0..3 {
        create(&user).await.problem(429, "rate_limited");
    }

    assert_eq!(gw.quota(&user, "images").await, (1, 0, 19));
    assert_eq!(gw.mock.requests().len(), 1);
}

#[tokio::test]
async fn a_used_up_quota_is_not_told_as_a_rate() {
    let gw = plan_free(|plan| plan.quotas[0].limit = 1).start().await;
    let user = gw.user("first");
    create(&user).await.ok();

    let refused = create(&user).await;

    refused.problem(429, "quota_exhausted");
    assert!(told(&refused).remaining > 0, "the rate is as it was");
}

#[tokio::test]
async fn rl_08_buckets_of_end_users_stay_within_their_number() {
    let gw = three_at_once().config(|config| config.limits.users.max_buckets = 64).start().await;
    let before = gw.state().plan_limits.len();
    let (first, last) = (0, 299);
    for n in first..=last {
        account(&gw.user(&format!("user-{n}"))).await.ok();
    }
    assert_eq!(before, 0);
    assert!(gw.state().plan_limits.len() <= 64, "{}", gw.state().plan_limits.len());
    assert!(gw.state().plan_limits.len() > 32, "{}", gw.state().plan_limits.len());
}

#[tokio::test]
async fn a_refusal_is_counted_by_which_limit_it_was() {
    let gw: TestGateway = three_at_once().start().await;
    exhaust(&gw.user("first")).await;

    let metrics = gw.operator("/metrics").await;

    let line = metrics.lines().find(|line| line.contains("limited") && line.contains("user")).unwrap();
    assert!(line.ends_with(" 1"), "{line}");
}
