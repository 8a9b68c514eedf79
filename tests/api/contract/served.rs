//! `GET /gateway/openapi.json` and `astria-gateway openapi`.

use std::process::Command;

use astria_gateway::config::Config;
use astria_gateway::contract::{document, text};

use super::Contract;
use crate::harness::spawn_gateway;

#[tokio::test]
async fn anybody_gets_the_document_and_a_cache_may_keep_it_for_a_while() {
    let gw = spawn_gateway()
        .config(|config| {
            config.server.public_url = "https://images.example.com".into();
            config.server.base_path = "/api".into();
        })
        .start()
        .await;
    let reply = gw.anonymous().get("/api/gateway/openapi.json").await;
    let served = reply.ok();
    assert_eq!(served["servers"][0]["url"], "https://images.example.com/api");
    assert_eq!(&served, Contract::of(&gw.state().config).whole());
    assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let etag = reply.header("etag").unwrap();
    let again = gw.anonymous().header("if-none-match", etag).get("/api/gateway/openapi.json").await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    let packed = gw.anonymous().header("accept-encoding", "gzip").get("/api/gateway/openapi.json").await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < 100_000, "{}", packed.body.len());
}

#[tokio::test]
async fn a_reload_changes_the_document() {
    let gw = spawn_gateway().start().await;
    let max = || async {
        let served = gw.anonymous().get("/gateway/openapi.json").await.ok();
        served["paths"]["/images/inspect"]["post"]["requestBody"]["x-max-photo-bytes"].clone()
    };
    assert_eq!(max().await, Config::default().photos.max_bytes);
    gw.reload(|configured| configured.config.photos.max_bytes = 1_000_000);
    assert_eq!(max().await, 1_000_000);
}

#[test]
fn the_command_prints_the_same_text_each_time() {
    let printed = || {
        let output = Command::new(env!("CARGO_BIN_EXE_astria-gateway")).arg("openapi").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let first = printed();
    assert_eq!(first, printed());
    assert_eq!(first, text(&document(&Config::default())));
    assert!(first.starts_with("{\n") && first.ends_with("}\n"));
}
