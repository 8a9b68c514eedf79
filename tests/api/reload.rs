//! A reload in a running gateway: what changed counts from the next request on, and the rest goes on as it was.

use std::time::Duration;

use astria_gateway::config::{Issuer, IssuerKeys, Plan};
use astria_gateway::secret::Secret;
use mock_astria::{Fault, FaultRule};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::harness::{
    AUDIENCE, Client, KeyServer, Reply, Signer, TestGateway, eventually, spawn_gateway, tokens,
};
use super::prompts::on_shared;

const OTHER_ISSUER: &str = "https://other.test";

async fn create(user: &Client) -> Reply {
    user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 1}})).await
}

async fn status(client: &Client) -> u16 {
    client.get("/gateway/account").await.status.as_u16()
}

fn pack_calls(gw: &TestGateway) -> usize {
    gw.mock.requests().iter().filter(|request| request.path == "/packs").count()
}

/// A change that concerns nobody.
fn something_else(gw: &TestGateway) {
    gw.reload(|now| drop(now.config.plans.insert("another".into(), Plan::default())));
}

fn other_issuer() -> Issuer {
    Issuer { issuer: OTHER_ISSUER.into(), audiences: vec![AUDIENCE.into()], ..Issuer::default() }
}

fn other_claims(gw: &TestGateway, plan: &str) -> Value {
    let mut claims = tokens::claims(gw.clock.now(), "first", plan);
    claims["iss"] = json!(OTHER_ISSUER);
    claims
}

#[tokio::test]
async fn rl_03_a_used_up_limit_stays_used_up_and_one_that_changed_begins_anew() {
    let gw = spawn_gateway()
        .manual_clock()
        .config(|config| {
            for plan in config.plans.values_mut() {
                (plan.requests_per_s, plan.burst) = (0.1, 3);
            }
        })
        .start()
        .await;
    let (free, pro) = (gw.user("first"), gw.pro_user("second"));
    for user in [&free, &pro] {
        for wanted in [200, 200, 200, 429] {
            assert_eq!(status(user).await, wanted);
        }
    }

    something_else(&gw);
    assert_eq!((status(&free).await, status(&pro).await), (429, 429));

    gw.reload(|now| now.config.plans.get_mut("free").unwrap().burst = 5);
    let told = free.get("/gateway/account").await;
    assert_eq!(
        (told.header("x-ratelimit-limit"), told.header("x-ratelimit-remaining")),
        (Some("5"), Some("4"))
    );
    assert_eq!(status(&pro).await, 429, "the other plan's is as it was");
    gw.clock.advance(Duration::from_secs(10));
    assert_eq!(status(&pro).await, 200);
}

#[tokio::test]
async fn rl_03_an_addresss_limit_stays_used_up_and_one_that_changed_begins_anew() {
    let set = |now: &mut astria_gateway::config::Config, burst| {
        (now.limits.ip.requests_per_s, now.limits.ip.burst) = (0.001, burst);
    };
    let gw = spawn_gateway().config(|config| set(config, 2)).start().await;
    let nobody = gw.anonymous();
    for wanted in [401, 401, 429] {
        assert_eq!(status(&nobody).await, wanted);
    }

    something_else(&gw);
    assert_eq!(status(&nobody).await, 429);

    gw.reload(|now| set(&mut now.config, 3));
    for wanted in [401, 401, 401, 429] {
        assert_eq!(status(&nobody).await, wanted);
    }
}

#[tokio::test]
async fn cache_11_packs_stay_in_memory_until_key_or_workspace_changes() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let missed = async || user.get("/packs").await.header("cache-status").unwrap().contains("fwd=miss");
    assert!(missed().await);

    something_else(&gw);
    assert!(!missed().await, "an unrelated change costs no call");
    assert_eq!((gw.packs_in_memory(), pack_calls(&gw)), (1, 1));

    gw.reload(|now| now.api_key.clone_from(&gw.spare_key));
    assert_eq!(gw.packs_in_memory(), 0, "another key may see other packs");
    assert!(missed().await);
    assert_eq!(gw.mock.requests()[1].headers["authorization"], format!("Bearer {}", gw.spare_key));

    gw.reload(|now| now.config.upstream.workspace_id = "another-workspace".into());
    assert_eq!(gw.packs_in_memory(), 0, "another workspace has other packs");
    assert!(missed().await);
    assert_eq!(gw.mock.requests()[2].headers["x-workspace-id"], "another-workspace");
    assert_eq!(pack_calls(&gw), 3);
}

