//! Requests per client address: before any token is looked at, and whose address it is behind proxies.

use astria_gateway::config::Config;

use super::{retry_after_s, told};
use crate::harness::{Client, Spawn, TestGateway, spawn_gateway};

/// This many requests from an address; one more in a quarter of an hour.
fn burst(burst: u32) -> Spawn {
    spawn_gateway().config(|config| {
        config.limits.ip.requests_per_s = 0.001;
        config.limits.ip.burst = burst;
    })
}

fn behind_a_proxy(config: &mut Config) {
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
}

async fn status(client: &Client) -> u16 {
    client.get("/gateway/account").await.status.as_u16()
}

async fn forwarded(gw: &TestGateway, hops: &str) -> u16 {
    status(&gw.anonymous().header("x-forwarded-for", hops)).await
}

#[tokio::test]
async fn an_address_that_sends_bad_tokens_is_refused_before_the_next_token_is_looked_at() {
    let gw = burst(3).start().await;
    for token in ["one", "two", "three"] {
        gw.with_token(token).get("/gateway/account").await.problem(401, "invalid_token");
    }

    for client in [gw.with_token("four"), gw.user("first"), gw.anonymous()] {
        let refused = client.get("/gateway/account").await;
        refused.problem(429, "rate_limited");
        assert!((1..=1_001).contains(&retry_after_s(&refused)));
        let told = told(&refused);
        assert_eq!((told.policy.as_str(), told.limit, told.remaining, told.window_s), ("ip", 3, 0, 3_000));
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn rl_01_a_short_wait_of_an_address_is_told_as_at_least_a_second() {
    let gw = burst(1).config(|config| config.limits.ip.requests_per_s = 1.0).start().await;
    gw.anonymous().get("/packs").await.problem(401, "unauthenticated");

    let refused = gw.anonymous().get("/packs").await;

    refused.problem(429, "rate_limited");
    assert!((1..=2).contains(&retry_after_s(&refused)));
}

#[tokio::test]
async fn health_is_not_limited() {
    let gw = burst(1).start().await;
    assert_eq!(status(&gw.anonymous()).await, 401);
    assert_eq!(status(&gw.anonymous()).await, 429);
    for _ in 0..10 {
        for path in ["/healthz", "/readyz"] {
            let reply = gw.anonymous().get(path).await;
            reply.ok();
            assert_eq!(reply.header("ratelimit"), None);
        }
    }
}

#[tokio::test]
async fn made_up_callbacks_are_charged_to_their_address() {
    let gw = burst(2).start().await;
    let call = || async { gw.anonymous().post("/gateway/callbacks/made-up", "application/json", "{}").await };
    for _ in 0..2 {
        call().await.problem(404, "not_found");
    }
    let refused = call().await;
    refused.problem(429, "rate_limited");
    assert!(retry_after_s(&refused) >= 1);
    assert_eq!(status(&gw.user("first")).await, 429, "it is the same bucket");
}

#[tokio::test]
async fn bff_11_without_trusted_proxies_nobody_chooses_an_address() {
    let gw = burst(2).start().await;
    let mut seen = Vec::new();
    for n in 1..=4 {
        let claimed = format!("203.0.113.{n}");
        let user = gw
            .anonymous()
            .header("x-forwarded-for", &claimed)
            .header("forwarded", &format!("for={claimed}"))
            .header("x-real-ip", &claimed);
        seen.push(status(&user).await);
    }
    assert_eq!(seen, [401, 401, 429, 429]);
}

#[tokio::test]
async fn bff_11_behind_a_trusted_proxy_the_rightmost_untrusted_hop_counts() {
    let gw = burst(2).config(behind_a_proxy).start().await;
    let mut seen = Vec::new();
    for spoofed in ["1.1.1.1", "2.2.2.2", "3.3.3.3, 4.4.4.4", "10.0.0.1"] {
        seen.push(forwarded(&gw, &format!("{spoofed}, 203.0.113.9, 10.0.0.7")).await);
    }
    assert_eq!(seen, [401, 401, 429, 429], "what stands left of it can be made up");
    assert_eq!(forwarded(&gw, "203.0.113.10").await, 401, "another client has a bucket of its own");
}

#[tokio::test]
async fn bff_11_several_header_lines_are_one_list() {
    let gw = burst(1).config(behind_a_proxy).start().await;
    let user =
        |left: &str| gw.anonymous().header("x-forwarded-for", left).header("x-forwarded-for", "203.0.113.9");
    assert_eq!(status(&user("1.1.1.1")).await, 401);
    assert_eq!(status(&user("2.2.2.2")).await, 429);
}

#[tokio::test]
async fn bff_11_other_headers_about_addresses_are_not_read_even_from_a_trusted_proxy() {
    let gw = burst(1).config(behind_a_proxy).start().await;
    let user = |n: u8| {
        gw.anonymous()
            .header("x-real-ip", &format!("203.0.113.{n}"))
            .header("forwarded", &format!("for=203.0.113.{n}"))
            .header("true-client-ip", &format!("203.0.113.{n}"))
    };
    assert_eq!(status(&user(1)).await, 401);
    assert_eq!(status(&user(2)).await, 429);
}

#[tokio::test]
async fn rl_07_ipv6_clients_are_counted_by_their_64() {
    let gw = burst(2).config(behind_a_proxy).start().await;
    let mut seen = Vec::new();
    for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2::3", "2001:db8:1:3::1"] {
        seen.push(forwarded(&gw, address).await);
    }
    assert_eq!(seen, [401, 401, 429, 401]);
}

#[tokio::test]
async fn rl_08_hundreds_of_addresses_each_have_a_bucket_of_their_own() {
    let gw = burst(1).config(behind_a_proxy).start().await;
    for expected in [401, 429] {
        for n in 0..300 {
            let address = format!("203.0.{}.{}", n / 250, n % 250);
            assert_eq!(forwarded(&gw, &address).await, expected, "{address}");
        }
    }
}

#[tokio::test]
async fn rl_08_with_more_addresses_than_there_is_room_for_new_ones_are_still_served() {
    let gw = burst(100).config(behind_a_proxy).config(|c| c.limits.ip.max_addresses = 64).start().await;
    for n in 0..300 {
        assert_eq!(forwarded(&gw, &format!("203.0.{}.{}", n / 250, n % 250)).await, 401, "{n}");
    }
}
