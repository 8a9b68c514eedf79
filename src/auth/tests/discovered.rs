//! JWKS-05: keys at an address that the issuer's discovery document names.

use serde_json::json;

use super::super::{AuthError, AuthSettings, IssuerSettings, JwksSettings, KeySource, Refusal};
use super::key_server::{Answer, KeyServer};
use super::signers::Signer;
use super::{AUDIENCE, Fixture, NOW_S, claims_with, header_with, signed};

/// A provider with a key and a discovery document, and a gateway that discovers it and remembers no token.
struct Provider {
    server: KeyServer,
    key: Signer,
    issuer: String,
    gateway: Fixture,
}

impl Provider {
    async fn start() -> Self {
        Self::start_below("").await
    }

    /// With a path, or a slash, behind the issuer's address.
    async fn start_below(path: &str) -> Self {
        let key = Signer::p256();
        let server = KeyServer::start(Answer::keys(&[key.jwk(json!({ "kid": "k" }))])).await;
        let issuer = format!("{}{path}", server.issuer());
        server.discovery(server.document(&issuer, "/keys"));
        let settings = IssuerSettings::new(issuer.as_str(), vec![AUDIENCE.to_owned()], KeySource::Discovery);
        let jwks =
            JwksSettings { cooldown_s: 10, refresh_s: 300, max_stale_s: 7_200, ..JwksSettings::default() };
        let issuers = vec![settings];
        let gateway =
            Fixture::new(AuthSettings { issuers, jwks, token_cache_entries: 0, ..AuthSettings::default() });
        Self { server, key, issuer, gateway }
    }

    fn token(&self) -> String {
        self.token_of(&self.key, "k")
    }

    fn token_of(&self, key: &Signer, id: &str) -> String {
        let claims = claims_with(json!({ "iss": self.issuer, "exp": NOW_S + 100_000 }));
        signed(header_with(key.algorithm(), json!({ "kid": id })), claims, key)
    }

    async fn is_unavailable(&self) {
        assert_eq!(self.gateway.verify(&self.token()).await.err(), Some(AuthError::KeysUnavailable));
    }
}

#[tokio::test]
async fn jwks_05_a_discovered_key_set_verifies_tokens_of_its_issuer() {
    for path in ["", "/", "/realms/a", "/realms/a/"] {
        let provider = Provider::start_below(path).await;
        assert_eq!(provider.server.discoveries(), 0, "nothing is fetched at start");
        provider.gateway.accepts(&provider.token()).await;
        provider.gateway.refuses(&provider.token_of(&Signer::p256(), "k"), Refusal::Signature).await;
        assert_eq!((provider.server.discoveries(), provider.server.requests()), (1, 1), "{path}");
    }
}

#[tokio::test]
async fn jwks_05_a_document_of_another_issuer_is_not_believed() {
    let provider = Provider::start().await;
    let slash = format!("{}/", provider.issuer);
    for other in [slash.as_str(), "https://login.example", ""] {
        provider.server.discovery(provider.server.document(other, "/keys"));
        provider.is_unavailable().await;
        provider.gateway.advance_s(10);
    }
    assert_eq!(provider.server.requests(), 0, "its key set is not even asked for");
}

#[tokio::test]
async fn jwks_05_a_document_that_cannot_be_used_brings_no_keys() {
    let provider = Provider::start().await;
    let issuer = provider.issuer.as_str();
    let with = |address: &str| {
        Answer::Document(json!({ "issuer": issuer, "jwks_uri": address }).to_string().into_bytes())
    };
    let large = json!({ "issuer": issuer, "jwks_uri": provider.server.url(), "x": "x".repeat(262_144) });
    let answers = [
        Answer::Status(500),
        Answer::Redirect(provider.server.url()),
        Answer::Document(b"<html>".to_vec()),
        Answer::Document(large.to_string().into_bytes()),
        with("http://keys.example/set"),
        with("file:///etc/passwd"),
    ];
    for answer in answers {
        provider.server.discovery(answer);
        provider.is_unavailable().await;
        provider.gateway.advance_s(10);
    }
    assert_eq!(provider.server.requests(), 0);
}

#[tokio::test]
async fn jwks_01_a_flood_of_unknown_key_ids_does_not_ask_for_the_document_each_time() {
    let provider = Provider::start().await;
    provider.gateway.accepts(&provider.token()).await;
    for n in 0..1_000 {
        let token = provider.token_of(&provider.key, &format!("unknown-{n}"));
        provider.gateway.refuses(&token, Refusal::UnknownKey).await;
    }
    assert_eq!((provider.server.discoveries(), provider.server.requests()), (1, 2));
}

#[tokio::test]
async fn jwks_05_the_document_is_read_again_more_seldom_than_the_keys() {
    let provider = Provider::start().await;
    provider.gateway.accepts(&provider.token()).await;
    for _ in 0..5 {
        provider.gateway.advance_s(601);
        provider.gateway.accepts(&provider.token()).await;
    }
    assert_eq!((provider.server.discoveries(), provider.server.requests()), (1, 6));
    provider.gateway.advance_s(601);
    provider.gateway.accepts(&provider.token()).await;
    assert_eq!((provider.server.discoveries(), provider.server.requests()), (2, 7));
}

#[tokio::test]
async fn f27_when_the_document_is_away_the_known_address_is_asked_on() {
    let provider = Provider::start().await;
    provider.gateway.accepts(&provider.token()).await;
    provider.server.discovery(Answer::Status(503));
    provider.gateway.advance_s(3_601);
    provider.gateway.accepts(&provider.token()).await;
    assert_eq!((provider.server.discoveries(), provider.server.requests()), (2, 2));
    assert_eq!(provider.gateway.authenticator.jwks_age_s()[0].1, Some(0), "and brings fresh keys");

    provider.gateway.advance_s(3_601);
    provider.gateway.verify(&provider.token()).await.err();
    assert_eq!(provider.server.requests(), 2, "but not for longer than a set is believed");
}

#[tokio::test]
async fn f27_a_key_set_that_moved_is_found_again_at_the_second_attempt() {
    let provider = Provider::start().await;
    provider.gateway.accepts(&provider.token()).await;
    let (elsewhere, new) = (KeyServer::start(Answer::Status(404)).await, Signer::p256());
    elsewhere.answer(Answer::keys(&[new.jwk(json!({ "kid": "new" }))]));
    let document = json!({ "issuer": provider.issuer, "jwks_uri": elsewhere.url() });
    provider.server.discovery(Answer::Document(document.to_string().into_bytes()));
    provider.server.answer(Answer::Status(410));

    provider.gateway.advance_s(11);
    provider.gateway.refuses(&provider.token_of(&new, "new"), Refusal::UnknownKey).await;
    provider.gateway.advance_s(11);
    provider.gateway.accepts(&provider.token_of(&new, "new")).await;
}