#[tokio::test]
async fn fetched_keys_of_an_issuer_are_not_fetched_again() {
    let key = Signer::es256();
    let server = KeyServer::start(&[key.jwk("k")]).await;
    let issuer = Issuer { jwks_url: server.url(), ..other_issuer() };
    let gw = spawn_gateway().manual_clock().issuer(issuer, IssuerKeys::Jwks).start().await;
    let user = |name: &str| {
        let mut claims = other_claims(&gw, "free");
        claims["sub"] = json!(name);
        gw.with_token(&key.token("k", &claims))
    };
    assert_eq!(status(&user("first")).await, 200);

    something_else(&gw);
    assert_eq!(status(&user("second")).await, 200, "a token that nobody remembers");
    gw.reload(|now| now.config.auth.issuers[1].audiences.push("another".into()));
    assert_eq!(status(&user("third")).await, 200);

    assert_eq!(server.fetches(), 1);
}

#[tokio::test]
async fn f39_a_request_in_flight_ends_under_the_configuration_that_it_began_with() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(700))));
    let meanwhile = async {
        eventually("the call upstream", || gw.mock.requests().len() == 1).await;
        gw.reload(|now| {
            now.api_key.clone_from(&gw.spare_key);
            now.config.plans.get_mut("free").unwrap().allow.clear();
        });
        let refused = create(&user).await;
        assert_eq!(
            gw.own_account().upstream.reading().in_flight,
            1,
            "the first had ended: nothing was shown"
        );
        refused
    };

    let (begun_before, begun_after) = tokio::join!(create(&user), meanwhile);

    begun_before.ok();
    begun_after.problem(403, "operation_not_allowed");
    assert_eq!(gw.quota(&user, "images").await, (1, 0, 19), "the ledger is the same one");
    let path = format!("/prompts/{}", begun_before.json()["id"]);
    user.get(&path).await.ok();
    let keys: Vec<_> = gw.mock.requests().iter().map(|sent| sent.headers["authorization"].clone()).collect();
    assert_eq!(keys, [format!("Bearer {}", gw.api_key), format!("Bearer {}", gw.spare_key)]);
}

#[tokio::test]
async fn a_removed_issuers_tokens_stop_at_once_even_those_that_are_remembered() {
    let secret = "another-issuer's-secret-of-more-than-32-bytes";
    let issuer = Issuer { hs256_secret_file: "in-the-test".into(), ..other_issuer() };
    let keys = IssuerKeys::Hs256 { current: Secret::from(secret.to_owned()), previous: None };
    let gw = spawn_gateway().issuer(issuer, keys).start().await;
    let other = gw.with_token(&tokens::hs256(secret.as_bytes(), &other_claims(&gw, "free")));
    let own = gw.user("first");
    for user in [&other, &own, &other, &own] {
        assert_eq!(status(user).await, 200);
    }

    gw.reload(|now| {
        now.config.auth.issuers.truncate(1);
        now.issuer_keys.truncate(1);
    });

    other.get("/gateway/account").await.problem(401, "invalid_token");
    assert_eq!(status(&own).await, 200);
}

#[tokio::test]
async fn a_changed_secret_stops_remembered_tokens_at_once() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    assert_eq!(status(&user).await, 200);
    let another = "a secret that comes later, of more than 32 bytes";

    gw.reload(|now| {
        now.issuer_keys[0] = IssuerKeys::Hs256 { current: Secret::from(another.to_owned()), previous: None };
    });

    user.get("/gateway/account").await.problem(401, "invalid_token");
    let claims = tokens::claims(gw.clock.now(), "first", "free");
    assert_eq!(status(&gw.with_token(&tokens::hs256(another.as_bytes(), &claims))).await, 200);
}

