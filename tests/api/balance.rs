//! QUOTA-10: what the operator's accounts have left is watched, told, and pauses plans before it is gone.

use astria_gateway::config::{Balance, Tenant};
use astria_gateway::operation::Operation;
use astria_gateway::routes;
use mock_astria::{Fault, FaultRule, UsersReply};
use serde_json::json;

use super::harness::{Client, Reply, TestGateway, eventually, logs, spawn_gateway};
use super::prompts::on_shared;

async fn create(user: &Client) -> Reply {
    user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 1}})).await
}

fn last_mc(gw: &TestGateway) -> Option<i64> {
    gw.own_account().balance.last_mc()
}

async fn told(gw: &TestGateway, balance_mc: i64) {
    eventually("a look at the balance", || last_mc(gw) == Some(balance_mc)).await;
}

/// Lines of one level that say this balance.
fn lines(level: &str, words: &str, balance_mc: i64) -> usize {
    let number = format!("balance_mc={balance_mc} ");
    let says =
        |line: &&str| line.contains(level) && line.contains(words) && format!("{line} ").contains(&number);
    logs::text().lines().filter(says).count()
}

fn every_second() -> Balance {
    Balance { check_s: 1, ..Balance::default() }
}

/// The create of a plan that pauses.
pub async fn paused() -> Reply {
    let gw = spawn_gateway()
        .mock(|mock| mock.balance_mc = 99_999)
        .config(|config| {
            config.balance =
                Balance { pause_below_mc: 100_000, pause_plans: vec!["free".into()], ..Balance::default() };
        })
        .start()
        .await;
    told(&gw, 99_999).await;
    create(&gw.user("first")).await
}

#[tokio::test]
async fn quota_10_the_metrics_show_what_an_account_has_left_below_zero_too() {
    let gw = spawn_gateway().config(|config| config.balance = every_second()).start().await;
    told(&gw, 5_000_000).await;
    let page = gw.operator("/metrics").await;
    assert!(page.contains("astria_gateway_account_balance_mc{account=\"upstream\"} 5000000\n"), "{page}");
    assert!(!page.contains("balance_alert_below_mc"), "{page}");

    gw.mock.set_balance_mc(-7);

    told(&gw, -7).await;
    let page = gw.operator("/metrics").await;
    assert!(page.contains("astria_gateway_account_balance_mc{account=\"upstream\"} -7\n"), "{page}");
}

#[tokio::test]
async fn quota_10_a_plan_pauses_while_the_account_has_little_and_goes_on_when_it_has_more() {
    let gw = spawn_gateway()
        .mock(|mock| mock.balance_mc = 99_998)
        .config(|config| {
            let pause_plans = vec!["free".into()];
            config.balance = Balance { pause_below_mc: 100_000, pause_plans, ..every_second() };
        })
        .start()
        .await;
    told(&gw, 99_998).await;
    let (free, pro) = (gw.user("first"), gw.pro_user("second"));

    let refused = create(&free).await;

    assert_eq!(refused.problem(503, "plan_paused")["spent"], "no");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(gw.mock.count("POST", "/tunes/:tune_id/prompts"), 0);
    assert_eq!(gw.quota(&free, "images").await, (0, 0, 20), "nothing is held either");
    free.get("/prompts").await.ok();
    create(&pro).await.ok();
    gw.mock.set_balance_mc(100_000);
    told(&gw, 100_000).await;
    create(&free).await.ok();
}

#[tokio::test]
async fn quota_10_a_pause_ends_at_once_when_a_reload_lowers_its_threshold_or_switches_it_off() {
    let balance =
        |pause_below_mc| Balance { pause_below_mc, pause_plans: vec!["free".into()], ..Balance::default() };
    let gw = spawn_gateway()
        .mock(|mock| mock.balance_mc = 50_000)
        .config(|config| config.balance = balance(100_000))
        .start()
        .await;
    told(&gw, 50_000).await;
    let user = gw.user("first");
    create(&user).await.problem(503, "plan_paused");

    gw.reload(|now| now.config.balance = balance(40_000));
    create(&user).await.ok();
    let left = gw.mock.balance_mc();
    gw.reload(|now| now.config.balance = balance(50_000));
    told(&gw, left).await;
    create(&user).await.problem(503, "plan_paused");
    gw.reload(|now| now.config.balance = Balance { check_s: 0, ..Balance::default() });

    create(&user).await.ok();
    eventually("the end of the watch", || last_mc(&gw).is_none()).await;
}

