//! The pack cache: what everybody looks at costs Astria one call.

use std::io::Read as _;
use std::time::Duration;

use futures_util::future::join_all;
use mock_astria::{Fault, FaultRule};
use serde_json::Value;
use tokio::task::JoinSet;

use super::harness::{Reply, TestGateway, eventually, spawn_gateway};

fn upstream_calls(gw: &TestGateway, path: &str) -> usize {
    gw.mock.requests().iter().filter(|request| request.path == path).count()
}

fn ids(reply: &Reply) -> Vec<u64> {
    reply.ok().as_array().unwrap().iter().map(|pack| pack["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn packs_show_price_and_names_but_no_templates_and_no_account() {
    let gw = spawn_gateway().start().await;

    let reply = gw.user("first").get("/packs").await;

    let packs = reply.ok();
    assert!(ids(&reply).contains(&260));
    for pack in packs.as_array().unwrap() {
        for hidden in ["user_id", "unlisted_at"] {
            assert!(pack.get(hidden).is_none(), "{hidden} is shown");
        }
        assert_only_ids(pack);
    }
    assert!(packs[0]["cost_mc_hash"].is_object());
}

/// A run may pick templates; their texts are the operator's.
fn assert_only_ids(pack: &Value) {
    for template in pack.get("template_prompts").and_then(Value::as_array).into_iter().flatten() {
        assert_eq!(template.as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
    }
}

#[tokio::test]
async fn a_second_look_is_answered_from_memory() {
    let gw = spawn_gateway().start().await;
    let first = gw.user("first").get("/packs").await;

    let second = gw.user("second").get("/packs").await;

    assert_eq!(first.header("cache-status"), Some("astria-gateway; fwd=miss; stored"));
    let status = second.header("cache-status").unwrap();
    assert!(status.starts_with("astria-gateway; hit; ttl="), "{status}");
    assert_eq!(first.body, second.body);
    assert_eq!(upstream_calls(&gw, "/packs"), 1);
}

#[tokio::test]
async fn cache_04_a_hundred_misses_at_once_make_one_call() {
    let gw = spawn_gateway().start().await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(150))).path("/packs"));
    let user = gw.user("first");

    let replies = join_all((0..100).map(|_| user.get("/packs"))).await;

    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(upstream_calls(&gw, "/packs"), 1);
}

#[tokio::test]
async fn cache_04_a_client_that_leaves_does_not_cancel_the_fetch() {
    let gw = spawn_gateway().start().await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(200))).path("/packs"));
    let user = gw.user("first");
    let mut leaving = JoinSet::new();
    leaving.spawn(async move { user.get("/packs").await });
    eventually("the upstream call", || upstream_calls(&gw, "/packs") == 1).await;

    leaving.abort_all();

    eventually("the answer is kept", || gw.packs_in_memory() == 1).await;
    let reply = gw.user("second").get("/packs").await;
    assert!(reply.header("cache-status").unwrap().contains("hit"));
    assert_eq!(upstream_calls(&gw, "/packs"), 1);
}

#[tokio::test]
async fn cache_05_a_stale_list_is_served_at_once_and_renewed_behind_it() {
    let gw = spawn_gateway().manual_clock().start().await;
    let user = gw.user("first");
    user.get("/packs").await.ok();
    gw.clock.advance(Duration::from_secs(90));

    let stale = user.get("/packs").await;

    assert_eq!(stale.header("cache-status"), Some("astria-gateway; hit; ttl=-30"));
    eventually("the renewal", || upstream_calls(&gw, "/packs") == 2).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while user.get("/packs").await.header("cache-status") != Some("astria-gateway; hit; ttl=60") {
        assert!(tokio::time::Instant::now() < deadline, "the renewed list never came");
    }
}

#[tokio::test]
async fn cache_05_a_stale_list_is_served_when_the_upstream_fails_and_not_for_ever() {
    let gw = spawn_gateway().manual_clock().config(|c| c.upstream.read_retries = 0).start().await;
    let user = gw.user("first");
    user.get("/packs").await.ok();
    gw.mock.inject(FaultRule::new(Fault::Status500).path("/packs").times(1000));

    gw.clock.advance(Duration::from_secs(60 + 3599));
    assert!(!ids(&user.get("/packs").await).is_empty());

    gw.clock.advance(Duration::from_secs(60));
    user.get("/packs").await.problem(502, "upstream_failed");
}

#[tokio::test]
async fn cache_10_a_failed_or_cut_answer_is_never_kept() {
    let gw = spawn_gateway().config(|c| c.upstream.read_retries = 0).start().await;
    let user = gw.user("first");
    for fault in [Fault::Status500, Fault::CutMidReply, Fault::BrokenJson, Fault::KeyInBody] {
        gw.mock.inject(FaultRule::new(fault).path("/packs"));
        let reply = user.get("/packs").await;
        assert_eq!(reply.status, 502, "{}", reply.text());
    }

    assert_eq!(user.get("/packs").await.header("cache-status"), Some("astria-gateway; fwd=miss; stored"));
}