#[tokio::test]
async fn a_changed_plan_counts_for_remembered_tokens() {
    let gw = spawn_gateway().start().await;
    let (free, pro) = (gw.user("first"), gw.pro_user("first"));
    assert_eq!(gw.quota(&free, "images").await.2, 20);
    assert_eq!(gw.quota(&pro, "images").await.2, 500);

    gw.reload(|now| {
        let free = now.config.plans.get_mut("free").unwrap();
        free.quotas[0].limit = 7;
        free.allow.clear();
        now.config.plans.remove("pro");
    });

    assert_eq!(gw.quota(&free, "images").await.2, 7);
    create(&free).await.problem(403, "operation_not_allowed");
    let account = pro.get("/gateway/account").await.ok();
    assert_eq!(account["plan"], "free", "a plan that is gone is the default one");
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn mp_01_the_budget_of_bodies_is_resized_around_those_in_flight() {
    let body_bytes = 64 * 1024;
    let gw = spawn_gateway()
        .config(|config| {
            config.photos.max_bytes = 1024 * 1024;
            config.limits.body_bytes = 64 * 1024;
            config.limits.bodies_in_flight_bytes = 8 * 1024 * 1024;
            config.limits.bodies_in_flight_bytes_per_user = 4 * 1024 * 1024;
        })
        .start()
        .await;
    let head = |n: usize| {
        format!(
            "POST /images/inspect HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: multipart/form-data; boundary=X\r\nContent-Length: {n}\r\n\r\n--X",
            gw.host(),
            gw.token("first", "free")
        )
    };
    let used = || gw.state().bodies.used_bytes();
    let mut waiting = TcpStream::connect(gw.host()).await.unwrap();
    waiting.write_all(head(1024 * 1024).as_bytes()).await.unwrap();
    eventually("an announced body counts", || used() == 1024 * 1024).await;

    let small = 2 * 1024 * 1024 + 256 * 1024;
    gw.reload(|now| {
        now.config.limits.bodies_in_flight_bytes = small;
        now.config.limits.bodies_in_flight_bytes_per_user = small;
    });
    assert_eq!((gw.state().bodies.limit_bytes(), used()), (small, 1024 * 1024));
    let page = gw.operator("/metrics").await;
    assert!(page.contains(&format!("\nastria_gateway_body_budget_limit_bytes {small}\n")), "{page}");
    let mut second = TcpStream::connect(gw.host()).await.unwrap();
    second.write_all(head(1024 * 1024 + body_bytes).as_bytes()).await.unwrap();
    eventually("the second counts", || used() > 2 * 1024 * 1024).await;
    let third = super::harness::raw::head(gw.host(), head(1024 * 1024).as_bytes()).await;
    assert!(third.starts_with("HTTP/1.1 503 "), "{third}");

    gw.reload(|now| {
        now.config.limits.bodies_in_flight_bytes = 16 * 1024 * 1024;
        now.config.limits.bodies_in_flight_bytes_per_user = 16 * 1024 * 1024;
    });
    let mut fits = TcpStream::connect(gw.host()).await.unwrap();
    fits.write_all(head(1024 * 1024).as_bytes()).await.unwrap();
    eventually("there is room again", || used() > 3 * 1024 * 1024).await;
    drop((waiting, second, fits));
    eventually("the end of all", || used() == 0).await;
}

#[tokio::test]
async fn bff_06_changed_origins_count_from_the_next_request_on() {
    let (old, new) = ("https://old.example", "https://new.example");
    let gw = spawn_gateway().config(|config| config.cors.allowed_origins = vec![old.into()]).start().await;
    let allowed = async |origin: &str| {
        let reply = gw.user("first").header("origin", origin).get("/gateway/account").await;
        let preflight =
            gw.anonymous().header("origin", origin).header("access-control-request-method", "POST");
        let preflight = preflight.method(reqwest::Method::OPTIONS, "/prompts").await;
        let may = |reply: &Reply| reply.header("access-control-allow-origin") == Some(origin);
        (may(&reply), may(&preflight))
    };
    assert_eq!((allowed(old).await, allowed(new).await), ((true, true), (false, false)));

    gw.reload(|now| now.config.cors.allowed_origins = vec![new.into()]);

    assert_eq!((allowed(old).await, allowed(new).await), ((false, false), (true, true)));
}

#[tokio::test]
async fn up_05_an_open_breaker_stays_open_unless_the_rejected_key_changes() {
    let gw = spawn_gateway().manual_clock().start().await;
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Status401));
    create(&user).await.problem(502, "upstream_credential_rejected");
    create(&user).await.problem(503, "upstream_paused");

    something_else(&gw);
    create(&user).await.problem(503, "upstream_paused");
    gw.reload(|now| now.config.packs.fresh_s += 1);
    create(&user).await.problem(503, "upstream_paused");
    gw.reload(|now| now.config.upstream.timeout_ms += 1);
    create(&user).await.problem(503, "upstream_paused");
    assert_eq!(gw.mock.requests().len(), 1, "nothing was sent meanwhile");

    gw.reload(|now| now.api_key.clone_from(&gw.spare_key));
    create(&user).await.ok();
}

#[tokio::test]
async fn up_05_a_breaker_that_failures_opened_outlives_even_another_key() {
    let gw = spawn_gateway()
        .manual_clock()
        .config(|config| config.upstream.breaker.consecutive_failures = 2)
        .start()
        .await;
    gw.expect_unknown();
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::CutBeforeReply).times(2));
    for _ in 0..2 {
        create(&user).await.problem(504, "outcome_unknown");
    }
    create(&user).await.problem(503, "upstream_paused");

    gw.reload(|now| now.api_key.clone_from(&gw.spare_key));

    create(&user).await.problem(503, "upstream_paused");
    assert_eq!(gw.mock.requests().len(), 2);
}
