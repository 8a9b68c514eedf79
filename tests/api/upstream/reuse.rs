//! Connections that are used again: when they may be, and what a closed one does to a request.

use std::time::Duration;

use super::raw::{self, Answer};
use super::{RawUpstream, before, create, with_a_prompt};
use crate::harness::eventually;

#[tokio::test]
async fn f31_a_create_over_a_connection_that_was_closed_before_it_is_sent_once_and_succeeds() {
    // Again and again, since the closing may be noticed before, while or after the next request is handed over.
    let script = (0..20).map(|_| vec![Answer::Last(raw::good())]).collect();
    let upstream = RawUpstream::start(script).await;
    let gw = before(&upstream).start().await;
    let user = gw.user("first");
    for n in 0..20 {
        if n % 2 == 0 {
            eventually("the closing", || n == 0 || upstream.is_over(n - 1)).await;
        }

        create(&user).await.ok();

        assert_eq!(upstream.seen().len(), n + 1, "a create is sent once");
    }
    assert_eq!(gw.quota(&user, "images").await, (20, 0, 0));
}

#[tokio::test]
async fn f31_connections_that_are_refused_before_a_byte_is_read_cost_nothing_or_are_unknown_never_twice() {
    let script = vec![vec![Answer::good(), Answer::Refuse], vec![Answer::good()]];
    let (upstream, gw, user) = with_a_prompt(script).await;
    eventually("the closing", || upstream.is_over(0)).await;

    create(&user).await.ok();

    let over: Vec<usize> = upstream.seen().iter().map(|(connection, _)| *connection).collect();
    assert_eq!(over, [0, 1]);
    assert_eq!(gw.quota(&user, "images").await, (2, 0, 18));
}

#[tokio::test]
async fn up_01_a_create_of_which_a_byte_was_sent_is_never_sent_again() {
    // The whole request is read, then the connection closes without a word, used before or not.
    for script in [vec![vec![Answer::Last(Vec::new())]], vec![vec![Answer::good(), Answer::Last(Vec::new())]]]
    {
        let used = script[0].len() > 1;
        let upstream = RawUpstream::start(script).await;
        let gw = before(&upstream).config(|config| config.upstream.read_retries = 3).start().await;
        gw.expect_unknown();
        let user = gw.user("first");
        if used {
            create(&user).await.ok();
        }

        let problem = create(&user).await.problem(504, "outcome_unknown");

        assert_eq!(problem["spent"], "unknown");
        assert_eq!(upstream.seen().len(), 1 + usize::from(used));
        let before = u64::from(used);
        assert_eq!(gw.quota(&user, "images").await, (before, 1, 19 - before));
    }
}

#[tokio::test]
async fn f31_a_read_over_a_connection_that_breaks_is_sent_again() {
    let upstream = RawUpstream::start(vec![vec![Answer::good(), Answer::Last(Vec::new())]]).await;
    let gw = before(&upstream).config(|config| config.upstream.read_retries = 1).start().await;
    let user = gw.user("first");
    create(&user).await.ok();

    user.get("/prompts/7000000").await.ok();

    let over: Vec<usize> = upstream.seen().iter().map(|(connection, _)| *connection).collect();
    assert_eq!(over, [0, 0, 1]);
}

#[tokio::test]
async fn up_09_a_connection_is_not_used_for_ever() {
    let upstream = RawUpstream::start(Vec::new()).await;
    let gw = before(&upstream)
        .config(|config| config.upstream.max_connection_age_s = 60)
        .manual_clock()
        .start()
        .await;
    let user = gw.user("first");
    create(&user).await.ok();
    user.get("/prompts/7000000").await.ok();
    assert_eq!(upstream.connections(), 1, "a young one is used again");
    gw.clock.advance(Duration::from_secs(60));

    user.get("/prompts/7000000").await.ok();
    user.get("/prompts/7000000").await.ok();

    let over: Vec<usize> = upstream.seen().iter().map(|(connection, _)| *connection).collect();
    assert_eq!(over, [0, 0, 0, 1]);
    eventually("the end of the old one", || upstream.is_over(0)).await;
}