#[tokio::test]
async fn quota_10_the_operator_is_told_once_and_again_after_it_recovered() {
    let words = "the operator must act: an account has little left";
    let gw = spawn_gateway()
        .mock(|mock| mock.balance_mc = 77_701)
        .config(|config| config.balance = Balance { alert_below_mc: 77_710, ..every_second() })
        .start()
        .await;
    told(&gw, 77_701).await;
    assert!(gw.operator("/metrics").await.contains("astria_gateway_balance_alert_below_mc 77710\n"));

    for (balance_mc, errors) in [(77_702, 0), (77_711, 0), (77_703, 1)] {
        gw.mock.set_balance_mc(balance_mc);
        told(&gw, balance_mc).await;
        // The line is written after the balance.
        gw.reload(|_| ());
        let asked = gw.mock.count("GET", "/users");
        eventually("one more look", || gw.mock.count("GET", "/users") > asked).await;
        eventually("the line", || lines("ERROR", words, balance_mc) >= errors).await;
        assert_eq!(lines("ERROR", words, balance_mc), errors, "{balance_mc}");
    }

    assert_eq!(lines("ERROR", words, 77_701), 1);
    assert_eq!(lines("INFO", "an account has enough again", 77_711), 1);
}

#[tokio::test]
async fn quota_10_an_account_that_does_not_tell_is_asked_again_after_a_reload_and_nothing_pauses() {
    let gw = spawn_gateway()
        .mock(|mock| mock.users_reply = UsersReply::Absent)
        .config(|config| {
            let pause_plans = vec!["free".into()];
            config.balance = Balance { pause_below_mc: u64::MAX / 2, pause_plans, ..Balance::default() };
        })
        .start()
        .await;
    eventually("the first look", || gw.mock.count("GET", "/users") == 1).await;

    gw.reload(|_| ());

    eventually("the look after a reload", || gw.mock.count("GET", "/users") == 2).await;
    assert_eq!(last_mc(&gw), None);
    assert!(!gw.operator("/metrics").await.contains("account_balance_mc"));
    create(&gw.user("first")).await.ok();
}

#[tokio::test]
async fn quota_10_a_list_of_one_account_tells_its_balance_too() {
    let gw = spawn_gateway()
        .mock(|mock| (mock.users_reply, mock.balance_mc) = (UsersReply::ListOfOne, 31))
        .config(|config| config.balance = every_second())
        .start()
        .await;
    told(&gw, 31).await;
}

#[tokio::test]
async fn quota_10_an_account_that_does_not_tell_is_left_alone_and_the_others_are_not() {
    let workspace_id = "workspace-of-acme".to_owned();
    let gw = spawn_gateway()
        .config(|config| {
            config.tenants.insert("acme".into(), Tenant { workspace_id, ..Tenant::default() });
            config.balance = every_second();
        })
        .start()
        .await;
    let known = || gw.state().accounts.all().filter(|account| account.balance.last_mc().is_some()).count();
    let of = |key: &str| {
        let bearer = format!("Bearer {key}");
        let asked = gw.mock.requests();
        asked.iter().filter(|one| one.path == "/users" && one.headers["authorization"] == bearer).count()
    };
    let keys = [gw.api_key.clone(), gw.key_of("acme")];
    eventually("the first looks", || known() == 2).await;

    // Not what an account looks like, to whichever asks next.
    gw.mock.inject(FaultRule::new(Fault::Page200).path("/users"));

    eventually("the silence of one", || known() == 1).await;
    let before = keys.each_ref().map(|key| of(key));
    eventually("two more looks", || keys.iter().zip(before).any(|(key, before)| of(key) >= before + 2)).await;
    let more: usize =
        keys.iter().zip(before).map(|(key, before)| of(key) - before).filter(|more| *more > 0).count();
    assert_eq!(more, 1, "the silent one is not asked again");
    assert_eq!(known(), 1);
}

#[tokio::test]
async fn quota_10_a_look_that_fails_for_another_reason_changes_nothing_and_is_tried_again() {
    let gw = spawn_gateway()
        .config(|config| {
            config.balance = every_second();
            config.upstream.read_retries = 0;
        })
        .start()
        .await;
    told(&gw, 5_000_000).await;
    for fault in [Fault::Status500, Fault::Status402, Fault::CutBeforeReply] {
        gw.mock.inject(FaultRule::new(fault).path("/users"));
        gw.reload(|_| ());
        let asked = gw.mock.count("GET", "/users");
        eventually("a look that fails", || gw.mock.count("GET", "/users") > asked).await;
    }
    assert_eq!(last_mc(&gw), Some(5_000_000));

    gw.mock.set_balance_mc(1);

    told(&gw, 1).await;
}

#[tokio::test]
async fn l_10_no_route_leads_an_end_user_to_the_account() {
    assert!(routes::table().iter().all(|route| route.operation != Some(Operation::GetBalance)));
    let gw = spawn_gateway().start().await;
    for path in ["/users", "/users.json", "/users/1"] {
        gw.user("first").get(path).await.problem(404, "not_found");
    }
    assert_eq!(gw.mock.requests().len(), 0);
}
