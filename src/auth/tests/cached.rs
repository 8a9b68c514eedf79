//! The bounded memory of verified tokens.

use std::time::Duration;

use serde_json::json;

use super::super::cache::{TokenCache, TokenHash};
use super::super::{AuthError, AuthSettings, Refusal};
use super::{Fixture, NOW_S, claims_with, good_claims, hs256_source, hs256_token, issuer_with};
use crate::clock::{Clock, Timestamp};
use crate::principal::Principal;

fn is_same(first: &Principal, second: &Principal) -> bool {
    let (Principal::EndUser(first), Principal::EndUser(second)) = (first, second) else { return false };
    std::sync::Arc::ptr_eq(first, second)
}

#[tokio::test]
async fn a_verified_token_is_remembered_for_the_configured_seconds() {
    let issuers = vec![issuer_with(hs256_source())];
    let gateway = Fixture::new(AuthSettings { issuers, token_cache_s: 20, ..AuthSettings::default() });
    let token = hs256_token(good_claims());
    let first = gateway.verify(&token).await.expect("accepted");
    gateway.advance_s(19);
    assert!(is_same(&first, &gateway.verify(&token).await.expect("accepted")));
    gateway.advance_s(1);
    assert!(!is_same(&first, &gateway.verify(&token).await.expect("accepted")));
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_expiry() {
    let mut issuer = issuer_with(hs256_source());
    issuer.leeway_s = 0;
    let gateway = Fixture::with_issuer(issuer);
    let token = hs256_token(claims_with(json!({ "exp": NOW_S + 5 })));
    gateway.accepts(&token).await;
    gateway.advance_s(4);
    gateway.accepts(&token).await;
    gateway.advance_s(1);
    gateway.refuses(&token, Refusal::Expired).await;
}

#[tokio::test]
async fn failures_are_not_remembered() {
    let mut issuer = issuer_with(hs256_source());
    issuer.leeway_s = 0;
    let gateway = Fixture::with_issuer(issuer);
    let token = hs256_token(claims_with(json!({ "nbf": NOW_S + 5 })));
    gateway.refuses(&token, Refusal::NotYetValid).await;
    let cache = gateway.authenticator.cache.as_ref().expect("a cache");
    assert_eq!(cache.entry_count(), 0);
    gateway.advance_s(5);
    gateway.accepts(&token).await;
    assert_eq!(cache.entry_count(), 1);
}

#[tokio::test]
async fn memory_can_be_switched_off() {
    let issuers = vec![issuer_with(hs256_source())];
    let gateway = Fixture::new(AuthSettings { issuers, token_cache_entries: 0, ..AuthSettings::default() });
    let token = hs256_token(good_claims());
    let first = gateway.verify(&token).await.expect("accepted");
    assert!(!is_same(&first, &gateway.verify(&token).await.expect("accepted")));
    assert_eq!(gateway.verify("x.y.z").await.err(), Some(AuthError::Invalid { reason: Refusal::Form }));
}

#[tokio::test]
async fn the_number_of_entries_is_bounded() {
    let principal = Fixture::hs256().verify(&hs256_token(good_claims())).await.expect("accepted");
    let clock = Clock::manual(Timestamp::from_unix_s(NOW_S));
    let cache = TokenCache::new(100, Duration::from_secs(60), clock);
    for n in 0..5_000 {
        cache.insert(TokenHash::of(&n.to_string()), &principal, Timestamp::from_unix_s(NOW_S + 60));
    }
    assert!(cache.entry_count() <= 100, "{}", cache.entry_count());
}
