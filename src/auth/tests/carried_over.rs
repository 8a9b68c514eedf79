//! What outlives a reload of the configuration: fetched keys, and verified tokens if nothing about issuers changed.

use serde_json::json;
use tokio_util::task::TaskTracker;

use super::super::{AuthError, AuthSettings, Authenticator, KeySource, Refusal, ServiceKeySettings};
use super::key_server::{Answer, KeyServer};
use super::signers::Signer;
use super::{Fixture, good_claims, header_with, hs256_source, hs256_token, issuer_with, signed};
use crate::secret::Secret;

impl Fixture {
    /// The same gateway after a reload to these settings.
    fn reloaded(&self, settings: AuthSettings) -> Self {
        let (clock, tasks): (_, TaskTracker) = (self.clock.clone(), self.tasks.clone());
        let previous = Some(&self.authenticator);
        let authenticator =
            Authenticator::new(settings, clock.clone(), tasks.clone(), previous).expect("fit");
        Self { authenticator, clock, tasks }
    }
}

fn token(key: &Signer) -> String {
    signed(header_with(key.algorithm(), json!({ "kid": "k" })), good_claims(), key)
}

#[tokio::test]
async fn f27_after_a_reload_fetched_keys_go_on_although_the_provider_is_down() {
    let key = Signer::p256();
    let server = KeyServer::start(Answer::keys(&[key.jwk(json!({ "kid": "k" }))])).await;
    let settings = || AuthSettings {
        issuers: vec![issuer_with(server.source())],
        token_cache_entries: 0,
        ..AuthSettings::default()
    };
    let gateway = Fixture::new(settings());
    gateway.accepts(&token(&key)).await;
    server.answer(Answer::Status(503));

    let mut changed = settings();
    changed.issuers[0].plan_claim = "tier".to_owned();
    changed.issuers[0].leeway_s = 0;
    let gateway = gateway.reloaded(changed);

    gateway.accepts(&token(&key)).await;
    assert_eq!(server.requests(), 1, "nobody is asked");
    assert_eq!(gateway.authenticator.jwks_age_s()[0].1, Some(0));
}

#[tokio::test]
async fn after_a_reload_keys_are_fetched_anew_where_address_or_limits_changed() {
    let key = Signer::p256();
    let keys = Answer::keys(&[key.jwk(json!({ "kid": "k" }))]);
    let (old, new) = (KeyServer::start(keys.clone()).await, KeyServer::start(keys).await);
    let settings = |server: &KeyServer, max_keys| {
        let mut settings =
            AuthSettings { issuers: vec![issuer_with(server.source())], ..AuthSettings::default() };
        settings.token_cache_entries = 0;
        settings.jwks.max_keys = max_keys;
        settings
    };
    let gateway = Fixture::new(settings(&old, 100));
    gateway.accepts(&token(&key)).await;

    let gateway = gateway.reloaded(settings(&new, 100));
    gateway.accepts(&token(&key)).await;
    assert_eq!((old.requests(), new.requests()), (1, 1));

    let gateway = gateway.reloaded(settings(&new, 99));
    gateway.accepts(&token(&key)).await;
    assert_eq!((old.requests(), new.requests()), (1, 2));
}

#[tokio::test]
async fn after_a_reload_an_issuer_that_is_gone_proves_nobody_even_for_a_remembered_token() {
    let gateway = Fixture::hs256();
    let token = hs256_token(good_claims());
    gateway.accepts(&token).await;
    let mut other = issuer_with(hs256_source());
    other.issuer = "https://other.example".into();
    let gateway = gateway.reloaded(AuthSettings { issuers: vec![other], ..AuthSettings::default() });
    gateway.refuses(&token, Refusal::Issuer).await;
}

#[tokio::test]
async fn after_a_reload_verified_tokens_are_remembered_only_if_nothing_about_issuers_changed() {
    let settings = || AuthSettings { issuers: vec![issuer_with(hs256_source())], ..AuthSettings::default() };
    let gateway = Fixture::new(settings());
    let token = hs256_token(good_claims());
    gateway.accepts(&token).await;
    let remembered = |gateway: &Fixture| gateway.authenticator.cache.as_ref().expect("a cache").entry_count();

    let service_key = ServiceKeySettings {
        name: "backend".into(),
        sha256: vec!["0".repeat(64)],
        issuer: "any".into(),
        ..ServiceKeySettings::default()
    };
    let same = gateway.reloaded(AuthSettings { service_keys: vec![service_key], ..settings() });
    assert_eq!(remembered(&same), 1);

    let changes: [fn(&mut AuthSettings); 6] = [
        |settings| settings.issuers[0].tenant_claim = "org".to_owned(),
        |settings| settings.issuers[0].audiences.push("other".to_owned()),
        |settings| settings.issuers[0].leeway_s = 1,
        |settings| settings.token_cache_s = 30,
        |settings| settings.issuers[0].keys = hs256_with(&[8; 32], None),
        |settings| settings.issuers[0].keys = hs256_with(super::SECRET, Some(&[8; 32])),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut settings = settings();
        change(&mut settings);
        assert_eq!(remembered(&gateway.reloaded(settings)), 0, "change {n}");
    }
    let rotated = AuthSettings { issuers: vec![issuer_with(hs256_with(&[8; 32], None))], ..settings() };
    let answer = gateway.reloaded(rotated).verify(&token).await.err();
    assert_eq!(answer, Some(AuthError::Invalid { reason: Refusal::Signature }));
}

fn hs256_with(current: &[u8], previous: Option<&[u8]>) -> KeySource {
    let secret = |bytes: &[u8]| Secret::new(bytes.to_vec());
    KeySource::Hs256 { current: secret(current), previous: previous.map(secret) }
}
