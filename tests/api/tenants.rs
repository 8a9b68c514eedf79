//! Several accounts at Astria behind one gateway: no tenant meets another's key, objects, packs or troubles.

use std::time::Duration;

use astria_gateway::accounts::Account;
use astria_gateway::config::Tenant;
use mock_astria::{Fault, FaultRule};
use serde_json::{Value, json};

use super::harness::{
    Client, Reply, SHARED_TUNE, Spawn, TestGateway, eventually, photos, spawn_gateway, tokens,
};
use super::prompts::on_shared;

fn with_tenants() -> Spawn {
    spawn_gateway().config(|config| {
        for name in ["acme", "globex"] {
            let workspace_id = format!("workspace-of-{name}");
            config.tenants.insert(name.into(), Tenant { workspace_id, ..Tenant::default() });
        }
    })
}

/// The same person of the same issuer, whose token names this tenant.
fn of(gw: &TestGateway, tenant: &str, name: &str) -> Client {
    let mut claims = tokens::claims(gw.clock.now(), name, "free");
    claims["tenant"] = json!(tenant);
    gw.with_token(&tokens::hs256(gw.signing.as_bytes(), &claims))
}

async fn create(user: &Client) -> Reply {
    user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 1}})).await
}

fn account(gw: &TestGateway, tenant: &str) -> std::sync::Arc<Account> {
    std::sync::Arc::clone(&gw.state().accounts.tenants[tenant])
}

#[tokio::test]
async fn every_call_of_a_tenant_carries_its_own_key_and_workspace() {
    let gw = with_tenants().start().await;
    let photo: &[u8] = photos::SAMPLES[0].1;
    let own = (gw.api_key.clone(), gw.workspace.clone());
    let tenants = ["acme", "globex"].map(|name| (gw.key_of(name), format!("workspace-of-{name}")));
    assert_ne!(tenants[0].0, tenants[1].0);
    for (user, (key, workspace)) in [
        (gw.user("first"), &own),
        (of(&gw, "acme", "first"), &tenants[0]),
        (of(&gw, "globex", "first"), &tenants[1]),
        (of(&gw, "acme", "first"), &tenants[0]),
    ] {
        let before = gw.mock.requests().len();
        let id = create(&user).await.ok()["id"].clone();
        user.get(&format!("/prompts/{id}")).await.ok();
        user.post_multipart("/images/inspect", &[("name", "man")], &[("file", photo)]).await.ok();
        user.get(&format!("/packs?limit={}", before + 1)).await.ok();
        let sent = gw.mock.requests().split_off(before);
        assert_eq!(sent.len(), 4);
        for call in sent {
            assert_eq!(call.headers["authorization"], format!("Bearer {key}"), "{}", call.path);
            assert_eq!(&call.headers["x-workspace-id"], workspace, "{}", call.path);
        }
    }
}

#[tokio::test]
async fn iso_05_a_tenants_prompt_is_not_there_for_the_same_person_of_another_tenant() {
    let gw = with_tenants().start().await;
    let people = [of(&gw, "acme", "first"), of(&gw, "globex", "first"), gw.user("first")];
    for (at, owner) in people.iter().enumerate() {
        let id = create(owner).await.ok()["id"].clone();
        let asked = gw.mock.requests().len();
        for (other, stranger) in people.iter().enumerate().filter(|(other, _)| *other != at) {
            for path in [format!("/prompts/{id}"), format!("/tunes/{SHARED_TUNE}/prompts/{id}.json")] {
                let theirs = stranger.get(&path).await.problem(404, "not_found");
                let nobodys = stranger.get("/prompts/999999999").await.problem(404, "not_found");
                let without = |mut body: Value| {
                    (body["request_id"], body["instance"]) = (Value::Null, Value::Null);
                    body
                };
                assert_eq!(without(theirs), without(nobodys), "{at} {other}");
            }
        }
        assert_eq!(gw.mock.requests().len(), asked, "nothing was asked upstream");
        owner.get(&format!("/prompts/{id}")).await.ok();
    }
}