#[tokio::test]
async fn cache_01_spellings_of_one_query_share_one_entry_and_unknown_names_are_dropped() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");

    let first = user.get("/packs?limit=2&public=true").await;
    let second = user.get("/packs?public=true&limit=1&limit=02&utm_source=x&user_id=1").await;

    assert_eq!(first.body, second.body);
    assert_eq!(second.header("gateway-dropped-params"), Some("utm_source, user_id"));
    let calls: Vec<_> = gw.mock.requests().into_iter().map(|request| request.query).collect();
    assert_eq!(calls, ["limit=2&public=true"]);
    user.get("/packs?limit=1000").await.problem(422, "validation_failed");
    user.get("/packs?offset=-1").await.problem(422, "validation_failed");
}

#[tokio::test]
async fn cache_03_nobody_reads_the_cache_without_a_token() {
    let gw = spawn_gateway().start().await;
    gw.user("first").get("/packs").await.ok();

    gw.anonymous().get("/packs").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn cache_08_a_known_etag_is_answered_304_without_a_body() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let etag = user.get("/packs").await.header("etag").unwrap().to_owned();

    let same = user.header("if-none-match", &etag).get("/packs").await;
    let listed = user.header("if-none-match", &format!("\"other\", {etag}")).get("/packs").await;
    let other = user.header("if-none-match", "W/\"other\"").get("/packs").await;

    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));
    assert_eq!(same.header("etag"), Some(etag.as_str()));
    assert_eq!(listed.status, 304);
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn the_list_is_compressed_once_for_those_who_can_read_it() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let plain = user.get("/packs").await;

    let packed = user.header("accept-encoding", "br;q=1, gzip;q=0.5").get("/packs").await;
    let refused = user.header("accept-encoding", "gzip;q=0, *").get("/packs").await;

    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.header("vary"), Some("accept-encoding"));
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < plain.body.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_ref()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    assert_eq!(refused.header("content-encoding"), None);
}

#[tokio::test]
async fn unlisted_packs_are_not_there() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let shown = ids(&user.get("/packs").await);
    let all: Vec<Value> = reqwest::Client::new()
        .get(format!("{}/packs", gw.mock.url()))
        .header("authorization", format!("Bearer {}", gw.api_key))
        .header("x-workspace-id", &gw.workspace)
        .header("accept", "application/json")
        .header("user-agent", "test")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let unlisted = all.iter().find(|pack| !pack["unlisted_at"].is_null()).unwrap();
    let id = unlisted["id"].as_u64().unwrap();

    assert!(!shown.contains(&id));
    user.get(&format!("/p/{id}")).await.problem(404, "not_found");
    user.get(&format!("/p/{}", unlisted["slug"].as_str().unwrap())).await.problem(404, "not_found");
}

#[tokio::test]
async fn an_allow_list_shows_exactly_its_packs_by_id_or_slug() {
    let gw =
        spawn_gateway().config(|c| c.packs.allow = vec!["260".into(), "no-such-pack".into()]).start().await;
    let user = gw.user("first");

    assert_eq!(ids(&user.get("/packs").await), [260]);
    assert_eq!(ids(&user.get("/gallery/packs").await), Vec::<u64>::new());
    assert_eq!(user.get("/p/260").await.ok()["id"], 260);
    user.get("/p/311").await.problem(404, "not_found");
}

#[tokio::test]
async fn one_pack_is_found_by_id_slug_and_with_the_json_suffix() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");

    for path in ["/p/260", "/p/260.json", "/p/corporate-headshots", "/p/corporate-headshots.json"] {
        let pack = user.get(path).await.ok();
        assert_eq!(pack["id"], 260, "{path}");
        assert!(!pack["template_prompts"].as_array().unwrap().is_empty());
        assert_only_ids(&pack);
    }
    assert_eq!(gw.mock.requests().len(), 2, "the suffix is not part of the key");
    for path in ["/p/0", "/p/00260", "/p/99999999999999999999", "/p/Corporate"] {
        user.get(path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_missing_pack_is_believed_briefly() {
    let gw = spawn_gateway().manual_clock().start().await;
    let user = gw.user("first");

    user.get("/p/999").await.problem(404, "not_found");
    user.get("/p/999").await.problem(404, "not_found");
    assert_eq!(upstream_calls(&gw, "/p/999"), 1);

    gw.clock.advance(Duration::from_secs(6));
    user.get("/p/999").await.problem(404, "not_found");
    assert_eq!(upstream_calls(&gw, "/p/999"), 2);
}

#[tokio::test]
async fn cache_09_an_answer_larger_than_the_cache_is_served_and_not_kept() {
    let gw = spawn_gateway().config(|c| c.packs.max_bytes = 100).start().await;
    let user = gw.user("first");

    user.get("/packs").await.ok();
    user.get("/packs").await.ok();

    assert_eq!(gw.packs_in_memory(), 0);
    assert_eq!(upstream_calls(&gw, "/packs"), 2);
}
