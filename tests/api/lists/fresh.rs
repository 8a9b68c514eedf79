//! When a list asks Astria, how many at once, and once for all who ask.

use std::time::Duration;

use futures_util::future::join_all;
use mock_astria::{Fault, FaultRule};
use tokio::task::JoinSet;

use super::super::harness::{SHARED_TUNE, eventually, spawn_gateway};
use super::{adopt, begin_again, listed};

const ONE: &str = "/prompts/:id";

#[tokio::test]
async fn an_unfinished_object_is_looked_at_after_two_seconds_and_a_finished_one_after_an_hour() {
    let gw = spawn_gateway().manual_clock().start().await;
    let user = gw.user("a");
    let tune = gw.mock.seed_tunes(1)[0];
    let prompt = gw.mock.seed_prompts(SHARED_TUNE, 1)[0];
    for (path, template, id) in [("/tunes", "/tunes/:id", tune), ("/prompts", ONE, prompt)] {
        begin_again(&gw, id);
        adopt(&gw, "a", &[id]).await;
        let mut looks = 0;
        let mut after = async |ms: u64, looks_more: u64| {
            gw.clock.advance(Duration::from_millis(ms));
            let shown = user.get(path).await.ok()[0].clone();
            looks += looks_more;
            assert_eq!(gw.mock.count("GET", template), looks, "{path} after {ms}");
            shown
        };
        after(0, 0).await;
        after(1_999, 0).await;
        assert!(after(1, 1).await["trained_at"].is_null());
        // The look counts, also where nothing changed.
        after(1_999, 0).await;
        assert!(gw.mock.finish(id));
        assert!(after(1, 1).await["trained_at"].is_string());
        after(3_599_999, 0).await;
        after(1, 1).await;
        after(3_599_999, 0).await;
    }
}

#[tokio::test]
async fn what_finished_is_shown_by_the_list_with_its_pictures() {
    let gw = spawn_gateway().manual_clock().start().await;
    let user = gw.user("a");
    let prompts = gw.mock.seed_prompts(SHARED_TUNE, 3);
    prompts.iter().for_each(|id| begin_again(&gw, *id));
    adopt(&gw, "a", &prompts).await;
    gw.mock.finish(prompts[0]);
    gw.mock.fail(prompts[1], "no face");
    gw.clock.advance(Duration::from_secs(2));

    let list = user.get("/prompts").await.ok();

    assert_eq!(list[2]["images"].as_array().unwrap().len(), 1);
    assert_eq!(list[1]["user_error"], "no face");
    assert_eq!(
        (list[0]["images"].as_array().unwrap().len(), &list[0]["user_error"]),
        (0, &serde_json::Value::Null)
    );
    // Only the third is unfinished from here on.
    gw.clock.advance(Duration::from_secs(2));
    user.get("/prompts").await.ok();
    assert_eq!(gw.mock.count("GET", ONE), 4);
}

#[tokio::test]
async fn a_list_asks_for_many_at_once_and_never_for_more_than_its_fan_out() {
    let gw = spawn_gateway().config(|config| config.lists.fan_out = 4).manual_clock().start().await;
    let prompts = gw.mock.seed_prompts(SHARED_TUNE, 40);
    prompts.iter().for_each(|id| begin_again(&gw, *id));
    adopt(&gw, "a", &prompts).await;
    gw.clock.advance(Duration::from_secs(2));
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(30))).path(ONE).times(40));
    let (user, account) = (gw.user("a"), gw.own_account());
    let mut listing = JoinSet::new();
    listing.spawn(async move { listed(&user, "/prompts?limit=40").await.len() });

    let mut most = 0;
    let count = loop {
        if let Some(listed) = listing.try_join_next() {
            break listed.unwrap();
        }
        most = most.max(account.upstream.reading().in_flight);
        tokio::task::yield_now().await;
    };

    assert_eq!((count, gw.mock.count("GET", ONE)), (40, 40));
    assert_eq!(most, 4);
}

#[tokio::test]
async fn fifty_who_ask_for_one_unfinished_object_at_once_make_one_fetch() {
    let gw = spawn_gateway().manual_clock().start().await;
    let prompt = gw.mock.seed_prompts(SHARED_TUNE, 1)[0];
    begin_again(&gw, prompt);
    adopt(&gw, "a", &[prompt]).await;
    gw.clock.advance(Duration::from_secs(2));
    gw.mock.finish(prompt);
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(1_500))).path(ONE).times(50));
    let paths = [
        format!("/prompts/{prompt}"),
        "/prompts".to_owned(),
        format!("/tunes/{SHARED_TUNE}/prompts/{prompt}.json"),
        format!("/tunes/{SHARED_TUNE}/prompts"),
        "/prompts?limit=1".to_owned(),
    ];

    let asked = (0..50).map(|n| {
        let (user, path) = (gw.user("a"), paths[n % paths.len()].clone());
        async move { user.get(&path).await.ok() }
    });
    let shown = join_all(asked).await;

    assert_eq!(gw.mock.count("GET", ONE), 1);
    for reply in shown {
        let object = if reply.is_array() { &reply[0] } else { &reply };
        assert_eq!(object["images"].as_array().unwrap().len(), 1, "{reply}");
    }
}

#[tokio::test]
async fn one_who_leaves_takes_the_fetch_from_nobody() {
    let gw = spawn_gateway().manual_clock().start().await;
    let prompt = gw.mock.seed_prompts(SHARED_TUNE, 1)[0];
    adopt(&gw, "a", &[prompt]).await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(300))).path(ONE));
    let (first, second, path) = (gw.user("a"), gw.user("a"), format!("/prompts/{prompt}"));
    let (mut leaving, same) = (JoinSet::new(), path.clone());
    leaving.spawn(async move { first.get(&same).await });
    eventually("the fetch", || gw.mock.count("GET", ONE) == 1).await;

    let (reply, ()) = tokio::join!(second.get(&path), async { leaving.abort_all() });

    reply.ok();
    assert_eq!(gw.mock.count("GET", ONE), 1);
}