#[tokio::test]
async fn cache_01_tenants_have_pack_caches_of_their_own() {
    let gw = with_tenants().start().await;
    let stored = Some("astria-gateway; fwd=miss; stored");
    for user in [of(&gw, "acme", "first"), of(&gw, "globex", "first"), gw.user("first")] {
        assert_eq!(user.get("/packs").await.header("cache-status"), stored);
        assert!(user.get("/packs").await.header("cache-status").unwrap().contains("hit"));
    }
    let keys: Vec<_> = gw.mock.requests().iter().map(|sent| sent.headers["authorization"].clone()).collect();
    let wanted =
        [gw.key_of("acme"), gw.key_of("globex"), gw.api_key.clone()].map(|key| format!("Bearer {key}"));
    assert_eq!(keys, wanted);
    assert_eq!(gw.packs_in_memory(), 3);
    assert_eq!(account(&gw, "acme").packs.entries(), 1);
}

#[tokio::test]
async fn up_05_an_account_whose_key_is_rejected_is_paused_and_the_others_go_on() {
    let gw = with_tenants().manual_clock().start().await;
    let (acme, globex, own) = (of(&gw, "acme", "first"), of(&gw, "globex", "first"), gw.user("first"));
    gw.mock.inject(FaultRule::new(Fault::Status401));

    create(&acme).await.problem(502, "upstream_credential_rejected");
    let asked = gw.mock.requests().len();
    create(&of(&gw, "acme", "second")).await.problem(503, "upstream_paused");
    acme.get("/packs").await.problem(503, "upstream_paused");
    assert_eq!(gw.mock.requests().len(), asked, "nothing is sent for it");

    for other in [&globex, &own] {
        create(other).await.ok();
        other.get("/packs").await.ok();
    }
    let page = gw.operator("/metrics").await;
    assert!(page.contains("astria_gateway_breaker_state{account=\"acme\"} 2"), "{page}");
    for account in ["globex", "upstream"] {
        assert!(page.contains(&format!("astria_gateway_breaker_state{{account=\"{account}\"}} 0")), "{page}");
    }
    gw.clock.advance(Duration::from_secs(2));
    create(&acme).await.ok();
}

#[tokio::test]
async fn rl_06_a_429_pauses_its_own_account_alone() {
    let gw = with_tenants().manual_clock().start().await;
    let (acme, globex) = (of(&gw, "acme", "first"), of(&gw, "globex", "first"));
    gw.mock.inject(FaultRule::new(Fault::Status429));

    create(&acme).await.problem(503, "upstream_busy");
    create(&acme).await.problem(503, "upstream_busy");

    create(&globex).await.ok();
    assert_eq!(gw.mock.requests().len(), 2);
    assert_eq!(
        (
            account(&gw, "acme").upstream.reading().paused_for_s,
            account(&gw, "globex").upstream.reading().paused_for_s
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn f30_an_account_whose_queue_is_full_refuses_and_the_others_go_on() {
    let gw = with_tenants()
        .config(|config| {
            config.upstream.max_in_flight = 1;
            config.upstream.max_in_flight_creates = 1;
            config.upstream.max_queue = 1;
            config.upstream.max_queue_per_user = 1;
        })
        .start()
        .await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(1_500))));
    let acme = ["first", "second", "third"].map(|name| of(&gw, "acme", name));
    let reading = || account(&gw, "acme").upstream.reading();
    let waiting = async {
        eventually("the first create", || gw.mock.requests().len() == 1).await;
        create(&acme[1]).await
    };
    let meanwhile = async {
        eventually("a full queue", || reading().queued == 1).await;
        create(&acme[2]).await.problem(503, "overloaded");
        create(&of(&gw, "globex", "third")).await.ok();
        create(&gw.user("third")).await.ok();
        assert_eq!((reading().in_flight, reading().queued), (1, 1), "acme had gone on: nothing was shown");
    };

    let (first, second, ()) = tokio::join!(create(&acme[0]), waiting, meanwhile);

    first.ok();
    second.ok();
}

#[tokio::test]
async fn a_quota_is_the_end_users_whichever_account_pays() {
    let gw = with_tenants().start().await;
    let (acme, own) = (of(&gw, "acme", "first"), gw.user("first"));
    create(&acme).await.ok();
    assert_eq!((gw.quota(&acme, "images").await, gw.quota(&own, "images").await), ((1, 0, 19), (1, 0, 19)));
}
